//! Who has been sending what of late.

use std::collections::BTreeMap;
use std::time::Duration;

use exeunt_port::Codec;
use exeunt_websocket::wire::media_codec;

use crate::backend::Publishes;
use crate::rooms::SocketId;

/// A frame older than this says nothing about now.
const OF_LATE: Duration = Duration::from_secs(3);

/// When each connection sent sound and pictures last.
#[derive(Debug, Default)]
pub(super) struct Traffic(BTreeMap<SocketId, Last>);

#[derive(Clone, Copy, Debug, Default)]
struct Last {
    sound: Option<Duration>,
    pictures: Option<Duration>,
}

impl Traffic {
    /// A frame came.
    pub(super) fn note(&mut self, now: Duration, socket: SocketId, message: &[u8]) {
        let last = self.0.entry(socket).or_default();
        match media_codec(message) {
            Some(Codec::Opus) => last.sound = Some(now),
            Some(Codec::Jpeg) => last.pictures = Some(now),
            // A codec of tomorrow is neither.
            Some(_) | None => {}
        }
    }

    /// A connection is gone.
    pub(super) fn forget(&mut self, socket: SocketId) {
        self.0.remove(&socket);
    }

    /// What a connection has been sending.
    pub(super) fn of(&self, now: Duration, socket: Option<SocketId>) -> Publishes {
        let last = socket.and_then(|socket| self.0.get(&socket));
        let last = last.copied().unwrap_or_default();
        let of_late = |at: Option<Duration>| at.is_some_and(|at| at + OF_LATE > now);
        Publishes {
            sound: of_late(last.sound),
            pictures: of_late(last.pictures),
            something: false,
        }
    }
}
