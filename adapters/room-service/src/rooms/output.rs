//! What the rooms want done.

use exeunt_port::{RoomId, UserId};
use exeunt_websocket::wire::{CloseCode, Role, ServerMessage};

use crate::backend::LeaveReason;

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

/// One thing that happened, beside what is to be done about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Occurrence {
    /// A room began, because this user enters it.
    RoomOpened {
        /// Which.
        room: RoomId,
        /// Who enters.
        by: UserId,
    },
    /// A stay began.
    Entered {
        /// Which.
        stay: StayId,
        /// In which room.
        room: RoomId,
        /// Whose.
        user: UserId,
        /// As what.
        role: Role,
    },
    /// A stay ended.
    Left {
        /// Which.
        stay: StayId,
        /// In which room.
        room: RoomId,
        /// Whose.
        user: UserId,
        /// As what.
        role: Role,
        /// Why.
        reason: LeaveReason,
        /// Which of the outputs, counted from 0, tells the others; `None` if there are none.
        announced_by: Option<usize>,
    },
    /// A room is over.
    RoomClosed {
        /// Which.
        room: RoomId,
    },
}

/// What is to be done, in this order; and beside it, what happened.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Outputs {
    to_do: Vec<Output>,
    occurred: Vec<Occurrence>,
}

impl Outputs {
    pub(super) fn deliver(&mut self, to: Vec<SocketId>, message: ServerMessage) {
        if !to.is_empty() {
            self.to_do.push(Output::Deliver { to, message });
        }
    }

    pub(super) fn close(&mut self, socket: SocketId, code: CloseCode) {
        self.to_do.push(Output::Close { socket, code });
    }

    pub(super) fn occurred(&mut self, occurrence: Occurrence) {
        self.occurred.push(occurrence);
    }

    /// The place of the next output.
    pub(super) fn next_place(&self) -> usize {
        self.to_do.len()
    }

    /// What happened, in this order; afterwards it is forgotten.
    pub fn take_occurred(&mut self) -> Vec<Occurrence> {
        std::mem::take(&mut self.occurred)
    }

    /// Whether nothing is to be done.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.to_do.is_empty()
    }
}

impl IntoIterator for Outputs {
    type Item = Output;
    type IntoIter = std::vec::IntoIter<Output>;

    fn into_iter(self) -> Self::IntoIter {
        self.to_do.into_iter()
    }
}
