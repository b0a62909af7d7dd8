//! What `DescribeRooms` answers: rooms and members, as they stand in JSON.

use exeunt_port::{RoomId, UserId};
use serde::{Deserialize, Serialize};

use crate::backend::{MemberState, RoomState};

/// A room and who is in it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct RoomDescription {
    /// The room; in JSON a number for a numeric room and a string for a string room.
    pub room_id: RoomId,
    /// Who is in it, in the order of their ids.
    pub members: Vec<MemberDescription>,
}

/// A member of a room.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct MemberDescription {
    /// Who.
    pub user_id: UserId,
    /// The number of this stay; never used for another one in a run of the service.
    pub stay: u64,
    /// Whether there is a connection; without one the member is waited for until its lease ends.
    pub connected: bool,
}

impl From<RoomState> for RoomDescription {
    fn from(room: RoomState) -> Self {
        let members = room.members.into_iter().map(MemberDescription::from);
        Self {
            members: members.collect(),
            room_id: room.id,
        }
    }
}

impl From<MemberState> for MemberDescription {
    fn from(member: MemberState) -> Self {
        Self {
            user_id: member.user,
            stay: member.stay,
            connected: member.connected,
        }
    }
}
