//! What can go wrong between us and a Janus.

use std::time::Duration;

use thiserror::Error;

/// The codes of Janus and of its `VideoRoom` that somebody acts on.
pub mod code {
    /// The api secret or token is missing or wrong (Janus).
    pub const UNAUTHORIZED: i32 = 403;
    /// No such session: it timed out, or an admin destroyed it (Janus).
    pub const NO_SUCH_SESSION: i32 = 458;
    /// No such handle (Janus).
    pub const NO_SUCH_HANDLE: i32 = 459;
    /// There is no `VideoRoom` plugin (Janus).
    pub const NO_SUCH_PLUGIN: i32 = 460;
    /// No such room; also the answer to whoever leaves and is not in one (`VideoRoom`).
    pub const NO_SUCH_ROOM: i32 = 426;
    /// A room of this id is there already (`VideoRoom`).
    pub const ROOM_EXISTS: i32 = 427;
    /// No such participant (`VideoRoom`).
    pub const NO_SUCH_FEED: i32 = 428;
    /// Something the request needs is missing, for instance the room's secret (`VideoRoom`).
    pub const MISSING_ELEMENT: i32 = 429;
    /// Something in the request is of the wrong kind, for instance a string where ids are numbers (`VideoRoom`).
    pub const INVALID_ELEMENT: i32 = 430;
    /// The room has all the publishers it may have (`VideoRoom`).
    pub const ROOM_FULL: i32 = 432;
    /// The pin, secret, token or admin key is wrong (`VideoRoom`).
    pub const FORBIDDEN: i32 = 433;
    /// Somebody in the room has this id (`VideoRoom`).
    pub const ID_IN_USE: i32 = 436;
}

/// What went wrong between us and a Janus.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum JanusError {
    /// Nobody answers there.
    #[error("no Janus answers at {endpoint}: {detail}")]
    Unreachable {
        /// Where it was looked for.
        endpoint: String,
        /// What the network said.
        detail: String,
    },
    /// Janus, or its `VideoRoom`, said no.
    #[error("Janus refused to {request} ({code}): {words}")]
    Refused {
        /// What it was asked for.
        request: &'static str,
        /// Its code, one of [`code`] or another.
        code: i32,
        /// Its words.
        words: String,
    },
    /// No answer within the bound.
    #[error("Janus did not answer to {request} within {within:?}")]
    Unanswered {
        /// What it was asked for.
        request: &'static str,
        /// How long it was waited for.
        within: Duration,
    },
    /// What came as an answer is none.
    #[error("Janus's answer to {request} was not understood: {detail}")]
    Protocol {
        /// What it was asked for.
        request: &'static str,
        /// What was wrong with it.
        detail: String,
    },
    /// The socket is down.
    #[error("the connection to Janus is down: {detail}")]
    Down {
        /// What happened to it.
        detail: String,
    },
    /// More requests wait for an answer than may.
    #[error("{waiting} requests wait for Janus's answer already")]
    Busy {
        /// How many.
        waiting: usize,
    },
}

impl JanusError {
    /// Janus's own code, where it said one.
    #[must_use]
    pub fn code(&self) -> Option<i32> {
        match self {
            Self::Refused { code, .. } => Some(*code),
            Self::Unreachable { .. }
            | Self::Unanswered { .. }
            | Self::Protocol { .. }
            | Self::Down { .. }
            | Self::Busy { .. } => None,
        }
    }

    /// Whether Janus says that there is nothing (any more) that could be left, kicked or ended: 426,
    /// 428, 458 or 459. After a leave that lost a race it means that we are out already.
    #[must_use]
    pub fn is_gone(&self) -> bool {
        matches!(
            self.code(),
            Some(
                code::NO_SUCH_ROOM
                    | code::NO_SUCH_FEED
                    | code::NO_SUCH_SESSION
                    | code::NO_SUCH_HANDLE
            )
        )
    }
}
