//! Who is in a room and who was, each with the number of the stay that is meant.

use exeunt_port::{RemoteLeaveReason, UserId};
use serde::{Deserialize, Serialize};

/// Somebody in a room. Whoever leaves and enters again is in another stay, which is how a client that
/// was away meanwhile learns of both.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Member {
    /// Who.
    pub user_id: UserId,
    /// In which stay.
    pub stay: u64,
}

/// Who left a room, and why.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Departed {
    /// Who.
    pub user_id: UserId,
    /// Which stay ended.
    pub stay: u64,
    /// Why, in TRTC's numbers.
    pub reason: RemoteLeaveReason,
}
