//! What we say to Janus.

use serde::{Deserialize, Serialize};

use super::{Id, Jsep, WireError, parsed};
use crate::secret::Secret;

/// One request.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Request {
    /// Ours, returned with the answer.
    pub transaction: String,
    /// Which session it is about, if any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session_id: Option<u64>,
    /// Which handle it is about, if any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub handle_id: Option<u64>,
    /// Janus's api secret, where it has one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub apisecret: Option<Secret>,
    /// A token, where Janus wants one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token: Option<Secret>,
    /// What is asked for.
    #[serde(flatten)]
    pub verb: Verb,
}

/// What a request asks for.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "janus", rename_all = "lowercase")]
pub enum Verb {
    /// What this Janus is and how long its sessions live.
    Info,
    /// A session.
    Create,
    /// A handle to a plugin.
    Attach {
        /// Which plugin, [`PLUGIN`](super::PLUGIN).
        plugin: String,
    },
    /// Something that the plugin is to do.
    Message {
        /// What.
        body: Body,
        /// The session description that goes with it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        jsep: Option<Jsep>,
    },
    /// A candidate of ours, or that there are no more.
    Trickle {
        /// The candidate.
        candidate: Trickled,
    },
    /// That the session is still wanted.
    Keepalive,
    /// The end of the handle's peer connection.
    Hangup,
    /// The end of the handle.
    Detach,
    /// The end of the session.
    Destroy,
    /// That the session's messages come to this socket from now on.
    Claim,
}

/// A candidate, or the end of them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Trickled {
    /// One.
    #[serde(rename_all = "camelCase")]
    Candidate {
        /// The media section it belongs to.
        sdp_mid: String,
        /// The same by number.
        sdp_m_line_index: u32,
        /// The candidate as in a session description.
        candidate: String,
    },
    /// There are no more.
    Completed {
        /// True.
        completed: bool,
    },
}

/// What `VideoRoom` is to do.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "request", rename_all = "lowercase")]
pub enum Body {
    /// Make a room. Synchronous.
    Create(Create),
    /// End a room, and the stay of everybody in it. Synchronous.
    Destroy {
        /// Which.
        room: Id,
        /// The room's secret, where it has one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        secret: Option<Secret>,
        /// Whether it is taken out of the configuration file as well.
        #[serde(default, skip_serializing_if = "is_false")]
        permanent: bool,
    },
    /// Whether a room is there. Synchronous.
    Exists {
        /// Which.
        room: Id,
    },
    /// All rooms that are not private; with the admin key those as well. Synchronous.
    List {
        /// The plugin's admin key.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        admin_key: Option<Secret>,
    },
    /// Everybody in a room. Synchronous.
    ListParticipants {
        /// Which.
        room: Id,
        /// The room's secret: without it some versions answer nobody for private rooms.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        secret: Option<Secret>,
    },
    /// Remove somebody from a room. Synchronous.
    Kick {
        /// From which.
        room: Id,
        /// The room's secret, where it has one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        secret: Option<Secret>,
        /// Whom.
        id: Id,
    },
    /// Enter a room: as a publisher, which is what has an identity, or as a subscriber to streams.
    Join(Join),
    /// Begin to send; goes with an offer.
    Publish(Publish),
    /// Change what is sent; with an offer, or with `restart` for a new one from Janus.
    Configure {
        /// Whether a subscriber wants a new offer with new ICE credentials.
        #[serde(default, skip_serializing_if = "is_false")]
        restart: bool,
    },
    /// End sending; the stay goes on.
    Unpublish,
    /// End the stay.
    Leave,
    /// Receive what was offered; goes with an answer.
    Start,
    /// Change which streams are received.
    Update {
        /// These as well.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        subscribe: Vec<StreamChoice>,
        /// These no more.
        #[serde(default, skip_serializing_if = "Vec::is_empty")]
        unsubscribe: Vec<StreamChoice>,
    },
}

