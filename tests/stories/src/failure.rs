//! Why a story could not be told to its end.

use exeunt_port::{InvalidUserId, UserId};
use thiserror::Error;

/// Why a story could not be told to its end.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum StoryFailure {
    /// The system refused something.
    #[error("{what}: {error}")]
    System {
        /// What was tried.
        what: &'static str,
        /// The system's words.
        error: std::io::Error,
    },
    /// There is no program to tell the story with.
    #[error("the program `exeunt` was not built: {detail}")]
    NotBuilt {
        /// What cargo said.
        detail: String,
    },
    /// A name that no user can have.
    #[error(transparent)]
    Name(#[from] InvalidUserId),
    /// Something did not happen in [`PATIENCE`](crate::PATIENCE).
    #[error("{what} did not happen in time{said}")]
    Overdue {
        /// What was waited for.
        what: String,
        /// What was said or seen instead.
        said: String,
    },
    /// A process ended before something happened.
    #[error("{who} ended before {what}{said}")]
    Ended {
        /// Whose process.
        who: String,
        /// What was waited for.
        what: String,
        /// What it said.
        said: String,
    },
    /// An exit was not as every exit has to be.
    #[error("{user}: {wrong}{said}")]
    Exit {
        /// Whose exit.
        user: UserId,
        /// What was wrong with it, with the guarantee.
        wrong: String,
        /// What the process said.
        said: String,
    },
}

impl StoryFailure {
    pub(crate) fn system(what: &'static str) -> impl FnOnce(std::io::Error) -> Self {
        move |error| Self::System { what, error }
    }
}
