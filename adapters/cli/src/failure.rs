//! What can go wrong, in words for whoever typed the command.

use std::path::PathBuf;

use exeunt_port::EnterError;
use exeunt_room_service::{ServeError, ServerApiError};
use exeunt_runtime::TranscriptError;
use thiserror::Error;

/// Why a command did not do what it was asked.
#[derive(Debug, Error)]
pub(crate) enum Failure {
    #[error("config file {}: {detail}", path.display())]
    Config { path: PathBuf, detail: String },
    #[error(
        "{service:?} is no address of a room service; expected something like ws://127.0.0.1:7450"
    )]
    Service { service: String },
    #[error(transparent)]
    Enter(#[from] EnterError),
    #[error("{0}")]
    NotEntered(String),
    #[error(transparent)]
    Serve(#[from] ServeError),
    #[error(transparent)]
    Api(#[from] ServerApiError),
    #[error("{}: {detail}", path.display())]
    File { path: PathBuf, detail: String },
    #[error("{}: {error}", path.display())]
    Transcript {
        path: PathBuf,
        error: TranscriptError,
    },
    #[error("this machine has no {missing}; --devices files uses files instead")]
    NoDevice { missing: String },
    #[error("{what} did not happen within {seconds} s")]
    Overdue { what: String, seconds: u64 },
    #[error("{user}'s process: {detail}")]
    Process { user: String, detail: String },
    #[error("{0} of the guarantees that this run shows did not hold")]
    NotHeld(usize),
}
