//! How many threads wait for a driver although they were to end.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::time::{Duration, Instant};

use thiserror::Error;

/// Every thread that was begun and has not ended.
static ALIVE: Mutex<Vec<Arc<Thread>>> = Mutex::new(Vec::new());

/// How many threads of this process should have ended and are still waiting for a driver.
///
/// These are the threads that nobody waits for any more, because the future or the device was dropped;
/// and those that were asked to let go of their device more than 250 ms ago, whether or not somebody
/// still waits: an exit that is over, and has reported a device as timed out, goes on listening for its
/// release. A thread is counted no more as soon as the driver lets go of it. While 16 are stuck no further
/// one is started: opening and listing fail at once (G-15).
#[must_use]
pub fn stuck_threads() -> usize {
    count(&alive())
}

/// Why no further thread is started: too many of them are stuck already.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("{0} threads are stuck in sound drivers; no further one is started")]
pub(crate) struct TooManyStuck(usize);

/// Held by whoever waits for a thread. Dropped before the thread has ended, it gives the thread up.
pub(crate) struct Awaited(Arc<Thread>);

/// Held by the thread itself: whichever way it ends, it has ended.
pub(crate) struct Running(Arc<Thread>);

/// What is known of a thread that has not ended.
#[derive(Debug, Default)]
struct Thread {
    asked_at: OnceLock<Instant>,
    given_up: AtomicBool,
}

impl Thread {
    /// What drivers take that let go at all is some milliseconds.
    const LETTING_GO: Duration = Duration::from_millis(250);

    fn is_stuck(&self) -> bool {
        let asked_at = self.asked_at.get();
        self.given_up.load(Ordering::SeqCst)
            || asked_at.is_some_and(|asked_at| asked_at.elapsed() > Self::LETTING_GO)
    }
}

impl Awaited {
    /// More than this are a sound system that hangs, and asking it once more does not help (G-15).
    const MOST_STUCK: usize = 16;

    /// The two ends of a thread that is about to be started.
    pub(crate) fn begin() -> Result<(Self, Running), TooManyStuck> {
        let mut alive = alive();
        let stuck = count(&alive);
        if stuck >= Self::MOST_STUCK {
            return Err(TooManyStuck(stuck));
        }
        let thread = Arc::new(Thread::default());
        alive.push(Arc::clone(&thread));
        Ok((Self(Arc::clone(&thread)), Running(thread)))
    }

    /// It was asked to let go of its device, and to end.
    pub(crate) fn asked_to_end(&self) {
        self.0.asked_at.get_or_init(Instant::now);
    }
}

impl Drop for Awaited {
    fn drop(&mut self) {
        // A thread that has ended is in nobody's list, and counts no more.
        self.0.given_up.store(true, Ordering::SeqCst);
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        alive().retain(|thread| !Arc::ptr_eq(thread, &self.0));
    }
}

fn alive() -> MutexGuard<'static, Vec<Arc<Thread>>> {
    ALIVE.lock().unwrap_or_else(PoisonError::into_inner)
}

fn count(alive: &[Arc<Thread>]) -> usize {
    alive.iter().filter(|thread| thread.is_stuck()).count()
}

#[cfg(test)]
mod tests {
    use super::{Awaited, Thread, TooManyStuck, stuck_threads};

    // One test, because the count is one for the whole process.
    #[test]
    fn a_thread_is_stuck_from_being_given_up_until_it_ends_and_their_number_is_bounded() {
        let (awaited, running) = Awaited::begin().expect("none is stuck");
        drop(running);
        drop(awaited);
        assert_eq!(stuck_threads(), 0, "it ended in time");

        let (awaited, running) = Awaited::begin().expect("none is stuck");
        awaited.asked_to_end();
        while !awaited.0.is_stuck() {
            std::thread::sleep(Thread::LETTING_GO);
        }
        assert_eq!(stuck_threads(), 1, "somebody still waits for it, in vain");
        drop(running);
        assert_eq!(stuck_threads(), 0, "it let go after all");
        drop(awaited);

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
