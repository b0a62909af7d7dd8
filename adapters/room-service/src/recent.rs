//! The latest things that happened, for whoever begins to watch now.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use crate::backend::{Backend, Happened, Happenings, News};

/// How many are kept.
const KEPT: usize = 500;

/// The latest things that happened; the oldest make place.
#[derive(Debug)]
pub(crate) struct Recent(Mutex<Inside>);

#[derive(Debug)]
struct Inside {
    news: Happenings,
    kept: VecDeque<Arc<Happened>>,
}

impl Recent {
    /// What happens from now on.
    pub(crate) fn of(backend: &dyn Backend) -> Self {
        let news = backend.happenings();
        let kept = VecDeque::new();
        Self(Mutex::new(Inside { news, kept }))
    }

    /// Keeps what happens, for as long as this is polled.
    pub(crate) async fn watch(&self, backend: &dyn Backend) {
        // A reader of our own wakes us up, so that none is held across an await.
        let mut bell = backend.happenings();
        while bell.next().await.is_some() {
            self.with(|_| {});
        }
        std::future::pending::<()>().await;
    }

    /// Those that are kept, the oldest first; whatever has happened by now is among them. Whoever
    /// begins to read the stream first and asks for these then misses nothing, and knows what comes
    /// twice by its number.
    pub(crate) fn latest(&self) -> Vec<Arc<Happened>> {
        self.with(|kept| kept.iter().cloned().collect())
    }

    fn with<T>(&self, act: impl FnOnce(&VecDeque<Arc<Happened>>) -> T) -> T {
        let mut inside = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let Inside { news, kept } = &mut *inside;
        while let Some(news) = news.next_now() {
            match news {
                News::Happened(happened) => {
                    if kept.len() >= KEPT {
                        kept.pop_front();
                    }
                    kept.push_back(happened);
                }
                // What the stream had no place for, the list has none for either.
                News::Missed(_) => {}
            }
        }
        act(kept)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use exeunt_port::{RoomId, UserId, async_trait};

    use super::*;
    use crate::backend::{
        BackendError, Dismissal, Happening, HappeningSource, Moment, Page, Removal, RoomPage,
        RoomState,
    };

    #[derive(Debug)]
    struct Told(HappeningSource);

    #[async_trait]
    impl Backend for Told {
        async fn rooms(&self, _: Page) -> Result<RoomPage, BackendError> {
            Ok(RoomPage::default())
        }

        async fn room(&self, room: &RoomId) -> Result<RoomState, BackendError> {
            Err(BackendError::NoSuchRoom { room: room.clone() })
        }

        async fn kick(&self, _: &RoomId, _: &[UserId]) -> Result<Vec<Removal>, BackendError> {
            Ok(Vec::new())
        }

        async fn dismiss(&self, room: &RoomId) -> Result<Dismissal, BackendError> {
            Err(BackendError::NoSuchRoom { room: room.clone() })
        }

        fn happenings(&self) -> Happenings {
            self.0.reader()
        }
    }

    #[test]
    fn whoever_begins_to_watch_finds_what_has_just_happened_although_nobody_was_woken_up() {
        let told = Arc::new(Told(HappeningSource::new(8)));
        let recent = Recent::of(&*told);
        let happens = |number| {
            let (room, opened_at) = (RoomId::number(number).unwrap(), Moment(0));
            told.0
                .tell(Moment(0), Happening::RoomClosed { room, opened_at });
        };
        happens(1);
        let mut reader = told.happenings();
        happens(2);
        let latest = recent.latest();
        let numbers: Vec<u64> = latest.iter().map(|happened| happened.sequence).collect();
        assert_eq!(numbers, [1, 2]);
        // What comes twice has the same number.
        let Some(News::Happened(second)) = reader.next_now() else {
            panic!("it happened after the reader began")
        };
        assert_eq!(second.sequence, 2);
    }
}
