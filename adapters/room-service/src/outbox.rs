//! What waits to be written on one socket: bounded, and never in anybody's way.
//!
//! Control messages are all written or the socket is cut off; media is dropped, oldest first; a
//! heartbeat waits once at most.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

use axum::extract::ws::Utf8Bytes;
use bytes::Bytes;
use exeunt_websocket::wire::CloseCode;
use prometheus_client::metrics::counter::Counter;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;

use crate::backend::Owed;
use crate::clock::today;
use crate::config::Limits;

/// The queue between the rooms and one socket's writer.
#[derive(Debug)]
pub(crate) struct Outbox {
    waiting: Mutex<Waiting>,
    changed: Notify,
    closing: CancellationToken,
    limits: Limits,
    /// Counts the frames that it was too slow for.
    lost: Counter,
}

#[derive(Debug, Default)]
struct Waiting {
    control: VecDeque<(Utf8Bytes, Option<Debt>)>,
    heartbeat: bool,
    media: VecDeque<Bytes>,
    media_bytes: usize,
    close: Option<(CloseCode, String)>,
}

/// What to write next.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Item {
    /// A control message, and what writing it settles.
    Control(Utf8Bytes, Option<Debt>),
    /// The answer to a heartbeat.
    Heartbeat,
    /// A frame.
    Media(Bytes),
    /// The close frame; nothing comes after it.
    Close(CloseCode, String),
}

/// That one socket is owed the news of a departure. Dropped before it is [paid](Self::paid), it is
/// lost: the socket was cut off or has gone.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Debt(Option<Owed>);

impl Debt {
    pub(crate) fn new(owed: Owed) -> Self {
        Self(Some(owed))
    }

    /// The news was written.
    pub(crate) fn paid(mut self) {
        if let Some(owed) = self.0.take() {
            owed.told(today());
        }
    }
}

impl Drop for Debt {
    fn drop(&mut self) {
        if let Some(owed) = self.0.take() {
            owed.lost();
        }
    }
}

/// More control messages wait than may: the client does not read.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Overflow;

impl Outbox {
    /// What is dropped for want of room is counted in `lost`.
    pub(crate) fn new(limits: Limits, lost: Counter) -> Self {
        let waiting = Mutex::default();
        Self {
            lost,
            waiting,
            changed: Notify::new(),
            closing: CancellationToken::new(),
            limits,
        }
    }

    /// Adds a control message, and what writing it settles.
    pub(crate) fn say(&self, message: Utf8Bytes, debt: Option<Debt>) -> Result<(), Overflow> {
        self.change(|waiting| {
            if waiting.control.len() >= self.limits.waiting_control {
                return Err(Overflow);
            }
            waiting.control.push_back((message, debt));
            Ok(())
        })
        .unwrap_or(Ok(()))
    }

    /// Adds the answer to a heartbeat, unless one is waiting.
    pub(crate) fn answer_heartbeat(&self) {
        self.change(|waiting| waiting.heartbeat = true);
    }

    /// Adds a frame, at the cost of the oldest ones.
    pub(crate) fn send(&self, frame: Bytes) {
        self.change(|waiting| {
            waiting.media_bytes += frame.len();
            waiting.media.push_back(frame);
            while waiting.media.len() > self.limits.waiting_media.max(1)
                || waiting.media_bytes > self.limits.waiting_media_bytes
            {
                let Some(oldest) = waiting.media.pop_front() else {
                    break;
                };
                waiting.media_bytes -= oldest.len();
                self.lost.inc();
            }
        });
    }

    /// Closes the socket once the control messages before are written. The first close counts, and
    /// nothing can be added any more.
    pub(crate) fn close(&self, code: CloseCode, reason: impl Into<String>) {
        self.change(|waiting| {
            waiting.media.clear();
            waiting.close = Some((code, reason.into()));
        });
        self.closing.cancel();
    }

    /// Whether the socket is closing: nothing its client says matters any more.
    pub(crate) fn is_closing(&self) -> bool {
        self.closing.is_cancelled()
    }

