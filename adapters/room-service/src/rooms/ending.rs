//! How stays end: the one way out, and what it means to whom.

use std::time::Duration;

use exeunt_port::{RemoteLeaveReason, RoomId, UserId};
use exeunt_websocket::wire::{CloseCode, ServerMessage};

use super::members::Room;
use super::{Occurrence, Outputs, Rooms, SocketId, Stay, StayId};
use crate::backend::LeaveReason;

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
    /// It has lasted as long as a stay may.
    Overlong,
}

impl Ending {
    /// What the others are told, in TRTC's numbers.
    pub(super) fn reason(self) -> RemoteLeaveReason {
        match self {
            Self::Left => RemoteLeaveReason::Left,
            Self::TimedOut => RemoteLeaveReason::TimedOut,
            Self::Kicked
            | Self::Replaced
            | Self::Dismissed
            | Self::ServerStopped
            | Self::Overlong => RemoteLeaveReason::Kicked,
        }
    }

    pub(super) fn to_others(self, user: &UserId, stay: StayId) -> ServerMessage {
        ServerMessage::UserLeft {
            user_id: user.clone(),
            stay: stay.0,
            reason: self.reason(),
        }
    }

    /// What the one who is out is told. Who is silent is told nothing: the close says it.
    pub(super) fn to_its_own(self, told: u32) -> Option<ServerMessage> {
        match self {
            Self::Left => Some(ServerMessage::Left { told }),
            Self::TimedOut => None,
            Self::Kicked | Self::Overlong => Some(ServerMessage::Kicked),
            Self::Replaced => Some(ServerMessage::Replaced),
            Self::Dismissed => Some(ServerMessage::Dismissed),
            Self::ServerStopped => Some(ServerMessage::ServerStopped),
        }
    }

    pub(super) fn close_code(self) -> CloseCode {
        match self {
            Self::Left => CloseCode::Normal,
            Self::TimedOut => CloseCode::LeaseExpired,
            Self::Kicked | Self::Overlong => CloseCode::Kicked,
            Self::Replaced => CloseCode::Replaced,
            Self::Dismissed => CloseCode::Dismissed,
            Self::ServerStopped => CloseCode::ServerStopped,
        }
    }
}

impl From<Ending> for LeaveReason {
    fn from(ending: Ending) -> Self {
        match ending {
            Ending::Left => Self::ByItself,
            Ending::TimedOut => Self::TimedOut,
            Ending::Kicked => Self::Kicked,
            Ending::Replaced => Self::Replaced,
            Ending::Dismissed => Self::Dismissed,
            Ending::ServerStopped => Self::ServerStopped,
            Ending::Overlong => Self::StayTooLong,
        }
    }
}

impl Rooms {
    /// Ends one stay: the one way out (G-3). Everybody learns of it who does not know.
    pub(super) fn end(
        &mut self,
        now: Duration,
        stay: StayId,
        ending: Ending,
        outputs: &mut Outputs,
    ) {
        let Some(ended) = self.forget(now, stay, ending) else {
            return;
        };
        let (mut told, mut closed) = (Vec::new(), false);
        if let Some(room) = self.open.get_mut(&ended.room) {
            room.dismiss_member(
                now,
                &ended.user,
                ending.reason(),
                self.limits.members_per_room,
            );
            if room.is_empty() {
                // Who is replaced is back before anybody could see the room empty.
                closed = self.emptied(now, &ended.room, ended.role) && ending != Ending::Replaced;
            } else if ended.role.is_anchor() {
                told = self.listeners(&ended.room);
            }
        }
        outputs.occurred(Occurrence::Left {
            stay,
            room: ended.room.clone(),
            user: ended.user.clone(),
            role: ended.role,
            reason: ending.into(),
            announced_by: (!told.is_empty()).then(|| outputs.next_place()),
        });
        if closed {
            outputs.occurred(Occurrence::RoomClosed {
                room: ended.room.clone(),
            });
        }
        if let Some(socket) = ended.socket {
            let count = u32::try_from(told.len()).unwrap_or(u32::MAX);
            // The others first: `left` means that they were told.
            outputs.deliver(told, ending.to_others(&ended.user, stay));
            ending
                .to_its_own(count)
                .into_iter()
                .for_each(|own| outputs.deliver(vec![socket], own));
            outputs.close(socket, ending.close_code());
        } else {
            outputs.deliver(told, ending.to_others(&ended.user, stay));
        }
    }

    /// Ends the stays of a whole room that is gone already; nobody is left to be told of the others.
    pub(super) fn end_all(
        &mut self,
        now: Duration,
        id: &RoomId,
        room: &Room,
        ending: Ending,
        outputs: &mut Outputs,
    ) -> usize {
        let ended: Vec<(StayId, Stay)> = room
            .stays()
            .filter_map(|stay| Some((stay, self.forget(now, stay, ending)?)))
            .collect();
        for (stay, ended) in &ended {
            outputs.occurred(Occurrence::Left {
                stay: *stay,
                room: id.clone(),
                user: ended.user.clone(),
                role: ended.role,
                reason: ending.into(),
                announced_by: None,
            });
        }
        outputs.occurred(Occurrence::RoomClosed { room: id.clone() });
        let sockets: Vec<SocketId> = ended.iter().filter_map(|(_, stay)| stay.socket).collect();
        if let Some(own) = ending.to_its_own(0) {
            outputs.deliver(sockets.clone(), own);
        }
        for socket in sockets {
            outputs.close(socket, ending.close_code());
        }
        ended.len()
    }

    /// Takes a stay out of the books, but for its grave.
    fn forget(&mut self, now: Duration, stay: StayId, ending: Ending) -> Option<Stay> {
        let ended = self.stays.remove(&stay)?;
        self.expiries.remove(&(ended.looked_at, stay));
        if let Some(socket) = ended.socket {
            self.sockets.remove(&socket);
        }
        let entrant = (ended.room.clone(), ended.user.clone(), ended.client);
        self.past_enters.note(now, entrant, ended.attempt);
        if let Some(message) = ending.to_its_own(0).filter(|_| ending != Ending::Left) {
            let secret = ended.secret.clone();
            self.graves
                .bury(now, stay, secret, message, ending.close_code());
        }
        Some(ended)
    }
}
