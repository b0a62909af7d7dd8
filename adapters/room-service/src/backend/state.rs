//! What a back end answers: rooms and members as they are, and what became of those taken out.

use exeunt_port::{RoomId, UserId};

use super::{BackendError, Receipt};

/// A time of the day: milliseconds since 1970.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Moment(pub u64);

impl Moment {
    /// Whole seconds since 1970.
    #[must_use]
    pub fn seconds(self) -> u64 {
        self.0 / 1000
    }
}

/// Which rooms are asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Page {
    /// How many to skip.
    pub offset: usize,
    /// How many to answer, at most.
    pub limit: usize,
}

/// Some rooms.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RoomPage {
    /// How many there are in all.
    pub total: usize,
    /// Those that were asked for.
    pub rooms: Vec<RoomState>,
}

/// A room, and who is in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RoomState {
    /// The room.
    pub id: RoomId,
    /// Since when it is open.
    pub opened_at: Moment,
    /// Who is in it, in the order of their ids.
    pub members: Vec<MemberState>,
}

/// Somebody in a room.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MemberState {
    /// Who.
    pub user: UserId,
    /// The number of this stay; never that of another one in a run of the back end.
    pub stay: u64,
    /// Since when.
    pub entered_at: Moment,
    /// Whether there is a connection; without one the member is waited for.
    pub connected: bool,
    /// When something was heard from it last, if the back end knows.
    pub heard_at: Option<Moment>,
    /// What it has been sending of late.
    pub publishes: Publishes,
    /// Whether the others see and hear the member.
    pub may_publish: bool,
}

/// What a member has been sending within the last seconds. Nothing, where the back end does not know.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Publishes {
    /// From its microphone.
    pub sound: bool,
    /// From its camera.
    pub pictures: bool,
    /// Something, and the back end does not know whether that is sound or pictures.
    pub something: bool,
}

/// What became of one user who was to be taken out.
#[derive(Clone, Debug)]
pub struct Removal {
    /// Who.
    pub user: UserId,
    /// What became of it.
    pub outcome: RemovalOutcome,
}

/// What became of one user who was to be taken out.
#[derive(Clone, Debug)]
pub enum RemovalOutcome {
    /// Was in the room, and is out.
    Removed {
        /// Which stay ended.
        stay: u64,
        /// Who of the others learns of it, and by when; `None` where the back end does not know.
        receipt: Option<Receipt>,
    },
    /// Was not in the room.
    NotInRoom,
    /// It went wrong for this user and not for all of them. Unless the error is that it was
    /// [refused](BackendError::Refused), the user may be in the room or out of it; kicking again is safe.
    Failed {
        /// How.
        error: BackendError,
    },
}

impl Removal {
    /// Why it is not known whether the user is out, if it is not.
    #[must_use]
    pub fn failure(&self) -> Option<&BackendError> {
        match &self.outcome {
            RemovalOutcome::Failed { error } => Some(error),
            RemovalOutcome::Removed { .. } | RemovalOutcome::NotInRoom => None,
        }
    }

    /// Whether the user was in the room, and is out.
    #[must_use]
    pub fn was_in_room(&self) -> bool {
        match self.outcome {
            RemovalOutcome::Removed { .. } => true,
            RemovalOutcome::NotInRoom | RemovalOutcome::Failed { .. } => false,
        }
    }
}

/// What became of a room that was dismissed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Dismissal {
    /// How many were in it.
    pub members: usize,
}

/// That a user may not enter, until when.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ban {
    /// Who.
    pub user: UserId,
    /// From which room; `None` from all of them.
    pub room: Option<RoomId>,
    /// Until when.
    pub until: Moment,
    /// Only with tokens that were issued until then, in seconds since 1970: whoever is given a new one
    /// may enter. `None` with every token.
    pub issued_until: Option<u64>,
}
