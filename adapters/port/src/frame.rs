//! The media frame: the one shape in which sound and pictures cross a port.

use bytes::Bytes;
use serde::{Deserialize, Serialize};

use crate::UserId;

/// How a frame's payload is encoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Codec {
    /// One Opus packet: 20 ms, 48 kHz, mono (960 samples when decoded).
    Opus,
    /// One whole picture as a baseline JPEG.
    Jpeg,
}

/// One frame of a microphone or a camera, encoded.
///
/// The payload is at most [`MediaFrame::MAX_PAYLOAD`] bytes; a device does not produce and a
/// transport does not carry more.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct MediaFrame {
    /// How the payload is encoded.
    pub codec: Codec,
    /// Counts this device's frames from 0 since it was opened, so that a receiver can tell losses.
    pub sequence: u32,
    /// When the frame was captured, in microseconds since the device was opened.
    pub captured_at_micros: u64,
    /// The encoded frame.
    pub payload: Bytes,
}

impl MediaFrame {
    /// The largest payload in bytes: 1 MiB, room for a 1080p JPEG of good quality.
    pub const MAX_PAYLOAD: usize = 1 << 20;
}

/// A frame that another member of the room sent.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct RemoteFrame {
    /// Who sent it.
    pub user: UserId,
    /// What was sent.
    pub frame: MediaFrame,
}
