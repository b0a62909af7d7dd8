//! What a peer connection tells.

use exeunt_port::MediaFrame;
use thiserror::Error;

use crate::MediaId;

/// What happened on a peer connection.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum PeerEvent {
    /// Media can flow: ICE has found a way and DTLS has agreed on keys. Again after each
    /// [`Lost`](Self::Lost) that ended well.
    Connected,
    /// The other side does not answer any more; it may come back. [`Connected`](Self::Connected) or
    /// [`Failed`](Self::Failed) follows.
    Lost,
    /// A frame of the other side.
    Frame {
        /// The medium it belongs to.
        mid: MediaId,
        /// The frame. Its sequence counts from 0 since the medium began, with gaps for what was lost;
        /// so does its time.
        frame: MediaFrame,
    },
    /// A medium carries what nothing here can decode. Said when its offer is answered, which then
    /// refuses it, or once for each kind of frame that comes all the same;
    /// [`PeerCounts::undecodable`](crate::PeerCounts) counts those.
    Undecodable {
        /// The medium.
        mid: MediaId,
        /// What it carries, for instance `VP8, VP9`.
        what: String,
    },
    /// It is over. Nothing follows.
    Failed(PeerFailure),
    /// The other side has closed. Nothing follows.
    Closed,
}

/// Why a peer connection failed.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum PeerFailure {
    /// No way to the other side was found within [`PeerConnection::CONNECTING`](crate::PeerConnection::CONNECTING).
    #[error("no connection to the other side")]
    NotConnected,
    /// The other side gave no sign of life, and did not come back within
    /// [`PeerConnection::RECOVERING`](crate::PeerConnection::RECOVERING).
    #[error("the other side is gone")]
    Silent,
    /// Keys could not be agreed on; the other side may not be who its description says.
    #[error("no keys could be agreed on: {detail}")]
    Keys {
        /// What was wrong.
        detail: String,
    },
    /// The socket failed.
    #[error("the socket failed: {detail}")]
    Socket {
        /// What the system said.
        detail: String,
    },
    /// The WebRTC engine has a fault; it was given up.
    #[error("the WebRTC engine failed: {detail}")]
    Engine {
        /// What it said.
        detail: String,
    },
}
