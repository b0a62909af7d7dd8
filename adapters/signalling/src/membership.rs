//! The task's side of a stay: what is wanted of it, and who is to be told and answered.

use std::future::pending;

use exeunt_port::{DepartureError, DepartureReceipt, RoomLink, RoomSignal};
use tokio::sync::{mpsc, oneshot, watch};
use tokio_util::sync::CancellationToken;

/// Who waits for the confirmation of the departure.
pub type Announcer = oneshot::Sender<Result<DepartureReceipt, DepartureError>>;

/// How things stand between us and the room.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Phase {
    /// The link is up.
    Up,
    /// The link is down.
    Down,
    /// The server does not count us in any more, by its own word or by ours.
    Out,
}

/// The task's side of a stay, of which the runtime holds a [`StayConnection`](crate::StayConnection): what is
/// wanted of the task, how things stand, and who is to be told and answered.
#[derive(Debug)]
pub struct Membership {
    /// The way to the stay.
    pub link: RoomLink,
    /// Cancelled once the departure was announced; the task is to leave.
    pub leaving: CancellationToken,
    /// Cancelled once the connection is to be closed.
    pub closing: CancellationToken,
    pub(crate) announced: mpsc::Receiver<Announcer>,
    pub(crate) waiting: Vec<Announcer>,
    pub(crate) phase: watch::Sender<Phase>,
}

impl Membership {
    /// Tells the stay what happened, waiting for it if it is behind; but an exit waits for nobody.
    pub async fn tell(&self, signal: RoomSignal) {
        tokio::select! {
            biased;
            () = self.link.signal(signal) => {}
            () = self.leaving.cancelled() => {}
            () = self.closing.cancelled() => {}
        }
    }

    /// The next who announces the departure; to be [kept waiting](Self::keep_waiting) or answered. Never, once
    /// no more can come. Dropping the future loses nobody.
    pub async fn next_announcer(&mut self) -> Announcer {
        match self.announced.recv().await {
            Some(announcer) => announcer,
            None => pending().await,
        }
    }

    /// Keeps somebody waiting until the departure is [answered](Self::answer), or the link is lost.
    pub fn keep_waiting(&mut self, announcer: Announcer) {
        // Who has given up waiting makes room.
        self.waiting.retain(|announcer| !announcer.is_closed());
        self.waiting.push(announcer);
    }

    /// Answers everybody who waits for the departure.
    pub fn answer(&mut self, outcome: &Result<DepartureReceipt, DepartureError>) {
        if matches!(outcome, Ok(_) | Err(DepartureError::AlreadyOut)) {
            self.phase.send_replace(Phase::Out);
        }
        // Some may have come in since the last look.
        while let Ok(announcer) = self.announced.try_recv() {
            self.waiting.push(announcer);
        }
        for announcer in self.waiting.drain(..) {
            let _ = announcer.send(outcome.clone());
        }
    }

    /// The link is lost. Those who wait for the departure learn that it is down.
    pub async fn link_lost(&mut self) {
        self.be_down();
        self.tell(RoomSignal::LinkLost).await;
    }

    /// The link is back, and the stay is the same.
    pub async fn link_recovered(&mut self) {
        self.phase.send_replace(Phase::Up);
        self.tell(RoomSignal::LinkRecovered).await;
    }

    /// The link is down for good. Whoever announces the departure from now on learns that it is.
    pub async fn link_dead(&mut self) {
        self.be_down();
        self.tell(RoomSignal::LinkDead).await;
        self.announced.close();
    }

    fn be_down(&mut self) {
        self.phase.send_replace(Phase::Down);
        self.waiting.clear();
    }

    /// From here on an announcement is answered with [`DepartureError::AlreadyOut`], those that wait among
    /// them.
    pub fn be_out(&mut self) {
        self.phase.send_replace(Phase::Out);
        self.waiting.clear();
        self.announced.close();
        while self.announced.try_recv().is_ok() {}
    }

    /// The server has ended the stay, as the signal says: we [are out](Self::be_out).
    pub async fn over(&mut self, signal: RoomSignal) {
        self.be_out();
        self.tell(signal).await;
    }

    /// When an exit has begun: nothing is recovered from then on (G-5).
    pub fn exit_begun(&self) -> impl Future<Output = ()> + Send + use<> {
        let (closing, leaving) = (self.closing.clone(), self.leaving.clone());
        let link = self.link.clone();
        async move {
            tokio::select! {
                biased;
                () = closing.cancelled() => {}
                () = leaving.cancelled() => {}
                () = link.abandoned() => {}
            }
        }
    }

    /// During an exit a lost link stays lost (G-5); announcements learn so at once. Ends when the connection
    /// is to be closed.
    pub async fn stay_down(&mut self) {
        loop {
            tokio::select! {
                biased;
                () = self.closing.cancelled() => return,
                announcer = self.announced.recv() => match announcer {
                    Some(announcer) => drop(announcer.send(Err(DepartureError::LinkDown))),
                    None => return,
                },
            }
        }
    }
}
