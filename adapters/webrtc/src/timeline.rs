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

/// Numbers and times of one received medium, which begin at 0.
#[derive(Debug, Default)]
pub(crate) struct IncomingTimeline {
    first: Option<(u64, u64)>,
}

impl IncomingTimeline {
    /// From the network's number and its time in microseconds. What is older than the first is as old.
    pub(crate) fn place(&mut self, number: u64, micros: u64) -> (u32, u64) {
        let (first_number, first_micros) = *self.first.get_or_insert((number, micros));
        let sequence = number.saturating_sub(first_number) & u64::from(u32::MAX);
        (
            u32::try_from(sequence).unwrap_or(u32::MAX),
            micros.saturating_sub(first_micros),
        )
    }
}
