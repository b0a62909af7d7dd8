//! What `VideoRoom` says inside of Janus's messages.

use serde::Deserialize;
use serde_json::Value;

use super::Id;

/// What `VideoRoom` says. What it says beside that is left out.
#[derive(Clone, Debug, PartialEq)]
pub enum Word {
    /// We are in the room.
    Joined {
        /// Which.
        room: Id,
        /// What the room is called.
        description: Option<String>,
        /// Who we are.
        id: Id,
        /// What ties our subscriptions to us.
        private_id: Option<u64>,
        /// Who sends.
        publishers: Vec<Publisher>,
        /// Who is in the room without sending, where the room tells.
        attendees: Vec<Attendee>,
    },
    /// Somebody came who does not send (yet).
    Joining(Attendee),
    /// Somebody began to send, or changed what he sends.
    Publishers(Vec<Publisher>),
    /// Somebody stopped sending. Also said when he is about to be gone, and then twice.
    Unpublished(Id),
    /// Somebody is gone.
    Leaving(Id),
    /// Somebody was kicked.
    Kicked(Id),
    /// We are out.
    Left {
        /// Because we were kicked, and not at our own wish.
        kicked: bool,
    },
    /// We have stopped sending.
    StoppedSending,
    /// The room was destroyed: by us, where it is an answer.
    Destroyed,
    /// A subscription was made.
    Attached(Vec<Subscribed>),
    /// A subscription has changed; without streams it has not, or not yet (`updating`).
    Updated(Vec<Subscribed>),
    /// A room was made.
    Created(Id),
    /// Whether a room is there.
    Exists(bool),
    /// The rooms.
    Rooms(Vec<Room>),
    /// Everybody in a room.
    Participants(Vec<Participant>),
    /// It was done, and that is all there is to say.
    Done,
    /// It was refused.
    Error {
        /// The code.
        code: i32,
        /// The words.
        words: String,
    },
    /// Something else, for instance who is talking. It changes nothing.
    Other,
}

/// Who is in a room, by Janus's account.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Attendee {
    /// The id.
    pub id: Id,
    /// The name, where one was given.
    pub display: Option<String>,
}

/// Who sends in a room.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Publisher {
    /// The id.
    pub id: Id,
    /// The name, where one was given.
    pub display: Option<String>,
    /// What is sent.
    #[serde(default)]
    pub streams: Vec<Stream>,
}

/// One stream of a publisher.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Stream {
    /// Audio, video or data.
    #[serde(rename = "type")]
    pub kind: String,
    /// Its name among the publisher's.
    pub mid: String,
    /// Its codec, in lower case.
    pub codec: Option<String>,
    /// Whether it is not sent any more; its place is kept.
    #[serde(default)]
    pub disabled: bool,
}

/// One stream of a subscription.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Subscribed {
    /// Its name in the subscription's session description.
    pub mid: String,
    /// Audio, video or data.
    #[serde(rename = "type")]
    pub kind: String,
    /// Whose it is; nobody's while it waits to be used again.
    pub feed_id: Option<Id>,
    /// Its name among the publisher's.
    pub feed_mid: Option<String>,
    /// Whether anything comes of it.
    #[serde(default = "yes")]
    pub active: bool,
}

/// One room.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Room {
    /// The id.
    pub room: Id,
    /// What it is called.
    pub description: Option<String>,
    /// How many are in it.
    #[serde(default)]
    pub num_participants: u64,
    /// Whether who enters has to say a pin.
    #[serde(default)]
    pub pin_required: bool,
}

/// One of everybody in a room.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub struct Participant {
    /// The id.
    pub id: Id,
    /// The name, where one was given.
    pub display: Option<String>,
    /// Whether he sends.
    #[serde(default)]
    pub publisher: bool,
}

fn yes() -> bool {
    true
}

/// Everything that a message of `VideoRoom`'s may hold.
#[derive(Deserialize)]
struct Raw {
    videoroom: Option<String>,
    error_code: Option<i32>,
    #[serde(default)]
    error: String,
    room: Option<Id>,
    description: Option<String>,
    id: Option<Id>,
    private_id: Option<u64>,
    publishers: Option<Vec<Publisher>>,
    attendees: Option<Vec<Attendee>>,
    joining: Option<Attendee>,
    unpublished: Option<Id>,
    leaving: Option<Id>,
    kicked: Option<Id>,
    reason: Option<String>,
    #[serde(default)]
    streams: Vec<Subscribed>,
    exists: Option<bool>,
    list: Option<Vec<Room>>,
    participants: Option<Vec<Participant>>,
    configured: Option<Value>,
    started: Option<Value>,
}

impl Word {
    /// What this says; or what is wrong with it.
    pub(super) fn of(data: &Value) -> Result<Self, String> {
        let raw = Raw::deserialize(data).map_err(|error| error.to_string())?;
        if let Some(code) = raw.error_code {
            let words = raw.error;
            return Ok(Self::Error { code, words });
        }
        let missing = |what: &str| format!("{what} is missing");
        match raw.videoroom.as_deref() {
            Some("joined") => Ok(Self::Joined {
                room: raw.room.ok_or_else(|| missing("joined's room"))?,
                description: raw.description,
                id: raw.id.ok_or_else(|| missing("joined's id"))?,
                private_id: raw.private_id,
                publishers: raw.publishers.unwrap_or_default(),
                attendees: raw.attendees.unwrap_or_default(),
            }),
            Some("destroyed") => Ok(Self::Destroyed),
            Some("created") => Ok(Self::Created(
                raw.room.ok_or_else(|| missing("created's room"))?,
            )),
            Some("participants") => Ok(Self::Participants(raw.participants.unwrap_or_default())),
            Some("attached") => Ok(Self::Attached(raw.streams)),
            Some("updated") => Ok(Self::Updated(raw.streams)),
            // While an earlier offer is unanswered Janus only takes note: the change follows by itself.
            Some("updating") => Ok(Self::Updated(Vec::new())),
            Some("success") => Ok(match (raw.exists, raw.list) {
                (Some(exists), _) => Self::Exists(exists),
                (None, Some(rooms)) => Self::Rooms(rooms),
                (None, None) => Self::Done,
            }),
            Some("event") => Ok(Self::event(raw)),
            Some(_) => Ok(Self::Other),
            None => Err(missing("videoroom")),
        }
    }

    fn event(raw: Raw) -> Self {
        /// What stands for ourselves where others have their id.
        fn is_ours(id: &Id) -> bool {
            matches!(id, Id::Text(text) if text == "ok")
        }
        if let Some(id) = raw.leaving {
            let kicked = raw.reason.as_deref() == Some("kicked");
            // Somebody may be called "ok", where ids are texts; but "ok" beside a reason, or as an answer, is us.
            return if is_ours(&id) {
                Self::Left { kicked }
            } else {
                Self::Leaving(id)
            };
        }
        if let Some(id) = raw.unpublished {
            return if is_ours(&id) {
                Self::StoppedSending
            } else {
                Self::Unpublished(id)
            };
        }
        if let Some(id) = raw.kicked {
            return Self::Kicked(id);
        }
        if let Some(attendee) = raw.joining {
            return Self::Joining(attendee);
        }
        if let Some(publishers) = raw.publishers {
            return Self::Publishers(publishers);
        }
        if raw.configured.is_some() || raw.started.is_some() {
            return Self::Done;
        }
        Self::Other
    }
}
