//! What was: rooms and stays, those that are over among them, so that an operator can read back a
//! departure. Bounded, and the same for every back end.

mod record;

pub(crate) use record::{EndedStay, Record, Session};

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::sleep;

use crate::backend::{Backend, BackendError, Happenings, News, Page, ROOMS_AT_A_TIME, RoomState};
use crate::clock::today;

/// How long a gap stays that could not be closed, until that is tried again.
const PAUSE: Duration = Duration::from_secs(5);

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
            let mut is_open = false;
            if self.with(|inside| std::mem::take(&mut inside.has_gap))
                && let Err(error) = self.compare(backend).await
            {
                tracing::warn!(%error, "the history may miss rooms or members");
                self.with(|inside| inside.has_gap = true);
                is_open = true;
            }
            tokio::select! {
                biased;
                () = sleep(PAUSE), if is_open => {}
                // While a gap is open, what happens is read when its time has come.
                news = bell.next(), if !is_open => if news.is_none() {
                    return;
                },
            }
        }
    }

    /// Closes a gap: what the rooms say counts, but for what happens while they are asked. They are
    /// asked page by page, and one that moves from page to page meanwhile may be on none; so those that
    /// are missing are asked about one by one.
    async fn compare(&self, backend: &dyn Backend) -> Result<(), BackendError> {
        // Everything that happened before is in the record; what is noted from here on is remembered.
        self.with(|inside| inside.record.begin_to_compare());
        let mut rooms: Vec<RoomState> = Vec::new();
        let mut asked = 0;
        loop {
            let page = Page {
                offset: asked,
                limit: ROOMS_AT_A_TIME,
            };
            let answer = backend.rooms(page).await?;
            asked += answer.rooms.len();
            let is_last = answer.rooms.is_empty() || asked >= answer.total;
            rooms.extend(answer.rooms);
            if is_last {
                break;
            }
        }
        for room in self.with(|inside| inside.record.missing(&rooms)) {
            match backend.room(&room).await {
                Ok(room) => rooms.push(room),
                Err(BackendError::NoSuchRoom { .. }) => {}
                Err(error) => return Err(error),
            }
        }
        self.with(|inside| inside.record.compare(today(), &rooms));
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

#[cfg(test)]
mod tests;
