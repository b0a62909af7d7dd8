//! Janus's words: everything that is said over the wire, and its translation into ours and back.
//!
//! Pure: no clock, no socket. [`requests`] is what we say, [`messages`] is what Janus says, [`videoroom`]
//! what its plugin says inside of that, and [`identity`] who is meant by the ids on either side. A decoder
//! answers every input, with a message or with a [`WireError`].

pub mod identity;
pub mod messages;
pub mod requests;
pub mod videoroom;

use std::fmt;

use serde::{Deserialize, Serialize};
use thiserror::Error;

/// The largest message that is taken, in bytes: room for a room's worth of publishers, and for any offer.
pub const MAX_MESSAGE: usize = 1 << 20;

/// The plugin whose rooms these are.
pub const PLUGIN: &str = "janus.plugin.videoroom";

/// The id of a room or of a participant ("feed"): numbers, or strings where the plugin's `string_ids` is on.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Id {
    /// The usual kind. Janus's own are below 2^53, so that JavaScript can count them.
    Number(u64),
    /// The kind of `string_ids = true`.
    Text(String),
}

impl fmt::Display for Id {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Number(number) => write!(formatter, "{number}"),
            Self::Text(text) => write!(formatter, "{text:?}"),
        }
    }
}

/// A session description, and which half of the negotiation it is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Jsep {
    /// Offer or answer.
    #[serde(rename = "type")]
    pub kind: JsepKind,
    /// The description.
    pub sdp: String,
}

/// Which half of a negotiation a session description is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum JsepKind {
    /// Proposes.
    Offer,
    /// Agrees.
    Answer,
}

impl Jsep {
    /// An offer of this.
    #[must_use]
    pub fn offer(sdp: String) -> Self {
        let kind = JsepKind::Offer;
        Self { kind, sdp }
    }

    /// An answer of this.
    #[must_use]
    pub fn answer(sdp: String) -> Self {
        let kind = JsepKind::Answer;
        Self { kind, sdp }
    }
}

/// What can be wrong with a message.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum WireError {
    /// No JSON, or not of the shape that Janus's messages have.
    #[error("no message of Janus's: {detail}")]
    Shape {
        /// Where it breaks the rule.
        detail: String,
        /// The transaction it answers, where that much could be read.
        transaction: Option<String>,
    },
    /// Too long.
    #[error("a message of {length} bytes; {MAX_MESSAGE} are allowed")]
    TooLong {
        /// Its length in bytes.
        length: usize,
    },
}

pub(crate) fn parsed<'text, T: Deserialize<'text>>(text: &'text str) -> Result<T, WireError> {
    if text.len() > MAX_MESSAGE {
        let length = text.len();
        return Err(WireError::TooLong { length });
    }
    serde_json::from_str(text).map_err(|error| WireError::Shape {
        detail: error.to_string(),
        transaction: transaction_of(text),
    })
}

/// The transaction of a message that is otherwise not understood.
fn transaction_of(text: &str) -> Option<String> {
    #[derive(Deserialize)]
    struct Answer {
        transaction: String,
    }
    let answer = serde_json::from_str::<Answer>(text).ok()?;
    Some(answer.transaction)
}
