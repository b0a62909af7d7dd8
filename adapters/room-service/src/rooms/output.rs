//! What the rooms want done.

use exeunt_websocket::wire::{CloseCode, ServerMessage};

/// The number of one user's time in one room. Never used again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct StayId(pub u64);

/// The number of one connection. Never used again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SocketId(pub u64);

/// One thing to be done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Output {
    /// Say this on these sockets.
    Deliver {
        /// On which.
        to: Vec<SocketId>,
        /// What.
        message: ServerMessage,
    },
    /// Close this socket once everything before was said on it.
    Close {
        /// Which.
        socket: SocketId,
        /// With which code.
        code: CloseCode,
    },
}

/// What is to be done, in this order.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Outputs(Vec<Output>);

impl Outputs {
    pub(super) fn deliver(&mut self, to: Vec<SocketId>, message: ServerMessage) {
        if !to.is_empty() {
            self.0.push(Output::Deliver { to, message });
        }
    }

    pub(super) fn close(&mut self, socket: SocketId, code: CloseCode) {
        self.0.push(Output::Close { socket, code });
    }

    /// Whether nothing is to be done.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl IntoIterator for Outputs {
    type Item = Output;
    type IntoIter = std::vec::IntoIter<Output>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}
