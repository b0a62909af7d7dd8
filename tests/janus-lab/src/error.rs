//! Why a Janus cannot be had, or does not answer.

use thiserror::Error;

/// Why a Janus cannot be had, or does not answer.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum LabError {
    /// A program is not installed, or the system refused something.
    #[error("{what}: {error}")]
    System {
        /// What was tried.
        what: &'static str,
        /// The system's words.
        error: std::io::Error,
    },
    /// A command that arranges the network failed.
    #[error("`{command}` failed: {said}")]
    Command {
        /// The command.
        command: String,
        /// What it said.
        said: String,
    },
    /// The kernel does not call an interface running that was made and is up.
    #[error("an interface is not running {} s after it was made; `ip` shows:\n{shown}", within.as_secs())]
    NotRunning {
        /// For how long it was waited.
        within: std::time::Duration,
        /// What `ip` shows of it.
        shown: String,
    },
    /// The server did not come up.
    #[error("janus did not come up; it said:\n{log}")]
    NotReady {
        /// What it said.
        log: String,
    },
    /// The admin API does not answer.
    #[error("the admin API does not answer: {0}")]
    Admin(#[from] Box<ureq::Error>),
    /// The admin API refused something, or its answer makes no sense.
    #[error("the admin API answered {answer} to {request}")]
    Refused {
        /// What was asked.
        request: String,
        /// What was answered.
        answer: String,
    },
    /// One process has started more servers than there are addresses for: 16,384.
    #[error("this process has started as many servers as there are addresses for")]
    NoAddress,
}

impl LabError {
    pub(crate) fn system(what: &'static str) -> impl FnOnce(std::io::Error) -> Self {
        move |error| Self::System { what, error }
    }
}
