//! Who is about to close descriptors of sound cards: releases, and looks at what there is.
//!
//! The system gives the number of a descriptor that was closed to whoever opens the next one. So an opening
//! that is to know what it has brought waits until nobody is closing any.

use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

/// Those of this process.
pub(crate) static CLOSINGS: Closings = Closings::none();

/// How long an opening waits for them. What takes longer is stuck, and must not keep other devices from
/// being opened.
pub(crate) const CLOSES: Duration = Duration::from_secs(1);

/// How many there are at this moment.
pub(crate) struct Closings {
    under_way: Mutex<usize>,
    one_is_over: Condvar,
}

/// Held by whoever is about to close descriptors of sound cards, until it has.
pub(crate) struct Closing(&'static Closings);

impl Closings {
    const fn none() -> Self {
        Self {
            under_way: Mutex::new(0),
            one_is_over: Condvar::new(),
        }
    }

    /// One more.
    pub(crate) fn begin(&'static self) -> Closing {
        *self.count() += 1;
        Closing(self)
    }

    /// Whether there is none.
    #[cfg(any(target_os = "linux", test))]
    pub(crate) fn is_none(&self) -> bool {
        *self.count() == 0
    }

    /// Waits until there is none, but no longer than this; answers whether there is none.
    pub(crate) fn wait(&self, patience: Duration) -> bool {
        let waited = self
            .one_is_over
            .wait_timeout_while(self.count(), patience, |under_way| *under_way > 0);
        let (under_way, _) = waited.unwrap_or_else(PoisonError::into_inner);
        *under_way == 0
    }

    fn count(&self) -> MutexGuard<'_, usize> {
        self.under_way
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }
}

impl Drop for Closing {
    fn drop(&mut self) {
        *self.0.count() -= 1;
        self.0.one_is_over.notify_all();
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::Closings;

    #[test]
    fn an_opening_waits_for_what_is_about_to_be_closed_but_not_for_ever() {
        static CLOSINGS: Closings = Closings::none();
        assert!(CLOSINGS.wait(Duration::ZERO), "none is under way");
        let (first, second) = (CLOSINGS.begin(), CLOSINGS.begin());
        assert!(!CLOSINGS.wait(Duration::from_millis(1)), "both are");
        drop(first);
        assert!(!CLOSINGS.wait(Duration::from_millis(1)), "one is");
        let waiting = std::thread::spawn(|| CLOSINGS.wait(Duration::from_secs(60)));
        drop(second);
        assert!(waiting.join().expect("it waits"), "none is any more");
    }
}
