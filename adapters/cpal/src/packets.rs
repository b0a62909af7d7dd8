//! From captured sound to Opus packets.

use std::time::Duration;

use bytes::Bytes;
use exeunt_port::{Codec, MediaFrame};
use thiserror::Error;

use crate::format::{PACKET_SAMPLES, SAMPLE_RATE};
use crate::resampling::RateConverter;

/// Why sound could not be encoded. None of it depends on what was said.
#[derive(Debug, Error)]
pub(crate) enum PacketError {
    #[error("the sound cannot be encoded: {0}")]
    Opus(#[from] opus::Error),
    #[error("the sound cannot be brought to 48 kHz: {0}")]
    Rate(#[from] rubato::ResamplerConstructionError),
    #[error("the sound cannot be brought to 48 kHz: {0}")]
    Conversion(#[from] rubato::ResampleError),
}

/// Cuts sound into packets of 20 ms.
pub(crate) struct Packets {
    encoder: opus::Encoder,
    converter: RateConverter,
    waiting: Vec<f32>,
    sequence: u32,
    /// When the packet before was captured.
    captured_at: Duration,
}

impl Packets {
    /// The largest packet that Opus makes for one frame, in bytes.
    const LARGEST: usize = 1275;

    /// Of 0 to 10, how hard the encoder looks for a better packet. What WebRTC asks for on phones: about
    /// half the work of what Opus takes by itself, for sound that few can tell apart.
    const COMPLEXITY: i32 = 5;

    /// Packets out of mono sound of this rate, in Hz.
    pub(crate) fn new(rate: u32) -> Result<Self, PacketError> {
        let mut encoder =
            opus::Encoder::new(SAMPLE_RATE, opus::Channels::Mono, opus::Application::Voip)?;
        encoder.set_complexity(Self::COMPLEXITY)?;
        Ok(Self {
            encoder,
            converter: RateConverter::new(rate, SAMPLE_RATE)?,
            waiting: Vec::new(),
            sequence: 0,
            captured_at: Duration::ZERO,
        })
    }

    /// Encodes `sound`, whose last sample was taken at `taken_at` after the opening, and hands on
    /// every packet that is complete, for as long as the sound is wanted. What is left waits for the next
    /// call.
    pub(crate) fn encode(
        &mut self,
        sound: &[f32],
        taken_at: Duration,
        is_wanted: impl Fn() -> bool,
        mut packet: impl FnMut(MediaFrame),
    ) -> Result<(), PacketError> {
        let waiting = &mut self.waiting;
        self.converter
            .convert(sound, |ready| waiting.extend_from_slice(ready))?;
        while self.waiting.len() >= PACKET_SAMPLES && is_wanted() {
            // A driver that was late with the sound before hands over the next sooner than it lasts;
            // time goes on all the same.
            self.captured_at = taken_at
                .saturating_sub(duration_of(self.waiting.len()))
                .max(self.captured_at);
            let sound = self.waiting.get(..PACKET_SAMPLES).unwrap_or_default();
            let payload = self.encoder.encode_vec_float(sound, Self::LARGEST)?;
            self.waiting.drain(..PACKET_SAMPLES);
            packet(MediaFrame {
                codec: Codec::Opus,
                sequence: self.sequence,
                captured_at_micros: u64::try_from(self.captured_at.as_micros()).unwrap_or(u64::MAX),
                payload: Bytes::from(payload),
            });
            self.sequence = self.sequence.wrapping_add(1);
        }
        Ok(())
    }
}

/// How long this many samples last at 48 kHz.
fn duration_of(samples: usize) -> Duration {
    let samples = u64::try_from(samples).unwrap_or(u64::MAX);
    Duration::from_micros(samples.saturating_mul(1_000_000) / u64::from(SAMPLE_RATE))
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;
    use std::time::Duration;

    use exeunt_port::{Codec, MediaFrame};

    use super::Packets;
    use crate::format::PACKET_SAMPLES;

    fn packets_of(rate: u32, pieces: &[u64]) -> Vec<MediaFrame> {
        let mut packets = Packets::new(rate).expect("an ordinary rate");
        let mut frames = Vec::new();
        let mut taken_at = Duration::ZERO;
        for piece in pieces {
            taken_at += Duration::from_micros(piece * 1_000_000 / u64::from(rate));
            packets
                .encode(
                    &vec![0.1; usize::try_from(*piece).expect("a small piece")],
                    taken_at,
                    || true,
                    |frame| frames.push(frame),
                )
                .expect("it is sound");
        }
        frames
    }

    #[test]
    fn sound_in_odd_pieces_becomes_packets_of_20_ms() {
        let frames = packets_of(48_000, &[720, 720, 960, 480]);
        let sequence: Vec<_> = frames.iter().map(|frame| frame.sequence).collect();
        let captured_at: Vec<_> = frames
            .iter()
            .map(|frame| frame.captured_at_micros)
            .collect();
        assert_eq!(sequence, [0, 1, 2]);
        assert_eq!(captured_at, [0, 20_000, 40_000]);
        let mut decoder =
            opus::Decoder::new(48_000, opus::Channels::Mono).expect("an ordinary rate");
        for frame in frames {
            assert_eq!(frame.codec, Codec::Opus);
            let mut sound = vec![0.0; 5_760];
            assert_eq!(
                decoder.decode_float(&frame.payload, &mut sound, false).ok(),
                Some(PACKET_SAMPLES)
            );
        }
    }

    #[test]
    fn sound_that_comes_sooner_than_it_lasts_does_not_turn_the_time_back() {
        let mut packets = Packets::new(48_000).expect("an ordinary rate");
        let mut captured_at = Vec::new();
        // A tenth of a second each, the first late and the second at once after it.
        for taken_at in [Duration::from_millis(150), Duration::from_millis(160)] {
            packets
                .encode(
                    &vec![0.1; 4_800],
                    taken_at,
                    || true,
                    |frame| captured_at.push(frame.captured_at_micros),
                )
                .expect("it is sound");
        }
        assert_eq!(captured_at.len(), 10);
        assert!(captured_at.is_sorted(), "{captured_at:?}");
    }

    #[test]
    fn sound_that_is_not_wanted_any_more_is_not_encoded_to_its_end() {
        let mut packets = Packets::new(48_000).expect("an ordinary rate");
        let taken_at = Duration::from_millis(100);
        let handed_on = Cell::new(0);
        let is_wanted = || handed_on.get() < 2;
        packets
            .encode(&vec![0.1; 4_800], taken_at, is_wanted, |_| {
                handed_on.set(handed_on.get() + 1);
            })
            .expect("it is sound");
        assert_eq!(handed_on.get(), 2, "of five");
    }

    #[test]
    fn a_card_of_44100_hz_gives_as_many_packets_a_second() {
        let frames = packets_of(44_100, &[441; 100]);
        assert!(
            (48..=50).contains(&frames.len()),
            "{} packets",
            frames.len()
        );
    }
}
