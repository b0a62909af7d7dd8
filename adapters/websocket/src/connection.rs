//! One stay's connection: the handle, and the task that keeps the stay.

use std::sync::{Arc, OnceLock};

use async_trait::async_trait;
use exeunt_port::{CloseError, Connection, DepartureError, DepartureReceipt, RoomLink, RoomSignal};
use tokio::sync::{mpsc, oneshot, watch};
use tokio::task::AbortHandle;
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::conversation::Parting;
use crate::dial::Server;
use crate::pauses::Pauses;
use crate::resuming::Resumption;
use crate::socket::{Socket, say_goodbye};
use crate::stay::Stay;

/// Who waits for the confirmation of the departure.
pub(crate) type Announcer = oneshot::Sender<Result<DepartureReceipt, DepartureError>>;

/// How things stand between us and the server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Phase {
    /// The link is up.
    Up,
    /// The link is down.
    Down,
    /// The server does not count us in any more, by its own word or by ours.
    Out,
}

/// The handle to one stay, which the runtime holds.
pub(crate) struct WebSocketConnection {
    announcers: mpsc::Sender<Announcer>,
    leaving: CancellationToken,
    closing: CancellationToken,
    phase: watch::Receiver<Phase>,
    task: AbortHandle,
    tasks: TaskTracker,
    closed: Arc<OnceLock<Result<(), CloseError>>>,
}

impl WebSocketConnection {
    pub(crate) fn start(server: Server, socket: Socket, stay: Stay, link: RoomLink) -> Self {
        let (announcers, announced) = mpsc::channel(4);
        let (leaving, closing) = (CancellationToken::new(), CancellationToken::new());
        let (phase, phases) = watch::channel(Phase::Up);
        let keeper = Keeper {
            server,
            link,
            stay,
            announced,
            waiting: Vec::new(),
            leaving: leaving.clone(),
            closing: closing.clone(),
            phase,
            last_heard: Instant::now(),
        };
        let closed = Arc::new(OnceLock::new());
        let outcome = Arc::clone(&closed);
        let tasks = TaskTracker::new();
        let task = tasks.spawn(async move {
            // Everything the stay holds is gone when `keep` answers.
            let _ = outcome.set(keeper.keep(socket).await);
        });
        tasks.close();
        let task = task.abort_handle();
        Self {
            announcers,
            leaving,
            closing,
            phase: phases,
            task,
            tasks,
            closed,
        }
    }

    /// Why nobody answers an announcement.
    fn fate(&self) -> DepartureError {
        match *self.phase.borrow() {
            Phase::Up => DepartureError::Closed,
            Phase::Down => DepartureError::LinkDown,
            Phase::Out => DepartureError::AlreadyOut,
        }
    }
}

#[async_trait]
impl Connection for WebSocketConnection {
    async fn announce_departure(&self) -> Result<DepartureReceipt, DepartureError> {
        let (announcer, answer) = oneshot::channel();
        // Who waits is known before the leave goes out: the confirmation may come back at once.
        if self.announcers.send(announcer).await.is_err() {
            return Err(self.fate());
        }
        self.leaving.cancel();
        answer.await.unwrap_or_else(|_| Err(self.fate()))
    }

    async fn close(&self) -> Result<(), CloseError> {
        self.closing.cancel();
        self.tasks.wait().await;
        // A task that ended without an outcome panicked: only dropping the handle aborts it.
        self.closed
            .get()
            .cloned()
            .unwrap_or(Err(CloseError::Panicked))
    }
}

impl Drop for WebSocketConnection {
    fn drop(&mut self) {
        // No goodbye and no waiting: the socket falls with the task.
        self.task.abort();
    }
}

/// The task that keeps one stay: reads, writes, and gets a lost link back.
pub(crate) struct Keeper {
    pub(crate) server: Server,
    pub(crate) link: RoomLink,
    pub(crate) stay: Stay,
    pub(crate) announced: mpsc::Receiver<Announcer>,
    pub(crate) waiting: Vec<Announcer>,
    pub(crate) leaving: CancellationToken,
    pub(crate) closing: CancellationToken,
    phase: watch::Sender<Phase>,
    pub(crate) last_heard: Instant,
}

impl Keeper {
    async fn keep(mut self, mut socket: Socket) -> Result<(), CloseError> {
        let members: Vec<_> = self.stay.members.keys().cloned().collect();
        for member in members {
            self.tell(RoomSignal::RemoteUserEntered(member)).await;
        }
        let mut pauses = Pauses::within(self.stay.lease);
        loop {
            let up_since = Instant::now();
            match self.converse(&mut socket).await {
                Parting::Closing => return say_goodbye(socket).await,
                Parting::Left(receipt) => {
                    self.phase.send_replace(Phase::Out);
                    // Some may have come in since the reader looked last.
                    while let Ok(announcer) = self.announced.try_recv() {
                        self.waiting.push(announcer);
                    }
                    for announcer in self.waiting.drain(..) {
                        let _ = announcer.send(Ok(receipt));
                    }
                    return self.finish(socket).await;
                }
                Parting::Over(signal) => {
                    self.be_out();
                    self.tell(signal).await;
                    return self.finish(socket).await;
                }
                Parting::Lost(detail) => {
                    tracing::debug!(stay = self.stay.number, detail, "link lost");
                    drop(socket);
                }
            }
            pauses.lost_after(up_since.elapsed());
            self.phase.send_replace(Phase::Down);
            self.waiting.clear();
            self.tell(RoomSignal::LinkLost).await;
            match self.recover(&mut pauses).await {
                Resumption::Resumed {
                    socket: found,
                    members,
                    departed,
                } => {
                    tracing::debug!(stay = self.stay.number, "link recovered");
                    socket = *found;
                    self.last_heard = Instant::now();
                    self.phase.send_replace(Phase::Up);
                    self.tell(RoomSignal::LinkRecovered).await;
                    for missed in self.stay.catch_up(members, &departed) {
                        self.tell(missed).await;
                    }
                }
                Resumption::Over(signal) => {
                    self.be_out();
                    self.tell(signal).await;
                    return Ok(());
                }
                Resumption::Dead(detail) => {
                    tracing::debug!(stay = self.stay.number, detail, "link dead");
                    self.tell(RoomSignal::LinkDead).await;
                    return Ok(());
                }
                Resumption::Unwanted => return self.stay_down().await,
            }
        }
    }

    /// Tells the stay what happened, waiting for it if it is behind; but an exit waits for nobody.
    pub(crate) async fn tell(&self, signal: RoomSignal) {
        tokio::select! {
            biased;
            () = self.link.signal(signal) => {}
            () = self.leaving.cancelled() => {}
            () = self.closing.cancelled() => {}
        }
    }

    /// From here on an announcement is answered with `AlreadyOut`, those that wait among them.
    fn be_out(&mut self) {
        self.phase.send_replace(Phase::Out);
        self.waiting.clear();
        self.announced.close();
        while self.announced.try_recv().is_ok() {}
    }

    /// The server has had its say and is about to close; no announcement has to wait for that.
    async fn finish(mut self, socket: Socket) -> Result<(), CloseError> {
        self.be_out();
        say_goodbye(socket).await
    }

    /// During an exit a lost link stays lost (G-5); announcements learn so at once.
    async fn stay_down(mut self) -> Result<(), CloseError> {
        loop {
            tokio::select! {
                biased;
                () = self.closing.cancelled() => return Ok(()),
                announcer = self.announced.recv() => match announcer {
                    Some(announcer) => drop(announcer.send(Err(DepartureError::LinkDown))),
                    None => return Ok(()),
                },
            }
        }
    }
}
