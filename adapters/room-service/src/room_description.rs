//! What the descriptions answer: rooms, members, departures, as they stand in JSON.

use exeunt_port::{RoomId, UserId};
use serde::{Deserialize, Serialize};

use crate::backend::{Ban, MemberState, ReceiptState, Removal, RemovalOutcome, RoomState};
use crate::history::EndedStay;

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

/// TRTC's `RoomState`: a room from its opening to its end.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct RoomInfo {
    pub(crate) comm_id: String,
    pub(crate) room_string: String,
    pub(crate) create_time: u64,
    /// The present time while it is not over.
    pub(crate) destroy_time: u64,
    pub(crate) is_finished: bool,
    pub(crate) user_id: Option<String>,
}

/// TRTC's `UserInformation`: a stay in a room.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(crate) struct UserInfo {
    pub(crate) room_str: String,
    pub(crate) user_id: UserId,
    pub(crate) join_ts: u64,
    /// The present time while the user is in the room.
    pub(crate) leave_ts: u64,
    /// Not known here, as are the next two; TRTC has them as texts.
    pub(crate) device_type: &'static str,
    pub(crate) sdk_version: &'static str,
    pub(crate) client_ip: &'static str,
    pub(crate) finished: bool,
}

/// What became of one user who was kicked, as `KickUsers` answers it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct RemovalDescription {
    /// Who.
    pub user_id: UserId,
    /// `Removed`, `NotInRoom` or `Failed`: then the user may still be in the room.
    pub outcome: String,
    /// Which stay ended.
    pub stay: Option<u64>,
    /// The receipt; `None` also where the rooms' server has none to give.
    pub receipt: Option<ReceiptDescription>,
    /// How it failed, if it did.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<String>,
}

/// How many of the others were told of a departure, and by when.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct ReceiptDescription {
    /// How many had a connection, and were to be told over it.
    pub to_tell: u32,
    /// To how many it was written.
    pub told: u32,
    /// How many were gone or cut off before; who resumes is told then.
    pub lost: u32,
    /// When the last of them was told, in milliseconds since 1970.
    pub last_told_at: Option<u64>,
}

/// The end of a stay, as `DescribeDepartures` answers it. Times are in milliseconds since 1970.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct DepartureDescription {
    /// Which room.
    pub room_id: RoomId,
    /// Who.
    pub user_id: UserId,
    /// Which stay.
    pub stay: u64,
    /// When it began.
    pub entered_at: u64,
    /// When it ended.
    pub left_at: u64,
    /// Why, in words; `None` where nobody knows.
    pub reason: Option<String>,
    /// Who of the others learned of it; `None` where nobody knows.
    pub receipt: Option<ReceiptDescription>,
}

/// A ban, as `DescribeBans` answers it. Times are in seconds since 1970.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct BanDescription {
    /// Who.
    pub user_id: UserId,
    /// From which room; `None` from all of them.
    pub room_id: Option<RoomId>,
    /// Until when.
    pub until: u64,
    /// Only with `UserSig`s that were issued until then; `None` with every one.
    pub issued_until: Option<u64>,
}

impl From<&Removal> for RemovalDescription {
    fn from(removal: &Removal) -> Self {
        let (outcome, stay, receipt) = match &removal.outcome {
            RemovalOutcome::Removed { stay, receipt } => {
                let receipt = receipt.as_ref().map(|receipt| receipt.state().into());
                ("Removed", Some(*stay), receipt)
            }
            RemovalOutcome::NotInRoom => ("NotInRoom", None, None),
            RemovalOutcome::Failed { .. } => ("Failed", None, None),
        };
        Self {
            user_id: removal.user.clone(),
            outcome: outcome.to_owned(),
            stay,
            receipt,
            detail: removal.failure().map(ToString::to_string),
        }
    }
}

impl From<ReceiptState> for ReceiptDescription {
    fn from(state: ReceiptState) -> Self {
        Self {
            to_tell: state.to_tell,
            told: state.told,
            lost: state.lost,
            last_told_at: state.last_told_at.map(|at| at.0),
        }
    }
}

impl From<&EndedStay> for DepartureDescription {
    fn from(ended: &EndedStay) -> Self {
        Self {
            room_id: ended.room.clone(),
            user_id: ended.user.clone(),
            stay: ended.stay,
            entered_at: ended.entered_at.0,
            left_at: ended.left_at.0,
            reason: ended.reason.map(|reason| reason.as_str().to_owned()),
            receipt: ended.receipt.as_ref().map(|receipt| receipt.state().into()),
        }
    }
}

impl From<&Ban> for BanDescription {
    fn from(ban: &Ban) -> Self {
        Self {
            user_id: ban.user.clone(),
            room_id: ban.room.clone(),
            until: ban.until.seconds(),
            issued_until: ban.issued_until,
        }
    }
}
