//! The admin's side of VideoRoom: which rooms there are, who is in them, take somebody out, end a room.
//!
//! Everything goes over one session that is in no room, and which nobody in a room sees.

mod keeper;
mod keys;

pub use keys::AdminKeys;

use std::sync::Arc;
use std::time::Duration;

use exeunt_port::RoomId;
use thiserror::Error;
use tokio::sync::watch;
use tokio::task::JoinHandle;
use tokio::time::timeout;

use crate::endpoint::Endpoint;
use crate::error::{JanusError, code};
use crate::translate::Id;
use crate::translate::identity::room_of;
use crate::translate::requests::Body;
use crate::translate::videoroom::{Participant, Word};
use keeper::{Line, LineState};

/// An admin of a VideoRoom.
///
/// It connects in the background, and again when the connection is lost, with pauses of 250 ms to 2 s. A
/// question that comes meanwhile waits for the next attempt, at most [`Admin::WAIT`]; then it is
/// [`AdminError::Away`]. Which kind of ids the server has it finds out by itself. Dropping it closes the
/// connection and ends its task (G-15).
#[derive(Debug)]
pub struct Admin {
    line: watch::Receiver<LineState>,
    keys: AdminKeys,
    keeper: JoinHandle<()>,
}

/// An answer, and over which connection it came: over another one it may be another server's, or the same
/// after a new beginning.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answered<T> {
    /// Counts the connections that were made.
    pub connection: u64,
    /// What was said.
    pub answer: T,
}

/// A room that the server lists.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListedRoom {
    /// Which.
    pub room: RoomId,
    /// How many are in it.
    pub participants: u64,
}

/// The rooms that the server lists.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct RoomList {
    /// Those that we have an id for.
    pub rooms: Vec<ListedRoom>,
    /// How many there are beside them: numbers above 4294967295 whose name is not theirs, names with letters
    /// that a room's id cannot have.
    pub unnamed: usize,
}

/// Why an admin's request was not done.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum AdminError {
    /// There is no such room.
    #[error("there is no room {room}")]
    NoSuchRoom {
        /// Which.
        room: RoomId,
    },
    /// Nobody of that id is in the room.
    #[error("nobody of that id is in room {room}")]
    NoSuchParticipant {
        /// Which room.
        room: RoomId,
    },
    /// The room has a secret, and none was given for it (see [`AdminKeys`]).
    #[error("room {room} has a secret, and none is configured for it")]
    SecretNeeded {
        /// Which.
        room: RoomId,
    },
    /// The room has another secret than the one that was given for it.
    #[error("room {room} has another secret than the one that is configured for it")]
    SecretWrong {
        /// Which.
        room: RoomId,
    },
    /// The plugin has another admin key.
    #[error("VideoRoom has another admin key than the one that is configured")]
    AdminKeyWrong,
    /// No answer: nobody is there, the connection was lost, or it took too long. What was asked for may
    /// have happened all the same.
    #[error("{0}")]
    Away(JanusError),
    /// The server says no for another reason.
    #[error("{0}")]
    Refused(JanusError),
    /// The answer makes no sense.
    #[error("{0}")]
    Unreadable(JanusError),
}

impl Admin {
    /// How long a question waits for a connection.
    pub const WAIT: Duration = Duration::from_secs(4);

    /// Begins to connect, in a task of its own; call it within a tokio runtime. The endpoint's patience
    /// bounds every question.
    #[must_use]
    pub fn start(endpoint: Endpoint, keys: AdminKeys) -> Self {
        let (state, line) = watch::channel(LineState::Connecting);
        let keeper = tokio::spawn(keeper::keep(endpoint, state));
        Self { line, keys, keeper }
    }

    /// The rooms, those that are private only with the admin key.
    pub async fn rooms(&self) -> Result<Answered<RoomList>, AdminError> {
        let admin_key = self.keys.admin_key.clone();
        let line = self.line().await?;
        let said = line.ask(Body::List { admin_key }).await;
        let rooms = match said.map_err(|error| translated(error, None))? {
            Word::Rooms(rooms) => rooms,
            other => return Err(senseless("list its rooms", &other)),
        };
        let listed = rooms.len();
        let named = rooms.into_iter().filter_map(|room| {
            Some(ListedRoom {
                room: room_of(&room.room, room.description.as_deref())?,
                participants: room.num_participants,
            })
        });
        let rooms: Vec<_> = named.collect();
        let unnamed = listed - rooms.len();
        let answer = RoomList { rooms, unnamed };
        let connection = line.number;
        Ok(Answered { connection, answer })
    }

