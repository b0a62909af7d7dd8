//! The thread that owns a stream: it opens it, watches it and lets go of it.
//!
//! Every call into a driver may block for ever: opening, starting, pausing, dropping. So all of
//! them happen here, and whoever waits for them waits for an answer that may be given up (G-6).
//! Giving up stops nothing: the thread goes on and lets go as soon as the driver lets it (G-7).

use std::convert::Infallible;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread::JoinHandle;
use std::time::Duration;

use exeunt_port::{DeviceError, DeviceLink, DeviceSignal, OpenDevice, async_trait};
use tokio::sync::oneshot;

use crate::call::{Call, HangsUp};
use crate::stream::OpenStream;
use crate::stuck::Awaited;

/// How often the health of a stream is looked at.
const WATCH: Duration = Duration::from_millis(100);

/// How often a stream that is to sound is listened to.
const LISTEN: Duration = Duration::from_millis(5);

/// What one stream is to be: its names, and how it is opened.
pub(crate) struct Plan {
    /// What the thread is called; at most 15 bytes are shown by the system.
    pub(crate) thread: &'static str,
    /// What errors call the device before it is found.
    pub(crate) name: String,
    /// How long a stream may be silent before it counts as lost.
    pub(crate) patience: Duration,
    /// Opens the stream without starting it.
    pub(crate) open: Box<Open>,
}

/// Opens a stream for a link, on a call that may be hung up; runs on the device thread.
pub(crate) type Open = dyn FnOnce(&DeviceLink, &Call) -> Result<OpenStream, DeviceError> + Send;

/// Whether the stream runs, and as what.
type Answer = Result<String, DeviceError>;

/// Opens what `plan` says on a thread of its own.
pub(crate) async fn open(plan: Plan, link: DeviceLink) -> Result<Box<dyn OpenDevice>, DeviceError> {
    let name = plan.name.clone();
    let (thread, opened) = DeviceThread::spawn(plan, link.clone())?;
    tokio::select! {
        answer = opened => match answer {
            Ok(Ok(description)) => Ok(Box::new(Opened { thread, description })),
            Ok(Err(error)) => {
                // Nothing is open, but the thread is still ending.
                thread.finish().await?;
                Err(error)
            }
            // What it held nobody can tell any more (G-13).
            Err(_) => Err(DeviceError::StillHeld { name, detail: "its thread has died".to_owned() }),
        },
        // The thread sees it as well, as soon as the driver returns (G-4).
        () = link.abandoned() => {
            thread.finish().await?;
            Err(DeviceError::Abandoned)
        }
    }
}

struct Opened {
    thread: DeviceThread,
    description: String,
}

#[async_trait]
impl OpenDevice for Opened {
    fn description(&self) -> String {
        self.description.clone()
    }

    async fn release(self: Box<Self>) -> Result<(), DeviceError> {
        self.thread.finish().await
    }
}

/// The owner's end of a device thread. Dropping it asks for the release and gives the thread up.
struct DeviceThread {
    name: String,
    awaited: Awaited,
    /// Nothing is ever sent: that it is dropped is the message, and cannot be forgotten. Dropped before the
    /// call, whose end would else be told as the server's.
    wanted: Option<Sender<Infallible>>,
    /// What the thread asks a sound server by.
    call: HangsUp,
    ended: Option<oneshot::Receiver<Result<(), DeviceError>>>,
    thread: Option<JoinHandle<()>>,
}

impl DeviceThread {
    fn spawn(
        plan: Plan,
        link: DeviceLink,
    ) -> Result<(Self, oneshot::Receiver<Answer>), DeviceError> {
        let name = plan.name.clone();
        let (wanted, still_wanted) = channel();
        let (answer, opened) = oneshot::channel();
        let (end, ended) = oneshot::channel();
        let call = Call::default();
        let hangs_up = HangsUp(call.clone());
        let (awaited, running) = Awaited::begin().map_err(|error| DeviceError::Backend {
            name: name.clone(),
            detail: error.to_string(),
        })?;
        let thread = std::thread::Builder::new()
            .name(plan.thread.to_owned())
            .spawn(move || {
                let outcome = run(plan, &link, &call, &still_wanted, answer);
                drop(running);
                let _ = end.send(outcome);
            })
            .map_err(|error| DeviceError::Backend {
                name: name.clone(),
                detail: format!("no thread: {error}"),
            })?;
        let thread = Self {
            name,
            awaited,
            call: hangs_up,
            wanted: Some(wanted),
            ended: Some(ended),
            thread: Some(thread),
        };
        Ok((thread, opened))
    }

