//! From the packets of many speakers to one mono sound.

use std::collections::VecDeque;
use std::time::Duration;

use exeunt_port::{Codec, PlaybackUse, RemoteFrame, UserId};

use crate::format::{PACKET_SAMPLES, SAMPLE_RATE};

/// Decodes what each remote user says, evens out how it arrives, and adds it up.
///
/// Everything is bounded: the number of voices, what waits of each, and how long one is kept that
/// says nothing.
pub(crate) struct Mixer {
    /// In the order in which they were first heard. A user who speaks in the rooms of two sessions that share
    /// the speaker is two of them.
    voices: Vec<Voice>,
    decoded: Vec<f32>,
}

struct Voice {
    whom: PlaybackUse,
    user: UserId,
    decoder: opus::Decoder,
    waiting: VecDeque<f32>,
    /// What it gave to the last pieces that were mixed, silence included, so that they can be mixed
    /// again without somebody else.
    given: VecDeque<f32>,
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
    /// 500 ms. More is not mixed ahead of any driver.
    const GIVEN: usize = 25 * PACKET_SAMPLES;
    /// A decoder that has nothing to do for this long is dropped.
    const IDLE: Duration = Duration::from_secs(5);
    /// The longest gap that is filled with a guess; after that a voice starts afresh.
    const GUESSED: u32 = 3;
    /// 120 ms, the longest that one Opus packet can be.
    const LONGEST_PACKET: usize = 5760;

    pub(crate) fn new() -> Self {
        Self {
            voices: Vec::new(),
            decoded: vec![0.0; Self::LONGEST_PACKET],
        }
    }

    /// Takes a packet that came at `now`. A picture, a packet of a voice too many and one that
    /// cannot be decoded are left out; the next one may be better.
    pub(crate) fn receive(&mut self, whom: PlaybackUse, remote: &RemoteFrame, now: Duration) {
        if remote.frame.codec != Codec::Opus {
            return;
        }
        let Some(voice) = voice_of(&mut self.voices, whom, &remote.user, now) else {
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
        for voice in &mut self.voices {
            voice.playing |= voice.waiting.len() >= Self::CUSHION;
            any |= voice.playing;
        }
        if !any {
            return false;
        }
        for voice in &mut self.voices {
            let ready = if voice.playing {
                voice.waiting.len().min(mixed.len())
            } else {
                0
            };
            for (sum, sample) in mixed.iter_mut().zip(voice.waiting.range(..ready)) {
                *sum += sample;
            }
            voice.give(ready, mixed.len());
            // Run dry: what comes next is kept back again.
            voice.playing &= !voice.waiting.is_empty();
        }
        for sample in mixed {
            *sample = sample.clamp(-1.0, 1.0);
        }
        true
    }

    /// Drops everything of those whose use is over (G-14). Answers whether what was mixed last may have
    /// something of them.
    pub(crate) fn forget_over(&mut self) -> bool {
        let mut mixed_in = false;
        self.voices.retain(|voice| {
            let over = voice.whom.is_over();
            mixed_in |= over && voice.given.iter().any(|sample| *sample != 0.0);
            !over
        });
        mixed_in
    }

    /// Takes back the last so many samples that were mixed and not played, so that they are mixed again.
    pub(crate) fn take_back(&mut self, samples: usize) {
        for voice in &mut self.voices {
            voice.take_back(samples);
        }
    }

    /// Drops the decoders of those who have said nothing for a while.
    pub(crate) fn forget_silent(&mut self, now: Duration) {
        self.voices
            .retain(|voice| now.saturating_sub(voice.heard_at) < Self::IDLE);
    }
}

impl Voice {
    /// Gives the first `ready` samples that wait, and silence for the rest of `length`.
    fn give(&mut self, ready: usize, length: usize) {
        self.given.extend(self.waiting.drain(..ready));
        self.given.extend(std::iter::repeat_n(0.0, length - ready));
        let excess = self.given.len().saturating_sub(Mixer::GIVEN);
        self.given.drain(..excess);
    }

    fn take_back(&mut self, samples: usize) {
        let samples = samples.min(Mixer::GIVEN);
        let first = self.given.len().saturating_sub(samples);
        let spoke = self.given.range(first..).any(|sample| *sample != 0.0);
        if !spoke {
            // Nothing to say again, and nothing that it has to wait for.
            self.given.truncate(first);
            return;
        }
        // One that came only then had been silent before.
        let silent = samples - (self.given.len() - first);
        let again: Vec<f32> = std::iter::repeat_n(0.0, silent)
            .chain(self.given.drain(first..))
            .collect();
        for sample in again.into_iter().rev() {
            self.waiting.push_front(sample);
        }
        self.playing = true;
    }

    fn decode(&mut self, packet: &[u8], room: &mut [f32]) {
        match self.decoder.decode_float(packet, room, false) {
            Ok(samples) => self.waiting.extend(room.iter().take(samples)),
            Err(error) => tracing::debug!(%error, "a packet cannot be decoded"),
        }
    }
}

fn voice_of<'a>(
    voices: &'a mut Vec<Voice>,
    whom: PlaybackUse,
    user: &UserId,
    now: Duration,
) -> Option<&'a mut Voice> {
    let known = |voice: &Voice| voice.user == *user && voice.whom == whom;
    if let Some(place) = voices.iter().position(known) {
        return voices.get_mut(place);
    }
    if voices.len() >= Mixer::VOICES {
        return None;
    }
    let decoder = opus::Decoder::new(SAMPLE_RATE, opus::Channels::Mono)
        .inspect_err(|error| tracing::warn!(%error, %user, "no decoder"))
        .ok()?;
    voices.push(Voice {
        whom,
        user: user.clone(),
        decoder,
        waiting: VecDeque::new(),
        given: VecDeque::new(),
        playing: false,
        next: None,
        heard_at: now,
    });
    voices.last_mut()
}

#[cfg(test)]
mod tests;