    /// Who is in a room; `None` if there is none.
    pub async fn participants(
        &self,
        room: &RoomId,
    ) -> Result<Answered<Option<Vec<Participant>>>, AdminError> {
        let line = self.line().await?;
        let body = Body::ListParticipants {
            room: line.ids.of_room(room),
            secret: self.keys.of_room(room),
        };
        let answer = match self.done(&line, body, room).await {
            Ok(Word::Participants(present)) => Some(present),
            Ok(other) => return Err(senseless("list participants", &other)),
            Err(AdminError::NoSuchRoom { .. }) => None,
            Err(error) => return Err(error),
        };
        let connection = line.number;
        Ok(Answered { connection, answer })
    }

    /// Takes somebody out of a room. Janus tells him and the others; when it answers, it has.
    pub async fn kick(&self, room: &RoomId, id: &Id) -> Result<(), AdminError> {
        let line = self.line().await?;
        let body = Body::Kick {
            room: line.ids.of_room(room),
            secret: self.keys.of_room(room),
            id: id.clone(),
        };
        match self.done(&line, body, room).await? {
            Word::Done => Ok(()),
            other => Err(senseless("kick a participant", &other)),
        }
    }

    /// Ends a room, and the stay of everybody in it. What stands in Janus's configuration file stays there.
    pub async fn destroy(&self, room: &RoomId) -> Result<(), AdminError> {
        let line = self.line().await?;
        let body = Body::Destroy {
            room: line.ids.of_room(room),
            secret: self.keys.of_room(room),
            permanent: false,
        };
        match self.done(&line, body, room).await? {
            Word::Destroyed => Ok(()),
            other => Err(senseless("destroy a room", &other)),
        }
    }

    async fn done(&self, line: &Line, body: Body, room: &RoomId) -> Result<Word, AdminError> {
        let said = line.ask(body).await;
        said.map_err(|error| translated(error, Some(room)))
    }

    /// The connection, or why there is none: as the next attempt goes that ends while we wait.
    async fn line(&self) -> Result<Arc<Line>, AdminError> {
        let mut line = self.line.clone();
        let next = async {
            loop {
                if let LineState::Up(line) = &*line.borrow_and_update() {
                    return Ok(Arc::clone(line));
                }
                if line.changed().await.is_err() {
                    return Err(none("the admin has stopped"));
                }
                if let LineState::Down(error) = &*line.borrow() {
                    return Err(translated(error.clone(), None));
                }
            }
        };
        timeout(Self::WAIT, next)
            .await
            .unwrap_or_else(|_| Err(none("it is being connected to")))
    }
}

impl Drop for Admin {
    fn drop(&mut self) {
        // The session's socket falls with the task.
        self.keeper.abort();
    }
}

fn none(detail: &str) -> AdminError {
    let detail = detail.to_owned();
    AdminError::Away(JanusError::Down { detail })
}

fn senseless(request: &'static str, word: &Word) -> AdminError {
    let detail = format!("{word:?} is no answer to it");
    AdminError::Unreadable(JanusError::Protocol { request, detail })
}

/// What an answer means for somebody who asked about this room, if it was about one.
fn translated(error: JanusError, room: Option<&RoomId>) -> AdminError {
    let of = |make: fn(RoomId) -> AdminError| room.cloned().map(make);
    let meant = match error.code() {
        Some(code::NO_SUCH_ROOM) => of(|room| AdminError::NoSuchRoom { room }),
        Some(code::NO_SUCH_FEED) => of(|room| AdminError::NoSuchParticipant { room }),
        Some(code::MISSING_ELEMENT) => of(|room| AdminError::SecretNeeded { room }),
        Some(code::FORBIDDEN) => {
            of(|room| AdminError::SecretWrong { room }).or(Some(AdminError::AdminKeyWrong))
        }
        // The session was lost between two questions: the next one goes over a new one.
        Some(code::NO_SUCH_SESSION | code::NO_SUCH_HANDLE) => Some(AdminError::Away(error.clone())),
        Some(_) | None => None,
    };
    meant.unwrap_or(match &error {
        JanusError::Unreachable { .. }
        | JanusError::Unanswered { .. }
        | JanusError::Down { .. }
        | JanusError::Busy { .. } => AdminError::Away(error),
        JanusError::Refused { .. } => AdminError::Refused(error),
        JanusError::Protocol { .. } => AdminError::Unreadable(error),
    })
}
