//! Why a server cannot be had, or does not answer.

use thiserror::Error;

/// Why a server cannot be had, or does not answer.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ServerError {
    /// A program is not installed, or the system refused something.
    #[error("{what}: {error}")]
    System {
        /// What was tried.
        what: &'static str,
        /// The system's words.
        error: std::io::Error,
    },
    /// The server did not come up.
    #[error("the server did not come up: {log}")]
    NotReady {
        /// What it said.
        log: String,
    },
    /// The server refused, or its answer makes no sense.
    #[error("the server answered {answer:?}")]
    Answer {
        /// The answer.
        answer: String,
    },
    /// What was waited for did not happen.
    #[error("the server did not tell of {what} within {} s", within.as_secs_f64())]
    Untold {
        /// What was waited for.
        what: String,
        /// For how long.
        within: std::time::Duration,
    },
}

impl ServerError {
    pub(crate) fn system(what: &'static str) -> impl FnOnce(std::io::Error) -> Self {
        move |error| Self::System { what, error }
    }
}
