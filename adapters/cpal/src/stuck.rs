//! How many threads were given up and still wait for a driver.

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, AtomicUsize, Ordering};

use thiserror::Error;

static STUCK: AtomicUsize = AtomicUsize::new(0);

/// How many threads of this process were given up and are still waiting for a driver.
///
/// A thread is given up when nobody waits for its answer any more: the release took longer than
/// its caller's deadline, or the future or the device was dropped. It is counted no more as soon
/// as the driver lets go of it. While 16 are stuck no further one is started: opening and listing
/// fail at once.
#[must_use]
pub fn stuck_threads() -> usize {
    STUCK.load(Ordering::SeqCst)
}

/// Why no further thread is started: too many of them are stuck already.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("{0} threads are stuck in sound drivers; no further one is started")]
pub(crate) struct TooManyStuck(usize);

/// Held by whoever waits for a thread. Dropped before the thread has ended, it gives the thread up.
pub(crate) struct Awaited(Arc<AtomicU8>);

/// Held by the thread itself: whichever way it ends, it has ended.
pub(crate) struct Running(Arc<AtomicU8>);

const RUNNING: u8 = 0;
const GIVEN_UP: u8 = 1;
const ENDED: u8 = 2;

impl Awaited {
    /// More than this are a sound system that hangs, and asking it once more does not help (G-15).
    const MOST_STUCK: usize = 16;

    /// The two ends of a thread that is about to be started.
    pub(crate) fn begin() -> Result<(Self, Running), TooManyStuck> {
        let stuck = stuck_threads();
        if stuck >= Self::MOST_STUCK {
            return Err(TooManyStuck(stuck));
        }
        let state = Arc::new(AtomicU8::new(RUNNING));
        Ok((Self(Arc::clone(&state)), Running(state)))
    }
}

impl Drop for Awaited {
    fn drop(&mut self) {
        // Counted first, so that the thread's end never takes away what was not yet added.
        STUCK.fetch_add(1, Ordering::SeqCst);
        let given_up =
            self.0
                .compare_exchange(RUNNING, GIVEN_UP, Ordering::SeqCst, Ordering::SeqCst);
        if given_up.is_err() {
            STUCK.fetch_sub(1, Ordering::SeqCst);
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if self.0.swap(ENDED, Ordering::SeqCst) == GIVEN_UP {
            STUCK.fetch_sub(1, Ordering::SeqCst);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Awaited, TooManyStuck, stuck_threads};

    // One test, because the count is one for the whole process.
    #[test]
    fn a_thread_is_stuck_from_being_given_up_until_it_ends_and_their_number_is_bounded() {
        let (awaited, running) = Awaited::begin().expect("none is stuck");
        drop(running);
        drop(awaited);
        assert_eq!(stuck_threads(), 0, "it ended in time");

        let begun: Result<Vec<_>, _> = (0..Awaited::MOST_STUCK).map(|_| Awaited::begin()).collect();
        let (awaited, running): (Vec<_>, Vec<_>) =
            begun.expect("none is stuck").into_iter().unzip();
        assert_eq!(stuck_threads(), 0, "they are awaited");
        drop(awaited);
        assert_eq!(stuck_threads(), Awaited::MOST_STUCK);
        assert_eq!(
            Awaited::begin().err(),
            Some(TooManyStuck(Awaited::MOST_STUCK))
        );
        drop(running);
        assert_eq!(stuck_threads(), 0);
    }
}
