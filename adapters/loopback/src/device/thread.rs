//! Devices that touch files: a thread of their own opens, works and closes, since a file may block.

use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread::{Builder, JoinHandle};
use std::time::Instant;

use exeunt_port::{DeviceError, DeviceLink, OpenDevice, async_trait};
use tokio::sync::oneshot;

use super::beat::{Beat, Pace, PanicWatch, signal_end};

/// Opens a device on a thread of its own and starts it.
///
/// `open` does the opening and answers the work and its description. The answer comes when the thread
/// has it, even after the opening was abandoned: only then is it sure that nothing is held. A future
/// that was dropped meanwhile makes the thread let go of what it has opened (G-4).
pub(crate) async fn start<B: Beat>(
    name: String,
    link: DeviceLink,
    open: impl FnOnce() -> Result<(B, String), DeviceError> + Send + 'static,
) -> Result<Box<dyn OpenDevice>, DeviceError> {
    let (answer, answered) = oneshot::channel();
    let (end, ended) = oneshot::channel();
    let (stop, stopped) = channel();
    let run = move || {
        // The thread's last word comes after everything that it held is gone.
        let _ = end.send(work(&link, open, answer, &stopped));
    };
    let thread = Builder::new()
        .name("exeunt-device".to_owned())
        .spawn(run)
        .map_err(|error| DeviceError::Backend {
            name,
            detail: format!("no thread: {error}"),
        })?;
    match answered.await {
        Ok(Ok(description)) => Ok(Box::new(ThreadDevice {
            description,
            thread,
            stop,
            ended,
        })),
        Ok(Err(error)) => {
            end_of(thread, ended).await?;
            Err(error)
        }
        Err(_) => Err(end_of(thread, ended)
            .await
            .err()
            .unwrap_or(DeviceError::Panicked)),
    }
}

type Answer = oneshot::Sender<Result<String, DeviceError>>;

fn work<B: Beat>(
    link: &DeviceLink,
    open: impl FnOnce() -> Result<(B, String), DeviceError>,
    answer: Answer,
    stopped: &Receiver<()>,
) -> Result<(), DeviceError> {
    let opened = if link.is_abandoned() {
        Err(DeviceError::Abandoned)
    } else {
        open()
    };
    let (work, description) = match opened {
        Ok(opened) => opened,
        Err(error) => {
            let _ = answer.send(Err(error));
            return Ok(());
        }
    };
    if link.is_abandoned() {
        drop(work);
        let _ = answer.send(Err(DeviceError::Abandoned));
        return Ok(());
    }
    if answer.send(Ok(description)).is_err() {
        return Ok(());
    }
    let _watch = PanicWatch(link);
    let ended = run(work, link, stopped);
    if let Err(error) = &ended {
        signal_end(link, error.clone());
    }
    ended
}

/// Keeps the beat until nobody wants it any more: the link fell silent, or the device was released or
/// dropped, which shows at once.
fn run(mut work: impl Beat, link: &DeviceLink, stopped: &Receiver<()>) -> Result<(), DeviceError> {
    let opened = Instant::now();
    let mut pace = Pace::new(work.rate());
    while link.is_live() {
        let due = pace.due();
        match stopped.recv_timeout(due.saturating_sub(opened.elapsed())) {
            Err(RecvTimeoutError::Timeout) => {}
            Ok(()) | Err(RecvTimeoutError::Disconnected) => break,
        }
        work.beat(due, link)?;
        pace.done(opened.elapsed());
    }
    work.finish()
}

/// Dropping it drops `stop`, which ends the thread without waiting for it.
struct ThreadDevice {
    description: String,
    thread: JoinHandle<()>,
    stop: Sender<()>,
    ended: oneshot::Receiver<Result<(), DeviceError>>,
}

#[async_trait]
impl OpenDevice for ThreadDevice {
    fn description(&self) -> String {
        self.description.clone()
    }

    async fn release(self: Box<Self>) -> Result<(), DeviceError> {
        let Self {
            description: _,
            thread,
            stop,
            ended,
        } = *self;
        drop(stop);
        end_of(thread, ended).await
    }
}

/// Waits until the thread is gone. Joining comes after its last word, so it waits for nothing but
/// the system taking the thread down.
async fn end_of(
    thread: JoinHandle<()>,
    ended: oneshot::Receiver<Result<(), DeviceError>>,
) -> Result<(), DeviceError> {
    let ended = ended.await;
    thread.join().map_err(|_| DeviceError::Panicked)?;
    ended.unwrap_or(Err(DeviceError::Panicked))
}
