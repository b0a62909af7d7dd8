//! How many threads wait for a driver although they were to end.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use thiserror::Error;

use crate::thread::StopRequest;

static OF_THIS_PROCESS: CameraThreads = CameraThreads::new();

/// How many of this process's camera threads should have ended and are still waiting for a driver.
///
/// A driver can hold a thread for as long as it likes, and no thread can be killed. So the waiting is
/// bounded instead (G-6): whoever drops a future of this crate, or an open camera, gives its thread
/// up. The thread lets go of the camera as soon as the driver lets go of the thread, and is counted
/// here until then. So is one that was asked to let go of its camera more than 250 ms ago, whether or
/// not somebody still waits: an exit that is over, and has reported its camera as timed out, goes on
/// listening for the release. A number that stays is a driver that hangs, and a camera that may still
/// be on. While 16 are stuck no further one is started: opening and listing fail at once (G-15).
#[must_use]
pub fn stuck_threads() -> usize {
    OF_THIS_PROCESS.stuck()
}

/// Why no further thread is started: too many of them are stuck already.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[error("{0} threads are stuck in camera drivers; no further one is started")]
pub(crate) struct TooManyStuck(usize);

/// Threads of which only so many may be stuck: those of this process, or of one test.
#[derive(Debug, Default)]
pub(crate) struct CameraThreads {
    /// Every thread that was begun and has not ended.
    alive: Mutex<Vec<Arc<Thread>>>,
}

/// Held by whoever waits for a thread. Dropped before the thread has ended, it gives the thread up.
#[derive(Debug)]
pub(crate) struct Awaited(Arc<Thread>);

/// Held by the thread itself: whichever way it ends, it has ended.
#[derive(Debug)]
pub(crate) struct Running {
    thread: Arc<Thread>,
    among: &'static CameraThreads,
}

/// What is known of a thread that has not ended.
#[derive(Debug)]
struct Thread {
    stop: StopRequest,
    given_up: AtomicBool,
}

impl CameraThreads {
    /// More than this are drivers that hang, and asking them once more does not help (G-15).
    pub(crate) const MOST_STUCK: usize = 16;

    const fn new() -> Self {
        Self {
            alive: Mutex::new(Vec::new()),
        }
    }

    pub(crate) fn of_this_process() -> &'static Self {
        &OF_THIS_PROCESS
    }

    /// The two ends of a thread that is about to be started and will heed `stop`.
    pub(crate) fn begin(
        &'static self,
        stop: &StopRequest,
    ) -> Result<(Awaited, Running), TooManyStuck> {
        let mut alive = self.alive();
        let stuck = count(&alive);
        if stuck >= Self::MOST_STUCK {
            return Err(TooManyStuck(stuck));
        }
        let thread = Arc::new(Thread {
            stop: stop.clone(),
            given_up: AtomicBool::new(false),
        });
        alive.push(Arc::clone(&thread));
        let running = Running {
            thread: Arc::clone(&thread),
            among: self,
        };
        Ok((Awaited(thread), running))
    }

    /// See [`stuck_threads`].
    pub(crate) fn stuck(&self) -> usize {
        count(&self.alive())
    }

    fn alive(&self) -> MutexGuard<'_, Vec<Arc<Thread>>> {
        self.alive.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn count(alive: &[Arc<Thread>]) -> usize {
    alive.iter().filter(|thread| thread.is_stuck()).count()
}

impl Thread {
    /// What drivers take that let go at all is some milliseconds.
    const LETTING_GO: Duration = Duration::from_millis(250);

    fn is_stuck(&self) -> bool {
        let asked_at = self.stop.asked_at();
        self.given_up.load(Ordering::SeqCst)
            || asked_at.is_some_and(|asked_at| asked_at.elapsed() > Self::LETTING_GO)
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
        let is_ours = |thread: &Arc<Thread>| Arc::ptr_eq(thread, &self.thread);
        self.among.alive().retain(|thread| !is_ours(thread));
    }
}

#[cfg(test)]
mod tests {
    use super::{CameraThreads, Thread, TooManyStuck};
    use crate::thread::StopRequest;

    #[test]
    fn a_thread_is_stuck_from_being_given_up_until_it_ends() {
        static THREADS: CameraThreads = CameraThreads::new();
        let stop = StopRequest::default();
        let (awaited, running) = THREADS.begin(&stop).expect("none is stuck");
        assert_eq!(THREADS.stuck(), 0, "it is awaited");
        drop(awaited);
        assert_eq!(THREADS.stuck(), 1);
        drop(running);
        assert_eq!(THREADS.stuck(), 0);

        let (awaited, running) = THREADS.begin(&stop).expect("none is stuck");
        drop(running);
        drop(awaited);
        assert_eq!(THREADS.stuck(), 0, "it ended in time");
    }

    #[test]
    fn a_thread_that_was_asked_and_does_not_end_is_stuck_although_somebody_waits() {
        static THREADS: CameraThreads = CameraThreads::new();
        let stop = StopRequest::default();
        let (awaited, running) = THREADS.begin(&stop).expect("none is stuck");
        stop.ask();
        while !awaited.0.is_stuck() {
            std::thread::sleep(Thread::LETTING_GO);
        }
        assert_eq!(THREADS.stuck(), 1);
        drop(running);
        assert_eq!(THREADS.stuck(), 0, "it let go after all");
    }

    #[test]
    fn beyond_so_many_stuck_threads_none_is_begun() {
        static THREADS: CameraThreads = CameraThreads::new();
        let most = CameraThreads::MOST_STUCK;
        let stop = StopRequest::default();
        let begun: Result<Vec<_>, _> = (0..most).map(|_| THREADS.begin(&stop)).collect();
        let (awaited, mut running): (Vec<_>, Vec<_>) =
            begun.expect("none is stuck").into_iter().unzip();
        assert!(THREADS.begin(&stop).is_ok(), "all of them are awaited");
        drop(awaited);
        assert_eq!(THREADS.begin(&stop).err(), Some(TooManyStuck(most)));
        running.pop();
        assert!(THREADS.begin(&stop).is_ok(), "one of them has ended");
    }
}
