//! A thread that owns a camera, may block in its driver, and may be given up.

use std::fmt::Debug;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{Builder, JoinHandle};
use std::time::Duration;

use exeunt_port::{DeviceError, DeviceLink};
use tokio::sync::watch;

static STUCK: AtomicUsize = AtomicUsize::new(0);

/// How many of this process's camera threads were given up and have not ended yet.
///
/// A driver can hold a thread for as long as it likes, and no thread can be killed. So the waiting is
/// bounded instead (G-6): whoever drops a future of this crate, or an open camera, gives its thread
/// up. The thread lets go of the camera as soon as the driver lets go of the thread, and is counted
/// here until then; that is usually over within milliseconds. A number that stays is a driver that
/// hangs, and a camera that may still be on.
#[must_use]
pub fn stuck_threads() -> usize {
    STUCK.load(Ordering::SeqCst)
}

/// How a device thread came to its end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Ending {
    /// Nobody wanted it any more.
    Asked,
    /// The device could not be opened, went away, or its driver panicked.
    Failed(DeviceError),
}

/// What ends a device thread's waiting for its device.
pub(crate) trait Wake: Debug + Send + Sync {
    /// Ends the wait under way, or the next one if there is none. Never blocks.
    fn wake(&self);
}

/// Whether the device is still wanted; looked at by the thread between any two blocking calls.
#[derive(Clone, Debug, Default)]
pub(crate) struct StopRequest {
    asked: Arc<AtomicBool>,
    wake: Arc<Mutex<Option<Arc<dyn Wake>>>>,
    link: Option<DeviceLink>,
}

impl StopRequest {
    /// Fulfilled also when the stay has fallen silent: then the thread need not wait to be told.
    pub(crate) fn of(link: DeviceLink) -> Self {
        Self {
            link: Some(link),
            ..Self::default()
        }
    }

    pub(crate) fn ask(&self) {
        self.asked.store(true, Ordering::SeqCst);
        // Taken out first, so that nothing is called under the lock (G-8).
        let wake = self.sleeper().clone();
        if let Some(wake) = wake {
            wake.wake();
        }
    }

    /// Quick enough to be asked every few bytes: a link that is abandoned is not live either.
    pub(crate) fn is_asked(&self) -> bool {
        let unwanted = |link: &DeviceLink| !link.is_live();
        self.asked.load(Ordering::SeqCst) || self.link.as_ref().is_some_and(unwanted)
    }

    /// From here on asking wakes the thread, too. What was asked before is seen by looking
    /// [again](Self::is_asked): either the one who asks finds this, or we find what he asked.
    #[cfg_attr(
        not(target_os = "linux"),
        allow(dead_code, reason = "nokhwa's read cannot be woken")
    )]
    pub(crate) fn wakes(&self, wake: Arc<dyn Wake>) {
        *self.sleeper() = Some(wake);
    }

    /// The thread waits no more; what woke it is let go of, since it holds a descriptor (G-15).
    fn wakes_nobody(&self) {
        *self.sleeper() = None;
    }

    fn sleeper(&self) -> MutexGuard<'_, Option<Arc<dyn Wake>>> {
        self.wake.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A running device thread. Dropping this asks it to stop and gives it up, without blocking.
#[derive(Debug)]
pub(crate) struct DeviceThread {
    stop: StopRequest,
    ending: watch::Receiver<Option<Ending>>,
    life: Arc<Life>,
    handle: Option<JoinHandle<()>>,
}

impl DeviceThread {
    /// How often the last steps of an ending thread are looked at.
    const JOINING: Duration = Duration::from_millis(1);

    pub(crate) fn spawn(
        name: &str,
        stop: StopRequest,
        body: impl FnOnce(&StopRequest) -> Ending + Send + 'static,
    ) -> io::Result<Self> {
        let (told, ending) = watch::channel(None);
        let life = Arc::new(Life::default());
        let (own_stop, own_life) = (stop.clone(), Arc::clone(&life));
        let handle = Builder::new().name(name.to_owned()).spawn(move || {
            let ended = catch_unwind(AssertUnwindSafe(|| body(&own_stop)));
            own_stop.wakes_nobody();
            own_life.end();
            told.send_replace(Some(ended.unwrap_or(Ending::Failed(DeviceError::Panicked))));
        })?;
        Ok(Self {
            stop,
            ending,
            life,
            handle: Some(handle),
        })
    }

    pub(crate) fn stop(&self) -> &StopRequest {
        &self.stop
    }

    /// Something to await the end with, for others than the owner.
    pub(crate) fn ending(&self) -> EndingWatch {
        EndingWatch(self.ending.clone())
    }

    /// Waits until the thread has ended and is joined, for as long as its driver takes.
    pub(crate) async fn joined(mut self) -> Ending {
        let ending = self.ending().ended().await;
        if let Some(handle) = self.handle.take() {
            // `join` blocks; by now it has only a few instructions to wait for.
            while !handle.is_finished() {
                tokio::time::sleep(Self::JOINING).await;
            }
            // A panic of the body was caught and is in `ending`.
            let _ = handle.join();
        }
        ending
    }
}

impl Drop for DeviceThread {
    fn drop(&mut self) {
        self.stop.ask();
        self.life.give_up();
    }
}

/// Awaits the end of a device thread without owning it.
#[derive(Clone, Debug)]
pub(crate) struct EndingWatch(watch::Receiver<Option<Ending>>);

impl EndingWatch {
    pub(crate) async fn ended(&mut self) -> Ending {
        let ending = self
            .0
            .wait_for(Option::is_some)
            .await
            .ok()
            .and_then(|told| (*told).clone());
        // A thread that ended without a word panicked outside of its body.
        ending.unwrap_or(Ending::Failed(DeviceError::Panicked))
    }
}

/// Counts the thread as stuck from being given up to its end, in whatever order the two come.
#[derive(Debug, Default)]
struct Life(AtomicU8);

impl Life {
    const RUNNING: u8 = 0;
    const GIVEN_UP: u8 = 1;
    const ENDED: u8 = 2;

    fn give_up(&self) {
        // Counted first, so that an end in between never takes the count below nothing.
        STUCK.fetch_add(1, Ordering::SeqCst);
        let given_up = self.0.compare_exchange(
            Self::RUNNING,
            Self::GIVEN_UP,
            Ordering::SeqCst,
            Ordering::SeqCst,
        );
        if given_up.is_err() {
            STUCK.fetch_sub(1, Ordering::SeqCst);
        }
    }

    fn end(&self) {
        if self.0.swap(Self::ENDED, Ordering::SeqCst) == Self::GIVEN_UP {
            STUCK.fetch_sub(1, Ordering::SeqCst);
        }
    }
}

/// The count is the process's, so the tests that give threads up take turns.
#[cfg(test)]
pub(crate) async fn lock_stuck_count() -> tokio::sync::MutexGuard<'static, ()> {
    static TURN: tokio::sync::Mutex<()> = tokio::sync::Mutex::const_new(());
    TURN.lock().await
}
