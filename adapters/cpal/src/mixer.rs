//! From the packets of many speakers to one mono sound.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use exeunt_port::{Codec, RemoteFrame, UserId};

use crate::format::{PACKET_SAMPLES, SAMPLE_RATE};

/// Decodes what each remote user says, evens out how it arrives, and adds it up.
///
/// Everything is bounded: the number of voices, what waits of each, and how long one is kept that
/// says nothing.
pub(crate) struct Mixer {
    voices: BTreeMap<UserId, Voice>,
    decoded: Vec<f32>,
}

struct Voice {
    decoder: opus::Decoder,
    waiting: VecDeque<f32>,
    /// Playing began, and what was kept back for it has not yet run out.
    playing: bool,
    next: Option<u32>,
    heard_at: Duration,
}

impl Mixer {
    /// More people at once are not understood anyway.
    pub(crate) const VOICES: usize = 32;
    /// What is kept back before a voice starts, so that a packet may come one packet late.
    const CUSHION: usize = 2 * PACKET_SAMPLES;
    /// 200 ms. What waits longer than that is too late for a conversation.
    const WAITING: usize = 10 * PACKET_SAMPLES;
    /// A decoder that has nothing to do for this long is dropped.
    const IDLE: Duration = Duration::from_secs(5);
    /// The longest gap that is filled with a guess; after that a voice starts afresh.
    const GUESSED: u32 = 3;
    /// 120 ms, the longest that one Opus packet can be.
    const LONGEST_PACKET: usize = 5760;

    pub(crate) fn new() -> Self {
        Self {
            voices: BTreeMap::new(),
            decoded: vec![0.0; Self::LONGEST_PACKET],
        }
    }

    /// Takes a packet that came at `now`. A picture, a packet of a voice too many and one that
    /// cannot be decoded are left out; the next one may be better.
    pub(crate) fn receive(&mut self, remote: &RemoteFrame, now: Duration) {
        if remote.frame.codec != Codec::Opus {
            return;
        }
        let Some(voice) = voice_of(&mut self.voices, &remote.user, now) else {
            return;
        };
        voice.heard_at = now;
        let sequence = remote.frame.sequence;
        match voice.next.map(|next| sequence.wrapping_sub(next)) {
            // Played already, or guessed. Far behind means that the device was opened anew.
            Some(ahead) if ahead > u32::MAX - 1000 => return,
            Some(missing) if missing <= Self::GUESSED => {
                for _ in 0..missing {
                    voice.decode(
                        &[],
                        self.decoded.get_mut(..PACKET_SAMPLES).unwrap_or_default(),
                    );
                }
            }
            Some(_) | None => {}
        }
        voice.next = Some(sequence.wrapping_add(1));
        voice.decode(&remote.frame.payload, &mut self.decoded);
        let excess = voice.waiting.len().saturating_sub(Self::WAITING);
        voice.waiting.drain(..excess);
    }

    /// Adds up the next piece of every voice that is playing. Answers whether any was: with none,
    /// `mixed` is silence and there is no need to play it.
    pub(crate) fn mix(&mut self, mixed: &mut [f32]) -> bool {
        mixed.fill(0.0);
        let mut any = false;
        for voice in self.voices.values_mut() {
            voice.playing |= voice.waiting.len() >= Self::CUSHION;
            if !voice.playing {
                continue;
            }
            any = true;
            let ready = voice.waiting.len().min(mixed.len());
            for (sum, sample) in mixed.iter_mut().zip(voice.waiting.drain(..ready)) {
                *sum += sample;
            }
            // Run dry: what comes next is kept back again.
            voice.playing = !voice.waiting.is_empty();
        }
        for sample in mixed {
            *sample = sample.clamp(-1.0, 1.0);
        }
        any
    }

    /// Drops the decoders of those who have said nothing for a while.
    pub(crate) fn forget_silent(&mut self, now: Duration) {
        self.voices
            .retain(|_, voice| now.saturating_sub(voice.heard_at) < Self::IDLE);
    }
}

impl Voice {
    fn decode(&mut self, packet: &[u8], room: &mut [f32]) {
        match self.decoder.decode_float(packet, room, false) {
            Ok(samples) => self.waiting.extend(room.iter().take(samples)),
            Err(error) => tracing::debug!(%error, "a packet cannot be decoded"),
        }
    }
}

