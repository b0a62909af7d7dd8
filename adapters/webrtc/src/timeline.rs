//! Capture times and the network's media times.

use std::time::{Duration, Instant};

/// Turns a device's capture times into media times that never go back, also when the device is opened
/// anew and begins at 0 again.
#[derive(Debug, Default)]
pub(crate) struct OutgoingTimeline {
    anchor: Option<Anchor>,
}

#[derive(Clone, Copy, Debug)]
struct Anchor {
    /// Of the device, in microseconds.
    captured_at: u64,
    /// Of the medium, in microseconds.
    media_time: u64,
    /// When the first frame since the anchor came by.
    came_at: Instant,
    /// The newest capture time since.
    newest: u64,
}

impl OutgoingTimeline {
    /// How far capture times and the clock may drift apart before they belong to another opening.
    const APART: Duration = Duration::from_secs(2);

    /// The media time in microseconds, and when that was on the clock.
    pub(crate) fn place(&mut self, captured_at: u64, now: Instant) -> (u64, Instant) {
        let anchor = match self.anchor {
            Some(anchor) if anchor.still_holds(captured_at, now) => Anchor {
                newest: captured_at.max(anchor.newest),
                ..anchor
            },
            Some(old) => {
                let passed = now.saturating_duration_since(old.came_at);
                let since = micros(passed).max(old.newest - old.captured_at + 1000);
                Anchor {
                    captured_at,
                    media_time: old.media_time + since,
                    came_at: now,
                    newest: captured_at,
                }
            }
            None => Anchor {
                captured_at,
                media_time: 0,
                came_at: now,
                newest: captured_at,
            },
        };
        self.anchor = Some(anchor);
        let since = captured_at - anchor.captured_at;
        let when = anchor.came_at + Duration::from_micros(since);
        (anchor.media_time + since, when.min(now))
    }
}

impl Anchor {
    fn still_holds(&self, captured_at: u64, now: Instant) -> bool {
        let Some(since) = captured_at.checked_sub(self.captured_at) else {
            return false;
        };
        let passed = micros(now.saturating_duration_since(self.came_at));
        passed.abs_diff(since) <= micros(OutgoingTimeline::APART)
    }
}

fn micros(duration: Duration) -> u64 {
    u64::try_from(duration.as_micros()).unwrap_or(u64::MAX)
}

/// Numbers and times of one received medium, which begin at 0 and never go back, also when its sender
/// begins anew.
#[derive(Debug, Default)]
pub(crate) struct IncomingTimeline {
    /// The newest, as the network has it and as it was handed over.
    newest: Option<(Placed, Placed)>,
}

#[derive(Clone, Copy, Debug)]
struct Placed {
    number: u64,
    micros: u64,
}

impl IncomingTimeline {
    /// A loss of more frames than this, or a time that jumps further, is another beginning.
    const NUMBERS: u64 = 10_000;
    const MICROS: u64 = 60_000_000;

    /// From the network's number and time in microseconds to the sequence and time of a frame.
    /// Numbers have to come in order, but for what begins anew.
    pub(crate) fn place(&mut self, number: u64, micros: u64) -> (u32, u64) {
        let handed = match self.newest {
            None => Placed {
                number: 0,
                micros: 0,
            },
            Some((came, handed)) => {
                let forward = |now: u64, then: u64, most| {
                    now.checked_sub(then).filter(|passed| *passed <= most)
                };
                let numbers = forward(number, came.number, Self::NUMBERS);
                let passed = forward(micros, came.micros, Self::MICROS);
                let (numbers, passed) = match (numbers, passed) {
                    (Some(numbers), Some(passed)) => (numbers, passed),
                    (Some(_) | None, _) => (1, 0),
                };
                Placed {
                    number: handed.number + numbers,
                    micros: handed.micros + passed,
                }
            }
        };
        self.newest = Some((Placed { number, micros }, handed));
        // As the devices' own counters do, it begins again after 2^32 frames.
        let sequence = handed.number % (u64::from(u32::MAX) + 1);
        (u32::try_from(sequence).unwrap_or(u32::MAX), handed.micros)
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use super::{IncomingTimeline, OutgoingTimeline};

    const FRAME: u64 = 20_000;

    #[test]
    fn capture_times_go_out_as_they_are() {
        let mut timeline = OutgoingTimeline::default();
        let start = Instant::now();
        let (first, _) = timeline.place(7_000_000, start);
        // Later by 100 ms than the device says: it waited somewhere.
        let (second, captured_at) =
            timeline.place(7_000_000 + FRAME, start + Duration::from_millis(120));
        assert_eq!(second - first, FRAME);
        assert_eq!(captured_at, start + Duration::from_micros(FRAME));
    }

    #[test]
    fn a_device_that_was_opened_anew_does_not_turn_time_back() {
        let mut timeline = OutgoingTimeline::default();
        let start = Instant::now();
        timeline.place(0, start);
        let (before, _) = timeline.place(FRAME, start + Duration::from_millis(20));
        let (after, captured_at) = timeline.place(0, start + Duration::from_secs(3));
        assert_eq!(after, 3_000_000);
        assert!(after > before);
        assert_eq!(captured_at, start + Duration::from_secs(3));
        // And it goes on from there.
        let (next, _) = timeline.place(FRAME, start + Duration::from_millis(3020));
        assert_eq!(next, after + FRAME);
    }

    #[test]
    fn a_time_that_runs_away_is_brought_back_to_the_clock() {
        let mut timeline = OutgoingTimeline::default();
        let start = Instant::now();
        timeline.place(0, start);
        let (far, captured_at) = timeline.place(u64::MAX, start + Duration::from_millis(20));
        assert_eq!(far, FRAME);
        assert_eq!(captured_at, start + Duration::from_millis(20));
    }

    #[test]
    fn received_frames_count_from_zero_with_gaps_for_losses() {
        let mut timeline = IncomingTimeline::default();
        assert_eq!(timeline.place(65_000, 123_456), (0, 0));
        assert_eq!(timeline.place(65_001, 143_456), (1, FRAME));
        assert_eq!(timeline.place(65_004, 203_456), (4, 4 * FRAME));
    }

    #[test]
    fn a_sender_that_begins_anew_does_not_turn_numbers_back() {
        let mut timeline = IncomingTimeline::default();
        timeline.place(65_000, 5_000_000);
        timeline.place(65_001, 5_020_000);
        assert_eq!(timeline.place(12, 900_000_000), (2, FRAME));
        assert_eq!(timeline.place(13, 900_020_000), (3, 2 * FRAME));
    }
}
