//! Why a scenario was not played to a good end.

use thiserror::Error;

/// Why a scenario was not played to a good end.
#[derive(Debug, Error)]
pub(crate) enum LabFailure {
    /// The system refused something.
    #[error("{what}: {error}")]
    System {
        /// What was tried.
        what: String,
        /// The system's words.
        error: std::io::Error,
    },
    /// Something did not happen in time.
    #[error("{what} did not happen within {seconds} s; seen was {seen}")]
    Overdue {
        /// What was waited for.
        what: String,
        /// How long.
        seconds: u64,
        /// What was seen instead.
        seen: String,
    },
    /// A process ended before something happened.
    #[error("{who} ended before {what}")]
    Ended {
        /// Which process.
        who: String,
        /// What was waited for.
        what: String,
    },
    /// Something was not as it has to be.
    #[error("{0}")]
    Wrong(String),
}

/// What a scenario comes to.
pub(crate) type Outcome = Result<(), LabFailure>;

impl LabFailure {
    pub(crate) fn system(what: impl Into<String>) -> impl FnOnce(std::io::Error) -> Self {
        let what = what.into();
        move |error| Self::System { what, error }
    }
}

/// Demands that something holds; `wrong` says what is wrong where it does not.
pub(crate) fn demand(holds: bool, wrong: impl FnOnce() -> String) -> Outcome {
    if holds {
        Ok(())
    } else {
        Err(LabFailure::Wrong(wrong()))
    }
}
