//! The one place of this crate that reads a clock.

use std::time::{Duration, SystemTime};

use tokio::time::Instant;

use crate::backend::Moment;

/// Seconds since 1970, for signatures.
pub(crate) fn unix_seconds() -> u64 {
    SystemTime::now()
        .duration_since(SystemTime::UNIX_EPOCH)
        .map_or(0, |since| since.as_secs())
}

/// The time of day, for whoever reads later what happened when.
pub(crate) fn today() -> Moment {
    let since = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    Moment(since.map_or(0, |since| {
        u64::try_from(since.as_millis()).unwrap_or(u64::MAX)
    }))
}

/// How long the service has been running, for everything else.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Uptime(Instant);

impl Uptime {
    pub(crate) fn begin() -> Self {
        Self(Instant::now())
    }

    pub(crate) fn now(self) -> Duration {
        self.0.elapsed()
    }

    /// The instant at which the service will have been running that long; `None` if no clock goes that
    /// far.
    pub(crate) fn instant(self, uptime: Duration) -> Option<Instant> {
        self.0.checked_add(uptime)
    }
}
