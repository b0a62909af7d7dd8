//! How many threads were given up and still wait for a driver.

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, AtomicUsize, Ordering};

static STUCK: AtomicUsize = AtomicUsize::new(0);

/// How many threads of this process were given up and are still waiting for a driver.
///
/// A thread is given up when nobody waits for its answer any more: the release took longer than
/// its caller's deadline, or the future or the device was dropped. It is counted no more as soon
/// as the driver lets go of it.
#[must_use]
pub fn stuck_threads() -> usize {
    STUCK.load(Ordering::SeqCst)
}

/// Held by whoever waits for a thread. Dropped before the thread has ended, it gives the thread up.
pub(crate) struct Awaited(Arc<AtomicU8>);

/// Held by the thread itself: whichever way it ends, it has ended.
pub(crate) struct Running(Arc<AtomicU8>);

const RUNNING: u8 = 0;
const GIVEN_UP: u8 = 1;
const ENDED: u8 = 2;

impl Awaited {
    /// A thread's two ends.
    pub(crate) fn begin() -> (Self, Running) {
        let state = Arc::new(AtomicU8::new(RUNNING));
        (Self(Arc::clone(&state)), Running(state))
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
    use super::{Awaited, stuck_threads};

    #[test]
    fn a_thread_is_stuck_from_being_given_up_until_it_ends() {
        let (awaited, running) = Awaited::begin();
        drop(running);
        drop(awaited);
        assert_eq!(stuck_threads(), 0, "it ended in time");

        let (awaited, running) = Awaited::begin();
        assert_eq!(stuck_threads(), 0, "it is awaited");
        drop(awaited);
        assert_eq!(stuck_threads(), 1);
        drop(running);
        assert_eq!(stuck_threads(), 0);
    }
}
