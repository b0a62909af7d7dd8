//! What was: rooms and stays, those that are over among them, so that an operator can read back a
//! departure. Bounded, and the same for every back end.

mod record;

pub(crate) use record::{EndedStay, Record, Session};

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::sleep;

use crate::backend::{Backend, BackendError, Happenings, News, Page};
use crate::clock::today;

/// The pause before rooms that did not answer are asked again how they are.
const PAUSE: Duration = Duration::from_secs(5);
/// Rooms that are asked for at a time when the record is compared with the rooms themselves.
const ROOMS_AT_A_TIME: usize = 100;

/// The record, and the stream that it is written from.
#[derive(Debug)]
pub(crate) struct History(Mutex<Inside>);

#[derive(Debug)]
struct Inside {
    news: Happenings,
    record: Record,
    /// Things happened that the record does not know of.
    has_gap: bool,
}

impl History {
    /// A record of what happens from now on; it remembers so many stays that are over.
    pub(crate) fn of(backend: &dyn Backend, remembered: usize) -> Self {
        Self(Mutex::new(Inside {
            news: backend.happenings(),
            record: Record::new(remembered),
            // What there is already was not told of.
            has_gap: true,
        }))
    }

    /// Reads the record, with everything in it that has happened.
    pub(crate) fn read<T>(&self, read: impl FnOnce(&Record) -> T) -> T {
        self.with(|inside| read(&inside.record))
    }

    /// Keeps the record, for as long as this is polled.
    pub(crate) async fn keep(&self, backend: &dyn Backend) {
        // A reader of our own wakes us up, so that none is held across an await.
        let mut bell = backend.happenings();
        loop {
            if self.with(|inside| std::mem::take(&mut inside.has_gap))
                && let Err(error) = self.compare(backend).await
            {
                tracing::warn!(%error, "the history may miss rooms or members");
                self.with(|inside| inside.has_gap = true);
            }
            let has_gap = self.with(|inside| inside.has_gap);
            tokio::select! {
                biased;
                news = bell.next() => if news.is_none() {
                    return;
                },
                () = sleep(PAUSE), if has_gap => {}
            }
        }
    }

    /// Closes a gap: what the rooms say counts, for everything that is older than the question.
    async fn compare(&self, backend: &dyn Backend) -> Result<(), BackendError> {
        let asked_at = today();
        let mut rooms = Vec::new();
        loop {
            let page = Page {
                offset: rooms.len(),
                limit: ROOMS_AT_A_TIME,
            };
            let answer = backend.rooms(page).await?;
            let is_last = answer.rooms.len() < ROOMS_AT_A_TIME;
            rooms.extend(answer.rooms);
            if is_last {
                break;
            }
        }
        self.with(|inside| inside.record.compare(asked_at, &rooms));
        Ok(())
    }

    fn with<T>(&self, act: impl FnOnce(&mut Inside) -> T) -> T {
        let mut inside = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let inside = &mut *inside;
        while let Some(news) = inside.news.next_now() {
            match news {
                News::Happened(happened) => inside.record.note(&happened),
                News::Missed(count) => {
                    tracing::warn!(count, "the history missed what happened");
                    inside.has_gap = true;
                }
            }
        }
        act(inside)
    }
}
