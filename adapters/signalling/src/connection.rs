//! The runtime's side of a stay: the handle to the task that keeps it.

use std::fmt;
use std::sync::{Arc, OnceLock};

use async_trait::async_trait;
use exeunt_port::{CloseError, Connection, DepartureError, DepartureReceipt, RoomLink};
use tokio::sync::{mpsc, oneshot, watch};
use tokio::task::AbortHandle;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::membership::{Announcer, Membership, Phase};

/// The handle to one stay, which the runtime holds. A task keeps the stay.
///
/// `close` has the task close, and answers what it came to once it has ended; dropping the handle aborts it,
/// without a goodbye and without waiting (G-15).
pub struct StayConnection {
    announcers: mpsc::Sender<Announcer>,
    leaving: CancellationToken,
    closing: CancellationToken,
    phase: watch::Receiver<Phase>,
    task: AbortHandle,
    tasks: TaskTracker,
    closed: Arc<OnceLock<Result<(), CloseError>>>,
}

impl StayConnection {
    /// Begins a stay in a task of its own. What `keep` makes holds everything that the stay holds, and has let
    /// go of it when it answers; within its bound, once [`Membership::closing`] is cancelled (G-6).
    pub fn start<F>(link: RoomLink, keep: impl FnOnce(Membership) -> F) -> Self
    where
        F: Future<Output = Result<(), CloseError>> + Send + 'static,
    {
        let (announcers, announced) = mpsc::channel(4);
        let (leaving, closing) = (CancellationToken::new(), CancellationToken::new());
        let (phase, phases) = watch::channel(Phase::Up);
        let kept = keep(Membership {
            link,
            leaving: leaving.clone(),
            closing: closing.clone(),
            announced,
            waiting: Vec::new(),
            phase,
        });
        let closed = Arc::new(OnceLock::new());
        let outcome = Arc::clone(&closed);
        let tasks = TaskTracker::new();
        let task = tasks.spawn(async move {
            let _ = outcome.set(kept.await);
        });
        tasks.close();
        Self {
            announcers,
            leaving,
            closing,
            phase: phases,
            task: task.abort_handle(),
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
impl Connection for StayConnection {
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

impl Drop for StayConnection {
    fn drop(&mut self) {
        // No goodbye and no waiting: the sockets fall with the task.
        self.task.abort();
    }
}

impl fmt::Debug for StayConnection {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("StayConnection")
            .field("phase", &*self.phase.borrow())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use exeunt_port::{RoomSide, RoomSignal};

    const RECEIPT: DepartureReceipt = DepartureReceipt {
        peers_told: Some(2),
    };

    /// A stay that is kept like this.
    fn kept<F>(keep: impl FnOnce(Membership) -> F) -> (StayConnection, RoomSide)
    where
        F: Future<Output = Result<(), CloseError>> + Send + 'static,
    {
        let (link, side) = RoomLink::pair();
        (StayConnection::start(link, keep), side)
    }

    #[tokio::test]
    async fn departures_that_are_announced_at_once_have_one_answer() {
        let (stay, _side) = kept(async |mut membership: Membership| {
            for _ in 0..2 {
                let announcer = membership.next_announcer().await;
                membership.keep_waiting(announcer);
            }
            membership.leaving.cancelled().await;
            membership.answer(&Ok(RECEIPT));
            membership.be_out();
            membership.closing.cancelled().await;
            Ok(())
        });
        let both = tokio::join!(stay.announce_departure(), stay.announce_departure());
        assert_eq!(both, (Ok(RECEIPT), Ok(RECEIPT)));
        let late = stay.announce_departure().await;
        assert_eq!(late, Err(DepartureError::AlreadyOut));
        assert_eq!(stay.close().await, Ok(()));
    }

    #[tokio::test]
    async fn who_waits_for_the_departure_learns_what_became_of_the_stay() {
        let (stay, mut side) = kept(async |mut membership: Membership| {
            let announcer = membership.next_announcer().await;
            membership.keep_waiting(announcer);
            membership.link_lost().await;
            membership.exit_begun().await;
            membership.stay_down().await;
            Ok(())
        });
        // The one that waited, and one that comes while the link is down.
        for _ in 0..2 {
            let down = stay.announce_departure().await;
            assert_eq!(down, Err(DepartureError::LinkDown));
        }
        assert_eq!(stay.close().await, Ok(()));
        assert_eq!(side.signals.recv().await, Some(RoomSignal::LinkLost));

        let (stay, mut side) = kept(async |mut membership: Membership| {
            let announcer = membership.next_announcer().await;
            membership.keep_waiting(announcer);
            membership.over(RoomSignal::Kicked).await;
            membership.closing.cancelled().await;
            Ok(())
        });
        let out = stay.announce_departure().await;
        assert_eq!(out, Err(DepartureError::AlreadyOut));
        assert_eq!(side.signals.recv().await, Some(RoomSignal::Kicked));
        assert_eq!(stay.close().await, Ok(()));
        assert_eq!(
            stay.announce_departure().await,
            Err(DepartureError::AlreadyOut)
        );
    }

    #[tokio::test]
    async fn a_task_that_panics_is_an_error_of_the_close_and_of_the_departure() {
        let (stay, _side) =
            kept(async |_: Membership| -> Result<(), CloseError> { panic!("as it should") });
        assert_eq!(stay.announce_departure().await, Err(DepartureError::Closed));
        assert_eq!(stay.close().await, Err(CloseError::Panicked));
    }

    #[tokio::test]
    async fn a_handle_that_is_dropped_ends_the_task() {
        let (stay, side) = kept(async |membership: Membership| {
            let _held = membership;
            std::future::pending().await
        });
        let mut signals = side.signals;
        drop(stay);
        // The stay's link has gone with the task.
        assert_eq!(signals.recv().await, None);
    }
}
