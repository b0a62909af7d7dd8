//! What somebody is in a room.

use serde::{Deserialize, Serialize};

/// What somebody is in a room, as with TRTC. It makes a difference in live rooms only; in calls everybody
/// is an anchor.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize,
)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// Is seen and heard, and announced to the others.
    #[default]
    Anchor,
    /// Sees and hears, and is announced to nobody.
    Audience,
}

impl Role {
    /// Whether it is the usual one, which need not be said.
    #[must_use]
    pub fn is_anchor(&self) -> bool {
        *self == Self::Anchor
    }

    /// The role of this name.
    pub(super) fn named(name: &str) -> Option<Self> {
        match name {
            "anchor" => Some(Self::Anchor),
            "audience" => Some(Self::Audience),
            _ => None,
        }
    }
}
