//! Pictures on their way out: each becomes one baseline JPEG.

use std::time::Duration;

use bytes::Bytes;
use exeunt_port::{Codec, DeviceError, DeviceLink, MediaFrame};
use jpeg_encoder::{Encoder, ImageBuffer, SamplingFactor};

/// Encodes and hands over what one camera captures.
#[derive(Debug)]
pub(crate) struct Film {
    name: String,
    sequence: u32,
}

impl Film {
    /// Good enough to read the clock in the picture; the others are tried when a picture is too large.
    const QUALITIES: [u8; 4] = [80, 50, 25, 5];

    pub(crate) fn new(name: String) -> Self {
        Self { name, sequence: 0 }
    }

    /// Encodes one picture and hands it over. A link that does not take it is no error (G-14).
    pub(crate) fn show(
        &mut self,
        picture: impl ImageBuffer + Copy,
        since_opening: Duration,
        link: &DeviceLink,
    ) -> Result<(), DeviceError> {
        link.captured(MediaFrame {
            codec: Codec::Jpeg,
            sequence: self.sequence,
            captured_at_micros: u64::try_from(since_opening.as_micros()).unwrap_or(u64::MAX),
            payload: self.encode(picture)?,
        });
        self.sequence = self.sequence.wrapping_add(1);
        Ok(())
    }

    fn encode(&self, picture: impl ImageBuffer + Copy) -> Result<Bytes, DeviceError> {
        let broken = |detail: String| DeviceError::Backend {
            name: self.name.clone(),
            detail,
        };
        for quality in Self::QUALITIES {
            let mut payload = Vec::new();
            let mut encoder = Encoder::new(&mut payload, quality);
            encoder.set_sampling_factor(SamplingFactor::R_4_2_0);
            encoder
                .encode_image(picture)
                .map_err(|error| broken(error.to_string()))?;
            if payload.len() <= MediaFrame::MAX_PAYLOAD {
                return Ok(payload.into());
            }
        }
        Err(broken(format!(
            "a picture does not fit into {} bytes",
            MediaFrame::MAX_PAYLOAD
        )))
    }
}
