//! One room: who is in it, who left of late, and what an ending means to whom.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use exeunt_port::{RemoteLeaveReason, RoomId, UserId};
use exeunt_websocket::wire::{CloseCode, Departed, ServerMessage};

use super::{Stay, StayId};

/// How a stay ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ending {
    /// The client left.
    Left,
    /// Nothing was heard until the lease ran out.
    TimedOut,
    /// An operator removed the user.
    Kicked,
    /// The same user entered anew.
    Replaced,
    /// An operator dismissed the room.
    Dismissed,
    /// The service stops.
    ServerStopped,
}

impl Ending {
    /// What the others are told, in TRTC's numbers.
    pub(super) fn reason(self) -> RemoteLeaveReason {
        match self {
            Self::Left => RemoteLeaveReason::Left,
            Self::TimedOut => RemoteLeaveReason::TimedOut,
            Self::Kicked | Self::Replaced | Self::Dismissed | Self::ServerStopped => {
                RemoteLeaveReason::Kicked
            }
        }
    }

    pub(super) fn to_others(self, user: &UserId) -> ServerMessage {
        ServerMessage::UserLeft {
            user_id: user.clone(),
            reason: self.reason(),
        }
    }

    /// What the one who is out is told. Who is silent is told nothing: the close says it.
    pub(super) fn to_its_own(self, told: u32) -> Option<ServerMessage> {
        match self {
            Self::Left => Some(ServerMessage::Left { told }),
            Self::TimedOut => None,
            Self::Kicked => Some(ServerMessage::Kicked),
            Self::Replaced => Some(ServerMessage::Replaced),
            Self::Dismissed => Some(ServerMessage::Dismissed),
            Self::ServerStopped => Some(ServerMessage::ServerStopped),
        }
    }

    pub(super) fn close_code(self) -> CloseCode {
        match self {
            Self::Left => CloseCode::Normal,
            Self::TimedOut => CloseCode::LeaseExpired,
            Self::Kicked => CloseCode::Kicked,
            Self::Replaced => CloseCode::Replaced,
            Self::Dismissed => CloseCode::Dismissed,
            Self::ServerStopped => CloseCode::ServerStopped,
        }
    }
}

/// One room. It is there as long as somebody is in it.
#[derive(Debug, Default)]
pub(super) struct Room {
    members: BTreeMap<UserId, StayId>,
    departed: VecDeque<(Duration, Departed)>,
}

impl Room {
    pub(super) fn len(&self) -> usize {
        self.members.len()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.members.is_empty()
    }

    pub(super) fn stay_of(&self, user: &UserId) -> Option<StayId> {
        self.members.get(user).copied()
    }

    pub(super) fn users(&self) -> impl Iterator<Item = &UserId> {
        self.members.keys()
    }

    pub(super) fn stays(&self) -> impl Iterator<Item = StayId> {
        self.members.values().copied()
    }

    pub(super) fn admit(&mut self, user: UserId, stay: StayId) {
        self.members.insert(user, stay);
    }

    /// Strikes a member off, and remembers it among the latest `remembered` departures.
    pub(super) fn dismiss_member(
        &mut self,
        now: Duration,
        user: &UserId,
        reason: RemoteLeaveReason,
        remembered: usize,
    ) {
        self.members.remove(user);
        self.departed
            .retain(|(_, departed)| departed.user_id != *user);
        self.departed.push_back((
            now,
            Departed {
                user_id: user.clone(),
                reason,
            },
        ));
        while self.departed.len() > remembered {
            self.departed.pop_front();
        }
    }

    /// Who left within the last `window`, and forgets who left before.
    pub(super) fn departed(&mut self, now: Duration, window: Duration) -> Vec<Departed> {
        self.departed.retain(|(at, _)| *at + window > now);
        self.departed
            .iter()
            .map(|(_, departed)| departed.clone())
            .collect()
    }
}

/// A room as it is shown to an operator.
#[derive(Clone, Copy, Debug)]
pub struct RoomView<'a> {
    pub(super) id: &'a RoomId,
    pub(super) room: &'a Room,
    pub(super) stays: &'a BTreeMap<StayId, Stay>,
}

/// A member as it is shown to an operator.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MemberView<'a> {
    /// Who.
    pub user: &'a UserId,
    /// In which stay.
    pub stay: StayId,
    /// Whether there is a connection; without one the member is waited for until its lease ends.
    pub connected: bool,
}

impl<'a> RoomView<'a> {
    /// The room's id.
    #[must_use]
    pub fn id(&self) -> &'a RoomId {
        self.id
    }

    /// The members, in the order of their ids.
    pub fn members(&self) -> impl Iterator<Item = MemberView<'a>> + use<'a> {
        let stays = self.stays;
        self.room
            .members
            .iter()
            .map(move |(user, stay)| MemberView {
                user,
                stay: *stay,
                connected: stays.get(stay).is_some_and(|stay| stay.socket.is_some()),
            })
    }
}
