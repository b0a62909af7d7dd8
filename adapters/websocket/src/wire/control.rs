//! Control messages: JSON objects, told apart by their `type`.

use std::fmt;

use exeunt_port::{RemoteLeaveReason, UserId};
use serde::{Deserialize, Serialize};

use super::entrance::AnyEnter;
use super::{Enter, MAX_CONTROL, Refusal, WireError};

/// What a client says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ClientMessage {
    /// Wants to enter a room; the first message of a new stay.
    Enter(Enter),
    /// Wants its stay back after the connection was lost; the first message on a new connection.
    Resume {
        /// The stay's number, from [`ServerMessage::Entered`].
        stay: u64,
        /// The stay's secret, from [`ServerMessage::Entered`].
        secret: String,
    },
    /// Leaves; answered with [`ServerMessage::Left`].
    Leave,
    /// Still there; answered with [`ServerMessage::Heartbeat`].
    Heartbeat,
}

#[derive(Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum AnyClientMessage {
    Enter(AnyEnter),
    Resume { stay: u64, secret: String },
    Leave,
    Heartbeat,
}

#[derive(Serialize)]
#[serde(tag = "type", rename_all = "snake_case")]
enum EncodedClientMessage<'a> {
    Enter(&'a Enter),
    Resume { stay: u64, secret: &'a str },
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
        Ok(match decoded(text)? {
            AnyClientMessage::Enter(any) => Self::Enter(any.try_into()?),
            AnyClientMessage::Resume { stay, secret } => Self::Resume { stay, secret },
            AnyClientMessage::Leave => Self::Leave,
            AnyClientMessage::Heartbeat => Self::Heartbeat,
        })
    }

    /// The text message that says this.
    #[must_use]
    pub fn encode(&self) -> String {
        encoded(&match self {
            Self::Enter(enter) => EncodedClientMessage::Enter(enter),
            Self::Resume { stay, secret } => EncodedClientMessage::Resume {
                stay: *stay,
                secret,
            },
            Self::Leave => EncodedClientMessage::Leave,
            Self::Heartbeat => EncodedClientMessage::Heartbeat,
        })
    }
}

