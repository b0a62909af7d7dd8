//! What keeps a case from being run.

use std::fmt::Display;

use thiserror::Error;

/// Why the author's world cannot do what a case needs.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum Obstacle {
    /// The system has no such thing at all: no operator, no lease. The case is listed as `not offered`.
    #[error("not offered: {what}")]
    NotOffered {
        /// What there is not.
        what: String,
    },
    /// The system would have it, but this machine lacks a part: a server's program, a microphone.
    /// The case is listed as `not run`, and fails where `FULL=1` says that everything has to be there.
    #[error("this machine has no {part}")]
    Missing {
        /// Which part.
        part: String,
    },
    /// It was tried and went wrong. The case fails.
    #[error("the test's own world failed: {detail}")]
    Failed {
        /// What went wrong.
        detail: String,
    },
}

impl Obstacle {
    /// The system has no such thing; `what` completes the sentence "not offered: …".
    pub fn not_offered(what: impl Into<String>) -> Self {
        Self::NotOffered { what: what.into() }
    }

    /// This machine lacks a part; `part` completes the sentence "this machine has no …".
    pub fn missing(part: impl Into<String>) -> Self {
        Self::Missing { part: part.into() }
    }

    /// It was tried and went wrong.
    #[must_use]
    pub fn failed(detail: impl Display) -> Self {
        Self::Failed {
            detail: detail.to_string(),
        }
    }
}
