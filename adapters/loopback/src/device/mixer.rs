//! Everybody's sound in one row of samples.

use std::collections::{BTreeMap, VecDeque};

use exeunt_port::UserId;

use super::voice::PACKET;

/// Sums what the users say, each from a small buffer that evens out when packets come.
#[derive(Debug, Default)]
pub(crate) struct Mixer {
    waiting: BTreeMap<UserId, Waiting>,
}

#[derive(Debug, Default)]
struct Waiting {
    samples: VecDeque<f32>,
    playing: bool,
}

impl Mixer {
    /// A user is heard once this much of him waits: 40 ms, so that the next packet may be late.
    const AHEAD: usize = 2 * PACKET;
    /// What waits longer than 500 ms is old news and is dropped.
    const MOST: usize = 25 * PACKET;

    /// Adds what a user said.
    pub(crate) fn add(&mut self, user: &UserId, samples: &[f32]) {
        if !self.waiting.contains_key(user) {
            self.waiting.insert(user.clone(), Waiting::default());
        }
        let Some(waiting) = self.waiting.get_mut(user) else {
            return;
        };
        waiting.samples.extend(samples);
        let surplus = waiting.samples.len().saturating_sub(Self::MOST);
        waiting.samples.drain(..surplus);
        waiting.playing |= waiting.samples.len() >= Self::AHEAD;
    }

    /// The next samples of everybody together, within -1 and 1; silence where nobody speaks.
    pub(crate) fn mix(&mut self, mixed: &mut [f32]) {
        mixed.fill(0.0);
        for waiting in self.waiting.values_mut().filter(|waiting| waiting.playing) {
            let ready = waiting.samples.len().min(mixed.len());
            for (sum, sample) in mixed.iter_mut().zip(waiting.samples.drain(..ready)) {
                *sum += sample;
            }
        }
        // Who has nothing left has stopped, and gathers anew before he is heard again.
        self.waiting
            .retain(|_, waiting| !waiting.samples.is_empty());
        for sum in mixed {
            *sum = sum.clamp(-1.0, 1.0);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Mixer, PACKET};

    #[test]
    fn two_users_are_heard_together_and_never_too_loud() {
        let mut mixer = Mixer::default();
        let (alice, bob) = (
            "alice".parse().expect("an id"),
            "bob".parse().expect("an id"),
        );
        for _ in 0..2 {
            mixer.add(&alice, &[0.25; PACKET]);
            mixer.add(&bob, &[0.5; PACKET]);
        }
        let mut sound = [0.0; PACKET];
        mixer.mix(&mut sound);
        assert!(sound.iter().all(|sample| (sample - 0.75).abs() < 1e-6));
        mixer.add(&alice, &[2.0; PACKET]);
        mixer.mix(&mut sound);
        mixer.mix(&mut sound);
        assert!(sound.iter().all(|sample| (sample - 1.0).abs() < 1e-6));
    }

    #[test]
    fn a_user_is_heard_once_a_packet_may_be_late() {
        let mut mixer = Mixer::default();
        let alice = "alice".parse().expect("an id");
        let mut sound = [1.0; PACKET];
        mixer.add(&alice, &[0.5; PACKET]);
        mixer.mix(&mut sound);
        assert!(
            sound.iter().all(|sample| *sample == 0.0),
            "one packet is not enough"
        );
        mixer.add(&alice, &[0.5; PACKET]);
        mixer.mix(&mut sound);
        assert!(sound.iter().all(|sample| *sample > 0.0), "two are");
    }
}
