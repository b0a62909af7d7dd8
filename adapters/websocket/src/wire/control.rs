//! Control messages: JSON objects, told apart by their `type`.

use std::fmt;

use exeunt_port::{RemoteLeaveReason, UserId};
use serde::{Deserialize, Serialize};

use super::entrance::AnyEnter;
use super::{Departed, Enter, MAX_CONTROL, MAX_SERVER_CONTROL, Member, Refusal, WireError};

/// The most characters of an error's words.
const MAX_DETAIL: usize = 300;

/// What a client says.
#[derive(Clone, PartialEq, Eq)]
pub enum ClientMessage {
    /// Wants to enter a room; the first message of a new stay.
    Enter(Enter),
    /// Wants its stay back after the connection was lost; the first message on a new connection.
    Resume {
        /// The stay's number, from [`ServerMessage::Entered`].
        stay: u64,
        /// The stay's secret, from [`ServerMessage::Entered`].
        secret: String,
        /// Which attempt to resume this stay it is; higher than any before. One that arrives after a
        /// later one is refused ([`Refusal::Overtaken`]).
        attempt: u64,
    },
    /// Leaves; answered with [`ServerMessage::Left`].
    Leave,
    /// Still there; answered with [`ServerMessage::Heartbeat`].
    Heartbeat,
}

#[derive(Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum AnyClientMessage {
    Enter(Box<AnyEnter>),
    Resume {
        stay: u64,
        secret: String,
        attempt: u64,
    },
    Leave,
    Heartbeat,
}

#[derive(Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum EncodedClientMessage<'a> {
    Enter(&'a Enter),
    Resume {
        stay: u64,
        secret: &'a str,
        attempt: u64,
    },
    Leave,
    Heartbeat,
}

impl ClientMessage {
    /// Reads a client's text message.
    ///
    /// ```
    /// use exeunt_websocket::wire::ClientMessage;
    ///
    /// assert_eq!(ClientMessage::decode(r#"{"type":"leave"}"#)?, ClientMessage::Leave);
    /// let error = ClientMessage::decode(r#"{"type":"levae"}"#).expect_err("misspelt");
    /// assert!(error.to_string().contains("expected one of"));
    /// # Ok::<(), exeunt_websocket::wire::WireError>(())
    /// ```
    pub fn decode(text: &str) -> Result<Self, WireError> {
        Ok(match decoded(text, MAX_CONTROL)? {
            AnyClientMessage::Enter(any) => Self::Enter((*any).try_into()?),
            AnyClientMessage::Resume {
                stay,
                secret,
                attempt,
            } => Self::Resume {
                stay,
                secret,
                attempt,
            },
            AnyClientMessage::Leave => Self::Leave,
            AnyClientMessage::Heartbeat => Self::Heartbeat,
        })
    }

    /// The text message that says this.
    #[must_use]
    pub fn encode(&self) -> String {
        encoded(&match self {
            Self::Enter(enter) => EncodedClientMessage::Enter(enter),
            Self::Resume {
                stay,
                secret,
                attempt,
            } => EncodedClientMessage::Resume {
                stay: *stay,
                secret,
                attempt: *attempt,
            },
            Self::Leave => EncodedClientMessage::Leave,
            Self::Heartbeat => EncodedClientMessage::Heartbeat,
        })
    }
}

/// The secret and the signature stay out of logs.
impl fmt::Debug for ClientMessage {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Enter(enter) => enter.fmt(formatter),
            Self::Resume { stay, attempt, .. } => formatter
                .debug_struct("Resume")
                .field("stay", stay)
                .field("attempt", attempt)
                .finish_non_exhaustive(),
            Self::Leave => formatter.write_str("Leave"),
            Self::Heartbeat => formatter.write_str("Heartbeat"),
        }
    }
}

/// What the server says.
#[derive(Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum ServerMessage {
    /// The client is in the room.
    Entered {
        /// The stay's number; never used for another stay of this server's run.
        stay: u64,
        /// What a resume has to show.
        secret: String,
        /// Milliseconds of silence after which the stay is over and the others are told (G-12).
        lease_ms: u64,
        /// How often the client says a heartbeat, in milliseconds.
        heartbeat_ms: u64,
        /// The others in the room.
        members: Vec<Member>,
    },
    /// The stay goes on, on this connection.
    Resumed {
        /// The others in the room now.
        members: Vec<Member>,
        /// Who left of late, and why, in the order in which they left; a client learns from it what
        /// it missed.
        #[serde(default)]
        departed: Vec<Departed>,
    },
    /// The client is not let in.
    Refused {
        /// Why, as a [`Refusal`]'s number.
        code: i32,
        /// Why, in words.
        message: String,
    },
    /// The client has left.
    Left {
        /// To how many others the departure was handed.
        told: u32,
    },
    /// Somebody else entered.
    UserEntered {
        /// Who.
        user_id: UserId,
        /// In which stay.
        stay: u64,
    },
    /// Somebody else left.
    UserLeft {
        /// Who.
        user_id: UserId,
        /// Which stay ended.
        stay: u64,
        /// Why, in TRTC's numbers.
        reason: RemoteLeaveReason,
    },
    /// The stay is over: an operator removed this user.
    Kicked,
    /// The stay is over: an operator dismissed the room.
    Dismissed,
    /// The stay is over: the same user entered from elsewhere.
    Replaced,
    /// The stay is over: the server is stopping.
    ServerStopped,
    /// The answer to a heartbeat.
    Heartbeat,
}

impl ServerMessage {
    /// A refusal in these words.
    #[must_use]
    pub fn refused(refusal: Refusal, message: impl fmt::Display) -> Self {
        Self::Refused {
            code: refusal.code(),
            message: message.to_string(),
        }
    }

    /// Reads a server's text message.
    pub fn decode(text: &str) -> Result<Self, WireError> {
        decoded(text, MAX_SERVER_CONTROL)
    }

    /// The text message that says this.
    #[must_use]
    pub fn encode(&self) -> String {
        encoded(self)
    }
}

/// The secret stays out of logs.
impl fmt::Debug for ServerMessage {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Self::Entered {
            stay,
            lease_ms,
            heartbeat_ms,
            members,
            ..
        } = self
        {
            return formatter
                .debug_struct("Entered")
                .field("stay", stay)
                .field("lease_ms", lease_ms)
                .field("heartbeat_ms", heartbeat_ms)
                .field("members", members)
                .finish_non_exhaustive();
        }
        formatter.write_str(&self.encode())
    }
}

fn decoded<'a, T: Deserialize<'a>>(text: &'a str, allowed: usize) -> Result<T, WireError> {
    let length = text.len();
    if length > allowed {
        return Err(WireError::ControlTooLong { length, allowed });
    }
    serde_json::from_str(text).map_err(|error| {
        // The words may quote the message: quote it shortly, and on one line.
        let detail = error.to_string();
        let detail = detail.escape_debug().take(MAX_DETAIL).collect();
        WireError::Control { detail }
    })
}

fn encoded(message: &impl Serialize) -> String {
    // Numbers, strings and lists of them always have a JSON form; the match is for the type's sake.
    serde_json::to_string(message).unwrap_or_default()
}

#[cfg(test)]
mod tests;
