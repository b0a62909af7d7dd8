//! A thread that owns a camera, may block in its driver, and may be given up.

use std::fmt::Debug;
use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};
use std::thread::{Builder, JoinHandle};
use std::time::{Duration, Instant};

use exeunt_port::{DeviceError, DeviceLink};
use thiserror::Error;
use tokio::sync::watch;

use crate::stuck::{Awaited, CameraThreads, TooManyStuck};

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
    /// Since when it is not.
    asked: Arc<OnceLock<Instant>>,
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
        self.asked.get_or_init(Instant::now);
        // Taken out first, so that nothing is called under the lock (G-8).
        let wake = self.sleeper().clone();
        if let Some(wake) = wake {
            wake.wake();
        }
    }

    /// Quick enough to be asked every few bytes: a link that is abandoned is not live either.
    pub(crate) fn is_asked(&self) -> bool {
        let unwanted = |link: &DeviceLink| !link.is_live();
        self.asked.get().is_some() || self.link.as_ref().is_some_and(unwanted)
    }

    /// When the thread was first told so.
    pub(crate) fn asked_at(&self) -> Option<Instant> {
        self.asked.get().copied()
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

/// Why there is no thread for a device.
#[derive(Debug, Error)]
pub(crate) enum NoThread {
    #[error(transparent)]
    TooManyStuck(#[from] TooManyStuck),
    #[error("the system gives no thread: {0}")]
    Refused(#[from] io::Error),
}

/// A running device thread. Dropping this asks it to stop and gives it up, without blocking.
#[derive(Debug)]
pub(crate) struct DeviceThread {
    stop: StopRequest,
    ending: watch::Receiver<Option<Ending>>,
    /// Dropped with this, it counts the thread as given up.
    _awaited: Awaited,
    handle: Option<JoinHandle<()>>,
}

impl DeviceThread {
    /// How often the last steps of an ending thread are looked at.
    const JOINING: Duration = Duration::from_millis(1);

    pub(crate) fn spawn(
        among: &'static CameraThreads,
        name: &str,
        stop: StopRequest,
        body: impl FnOnce(&StopRequest) -> Ending + Send + 'static,
    ) -> Result<Self, NoThread> {
        let (told, ending) = watch::channel(None);
        let (awaited, running) = among.begin(&stop)?;
        let own_stop = stop.clone();
        let handle = Builder::new().name(name.to_owned()).spawn(move || {
            let ended = catch_unwind(AssertUnwindSafe(|| body(&own_stop)));
            own_stop.wakes_nobody();
            // Before anybody hears of the end, so that the thread is not counted any more by then.
            drop(running);
            told.send_replace(Some(ended.unwrap_or(Ending::Failed(DeviceError::Panicked))));
        })?;
        Ok(Self {
            stop,
            ending,
            _awaited: awaited,
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
