//! Devices that are arithmetic only: a tokio task keeps their time, so that a paused clock holds them.

use std::time::Duration;

use exeunt_port::{DeviceError, DeviceLink, OpenDevice, async_trait};
use tokio::task::{JoinHandle, spawn_blocking};
use tokio::time::{Instant, sleep_until};
use tokio_util::sync::{CancellationToken, DropGuard};

use super::beat::{Beat, Pace, PanicWatch, signal_end};

/// Starts the work on a task of its own.
pub(crate) fn start(work: impl Beat, description: String, link: DeviceLink) -> Box<dyn OpenDevice> {
    let stop = CancellationToken::new();
    let stopped = stop.clone();
    let task = tokio::spawn(async move {
        let _watch = PanicWatch(&link);
        run(work, &link, &stopped)
            .await
            .inspect_err(|error| signal_end(&link, error.clone()))
    });
    Box::new(TaskDevice {
        description,
        task,
        stop: stop.drop_guard(),
    })
}

/// Keeps the beat until nobody wants it any more. A beat that has begun is waited for, so that nothing
/// goes on after the release.
async fn run<B: Beat>(
    mut work: B,
    link: &DeviceLink,
    stopped: &CancellationToken,
) -> Result<(), DeviceError> {
    let opened = Instant::now();
    let mut pace = Pace::new(work.rate());
    while link.is_live() {
        let due = pace.due();
        tokio::select! {
            biased;
            () = stopped.cancelled() => break,
            () = link.abandoned() => break,
            () = sleep_until(opened + due) => {}
        }
        if B::HEAVY {
            work = off_the_runtime(work, due, link.clone()).await?;
        } else {
            work.beat(due, link)?;
        }
        pace.done(opened.elapsed());
    }
    work.finish()
}

/// A beat that takes milliseconds would hold up every other task. While it runs elsewhere, tokio does
/// not advance a paused clock.
async fn off_the_runtime<B: Beat>(
    mut work: B,
    due: Duration,
    link: DeviceLink,
) -> Result<B, DeviceError> {
    let beat = spawn_blocking(move || work.beat(due, &link).map(|()| work));
    beat.await.unwrap_or(Err(DeviceError::Panicked))
}

/// Dropping it ends the task without waiting for it.
struct TaskDevice {
    description: String,
    task: JoinHandle<Result<(), DeviceError>>,
    stop: DropGuard,
}

#[async_trait]
impl OpenDevice for TaskDevice {
    fn description(&self) -> String {
        self.description.clone()
    }

    async fn release(self: Box<Self>) -> Result<(), DeviceError> {
        let Self {
            description: _,
            task,
            stop,
        } = *self;
        drop(stop);
        match task.await {
            Ok(ended) => ended,
            // A runtime that shuts down has dropped the task, and nothing is held.
            Err(error) if error.is_cancelled() => Ok(()),
            Err(_) => Err(DeviceError::Panicked),
        }
    }
}
