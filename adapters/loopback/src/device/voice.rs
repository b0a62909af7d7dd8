//! Sound on its way out: 20 ms of samples become one Opus packet.

use std::time::Duration;

use bytes::Bytes;
use exeunt_port::{Codec, DeviceError, DeviceLink, MediaFrame};
use opus::{Application, Channels, Encoder};

use super::beat::Rate;

/// Samples in a second.
pub(crate) const SAMPLE_RATE: u32 = 48_000;
/// Samples in a packet: 20 ms.
pub(crate) const PACKET: usize = 960;
/// Packets come 50 times a second.
pub(crate) const PACKET_RATE: Rate = Rate {
    beats: 50,
    seconds: 1,
};
/// The longest Opus packet of one frame, in bytes (RFC 6716, section 3.4).
const LONGEST: usize = 1275;

/// Encodes and hands over what one microphone captures.
#[derive(Debug)]
pub(crate) struct Voice {
    name: String,
    encoder: Encoder,
    sequence: u32,
    packet: [u8; LONGEST],
}

impl Voice {
    pub(crate) fn new(name: String) -> Result<Self, DeviceError> {
        match Encoder::new(SAMPLE_RATE, Channels::Mono, Application::Voip) {
            Ok(encoder) => Ok(Self {
                name,
                encoder,
                sequence: 0,
                packet: [0; LONGEST],
            }),
            Err(error) => Err(DeviceError::Backend {
                name,
                detail: error.to_string(),
            }),
        }
    }

    /// Encodes one packet and hands it over. A link that does not take it is no error (G-14).
    pub(crate) fn say(
        &mut self,
        samples: &[f32; PACKET],
        since_opening: Duration,
        link: &DeviceLink,
    ) -> Result<(), DeviceError> {
        let length = self
            .encoder
            .encode_float(samples, &mut self.packet)
            .map_err(|error| DeviceError::Backend {
                name: self.name.clone(),
                detail: error.to_string(),
            })?;
        link.captured(MediaFrame {
            codec: Codec::Opus,
            sequence: self.sequence,
            captured_at_micros: u64::try_from(since_opening.as_micros()).unwrap_or(u64::MAX),
            payload: Bytes::copy_from_slice(&self.packet[..length]),
        });
        self.sequence = self.sequence.wrapping_add(1);
        Ok(())
    }
}
