//! A device's work in time: what is done on each beat, and when the next one is due.

use std::time::Duration;

use exeunt_port::{DeviceError, DeviceLink, DeviceSignal};

/// The work of an open device, cut into beats that are due at fixed times.
///
/// It says nothing of who keeps the time: [`task`](super::task) does for what is arithmetic only,
/// [`thread`](super::thread) for what touches files. Dropping it lets go of everything.
pub(crate) trait Beat: Send + 'static {
    /// Whether a beat takes milliseconds rather than microseconds.
    const HEAVY: bool = false;

    /// How often there is a beat.
    fn rate(&self) -> Rate;

    /// Does the work of the beat that was due `since_opening`.
    fn beat(&mut self, since_opening: Duration, link: &DeviceLink) -> Result<(), DeviceError>;

    /// Lets go of everything, and says whether that went well.
    fn finish(self) -> Result<(), DeviceError>;
}

/// So many beats in so many seconds; both are at least 1.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Rate {
    pub(crate) beats: u32,
    pub(crate) seconds: u32,
}

impl Rate {
    pub(crate) fn hertz(beats: u32) -> Self {
        Self { beats, seconds: 1 }
    }

    /// When a beat is due, since opening; exact, so that nothing drifts.
    fn due(self, beat: u64) -> Duration {
        let nanos =
            u128::from(beat) * u128::from(self.seconds) * 1_000_000_000 / u128::from(self.beats);
        Duration::from_nanos(u64::try_from(nanos).unwrap_or(u64::MAX))
    }

    fn beats_in(self, time: Duration) -> u64 {
        let beats =
            time.as_nanos() * u128::from(self.beats) / (u128::from(self.seconds) * 1_000_000_000);
        u64::try_from(beats).unwrap_or(u64::MAX)
    }
}

/// Counts the beats of one opening.
#[derive(Debug)]
pub(crate) struct Pace {
    rate: Rate,
    next: u64,
}

impl Pace {
    /// How far a device may be behind before it leaves beats out, as a real one loses frames when
    /// the machine was suspended, instead of playing them all at once.
    const BEHIND: Duration = Duration::from_millis(200);

    pub(crate) fn new(rate: Rate) -> Self {
        Self { rate, next: 0 }
    }

    /// When the next beat is due, since opening.
    pub(crate) fn due(&self) -> Duration {
        self.rate.due(self.next)
    }

    /// The beat that was due is done.
    pub(crate) fn done(&mut self, since_opening: Duration) {
        self.next += 1;
        if since_opening > self.due() + Self::BEHIND {
            self.next = self.rate.beats_in(since_opening);
        }
    }
}

/// Tells why a device ended by itself: what went wrong while it was open.
pub(crate) fn signal_end(link: &DeviceLink, error: DeviceError) {
    tracing::warn!(%error, "a device ended by itself");
    link.signal(DeviceSignal::Failed(error));
}

/// A device whose work panics says so; nobody would ask it otherwise.
pub(crate) struct PanicWatch<'link>(pub(crate) &'link DeviceLink);

impl Drop for PanicWatch<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.0.signal(DeviceSignal::Failed(DeviceError::Panicked));
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::{Pace, Rate};

    #[test]
    fn a_film_rate_does_not_drift_in_a_day() {
        let film = Rate {
            beats: 24_000,
            seconds: 1_001,
        };
        assert_eq!(
            film.due(24_000 * 86_400),
            Duration::from_secs(1_001 * 86_400)
        );
    }

    #[test]
    fn a_device_that_was_suspended_goes_on_from_now() {
        let mut pace = Pace::new(Rate::hertz(50));
        pace.done(Duration::from_millis(1));
        assert_eq!(pace.due(), Duration::from_millis(20));
        pace.done(Duration::from_secs(60));
        assert_eq!(pace.due(), Duration::from_secs(60));
    }
}