/// What the server says.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
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
        members: Vec<UserId>,
    },
    /// The stay goes on, on this connection.
    Resumed {
        /// The others in the room now.
        members: Vec<UserId>,
        /// Who left of late, and why; a client learns from it what it missed.
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
    },
    /// Somebody else left.
    UserLeft {
        /// Who.
        user_id: UserId,
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

/// Who left a room, and why.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Departed {
    /// Who.
    pub user_id: UserId,
    /// Why, in TRTC's numbers.
    pub reason: RemoteLeaveReason,
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
        decoded(text)
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

fn decoded<'a, T: Deserialize<'a>>(text: &'a str) -> Result<T, WireError> {
    if text.len() > MAX_CONTROL {
        return Err(WireError::ControlTooLong { length: text.len() });
    }
    serde_json::from_str(text).map_err(|error| WireError::Control {
        detail: error.to_string(),
    })
}

fn encoded(message: &impl Serialize) -> String {
    // Numbers, strings and lists of them always have a JSON form; the match is for the type's sake.
    serde_json::to_string(message).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::super::EnterFault;
    use super::*;

    fn enter() -> ClientMessage {
        ClientMessage::Enter(Enter {
            protocol: 1,
            sdk_app_id: 1_400_000_000,
            user_id: "alice".parse().unwrap(),
            user_sig: "sig".to_owned(),
            room_id: "\"123\"".parse().unwrap(),
        })
    }

    #[test]
    fn what_a_client_says_is_heard_as_it_was_said() {
        let resume = ClientMessage::Resume {
            stay: 7,
            secret: "s".to_owned(),
        };
        for message in [
            enter(),
            resume,
            ClientMessage::Leave,
            ClientMessage::Heartbeat,
        ] {
            assert_eq!(ClientMessage::decode(&message.encode()), Ok(message));
        }
    }

    #[test]
    fn what_the_server_says_is_heard_as_it_was_said() {
        let bob: UserId = "bob".parse().unwrap();
        let reason = RemoteLeaveReason::TimedOut;
        for message in [
            ServerMessage::Entered {
                stay: 1,
                secret: "s".to_owned(),
                lease_ms: 8000,
                heartbeat_ms: 1000,
                members: vec![bob.clone()],
            },
            ServerMessage::Resumed {
                members: vec![],
                departed: vec![Departed {
                    user_id: bob.clone(),
                    reason,
                }],
            },
            ServerMessage::refused(Refusal::RoomFull, "full"),
            ServerMessage::Left { told: 2 },
            ServerMessage::UserEntered {
                user_id: bob.clone(),
            },
            ServerMessage::UserLeft {
                user_id: bob,
                reason,
            },
            ServerMessage::Kicked,
            ServerMessage::Dismissed,
            ServerMessage::Replaced,
            ServerMessage::ServerStopped,
            ServerMessage::Heartbeat,
        ] {
            assert_eq!(ServerMessage::decode(&message.encode()), Ok(message));
        }
    }

    #[test]
    fn the_words_on_the_wire_are_the_documented_ones() {
        assert_eq!(
            enter().encode(),
            r#"{"type":"enter","protocol":1,"sdk_app_id":1400000000,"user_id":"alice","user_sig":"sig","room_id":"123"}"#
        );
        assert_eq!(
            ServerMessage::Left { told: 3 }.encode(),
            r#"{"type":"left","told":3}"#
        );
        let left = ServerMessage::UserLeft {
            user_id: "bob".parse().unwrap(),
            reason: RemoteLeaveReason::Kicked,
        };
        assert_eq!(
            left.encode(),
            r#"{"type":"user_left","user_id":"bob","reason":2}"#
        );
    }

    #[test]
    fn a_wrong_parameter_is_named_and_has_the_refusal_of_its_own() {
        let good = r#""protocol":1,"sdk_app_id":1,"user_id":"a","user_sig":"s","room_id":1"#;
        for (wrong, refusal) in [
            (
                good.replace("\"protocol\":1", "\"protocol\":2"),
                Refusal::Protocol,
            ),
            (
                good.replace("\"sdk_app_id\":1", "\"sdk_app_id\":0"),
                Refusal::SdkAppId,
            ),
            (good.replace("\"sdk_app_id\":1,", ""), Refusal::SdkAppId),
            (
                good.replace("\"user_id\":\"a\"", "\"user_id\":\"a b\""),
                Refusal::UserId,
            ),
            (
                good.replace("\"user_id\":\"a\"", "\"user_id\":7"),
                Refusal::UserId,
            ),
            (
                good.replace("\"user_sig\":\"s\"", "\"user_sig\":null"),
                Refusal::UserSig,
            ),
            (
                good.replace("\"room_id\":1", "\"room_id\":0"),
                Refusal::RoomId,
            ),
            (
                good.replace("\"room_id\":1", "\"room_id\":4294967296"),
                Refusal::RoomId,
            ),
            (
                good.replace("\"room_id\":1", "\"room_id\":1.5"),
                Refusal::RoomId,
            ),
            (
                good.replace("\"room_id\":1", "\"room_id\":\"\""),
                Refusal::RoomId,
            ),
        ] {
            let error =
                ClientMessage::decode(&format!(r#"{{"type":"enter",{wrong}}}"#)).unwrap_err();
            let WireError::Enter(fault) = error else {
                panic!("{error}")
            };
            assert_eq!(fault.refusal(), refusal, "{fault}");
        }
    }

    #[test]
    fn what_is_no_message_is_refused_with_what_is_allowed() {
        for (text, words) in [
            ("", "EOF"),
            ("7", "expected internally tagged enum"),
            ("{}", "missing field `type`"),
            (
                r#"{"type":"exit"}"#,
                "expected one of `enter`, `resume`, `leave`, `heartbeat`",
            ),
            (r#"{"type":"resume","stay":-1,"secret":""}"#, "expected u64"),
        ] {
            let error = ClientMessage::decode(text).unwrap_err().to_string();
            assert!(error.contains(words), "{text}: {error}");
        }
        let long = format!(
            r#"{{"type":"leave","padding":"{}"}}"#,
            "x".repeat(MAX_CONTROL)
        );
        assert_eq!(
            ClientMessage::decode(&long),
            Err(WireError::ControlTooLong { length: long.len() })
        );
    }

    #[test]
    fn a_signature_is_repeated_in_no_message_and_no_log() {
        let text = r#"{"type":"enter","protocol":1,"sdk_app_id":1,"user_id":"a","user_sig":["hush"],"room_id":1}"#;
        let error = ClientMessage::decode(text).unwrap_err();
        assert_eq!(error, WireError::Enter(EnterFault::UserSig));
        assert!(!format!("{error} {error:?} {:?}", enter()).contains("sig\""));
    }
}
