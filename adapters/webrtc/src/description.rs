//! Session descriptions: what is handed to the other side, and why one that came is not taken.

use std::fmt;

use thiserror::Error;

/// The name of one medium of a peer connection, as both sides' descriptions have it (`a=mid`).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct MediaId(pub(crate) str0m::media::Mid);

impl MediaId {
    /// The longest name in bytes. A description with a longer one is refused.
    pub const MAX_LENGTH: usize = 16;

    /// The name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for MediaId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(self.as_str())
    }
}

impl fmt::Debug for MediaId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{:?}", self.as_str())
    }
}

/// What a publisher offers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Offer {
    /// The session description, candidates included.
    pub sdp: String,
    /// The same candidates one by one, for servers that want them trickled.
    pub candidates: Vec<LocalCandidate>,
    /// The sound, if it is published.
    pub audio: Option<MediaId>,
    /// The pictures, if they are published.
    pub video: Option<MediaId>,
}

/// A place where this peer connection can be reached, as a browser's `RTCIceCandidate` says it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LocalCandidate {
    /// `candidate:…`, without `a=`.
    pub candidate: String,
    /// The medium that carries it; all media share one transport.
    pub mid: MediaId,
    /// The place of that medium in the description, from 0.
    pub line: u32,
}

/// Why a description or a candidate of the other side is not taken. The peer connection stays as it
/// was, unless the variant says otherwise.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum DescriptionError {
    /// It is larger than what a peer connection reads.
    #[error("the description has {found} {what}; at most {allowed} are read")]
    TooLarge {
        /// What there is too much of.
        what: &'static str,
        /// How much there is.
        found: usize,
        /// How much is read.
        allowed: usize,
    },
    /// It is no session description, or no candidate.
    #[error("not understood: {detail}")]
    Malformed {
        /// What was wrong, and where.
        detail: String,
    },
    /// It is one, but there is no agreeing with it.
    #[error("not acceptable: {detail}")]
    Refused {
        /// What was wrong.
        detail: String,
    },
    /// The WebRTC engine panicked on it. The peer connection is over.
    #[error("the WebRTC engine failed on the description")]
    EngineFailed,
    /// An answer without an offer that waits for one, or the second one.
    #[error("no offer waits for an answer")]
    NotOffered,
    /// The peer connection is closed or has failed; it takes no description any more.
    #[error("the peer connection is over")]
    Over,
}