fn voice_of<'a>(
    voices: &'a mut BTreeMap<UserId, Voice>,
    user: &UserId,
    now: Duration,
) -> Option<&'a mut Voice> {
    if !voices.contains_key(user) {
        if voices.len() >= Mixer::VOICES {
            return None;
        }
        let decoder = opus::Decoder::new(SAMPLE_RATE, opus::Channels::Mono)
            .inspect_err(|error| tracing::warn!(%error, %user, "no decoder"))
            .ok()?;
        let voice = Voice {
            decoder,
            waiting: VecDeque::new(),
            playing: false,
            next: None,
            heard_at: now,
        };
        voices.insert(user.clone(), voice);
    }
    voices.get_mut(user)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use bytes::Bytes;
    use exeunt_port::{Codec, MediaFrame, RemoteFrame, UserId};

    use super::Mixer;
    use crate::format::PACKET_SAMPLES;
    use crate::packets::Packets;

    const NOW: Duration = Duration::ZERO;

    #[expect(
        clippy::cast_precision_loss,
        reason = "a second of samples fits a float"
    )]
    fn spoken(user: &str, packets: usize) -> Vec<RemoteFrame> {
        let user: UserId = user.parse().expect("a user");
        let sound: Vec<f32> = (0..packets * PACKET_SAMPLES)
            .map(|sample| (sample as f32 * 0.1).sin() * 0.5)
            .collect();
        let mut frames = Vec::new();
        let mut encoder = Packets::new(48_000).expect("an ordinary rate");
        encoder
            .encode(&sound, NOW, |frame| frames.push(frame))
            .expect("it is sound");
        let remote = |frame| RemoteFrame {
            user: user.clone(),
            frame,
        };
        frames.into_iter().map(remote).collect()
    }

    fn receive(mixer: &mut Mixer, packets: &[RemoteFrame]) {
        for packet in packets {
            mixer.receive(packet, NOW);
        }
    }

    #[expect(
        clippy::cast_precision_loss,
        reason = "a second of samples fits a float"
    )]
    fn loudness(sound: &[f32]) -> f32 {
        (sound.iter().map(|sample| sample * sample).sum::<f32>() / sound.len() as f32).sqrt()
    }

    fn mixed(mixer: &mut Mixer) -> Option<Vec<f32>> {
        let mut sound = vec![0.0; PACKET_SAMPLES];
        mixer.mix(&mut sound).then_some(sound)
    }

    #[test]
    fn a_voice_starts_when_a_cushion_is_there_and_ends_in_silence() {
        let mut mixer = Mixer::new();
        let packets = spoken("bob", 3);
        mixer.receive(&packets[0], NOW);
        assert_eq!(mixed(&mut mixer), None, "one packet is kept back");
        mixer.receive(&packets[1], NOW);
        mixer.receive(&packets[2], NOW);
        let played = std::iter::from_fn(|| mixed(&mut mixer)).count();
        assert_eq!(played, 3);
        assert_eq!(mixed(&mut mixer), None);
    }

    #[test]
    fn two_voices_are_louder_than_one_and_never_too_loud() {
        let heard = |users: &[&str]| {
            let mut mixer = Mixer::new();
            for user in users {
                receive(&mut mixer, &spoken(user, 10));
            }
            let sound: Vec<f32> = std::iter::from_fn(|| mixed(&mut mixer)).flatten().collect();
            assert!(sound.iter().all(|sample| sample.abs() <= 1.0));
            loudness(&sound[4 * PACKET_SAMPLES..])
        };
        let (one, two, nine) = (
            heard(&["bob"]),
            heard(&["bob", "eve"]),
            heard(&["a", "b", "c", "d", "e", "f", "g", "h", "i"]),
        );
        assert!((0.25..0.45).contains(&one), "{one}");
        assert!(two > 1.5 * one, "{two} and {one}");
        assert!(nine <= 1.0);
    }

    #[test]
    fn a_lost_packet_is_guessed_and_its_late_arrival_is_ignored() {
        let mut mixer = Mixer::new();
        let packets = spoken("bob", 6);
        for number in [0, 1, 3, 2, 4, 4, 5] {
            mixer.receive(&packets[number], NOW);
        }
        assert_eq!(std::iter::from_fn(|| mixed(&mut mixer)).count(), 6);
    }

    #[test]
    fn a_microphone_that_was_opened_anew_is_heard_again() {
        let mut mixer = Mixer::new();
        let late = |mut packet: RemoteFrame| {
            packet.frame.sequence += 5_000;
            packet
        };
        spoken("bob", 2)
            .into_iter()
            .map(late)
            .for_each(|packet| mixer.receive(&packet, NOW));
        receive(&mut mixer, &spoken("bob", 2));
        assert_eq!(std::iter::from_fn(|| mixed(&mut mixer)).count(), 4);
    }

    #[test]
    fn nothing_grows_with_what_is_received() {
        let mut mixer = Mixer::new();
        for user in 0..100 {
            receive(&mut mixer, &spoken(&format!("user-{user}"), 30));
        }
        assert_eq!(mixer.voices.len(), Mixer::VOICES);
        let waiting = mixer.voices.values().map(|voice| voice.waiting.len()).max();
        assert_eq!(waiting, Some(Mixer::WAITING));
        mixer.forget_silent(Duration::from_secs(5));
        assert!(mixer.voices.is_empty());
    }

    #[test]
    fn pictures_and_garbage_are_left_out() {
        let mut mixer = Mixer::new();
        let frame = |codec, payload: &'static [u8]| RemoteFrame {
            user: "bob".parse().expect("a user"),
            frame: MediaFrame {
                codec,
                sequence: 0,
                captured_at_micros: 0,
                payload: Bytes::from_static(payload),
            },
        };
        mixer.receive(&frame(Codec::Jpeg, &[0xff, 0xd8]), NOW);
        assert!(mixer.voices.is_empty());
        mixer.receive(&frame(Codec::Opus, &[0xff; 3]), NOW);
        assert_eq!(mixed(&mut mixer), None);
    }
}
