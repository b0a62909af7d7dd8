//! Whether a stream still lives: its errors, coalesced, and a watchdog over its callbacks.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use cpal::ErrorKind;

/// What a stream's callbacks leave behind, and what follows from it.
///
/// Drivers have called the error callback 700,000 times a second, so an error costs one atomic
/// addition and is never sent anywhere. Several losses come without any error, so silence of the
/// data callback is a loss too.
#[derive(Debug)]
pub(crate) struct Health {
    opened_at: Instant,
    last_sound_micros: AtomicU64,
    sounded: AtomicBool,
    errors: AtomicU64,
    errors_at_last_sound: AtomicU64,
    gaps: AtomicU64,
    fatal: OnceLock<cpal::Error>,
    first: OnceLock<cpal::Error>,
}

/// How a stream was lost.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Loss {
    /// The driver said that the device or its server has gone.
    Reported(cpal::Error),
    /// Nothing but errors, or nothing at all, came for this long.
    Silent {
        /// For how long.
        patience: Duration,
        /// How many errors came altogether.
        errors: u64,
        /// The first of them.
        first: Option<cpal::Error>,
    },
}

impl Health {
    /// The health of a stream that is being opened at this moment.
    pub(crate) fn new() -> Self {
        Self {
            opened_at: Instant::now(),
            last_sound_micros: AtomicU64::new(0),
            sounded: AtomicBool::new(false),
            errors: AtomicU64::new(0),
            errors_at_last_sound: AtomicU64::new(0),
            gaps: AtomicU64::new(0),
            fatal: OnceLock::new(),
            first: OnceLock::new(),
        }
    }

    /// How long ago the opening began.
    pub(crate) fn age(&self) -> Duration {
        self.opened_at.elapsed()
    }

    /// From now on sound is expected.
    pub(crate) fn expect_sound(&self, now: Duration) {
        self.last_sound_micros.store(micros(now), Ordering::Relaxed);
    }

    /// The driver delivered or asked for sound. Takes no lock and does not allocate.
    pub(crate) fn sound(&self, now: Duration) {
        let errors = self.errors.load(Ordering::Relaxed);
        // A driver in a storm may call both callbacks in turn; that is not sound.
        if self.errors_at_last_sound.swap(errors, Ordering::Relaxed) == errors {
            self.expect_sound(now);
            self.sounded.store(true, Ordering::Relaxed);
        }
    }

    /// Whether any sound has come at all.
    pub(crate) fn has_sounded(&self) -> bool {
        self.sounded.load(Ordering::Relaxed)
    }

    /// The driver reported an error. Only the first of a kind does more than count.
    pub(crate) fn error(&self, error: cpal::Error) {
        let kind = error.kind();
        if kind == ErrorKind::Xrun
            || kind == ErrorKind::DeviceChanged
            || kind == ErrorKind::RealtimeDenied
        {
            self.gaps.fetch_add(1, Ordering::Relaxed);
            return;
        }
        self.errors.fetch_add(1, Ordering::Relaxed);
        let latch = if is_fatal(kind) {
            &self.fatal
        } else {
            &self.first
        };
        // All but the first are only counted.
        if latch.get().is_none() {
            let _ = latch.set(error);
        }
    }

    /// Gaps in the sound so far (overruns, underruns), which a stream survives.
    pub(crate) fn gaps(&self) -> u64 {
        self.gaps.load(Ordering::Relaxed)
    }

    /// Errors so far, fatal or not, gaps not counted.
    pub(crate) fn errors(&self) -> u64 {
        self.errors.load(Ordering::Relaxed)
    }

    /// Whether the stream is lost, given that sound comes at least every `patience`.
    pub(crate) fn loss(&self, now: Duration, patience: Duration) -> Option<Loss> {
        if let Some(error) = self.fatal.get() {
            return Some(Loss::Reported(error.clone()));
        }
        let last = Duration::from_micros(self.last_sound_micros.load(Ordering::Relaxed));
        (now.saturating_sub(last) >= patience).then(|| Loss::Silent {
            patience,
            errors: self.errors(),
            first: self.first.get().cloned(),
        })
    }
}

impl std::fmt::Display for Loss {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Reported(error) => error.fmt(formatter),
            Self::Silent {
                patience,
                errors,
                first,
            } => {
                write!(formatter, "no sound for {} s", patience.as_secs_f64())?;
                match first {
                    Some(first) => write!(formatter, ", but {errors} errors, the first: {first}"),
                    None => Ok(()),
                }
            }
        }
    }
}

/// Whether this kind ends a stream. The others have been seen to come by the hundred in the first
/// milliseconds of streams that then ran well.
fn is_fatal(kind: ErrorKind) -> bool {
    [
        ErrorKind::DeviceNotAvailable,
        ErrorKind::StreamInvalidated,
        ErrorKind::HostUnavailable,
    ]
    .contains(&kind)
}

fn micros(duration: Duration) -> u64 {
    u64::try_from(duration.as_micros()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use cpal::{Error, ErrorKind};

    use super::{Health, Loss};

    const PATIENCE: Duration = Duration::from_secs(2);

    fn at(millis: u64) -> Duration {
        Duration::from_millis(millis)
    }

    fn backend(message: &'static str) -> Error {
        Error::with_message(ErrorKind::BackendError, message)
    }

    #[test]
    fn a_stream_that_falls_silent_is_lost_once_the_patience_is_over() {
        let health = Health::new();
        health.expect_sound(at(100));
        health.sound(at(500));
        assert_eq!(health.loss(at(2499), PATIENCE), None);
        let loss = health
            .loss(at(2500), PATIENCE)
            .expect("the patience is over");
        assert_eq!(loss.to_string(), "no sound for 2 s");
    }

    #[test]
    fn a_burst_of_errors_at_the_start_is_survived() {
        let health = Health::new();
        health.expect_sound(at(0));
        (0..579).for_each(|_| health.error(backend("errno -5")));
        (1..500).for_each(|period| health.sound(at(period * 10)));
        assert_eq!(health.loss(at(5000), PATIENCE), None);
        assert_eq!(health.errors(), 579);
    }

    #[test]
    fn a_device_that_has_gone_is_lost_at_once_and_the_first_error_is_kept() {
        let health = Health::new();
        let first = Error::with_message(ErrorKind::StreamInvalidated, "PulseAudio disconnected");
        health.error(first.clone());
        health.error(Error::new(ErrorKind::DeviceNotAvailable));
        assert_eq!(health.loss(at(1), PATIENCE), Some(Loss::Reported(first)));
    }

    #[test]
    fn a_storm_of_errors_is_one_loss_even_when_the_driver_keeps_asking_for_sound() {
        let health = Health::new();
        health.expect_sound(at(0));
        for call in 0..700_000_u64 {
            health.error(backend("errno -5"));
            health.sound(at(call / 300));
        }
        let loss = health.loss(at(2333), PATIENCE).expect("it is a loss");
        assert_eq!(
            loss.to_string(),
            "no sound for 2 s, but 700000 errors, the first: errno -5"
        );
    }

    #[test]
    fn gaps_in_the_sound_are_counted_and_harmless() {
        let health = Health::new();
        health.expect_sound(at(0));
        for period in 0..500 {
            health.error(Error::new(ErrorKind::Xrun));
            health.sound(at(period * 10));
        }
        assert_eq!(health.loss(at(5000), PATIENCE), None);
        assert_eq!(health.gaps(), 500);
    }
}