    /// Tells the thread to let go and waits until it has ended, for as long as the driver takes.
    async fn finish(mut self) -> Result<(), DeviceError> {
        self.wanted = None;
        self.awaited.asked_to_end();
        // It may be waiting for a server, which may have nothing to say.
        self.call.0.hang_up();
        let Some(ended) = self.ended.take() else {
            return Ok(());
        };
        let outcome = ended.await;
        if let Some(thread) = self.thread.take() {
            // The answer was the last thing it had to do, so this does not wait for anybody; it
            // makes sure that the thread is gone when the release is reported (G-15).
            let _ = thread.join();
        }
        outcome.unwrap_or_else(|_| {
            let detail = "its thread died while letting go".to_owned();
            Err(DeviceError::StillHeld {
                name: self.name.clone(),
                detail,
            })
        })
    }
}

fn run(
    plan: Plan,
    link: &DeviceLink,
    call: &Call,
    wanted: &Receiver<Infallible>,
    answer: oneshot::Sender<Answer>,
) -> Result<(), DeviceError> {
    let Plan {
        thread: _,
        name,
        patience,
        open,
    } = plan;
    let mut stream = match guarded(&name, || open(link, call)) {
        Ok(stream) => stream,
        Err(error) => {
            let _ = answer.send(Err(error));
            return Ok(());
        }
    };
    if is_unwanted(link, wanted) {
        let _ = answer.send(Err(DeviceError::Abandoned));
        return stream.let_go();
    }
    let started = guarded(&name, || stream.start());
    if let Err(error) = started.and_then(|()| until_it_sounds(&stream, link, wanted)) {
        let _ = answer.send(Err(error));
        return stream.let_go();
    }
    if !is_unwanted(link, wanted) && answer.send(Ok(stream.description())).is_ok() {
        watch(&stream, patience, link, wanted);
    }
    stream.let_go()
}

/// Whether nobody wants the device any more (G-4).
fn is_unwanted(link: &DeviceLink, wanted: &Receiver<Infallible>) -> bool {
    link.is_abandoned()
        || matches!(
            wanted.try_recv(),
            Err(std::sync::mpsc::TryRecvError::Disconnected)
        )
}

/// Waits for the first sound, where an opening is not done before it.
fn until_it_sounds(
    stream: &OpenStream,
    link: &DeviceLink,
    wanted: &Receiver<Infallible>,
) -> Result<(), DeviceError> {
    while stream.is_still_to_sound() {
        if is_unwanted(link, wanted) {
            return Err(DeviceError::Abandoned);
        }
        if let Some(loss) = stream.reported_loss() {
            return Err(stream.vanished(&loss));
        }
        // Whoever does not want it any more wakes us at once.
        let _ = wanted.recv_timeout(LISTEN);
    }
    Ok(())
}

/// Returns when the release was asked for or the stream is lost; a loss is told once.
fn watch(
    stream: &OpenStream,
    patience: Duration,
    link: &DeviceLink,
    wanted: &Receiver<Infallible>,
) {
    loop {
        match wanted.recv_timeout(WATCH.min(patience / 4)) {
            Ok(never) => match never {},
            Err(RecvTimeoutError::Disconnected) => return,
            Err(RecvTimeoutError::Timeout) => {}
        }
        if let Some(loss) = stream.loss(patience) {
            // A server that was told that no more is wanted has closed, and is not lost.
            if is_unwanted(link, wanted) {
                return;
            }
            tracing::warn!(device = stream.name(), %loss, "the device has vanished");
            link.signal(DeviceSignal::Vanished(stream.vanished(&loss)));
            // A device that has vanished counts as released, so nothing of it is kept.
            return;
        }
    }
}

/// Drivers have panicked when a device went away; that is their answer, not our end. What they hold then
/// nobody can tell (G-13).
pub(crate) fn guarded<T>(
    name: &str,
    call: impl FnOnce() -> Result<T, DeviceError>,
) -> Result<T, DeviceError> {
    catch_unwind(AssertUnwindSafe(call)).unwrap_or_else(|panic| {
        Err(DeviceError::StillHeld {
            name: name.to_owned(),
            detail: format!("the driver panicked: {}", panic_text(panic.as_ref())),
        })
    })
}

fn panic_text(panic: &(dyn std::any::Any + Send)) -> &str {
    let owned = panic.downcast_ref::<String>().map(String::as_str);
    owned
        .or_else(|| panic.downcast_ref::<&str>().copied())
        .unwrap_or("no reason given")
}

#[cfg(test)]
mod tests {
    use exeunt_port::DeviceError;

    use super::guarded;

    #[test]
    fn a_driver_that_panics_gives_an_error_with_its_words() {
        let panicked = guarded("Yeti", || -> Result<(), DeviceError> {
            panic!("stopping failed: {}", 5)
        });
        let error = panicked.expect_err("it panicked");
        assert!(error.may_be_held());
        let said = "Yeti may still be held: the driver panicked: stopping failed: 5";
        assert_eq!(error.to_string(), said);
    }
}
