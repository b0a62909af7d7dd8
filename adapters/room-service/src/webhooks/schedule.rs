//! When an event is sent again: once at once, then every 10 s for up to a minute, if nothing else is
//! wanted. Pure.

use std::time::Duration;

/// How long a receiver has to answer.
pub(super) const TIME_TO_ANSWER: Duration = Duration::from_secs(5);
/// The longest pause, and the longest time.
const MAX_PAUSE: Duration = Duration::from_secs(3600);
const MAX_SPAN: Duration = Duration::from_secs(86_400);

/// When an event that was not taken is sent again. It is so once at once in any case.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WebhookRetry {
    /// From the beginning of one attempt to that of the next, after the first two: 1 s to 1 hour.
    /// Default: 10 s, as with TRTC.
    pub pause: Duration,
    /// For so long, counted from the second attempt: at most a day. Default: a minute, as with TRTC.
    pub span: Duration,
}

impl Default for WebhookRetry {
    fn default() -> Self {
        Self {
            pause: Duration::from_secs(10),
            span: Duration::from_secs(60),
        }
    }
}

impl WebhookRetry {
    pub(super) fn is_possible(&self) -> bool {
        (Duration::from_secs(1)..=MAX_PAUSE).contains(&self.pause) && self.span <= MAX_SPAN
    }

    /// How long after the beginning of an attempt the next one begins at the earliest; `None` after the
    /// last. Attempts are counted from 1.
    pub(super) fn pause_after(&self, attempt: u32) -> Option<Duration> {
        match attempt {
            0 | 1 => Some(Duration::ZERO),
            2.. => {
                let paused = self.pause.saturating_mul(attempt - 1);
                (paused <= self.span).then_some(self.pause)
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pauses(pause: u64, span: u64) -> Vec<u64> {
        let (pause, span) = (Duration::from_secs(pause), Duration::from_secs(span));
        let retry = WebhookRetry { pause, span };
        let pauses = (1..).map_while(|attempt| retry.pause_after(attempt));
        pauses.map(|pause| pause.as_secs()).collect()
    }

    #[test]
    fn a_dead_receiver_is_asked_at_once_and_then_for_a_minute_or_as_long_as_is_wanted() {
        let WebhookRetry { pause, span } = WebhookRetry::default();
        let usual = pauses(pause.as_secs(), span.as_secs());
        assert_eq!(usual, [0, 10, 10, 10, 10, 10, 10]);
        assert_eq!(pauses(10, 0), [0]);
        assert_eq!(pauses(30, 100), [0, 30, 30, 30]);
    }
}
