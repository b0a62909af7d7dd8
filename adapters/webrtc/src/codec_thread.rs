//! A codec's thread: takes work from a bounded place, never makes anybody wait, and can be given up.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};

use tokio::sync::oneshot;
use tokio::time::Instant;

use crate::NetworkError;

/// What a codec's thread works on, and where that waits. Cloning gives another handle to it.
#[derive(Debug)]
pub(crate) struct Work<T>(Arc<Place<T>>);

#[derive(Debug)]
struct Place<T> {
    waiting: Mutex<Waiting<T>>,
    changed: Condvar,
}

#[derive(Debug)]
struct Waiting<T> {
    work: T,
    over: bool,
}

impl<T> Work<T> {
    fn new(work: T) -> Self {
        Self(Arc::new(Place {
            waiting: Mutex::new(Waiting { work, over: false }),
            changed: Condvar::new(),
        }))
    }

    /// Changes what waits and wakes the thread. `None` when it is over.
    pub(crate) fn change<R>(&self, change: impl FnOnce(&mut T) -> R) -> Option<R> {
        let mut waiting = self.lock();
        if waiting.over {
            return None;
        }
        let result = change(&mut waiting.work);
        drop(waiting);
        self.0.changed.notify_one();
        Some(result)
    }

    /// Waits for something to do; `None` when it is over.
    pub(crate) fn next<R>(&self, mut take: impl FnMut(&mut T) -> Option<R>) -> Option<R> {
        let mut waiting = self.lock();
        loop {
            if waiting.over {
                return None;
            }
            if let Some(taken) = take(&mut waiting.work) {
                return Some(taken);
            }
            let woken = self.0.changed.wait(waiting);
            waiting = woken.unwrap_or_else(PoisonError::into_inner);
        }
    }

    /// Nothing is taken any more. The thread ends after what it has in hand.
    pub(crate) fn end(&self) {
        self.lock().over = true;
        self.0.changed.notify_all();
    }

    pub(crate) fn is_over(&self) -> bool {
        self.lock().over
    }

    fn lock(&self) -> MutexGuard<'_, Waiting<T>> {
        let waiting = self.0.waiting.lock();
        waiting.unwrap_or_else(PoisonError::into_inner)
    }
}

impl<T> Clone for Work<T> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

/// The thread. Dropping it lets it end by itself, after what it has in hand.
#[derive(Debug)]
pub(crate) struct CodecThread<T> {
    pub(crate) work: Work<T>,
    thread: Option<JoinHandle<()>>,
    ended: oneshot::Receiver<()>,
}

impl<T: Send + 'static> CodecThread<T> {
    /// Starts a thread that has `run` work until [`Work::next`] says that it is over.
    pub(crate) fn start(
        name: &str,
        work: T,
        run: impl FnOnce(Work<T>) + Send + 'static,
    ) -> Result<Self, NetworkError> {
        let work = Work::new(work);
        let (ending, ended) = oneshot::channel();
        let own = work.clone();
        let thread = thread::Builder::new()
            .name(name.to_owned())
            .spawn(move || {
                // Also a thread that panics ends; its work is over then.
                let _ending = (OverAtEnd(own.clone()), ending);
                run(own);
            })
            .map_err(|reason| NetworkError::Refused {
                what: "codec thread",
                detail: reason.to_string(),
            })?;
        Ok(Self {
            work,
            thread: Some(thread),
            ended,
        })
    }

    /// Whether the thread has come to its end.
    pub(crate) fn has_ended(&self) -> bool {
        self.thread.as_ref().is_none_or(JoinHandle::is_finished)
    }

    /// Ends and joins the thread; answers whether it could be done `until` then. One that hangs is
    /// given up: it ends if its codec ever comes back.
    pub(crate) async fn end(mut self, until: Instant) -> bool {
        self.work.end();
        let ended = tokio::time::timeout_at(until, &mut self.ended).await;
        match (ended, self.thread.take()) {
            (Ok(_), Some(thread)) => {
                // It has left its last line of code; what remains is the system's.
                let _ = thread.join();
                true
            }
            (Ok(_) | Err(_), _) => false,
        }
    }
}

impl<T> Drop for CodecThread<T> {
    fn drop(&mut self) {
        self.work.end();
    }
}

struct OverAtEnd<T>(Work<T>);

impl<T> Drop for OverAtEnd<T> {
    fn drop(&mut self) {
        self.0.end();
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;
    use std::time::Duration;

    use tokio::time::Instant;

    use super::CodecThread;

    fn soon() -> Instant {
        Instant::now() + Duration::from_secs(20)
    }

    #[tokio::test]
    async fn what_waits_is_taken_and_the_thread_is_joined() {
        let (done, results) = mpsc::channel();
        let thread = CodecThread::start("test-codec", Vec::<u8>::new(), move |work| {
            while let Some(item) = work.next(Vec::pop) {
                done.send(item).expect("somebody listens");
            }
        });
        let thread = thread.expect("a thread");
        assert_eq!(thread.work.change(|waiting| waiting.push(7)), Some(()));
        assert_eq!(results.recv(), Ok(7));
        let work = thread.work.clone();
        assert!(thread.end(soon()).await);
        assert_eq!(work.change(|waiting| waiting.push(8)), None);
        // Its end of the channel is gone with it.
        assert!(results.recv().is_err());
    }

    #[tokio::test]
    async fn a_thread_that_hangs_is_given_up() {
        let (go_on, hangs) = mpsc::channel::<()>();
        let thread = CodecThread::start("test-codec", (), move |_| {
            let _ = hangs.recv();
        });
        let soon = Instant::now() + Duration::from_millis(10);
        assert!(!thread.expect("a thread").end(soon).await);
        drop(go_on);
    }

    #[tokio::test]
    async fn a_thread_that_panicked_is_over_and_joined() {
        let thread = CodecThread::start("test-codec", (), |work| {
            work.next(|()| Some(()));
            panic!("a codec's fault");
        });
        let thread = thread.expect("a thread");
        while !thread.has_ended() {
            tokio::task::yield_now().await;
        }
        assert_eq!(thread.work.change(|()| ()), None);
        assert!(thread.end(soon()).await);
    }
}
