//! What the application hears.

use std::sync::Arc;
use std::time::Duration;

use exeunt_core::{Disposition, Effects, Epoch, Event, Instant, Slot, State};
use exeunt_port::{DeviceError, DeviceKind, RemoteLeaveReason, UserId};
use serde::{Deserialize, Serialize};

use crate::{DeviceRefused, ExitReport};

/// What the application hears of its stay in a room, in order. The last one is [`RoomEvent::Exited`],
/// exactly once (G-1); nothing comes after it (G-14).
#[derive(Clone, Debug)]
#[non_exhaustive]
pub enum RoomEvent {
    /// The server has let us in: `onEnterRoom`, with the time it took.
    Entered(Duration),
    /// Somebody else is in the room: `onRemoteUserEnterRoom`.
    RemoteUserEntered(UserId),
    /// Somebody else left: `onRemoteUserLeaveRoom`.
    RemoteUserLeft(UserId, RemoteLeaveReason),
    /// The link is down and being recovered: `onConnectionLost`.
    ConnectionLost,
    /// The link is back: `onConnectionRecovery`.
    ConnectionRecovered,
    /// A device runs.
    DeviceOpened {
        /// Where it stands.
        slot: Slot,
        /// What it does.
        kind: DeviceKind,
        /// What was really opened.
        description: String,
    },
    /// A device could not be opened, broke, or could not be released. One that could not be opened and
    /// [may be held all the same](DeviceError::may_be_held) is told twice in a room, of the opening and of the
    /// release; in the exit that release is all there is to tell.
    DeviceFailed {
        /// Where it stands.
        slot: Slot,
        /// What it does.
        kind: DeviceKind,
        /// What is wrong.
        error: DeviceError,
    },
    /// A device of the client found no place in this stay, and was not opened.
    DeviceRefused {
        /// What it does.
        kind: DeviceKind,
        /// What it is called.
        name: String,
        /// Why not.
        why: DeviceRefused,
    },
    /// A device has gone by itself.
    DeviceVanished {
        /// Where it stands.
        slot: Slot,
        /// What it does.
        kind: DeviceKind,
        /// How that was noticed.
        error: DeviceError,
    },
    /// A device's handle is gone (G-13).
    DeviceReleased {
        /// Where it stands.
        slot: Slot,
        /// What it does.
        kind: DeviceKind,
    },
    /// A device that is not this stay's alone is used by it no more, and stays open: it was lent, or
    /// others share it (G-16).
    DeviceReturned {
        /// Where it stood.
        slot: Slot,
        /// What it does.
        kind: DeviceKind,
    },
    /// The stay is over: `onExitRoom`.
    Exited(Arc<ExitReport>),
}

/// One step of a session, as observers see it and transcripts keep it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Step {
    /// When, since the session's task began: with the client's first stay.
    pub at: Instant,
    /// Of which stay.
    pub epoch: Epoch,
    /// What happened.
    pub event: Event,
    /// Where that left the session.
    pub state: StepState,
    /// What was to be done about it.
    pub effects: Effects,
    /// What became of the event.
    pub disposition: Disposition,
}

/// The four states, without what they hold.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub enum StepState {
    /// Nothing was entered.
    Idle,
    /// An exit is owed.
    InRoom,
    /// The ledger is being settled.
    Exiting,
    /// Nothing is owed.
    Exited,
}

impl From<&State> for StepState {
    fn from(state: &State) -> Self {
        match state {
            State::Idle => Self::Idle,
            State::InRoom(_) => Self::InRoom,
            State::Exiting(_) => Self::Exiting,
            State::Exited(_) => Self::Exited,
        }
    }
}