/// A room that is to be made.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Create {
    /// Its id.
    pub room: Id,
    /// What it is called.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// The plugin's admin key, where making rooms needs one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub admin_key: Option<Secret>,
    /// What an operator has to say from now on.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secret: Option<Secret>,
    /// What everybody who enters has to say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub pin: Option<Secret>,
    /// How many may send at a time.
    pub publishers: u32,
    /// Whether it outlives Janus, in its configuration file.
    pub permanent: bool,
    /// Whether who enters is announced before he sends.
    pub notify_joining: bool,
    /// Whether only who is in the room may receive from it: then a kick ends what he receives as well.
    #[serde(default)]
    pub require_pvtid: bool,
    /// The sound codecs, best first, separated by commas.
    pub audiocodec: String,
    /// The picture codecs, the same way.
    pub videocodec: String,
}

/// Entering a room.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "ptype", rename_all = "lowercase")]
pub enum Join {
    /// As somebody, who may send.
    Publisher {
        /// Which room.
        room: Id,
        /// Who.
        id: Id,
        /// Under which name.
        display: String,
        /// The room's pin, where it has one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pin: Option<Secret>,
        /// What lets this user in, where the room has a list of those allowed.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        token: Option<Secret>,
    },
    /// As a receiver of streams.
    Subscriber {
        /// Which room.
        room: Id,
        /// The private id of the publisher who receives them: a kick of the one ends the other.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        private_id: Option<u64>,
        /// The room's pin, where it has one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        pin: Option<Secret>,
        /// What is received.
        streams: Vec<StreamChoice>,
    },
}

/// What is sent.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Publish {
    /// The sound codec of the offer that is to be used.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub audiocodec: Option<String>,
    /// The picture codec of the offer that is to be used.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub videocodec: Option<String>,
}

/// Streams of one publisher: all, or one of them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct StreamChoice {
    /// Whose.
    pub feed: Id,
    /// Which; all of them without.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub mid: Option<String>,
}

impl Request {
    /// The JSON of it.
    #[must_use]
    pub fn encode(&self) -> String {
        // Maps with text keys, texts and numbers: nothing that JSON could not say.
        serde_json::to_string(self).unwrap_or_default()
    }

    /// The request in this text, as a Janus reads it.
    pub fn decode(text: &str) -> Result<Self, WireError> {
        parsed(text)
    }
}

impl Verb {
    /// What it does, to complete "Janus refused to ...".
    pub(crate) fn described(&self) -> &'static str {
        match self {
            Self::Info => "say what it is",
            Self::Create => "create a session",
            Self::Attach { .. } => "attach a handle",
            Self::Message { body, .. } => body.described(),
            Self::Trickle { .. } => "take a candidate",
            Self::Keepalive => "keep the session alive",
            Self::Hangup => "hang up",
            Self::Detach => "detach a handle",
            Self::Destroy => "destroy a session",
            Self::Claim => "hand over a session",
        }
    }
}

impl Body {
    fn described(&self) -> &'static str {
        match self {
            Self::Create(_) => "make a room",
            Self::Destroy { .. } => "destroy a room",
            Self::Exists { .. } => "say whether a room exists",
            Self::List { .. } => "list its rooms",
            Self::ListParticipants { .. } => "list participants",
            Self::Kick { .. } => "kick a participant",
            Self::Join(Join::Publisher { .. }) => "let us into the room",
            Self::Join(Join::Subscriber { .. }) => "let us receive streams",
            Self::Publish(_) => "let us send",
            Self::Configure { .. } => "change what we send",
            Self::Unpublish => "let us stop sending",
            Self::Leave => "let us leave",
            Self::Start => "start a subscription",
            Self::Update { .. } => "change a subscription",
        }
    }
}

#[allow(clippy::trivially_copy_pass_by_ref, reason = "serde hands references")]
fn is_false(flag: &bool) -> bool {
    !flag
}
