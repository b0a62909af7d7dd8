//! What happens in the rooms, as a stream that waits for nobody.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use exeunt_port::{RoomId, UserId};
use tokio::sync::broadcast;
use tokio::sync::broadcast::error::{RecvError, TryRecvError};

use super::{Moment, Receipt};

/// One thing that happened.
#[derive(Clone, Debug)]
pub struct Happened {
    /// Its place in the stream: one more than that of what happened before.
    pub sequence: u64,
    /// When.
    pub at: Moment,
    /// What.
    pub what: Happening,
}

/// What happens in the rooms.
#[derive(Clone, Debug)]
pub enum Happening {
    /// A room began.
    RoomOpened {
        /// Which.
        room: RoomId,
        /// Who enters, where that is what rooms begin with.
        by: Option<UserId>,
    },
    /// Somebody entered.
    Entered {
        /// Which room.
        room: RoomId,
        /// Who.
        user: UserId,
        /// The number of the stay that begins.
        stay: u64,
        /// Whether the member is seen and heard by the others, and not only sees and hears.
        may_publish: bool,
    },
    /// A stay ended.
    Left(Departure),
    /// A room is over.
    RoomClosed {
        /// Which.
        room: RoomId,
        /// Since when it was open.
        opened_at: Moment,
    },
}

/// The end of a stay.
#[derive(Clone, Debug)]
pub struct Departure {
    /// Which room.
    pub room: RoomId,
    /// Who.
    pub user: UserId,
    /// Which stay.
    pub stay: u64,
    /// When it began.
    pub entered_at: Moment,
    /// Whether the member was one whom the others see and hear.
    pub may_publish: bool,
    /// Why it ended; `None` where the back end sees only that it did.
    pub reason: Option<LeaveReason>,
    /// Who of the others learns of it, and by when; `None` where the back end does not know.
    pub receipt: Option<Receipt>,
}

/// Why a stay ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LeaveReason {
    /// The member left by itself.
    ByItself,
    /// The member fell silent.
    TimedOut,
    /// An operator took the member out.
    Kicked,
    /// The same user entered anew.
    Replaced,
    /// An operator dismissed the room.
    Dismissed,
    /// The server stops.
    ServerStopped,
    /// The stay has lasted as long as one may.
    StayTooLong,
}

impl LeaveReason {
    /// In words, for a log.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::ByItself => "by itself",
            Self::TimedOut => "timed out",
            Self::Kicked => "kicked",
            Self::Replaced => "replaced",
            Self::Dismissed => "dismissed",
            Self::ServerStopped => "server stopped",
            Self::StayTooLong => "stay too long",
        }
    }
}

/// What a reader of the stream gets.
#[derive(Clone, Debug)]
pub enum News {
    /// Something happened.
    Happened(Arc<Happened>),
    /// The reader was too slow: so many things happened that it will not learn of.
    Missed(u64),
}

/// A reader of what happens. It keeps its own place; others are not held up by it, nor are the rooms.
#[derive(Debug)]
pub struct Happenings(broadcast::Receiver<Arc<Happened>>);

impl Happenings {
    /// What happened next; `None` when the rooms are no more. Dropping the future loses nothing.
    pub async fn next(&mut self) -> Option<News> {
        match self.0.recv().await {
            Ok(happened) => Some(News::Happened(happened)),
            Err(RecvError::Lagged(count)) => Some(News::Missed(count)),
            Err(RecvError::Closed) => None,
        }
    }

    /// What has happened already and was not read yet.
    pub fn next_now(&mut self) -> Option<News> {
        match self.0.try_recv() {
            Ok(happened) => Some(News::Happened(happened)),
            Err(TryRecvError::Lagged(count)) => Some(News::Missed(count)),
            Err(TryRecvError::Empty | TryRecvError::Closed) => None,
        }
    }
}

/// Where a back end tells what happens. Telling never waits.
#[derive(Debug)]
pub struct HappeningSource {
    sender: broadcast::Sender<Arc<Happened>>,
    last: AtomicU64,
}

impl HappeningSource {
    /// So many things (at least 1) are kept for a slow reader; the oldest are lost to it first.
    #[must_use]
    pub fn new(kept: usize) -> Self {
        // More than this nobody keeps, and the channel would panic far above it.
        let kept = kept.clamp(1, 1 << 20);
        Self {
            sender: broadcast::Sender::new(kept),
            last: AtomicU64::new(0),
        }
    }

    /// Tells all readers. The caller sees to it that things are told in the order in which they
    /// happened.
    pub fn tell(&self, at: Moment, what: Happening) {
        let sequence = self.last.fetch_add(1, Ordering::Relaxed) + 1;
        // Without readers there is nobody to tell.
        let _ = self.sender.send(Arc::new(Happened { sequence, at, what }));
    }

    /// A reader of what happens from now on.
    #[must_use]
    pub fn reader(&self) -> Happenings {
        Happenings(self.sender.subscribe())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn closed(number: u32) -> Happening {
        Happening::RoomClosed {
            room: RoomId::number(number).unwrap(),
            opened_at: Moment(0),
        }
    }

    #[tokio::test]
    async fn a_slow_reader_loses_the_oldest_and_is_told_how_many() {
        let source = HappeningSource::new(4);
        let mut slow = source.reader();
        (1..=10).for_each(|number| source.tell(Moment(0), closed(number)));
        assert!(matches!(slow.next().await, Some(News::Missed(6))));
        for expected in 7..=10 {
            let Some(News::Happened(happened)) = slow.next_now() else {
                panic!("number {expected} is not there")
            };
            assert_eq!(happened.sequence, expected);
        }
        assert!(slow.next_now().is_none());
        drop(source);
        assert!(slow.next().await.is_none());
    }
}
