//! Devices that are arithmetic only: a tokio task keeps their time, so that a paused clock holds them.

use exeunt_port::{DeviceError, DeviceLink, OpenDevice, async_trait};
use tokio::task::JoinHandle;
use tokio::time::{Instant, sleep_until};
use tokio_util::sync::{CancellationToken, DropGuard};

use super::beat::{Beat, Pace, PanicWatch, signal_end};

/// Starts the work on a task of its own.
pub(crate) fn start(work: impl Beat, description: String, link: DeviceLink) -> Box<dyn OpenDevice> {
    let stop = CancellationToken::new();
    let stopped = stop.clone();
    let task = tokio::spawn(async move {
        let _watch = PanicWatch(&link);
        if let Some(Err(error)) = stopped.run_until_cancelled(run(work, &link)).await {
            signal_end(&link, error);
        }
    });
    Box::new(TaskDevice {
        description,
        task,
        stop: stop.drop_guard(),
    })
}

/// Keeps the beat until nobody wants it any more. Dropping it drops the work.
async fn run(mut work: impl Beat, link: &DeviceLink) -> Result<(), DeviceError> {
    let opened = Instant::now();
    let mut pace = Pace::new(work.rate());
    while link.is_live() {
        let due = pace.due();
        tokio::select! {
            biased;
            () = link.abandoned() => break,
            () = sleep_until(opened + due) => {}
        }
        work.beat(due, link)?;
        pace.done(opened.elapsed());
    }
    work.finish()
}

/// Dropping it cancels the task.
struct TaskDevice {
    description: String,
    task: JoinHandle<()>,
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
            Ok(()) => Ok(()),
            // A runtime that shuts down has dropped the task, and nothing is held.
            Err(error) if error.is_cancelled() => Ok(()),
            Err(_) => Err(DeviceError::Panicked),
        }
    }
}
