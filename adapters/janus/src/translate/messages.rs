//! What Janus says.

use serde::Deserialize;
use serde_json::Value;

use super::videoroom::Word;
use super::{Jsep, WireError, parsed};

/// One message of Janus's.
#[derive(Clone, Debug, PartialEq)]
pub enum Message {
    /// An answer to, or an echo of, a request of this transaction.
    Answer {
        /// The transaction, as the request named it.
        transaction: String,
        /// What it says.
        answer: Answer,
    },
    /// Something that happened to a handle.
    Event {
        /// Which.
        handle: u64,
        /// What.
        event: Event,
    },
    /// The session has timed out.
    Timeout {
        /// Which.
        session: Option<u64>,
    },
    /// Something else, for instance of a later version. It changes nothing.
    Other(String),
}

/// What an answer says.
#[derive(Clone, Debug, PartialEq)]
pub enum Answer {
    /// The request was taken; where it is the plugin's, what comes of it follows (or came before).
    Taken,
    /// It was done: with the id of what was made, if something was.
    Done {
        /// The id.
        id: Option<u64>,
    },
    /// The plugin has answered.
    Said {
        /// Its words.
        word: Word,
        /// The session description that goes with it.
        jsep: Option<Jsep>,
    },
    /// What this Janus is.
    Info {
        /// After how many seconds without a word a session ends; 0 is never.
        session_timeout: Option<u64>,
        /// For how many seconds a session waits to be claimed once its socket is lost; 0 is not at all.
        reclaim_session_timeout: Option<u64>,
    },
    /// It was refused, by Janus or by the plugin.
    Refused {
        /// The code.
        code: i32,
        /// The words.
        words: String,
    },
}

/// What happens to a handle.
#[derive(Clone, Debug, PartialEq)]
pub enum Event {
    /// The plugin said something unasked.
    Said {
        /// Its words.
        word: Word,
        /// The session description that goes with it.
        jsep: Option<Jsep>,
    },
    /// The peer connection is up.
    MediaUp,
    /// Janus receives, or no longer receives, what we send of one kind.
    Receiving {
        /// The media section.
        mid: Option<String>,
        /// Whether it does.
        receiving: bool,
    },
    /// Packets are lost on the way.
    SlowLink,
    /// Janus has closed the peer connection.
    HungUp {
        /// Why, in its words.
        reason: String,
    },
    /// The handle is gone.
    Detached,
    /// A candidate of Janus's, or the end of them (with `full_trickle`).
    Trickled,
}

/// The shape of every message, whatever it is.
#[derive(Deserialize)]
struct Envelope {
    janus: String,
    transaction: Option<String>,
    session_id: Option<u64>,
    sender: Option<u64>,
    data: Option<Made>,
    error: Option<Fault>,
    plugindata: Option<PluginData>,
    jsep: Option<Jsep>,
    reason: Option<String>,
    mid: Option<String>,
    receiving: Option<bool>,
    #[serde(rename = "session-timeout")]
    session_timeout: Option<u64>,
    #[serde(rename = "reclaim-session-timeout")]
    reclaim_session_timeout: Option<u64>,
}

#[derive(Deserialize)]
struct Made {
    id: Option<u64>,
}

#[derive(Deserialize)]
struct Fault {
    code: i32,
    #[serde(default)]
    reason: String,
}

#[derive(Deserialize)]
struct PluginData {
    data: Value,
}

impl Message {
    /// The message in this text.
    pub fn decode(text: &str) -> Result<Self, WireError> {
        let envelope: Envelope = parsed(text)?;
        let transaction = envelope.transaction.clone();
        envelope.translated().map_err(|detail| WireError::Shape {
            detail,
            transaction,
        })
    }
}

impl Envelope {
    fn translated(self) -> Result<Message, String> {
        let Self {
            janus,
            transaction,
            session_id,
            sender,
            ..
        } = &self;
        let answered = |answer| match transaction.clone() {
            Some(transaction) => Message::Answer {
                transaction,
                answer,
            },
            None => Message::Other(format!("{janus} without a transaction")),
        };
        let happened = |event| match *sender {
            Some(handle) => Message::Event { handle, event },
            None => Message::Other(format!("{janus} without a sender")),
        };
        Ok(match janus.as_str() {
            "ack" => answered(Answer::Taken),
            "success" => match self.word()? {
                Some(word) => answered(plugin_answer(word, self.jsep.clone())),
                None => answered(Answer::Done {
                    id: self.data.as_ref().and_then(|made| made.id),
                }),
            },
            "server_info" => answered(Answer::Info {
                session_timeout: self.session_timeout,
                reclaim_session_timeout: self.reclaim_session_timeout,
            }),
            "error" => {
                let fault = self.error.as_ref().ok_or("an error without its code")?;
                answered(Answer::Refused {
                    code: fault.code,
                    words: fault.reason.clone(),
                })
            }
            "event" => {
                let word = self.word()?.ok_or("an event without plugindata")?;
                let jsep = self.jsep.clone();
                match transaction {
                    Some(_) => answered(plugin_answer(word, jsep)),
                    None => happened(Event::Said { word, jsep }),
                }
            }
            "webrtcup" => happened(Event::MediaUp),
            "media" => happened(Event::Receiving {
                mid: self.mid.clone(),
                receiving: self.receiving.unwrap_or_default(),
            }),
            "slowlink" => happened(Event::SlowLink),
            "hangup" => happened(Event::HungUp {
                reason: self.reason.clone().unwrap_or_default(),
            }),
            "detached" => happened(Event::Detached),
            "trickle" => happened(Event::Trickled),
            "timeout" => Message::Timeout {
                session: *session_id,
            },
            other => Message::Other(other.chars().take(64).collect()),
        })
    }

    fn word(&self) -> Result<Option<Word>, String> {
        let word = |said: &PluginData| Word::of(&said.data);
        self.plugindata.as_ref().map(word).transpose()
    }
}

/// A plugin's no comes inside of a `success` or an `event`, and is a no all the same.
fn plugin_answer(word: Word, jsep: Option<Jsep>) -> Answer {
    if let Word::Error { code, words } = word {
        return Answer::Refused { code, words };
    }
    Answer::Said { word, jsep }
}
