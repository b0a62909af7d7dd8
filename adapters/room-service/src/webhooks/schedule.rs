//! When an event is sent again: once at once, then every 10 s for up to a minute. Pure.

use std::time::Duration;

/// How long a receiver has to answer.
pub(super) const TIME_TO_ANSWER: Duration = Duration::from_secs(5);
/// From the beginning of one attempt to that of the next, after the first two.
const PAUSE: Duration = Duration::from_secs(10);
/// The first attempt, the one at once, and those of the minute.
pub(super) const ATTEMPTS: u32 = 8;

/// How long after the beginning of an attempt the next one begins at the earliest; `None` after the
/// last. Attempts are counted from 1.
pub(super) fn pause_after(attempt: u32) -> Option<Duration> {
    match attempt {
        0 | 1 => Some(Duration::ZERO),
        2..ATTEMPTS => Some(PAUSE),
        ATTEMPTS.. => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dead_receiver_is_asked_at_once_and_then_for_a_minute() {
        let pauses: Vec<u64> = (1..)
            .map_while(pause_after)
            .map(|pause| pause.as_secs())
            .collect();
        assert_eq!(pauses, [0, 10, 10, 10, 10, 10, 10]);
        assert_eq!(pauses.iter().sum::<u64>(), 60);
    }
}
