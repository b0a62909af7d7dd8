//! What the server may do, judged by what really happened.

use std::collections::BTreeMap;

use exeunt_port::UserId;
use exeunt_room_service::rooms::StayId;
use exeunt_websocket::wire::ServerMessage;

use crate::breach::Breach;
use crate::world::{Owner, user};

use super::Booking;

/// What makes stays end.
#[derive(Clone, Copy)]
pub(super) enum Cause {
    /// Something heard of this stay.
    Heard(Owner),
    /// Somebody enters: his earlier stays may end.
    Entered(Owner),
    /// This stay's lease.
    Lease(StayId),
    /// An operator and this user.
    Kick(usize),
    /// An operator and the whole room.
    Everybody,
}

/// Nobody is told of a departure that did not happen.
pub(super) fn is_true(
    message: &ServerMessage,
    ended: &BTreeMap<&UserId, StayId>,
    after: &BTreeMap<UserId, StayId>,
) -> Result<(), Breach> {
    match message {
        ServerMessage::UserLeft { user_id, .. } if !ended.contains_key(user_id) => {
            let (user, truth) = (user_id.to_string(), "is still in the room");
            Err(Breach::FalseDeparture { user, truth })
        }
        // Whoever resumes infers departures from who is not listed.
        ServerMessage::Resumed { members, .. }
            if members.len() + 1 != after.len()
                || !members.iter().all(|member| {
                    let stay = after.get(&member.user_id);
                    stay.is_some_and(|stay| stay.0 == member.stay)
                }) =>
        {
            let is_listed = |user: &UserId| members.iter().any(|member| member.user_id == *user);
            let unlisted = after.keys().filter(|user| !is_listed(user));
            let user = unlisted.map(ToString::to_string).collect::<Vec<_>>();
            let (user, truth) = (user.join(" or "), "is in the room");
            Err(Breach::FalseDeparture { user, truth })
        }
        ServerMessage::UserLeft { .. }
        | ServerMessage::Resumed { .. }
        | ServerMessage::Entered { .. }
        | ServerMessage::Refused { .. }
        | ServerMessage::Left { .. }
        | ServerMessage::UserEntered { .. }
        | ServerMessage::Kicked
        | ServerMessage::Dismissed
        | ServerMessage::Replaced
        | ServerMessage::ServerStopped
        | ServerMessage::Heartbeat => Ok(()),
    }
}

impl Booking {
    /// Whether this attempt of this stay may take the stay to another socket.
    pub(super) fn may_be_resumed(&self, by: Owner, attempt: u64) -> Result<(), Breach> {
        let what = if by != self.owner {
            format!("the resume of {by}")
        } else if attempt <= self.resumes {
            format!("a resume of {by} that was given up")
        } else {
            return Ok(());
        };
        let touched = self.owner;
        Err(Breach::Touched { what, touched })
    }
}

impl Cause {
    /// Whether this may end that stay.
    pub(super) fn may_end(self, stay: StayId, owner: Owner) -> Result<(), Breach> {
        let (may, what) = match self {
            Self::Heard(by) => (by == owner, format!("a late message of {by}")),
            Self::Entered(by) => (
                by.who == owner.who && by > owner,
                format!("the late `enter` of {by}"),
            ),
            Self::Lease(of) => (of == stay, format!("the lease of stay {}", of.0)),
            Self::Kick(who) => (who == owner.who, format!("the kick of {}", user(who))),
            Self::Everybody => (true, String::new()),
        };
        if may {
            return Ok(());
        }
        let touched = owner;
        Err(Breach::Touched { what, touched })
    }
}
