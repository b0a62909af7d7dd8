//! How long a story waits for what has to happen, and the clock that its processes use.

use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use crate::StoryFailure;

/// How long a story waits for anything that has to happen. It is no claim: what has a bound of its own
/// says itself how long it took.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// The wall clock, in microseconds since 1970, as the processes' lines have it.
#[must_use]
pub fn now_micros() -> u64 {
    let since = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    u64::try_from(since.as_micros()).unwrap_or(u64::MAX)
}

/// Looks until `wanted` is what is seen, for things that cannot be waited for: the list of a server, a
/// folder of `/proc`. Answers what was seen last.
pub fn until<T: std::fmt::Debug, E: From<StoryFailure>>(
    what: &str,
    mut look: impl FnMut() -> Result<T, E>,
    wanted: impl Fn(&T) -> bool,
) -> Result<T, E> {
    /// Between two looks; nothing depends on it.
    const NAP: Duration = Duration::from_millis(10);
    let deadline = Instant::now() + PATIENCE;
    loop {
        let seen = look()?;
        if wanted(&seen) {
            return Ok(seen);
        }
        if Instant::now() >= deadline {
            let overdue = StoryFailure::Overdue {
                what: what.to_owned(),
                said: format!("; seen was {seen:?}"),
            };
            return Err(overdue.into());
        }
        std::thread::sleep(NAP);
    }
}
