//! The pauses between attempts to get a link back, so that nobody storms a server in trouble.

use std::time::Duration;

/// The pause before the second attempt; it doubles up to [`LAST_PAUSE`].
const FIRST_PAUSE: Duration = Duration::from_millis(100);
const LAST_PAUSE: Duration = Duration::from_secs(1);
/// How many attempts at least there is time for within a lease.
const ATTEMPTS_PER_LEASE: u32 = 8;

/// How long to wait before each attempt: not at all before the first, then longer and longer, for as
/// long as no link holds.
#[derive(Debug)]
pub struct Pauses {
    next: Duration,
    longest: Duration,
}

impl Pauses {
    /// Those of a stay whose lease is so long: 100 ms and twice as long each time, up to 1 s or an eighth of
    /// the lease, whichever is less.
    #[must_use]
    pub fn within(lease: Duration) -> Self {
        Self {
            next: Duration::ZERO,
            longest: LAST_PAUSE.min(lease / ATTEMPTS_PER_LEASE),
        }
    }

    /// The pause before the next attempt.
    pub fn take(&mut self) -> Duration {
        let pause = self.next;
        self.next = (pause * 2).max(FIRST_PAUSE).min(self.longest);
        pause
    }

    /// A link that had held for so long is lost. One that was hardly there proves nothing: a server
    /// that takes every resume and then cuts the connection must not be asked without end (G-6).
    pub fn lost_after(&mut self, held: Duration) {
        if held > self.longest {
            self.next = Duration::ZERO;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn taken(pauses: &mut Pauses) -> Vec<u128> {
        (0..6).map(|_| pauses.take().as_millis()).collect()
    }

    #[test]
    fn the_first_attempt_is_made_at_once_and_the_others_ever_later() {
        let mut pauses = Pauses::within(Duration::from_secs(8));
        assert_eq!(taken(&mut pauses), [0, 100, 200, 400, 800, 1000]);
        let mut hurried = Pauses::within(Duration::from_millis(800));
        assert_eq!(taken(&mut hurried), [0, 100, 100, 100, 100, 100]);
    }

    #[test]
    fn only_a_link_that_held_for_a_while_makes_the_next_attempt_a_first_one() {
        let mut pauses = Pauses::within(Duration::from_secs(8));
        taken(&mut pauses);
        pauses.lost_after(Duration::from_secs(1));
        assert_eq!(pauses.take(), LAST_PAUSE);
        pauses.lost_after(Duration::from_secs(2));
        assert_eq!(pauses.take(), Duration::ZERO);
    }
}
