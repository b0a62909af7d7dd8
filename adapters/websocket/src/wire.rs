//! The wire protocol of the room service: pure types, encoders and total decoders.
//!
//! `README.md` of this crate describes it for people who speak it from another language. Control
//! messages are JSON texts ([`ClientMessage`], [`ServerMessage`]), media frames are binary
//! ([`encode_upstream`], [`decode_downstream`] and their counterparts), and a connection ends with a
//! [`CloseCode`]. A decoder answers every input: with a message, or with a [`WireError`] that says
//! what was wrong and what is allowed.

mod client_id;
mod close;
mod control;
mod entrance;
mod media;
mod members;
mod role;

pub use client_id::ClientId;
pub use close::CloseCode;
pub use control::{ClientMessage, ServerMessage};
pub use entrance::{Enter, EnterFault, Refusal};
pub use media::{
    DOWNSTREAM_HEADER, MAX_DOWNSTREAM, MAX_UPSTREAM, UPSTREAM_HEADER, decode_downstream,
    decode_upstream, downstream_from_upstream, encode_downstream, encode_upstream, media_codec,
};
pub use members::{Departed, Member};
pub use role::Role;

use exeunt_port::{InvalidUserId, MediaFrame};
use thiserror::Error;

/// The version of the protocol that this crate speaks, said in [`Enter`].
pub const PROTOCOL: u32 = 1;
/// The path at which the room service takes a WebSocket.
pub const PATH: &str = "/ws";
/// The largest control message of a client, in bytes.
pub const MAX_CONTROL: usize = 192 * 1024;
/// The most members that a server's message names, and as many departures.
pub const MAX_MEMBERS: usize = 10_000;
/// The largest control message of a server, in bytes: room for [`MAX_MEMBERS`] and as many departures.
pub const MAX_SERVER_CONTROL: usize = 2 << 20;

/// What can be wrong with a message.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum WireError {
    /// A text that is no control message.
    #[error("no control message: {detail}")]
    Control {
        /// Where it breaks the rule, and what is allowed there.
        detail: String,
    },
    /// A control message that is too long.
    #[error("a control message of {length} bytes; {allowed} are allowed")]
    ControlTooLong {
        /// Its length in bytes.
        length: usize,
        /// How many there may be.
        allowed: usize,
    },
    /// An `enter` message with a field that cannot be.
    #[error(transparent)]
    Enter(#[from] EnterFault),
    /// A media message that ends before its header does.
    #[error("a media message of {length} bytes; its header alone has {header}")]
    MediaTooShort {
        /// Its length in bytes.
        length: usize,
        /// The length of the header in bytes.
        header: usize,
    },
    /// A media message with too large a payload.
    #[error(
        "a media payload of {length} bytes; {} are allowed",
        MediaFrame::MAX_PAYLOAD
    )]
    MediaTooLong {
        /// The payload's length in bytes.
        length: usize,
    },
    /// A media message of another version.
    #[error(
        "a media message of version {version}; this is version {}",
        media::VERSION
    )]
    MediaVersion {
        /// The version it names.
        version: u8,
    },
    /// A codec that has no number, or a number that has no codec.
    #[error("codec {codec} is unknown; 0 (Opus) and 1 (JPEG) are allowed")]
    Codec {
        /// What was named.
        codec: String,
    },
    /// The sender's id in a media message is none.
    #[error("a media message whose sender is none: {0}")]
    Sender(#[from] InvalidUserId),
    /// The sender's id in a media message is no text.
    #[error("a media message whose sender is no UTF-8")]
    SenderText,
}
