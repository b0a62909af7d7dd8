//! How often something may happen. Pure; the time is an argument.

use std::time::Duration;

/// A bucket that fills with so many tokens a second, up to a brim; each occurrence takes one.
#[derive(Clone, Copy, Debug)]
pub(crate) struct TokenBucket {
    /// How long one token takes to fill in.
    period: Duration,
    /// How long the whole bucket takes.
    brim: Duration,
    /// When the bucket will be, or was, full.
    full_at: Duration,
}

impl TokenBucket {
    /// Full, with `burst` tokens; `per_second` fill in. 0 is taken as 1.
    pub(crate) fn new(per_second: u32, burst: u32) -> Self {
        let period = Duration::from_secs(1) / per_second.max(1);
        Self {
            period,
            brim: period * burst.max(1),
            full_at: Duration::ZERO,
        }
    }

    /// Takes a token, if there is one.
    pub(crate) fn take(&mut self, now: Duration) -> bool {
        let full_at = self.full_at.max(now) + self.period;
        let taken = full_at <= now + self.brim;
        if taken {
            self.full_at = full_at;
        }
        taken
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_burst_passes_and_then_the_rate_holds() {
        let mut bucket = TokenBucket::new(10, 20);
        let millis = Duration::from_millis;
        let taken = |bucket: &mut TokenBucket, at| (0..100).filter(|_| bucket.take(at)).count();
        assert_eq!(taken(&mut bucket, millis(0)), 20);
        assert_eq!(taken(&mut bucket, millis(99)), 0);
        assert_eq!(taken(&mut bucket, millis(100)), 1);
        assert_eq!(taken(&mut bucket, millis(1_100)), 10);
        assert_eq!(taken(&mut bucket, millis(100_000)), 20);
    }
}