    /// With which code the socket is closing, if it is.
    pub(crate) fn closed_with(&self) -> Option<CloseCode> {
        let waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        waiting.close.as_ref().map(|(code, _)| *code)
    }

    /// Resolves when the socket is closing.
    pub(crate) async fn closing(&self) {
        self.closing.cancelled().await;
    }

    /// What to write next. For one writer.
    pub(crate) async fn next(&self) -> Item {
        loop {
            let changed = self.changed.notified();
            if let Some(item) = self.take() {
                return item;
            }
            changed.await;
        }
    }

    fn take(&self) -> Option<Item> {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((message, debt)) = waiting.control.pop_front() {
            return Some(Item::Control(message, debt));
        }
        if let Some((code, reason)) = waiting.close.clone() {
            return Some(Item::Close(code, reason));
        }
        if std::mem::take(&mut waiting.heartbeat) {
            return Some(Item::Heartbeat);
        }
        let frame = waiting.media.pop_front()?;
        waiting.media_bytes -= frame.len();
        Some(Item::Media(frame))
    }

    /// Changes what waits, unless the socket is closing.
    fn change<T>(&self, change: impl FnOnce(&mut Waiting) -> T) -> Option<T> {
        // Nothing in here panics half-way, so what a poisoned lock guards is whole.
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        if waiting.close.is_some() {
            return None;
        }
        let changed = change(&mut waiting);
        drop(waiting);
        self.changed.notify_one();
        Some(changed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outbox() -> Outbox {
        let limits = Limits {
            waiting_control: 2,
            waiting_media: 3,
            waiting_media_bytes: 10,
            ..Limits::default()
        };
        Outbox::new(limits, Counter::default())
    }

    fn all(outbox: &Outbox) -> Vec<Item> {
        std::iter::from_fn(|| outbox.take()).collect()
    }

    #[test]
    fn a_slow_reader_loses_the_oldest_frames_by_number_and_by_bytes() {
        let outbox = outbox();
        for frame in [&b"a"[..], b"b", b"c", b"d"] {
            outbox.send(Bytes::from_static(frame));
        }
        let media = |frame| Item::Media(Bytes::from_static(frame));
        assert_eq!(outbox.lost.get(), 1);
        assert_eq!(all(&outbox), [media(b"b"), media(b"c"), media(b"d")]);
        outbox.send(Bytes::from_static(b"123456"));
        outbox.send(Bytes::from_static(b"12345"));
        assert_eq!(all(&outbox), [media(b"12345")]);
        assert_eq!(outbox.lost.get(), 2);
    }

    #[test]
    fn control_messages_are_never_dropped_but_there_is_an_end_to_them() {
        let outbox = outbox();
        assert_eq!(outbox.say("1".into(), None), Ok(()));
        assert_eq!(outbox.say("2".into(), None), Ok(()));
        assert_eq!(outbox.say("3".into(), None), Err(Overflow));
        assert_eq!(
            all(&outbox),
            [
                Item::Control("1".into(), None),
                Item::Control("2".into(), None)
            ]
        );
    }

    #[test]
    fn what_was_said_before_the_close_is_written_and_nothing_after_it() {
        let outbox = outbox();
        outbox.send(Bytes::from_static(b"frame"));
        outbox.say("kicked".into(), None).unwrap();
        outbox.close(CloseCode::Kicked, "out");
        outbox.say("late".into(), None).unwrap();
        outbox.close(CloseCode::Normal, "later");
        assert_eq!(outbox.take(), Some(Item::Control("kicked".into(), None)));
        assert_eq!(
            outbox.take(),
            Some(Item::Close(CloseCode::Kicked, "out".to_owned()))
        );
    }

    #[test]
    fn heartbeats_do_not_pile_up() {
        let outbox = outbox();
        (0..100).for_each(|_| outbox.answer_heartbeat());
        assert_eq!(all(&outbox), [Item::Heartbeat]);
    }
}
