//! What is left to chance, all of it from one number.

use std::ops::RangeInclusive;
use std::time::Duration;

/// A stream of chances. The same seed and the same purpose give the same stream.
#[derive(Debug)]
pub(crate) struct Dice(fastrand::Rng);

impl Dice {
    /// The chances of this seed for this purpose. Streams of their own keep a change in one place,
    /// say one more packet, from changing everything else.
    pub(crate) fn of(seed: u64, purpose: Purpose) -> Self {
        let mut mixing = fastrand::Rng::with_seed(seed);
        let mut mixed = 0;
        for _ in 0..=purpose as u8 {
            mixed = mixing.u64(..);
        }
        Self(fastrand::Rng::with_seed(mixed))
    }

    pub(crate) fn number(&mut self, range: RangeInclusive<u64>) -> u64 {
        self.0.u64(range)
    }

    pub(crate) fn count(&mut self, range: RangeInclusive<usize>) -> usize {
        self.0.usize(range)
    }

    pub(crate) fn millis(&mut self, range: RangeInclusive<u64>) -> Duration {
        Duration::from_millis(self.0.u64(range))
    }

    /// True once in `times` on the average.
    pub(crate) fn one_in(&mut self, times: u64) -> bool {
        self.0.u64(0..times) == 0
    }

    /// One of these; there is at least one.
    pub(crate) fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        from[self.0.usize(0..from.len())]
    }
}

/// What chances are for.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Purpose {
    /// What happens when.
    Scenario,
    /// How long packets take.
    Network,
}
