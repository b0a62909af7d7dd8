//! Sound on its way in: every user's packets are decoded, measured and conceal what is missing.

use std::collections::BTreeMap;
use std::time::Duration;

use exeunt_port::{Codec, RemoteFrame, UserId};
use opus::{Channels, Decoder};

use super::meter::SoundMeter;
use super::voice::{PACKET, SAMPLE_RATE};

/// The decoders of everybody whom a speaker hears.
pub(crate) struct Voices {
    meter: SoundMeter,
    speaking: BTreeMap<UserId, Speaking>,
    /// The longest packet that Opus knows: 120 ms.
    samples: Vec<f32>,
}

struct Speaking {
    decoder: Decoder,
    expected: u32,
    last_heard: Duration,
}

impl Voices {
    /// Decoders that are held at once; whoever has been silent longest gives way.
    const SPEAKING: usize = 64;
    /// Missing packets that are filled in: 100 ms. A longer hole stays a hole.
    const CONCEALED: u32 = 5;

    pub(crate) fn new(meter: SoundMeter) -> Self {
        Self {
            meter,
            speaking: BTreeMap::new(),
            samples: vec![0.0; 6 * PACKET],
        }
    }

    /// Decodes a frame and hands the sound to `play`, what is missing before it first. Frames that are
    /// not sound are none of a speaker's business.
    pub(crate) fn hear(
        &mut self,
        remote: &RemoteFrame,
        since_opening: Duration,
        mut play: impl FnMut(&UserId, &[f32]),
    ) {
        let RemoteFrame { user, frame } = remote;
        if frame.codec != Codec::Opus {
            return;
        }
        let Some(mut speaking) = self.speaking_of(user, frame.sequence) else {
            self.meter.undecodable(user);
            return;
        };
        speaking.last_heard = since_opening;
        let missing = missing(speaking.expected, frame.sequence);
        if missing <= Self::CONCEALED {
            for _ in 0..missing {
                // No input asks Opus to guess from what it heard last.
                if let Ok(guessed) =
                    speaking
                        .decoder
                        .decode_float(&[], &mut self.samples[..PACKET], false)
                {
                    play(user, &self.samples[..guessed]);
                }
            }
        }
        speaking.expected = frame.sequence.wrapping_add(1);
        match decode(&mut speaking.decoder, &frame.payload, &mut self.samples) {
            Some(samples) => {
                self.meter.packet(user, samples, u64::from(missing));
                play(user, samples);
            }
            None => self.meter.undecodable(user),
        }
        self.speaking.insert(user.clone(), speaking);
    }

    /// This user's decoder, taken out; a new one for a new user or one who begins anew.
    fn speaking_of(&mut self, user: &UserId, sequence: u32) -> Option<Speaking> {
        if let Some(speaking) = self.speaking.remove(user)
            && sequence != 0
        {
            return Some(speaking);
        }
        if self.speaking.len() >= Self::SPEAKING {
            let quietest = self
                .speaking
                .iter()
                .min_by_key(|(_, speaking)| speaking.last_heard);
            let quietest = quietest.map(|(user, _)| user.clone());
            quietest.and_then(|user| self.speaking.remove(&user));
        }
        let decoder = Decoder::new(SAMPLE_RATE, Channels::Mono).ok()?;
        Some(Speaking {
            decoder,
            expected: sequence,
            last_heard: Duration::ZERO,
        })
    }
}

/// The sound in a packet; `None` if it is no Opus.
fn decode<'samples>(
    decoder: &mut Decoder,
    packet: &[u8],
    samples: &'samples mut [f32],
) -> Option<&'samples [f32]> {
    // Nothing longer is Opus (RFC 6716: 48 frames of at most 1275 bytes, and their lengths), and an
    // empty packet would be a guess.
    const LONGEST: usize = 48 * 1277 + 2;
    if packet.is_empty() || packet.len() > LONGEST {
        return None;
    }
    let length = decoder.decode_float(packet, samples, false).ok()?;
    samples.get(..length)
}

/// How many packets are missing between the expected one and this one. One that comes late, or twice,
/// follows nothing.
fn missing(expected: u32, sequence: u32) -> u32 {
    let ahead = sequence.wrapping_sub(expected);
    if ahead < u32::MAX / 2 { ahead } else { 0 }
}

#[cfg(test)]
mod tests {
    use super::missing;

    #[test]
    fn the_numbering_shows_what_is_missing_over_its_end_too() {
        assert_eq!(missing(7, 7), 0);
        assert_eq!(missing(7, 10), 3);
        assert_eq!(missing(u32::MAX, 1), 2);
        assert_eq!(missing(10, 7), 0);
    }
}
