//! Why a stay ended.

/// What ended a stay, as it was noticed. The first one fixes the reason (G-2).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
#[repr(u8)]
pub enum Cause {
    /// The application asked for it.
    ExitRequested,
    /// An operator removed us.
    Kicked,
    /// An operator dismissed the room.
    Dismissed,
    /// The same user entered from elsewhere.
    Replaced,
    /// The server stopped.
    ServerStopped,
    /// The transport gave the link up.
    LinkDead,
    /// The link did not come back in time.
    RecoveringTimedOut,
    /// The transport closed by itself.
    TransportClosed,
    /// The server did not let us in.
    EnterFailed,
    /// The server did not let us in in time.
    EnteringTimedOut,
}

/// Why a stay ended, in the numbers of `onExitRoom`.
///
/// 0, 1 and 2 are TRTC's and mean exactly what they mean there. What TRTC has no number for is 100
/// and more, so that it can never be mistaken for one of TRTC's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
#[repr(u8)]
pub enum Reason {
    /// Own `exitRoom()`.
    LocalExit = 0,
    /// `RemoveUser`.
    Kicked = 1,
    /// `DismissRoom`.
    Dismissed = 2,
    /// The connection was lost and did not come back.
    ConnectionLost = 100,
    /// The room was never entered.
    EnterFailed = 101,
    /// The same user entered from elsewhere.
    Replaced = 102,
    /// The server stopped.
    ServerStopped = 103,
}

/// Who decided that the stay ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
pub enum Origin {
    /// The application, by a call of its own.
    Application,
    /// The server said so.
    Server,
    /// Nobody said so; it follows from what the link did or from a deadline.
    Inferred,
}

impl Cause {
    /// All causes.
    pub const ALL: [Self; 10] = [
        Self::ExitRequested,
        Self::Kicked,
        Self::Dismissed,
        Self::Replaced,
        Self::ServerStopped,
        Self::LinkDead,
        Self::RecoveringTimedOut,
        Self::TransportClosed,
        Self::EnterFailed,
        Self::EnteringTimedOut,
    ];

    /// The reason that `onExitRoom` gives.
    #[must_use]
    pub const fn reason(self) -> Reason {
        match self {
            Self::ExitRequested => Reason::LocalExit,
            Self::Kicked => Reason::Kicked,
            Self::Dismissed => Reason::Dismissed,
            Self::Replaced => Reason::Replaced,
            Self::ServerStopped => Reason::ServerStopped,
            Self::LinkDead | Self::RecoveringTimedOut | Self::TransportClosed => {
                Reason::ConnectionLost
            }
            Self::EnterFailed | Self::EnteringTimedOut => Reason::EnterFailed,
        }
    }

    /// Who decided.
    #[must_use]
    pub const fn origin(self) -> Origin {
        match self {
            Self::ExitRequested => Origin::Application,
            Self::Kicked
            | Self::Dismissed
            | Self::Replaced
            | Self::ServerStopped
            | Self::EnterFailed => Origin::Server,
            Self::LinkDead
            | Self::RecoveringTimedOut
            | Self::TransportClosed
            | Self::EnteringTimedOut => Origin::Inferred,
        }
    }
}

impl Reason {
    /// Its number: TRTC's 0 to 2, ours from 100.
    #[must_use]
    pub const fn number(self) -> u8 {
        self as u8
    }
}

/// A set of causes: what else would have ended a stay that was ending already.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(transparent))]
pub struct Causes(u16);

impl Causes {
    /// None.
    pub const NONE: Self = Self(0);

    /// Whether this cause is among them.
    #[must_use]
    pub const fn contains(self, cause: Cause) -> bool {
        self.0 & (1 << cause as u16) != 0
    }

    /// Whether there are none.
    #[must_use]
    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// The causes, in the order of [`Cause::ALL`].
    pub fn iter(self) -> impl Iterator<Item = Cause> {
        Cause::ALL
            .into_iter()
            .filter(move |cause| self.contains(*cause))
    }

    /// Adds one; answers whether it is new.
    pub(crate) fn insert(&mut self, cause: Cause) -> bool {
        let new = !self.contains(cause);
        self.0 |= 1 << cause as u16;
        new
    }
}
