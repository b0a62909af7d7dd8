//! Why the lab could not be run.

use std::path::PathBuf;
use std::time::Duration;

use thiserror::Error;

/// Why the lab could not be run.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum LabError {
    /// The system refused something.
    #[error("{what}: {error}")]
    System {
        /// What was tried.
        what: String,
        /// The system's words.
        error: std::io::Error,
    },
    /// A program that the guest is to run needs a library which is not there.
    #[error("{program} needs {library}, which is not there")]
    NoLibrary {
        /// Which program.
        program: PathBuf,
        /// Which library.
        library: String,
    },
    /// The command line could not be built.
    #[error("exeunt, which the guest is to run, cannot be built: {detail}")]
    NotBuilt {
        /// What cargo said.
        detail: String,
    },
    /// The machine did not end by itself.
    #[error("the machine did not end within {bound:?} and was killed")]
    Overdue {
        /// How long it was given.
        bound: Duration,
    },
}

impl LabError {
    pub(crate) fn system(what: impl Into<String>) -> impl FnOnce(std::io::Error) -> Self {
        let what = what.into();
        move |error| Self::System { what, error }
    }
}
