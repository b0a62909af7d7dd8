//! Why a back end cannot do what it was asked.

use exeunt_port::RoomId;
use thiserror::Error;

/// Why a back end cannot do what it was asked.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum BackendError {
    /// There is no room of that id. Ask for another one, or take it for granted that it is over.
    #[error("room {room} does not exist")]
    NoSuchRoom {
        /// The id.
        room: RoomId,
    },
    /// The server that holds the rooms does not answer. Asking again later may help.
    #[error("the server that holds the rooms does not answer: {detail}")]
    Unreachable {
        /// What was tried, and how it went.
        detail: String,
    },
    /// It answers, but not so that it can be understood.
    #[error("the server that holds the rooms answered what makes no sense: {detail}")]
    Unreadable {
        /// What was wrong with it.
        detail: String,
    },
    /// It answers that it will not: its keys are other ones, or it is at fault.
    #[error("the server that holds the rooms refuses: {detail}")]
    Refused {
        /// Its words.
        detail: String,
    },
    /// There are as many of something as there may be.
    #[error("there are {most} {what} already, and no more may be")]
    TooMany {
        /// Of what.
        what: &'static str,
        /// How many there may be.
        most: usize,
    },
    /// This kind of back end has no such thing.
    #[error("these rooms have no {what}")]
    Unsupported {
        /// What was asked for.
        what: &'static str,
    },
}
