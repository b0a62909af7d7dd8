//! The way of a camera from the wish to have it to the proof that it is gone.

use std::sync::Arc;

use exeunt_port::{DeviceError, DeviceLink, OpenDevice, async_trait};
use tokio::sync::{Notify, oneshot};
use tokio_util::task::AbortOnDropHandle;

use crate::capture::{Capture, Counters, Source};
use crate::stuck::CameraThreads;
use crate::supervisor::{Patience, Supervisor};
use crate::thread::{DeviceThread, Ending, StopRequest, Wake};
use crate::trace::Trace;

/// What an opening has to do with the world around it, from the device thread's side.
pub(crate) struct Opening<'a> {
    stop: &'a StopRequest,
    /// Where the opening leaves its evidence as soon as it holds anything.
    #[cfg_attr(
        not(target_os = "linux"),
        allow(dead_code, reason = "only Linux shows its handles")
    )]
    pub(crate) trace: &'a Trace,
}

impl Opening<'_> {
    /// To be asked between any two calls that may block, so that a late opening ends early (G-4).
    pub(crate) fn still_wanted(&self) -> Result<(), DeviceError> {
        if self.stop.is_asked() {
            Err(DeviceError::Abandoned)
        } else {
            Ok(())
        }
    }

    /// What ends the source's waiting when the camera is no longer wanted.
    #[cfg_attr(
        not(target_os = "linux"),
        allow(dead_code, reason = "nokhwa's read cannot be woken")
    )]
    pub(crate) fn wakes(&self, wake: Arc<dyn Wake>) {
        self.stop.wakes(wake);
    }
}

/// A camera that has begun to deliver.
pub(crate) struct Opened {
    pub(crate) source: Box<dyn Source>,
    pub(crate) description: String,
}

/// Opens a camera; runs on the device thread and may block.
pub(crate) type Opener = Box<dyn FnOnce(&Opening<'_>) -> Result<Opened, DeviceError> + Send>;

/// What there is to know about a camera before it is opened.
pub(crate) struct Plan {
    /// What errors call it.
    pub(crate) name: String,
    pub(crate) patience: Patience,
    pub(crate) counters: Arc<Counters>,
    pub(crate) opener: Opener,
    /// Among which its thread is counted.
    pub(crate) threads: &'static CameraThreads,
}

impl Plan {
    /// Opens the camera on a thread of its own and answers when it streams.
    ///
    /// Dropping this future gives the thread up: a camera that opens late is closed at once (G-4).
    pub(crate) async fn open(self, link: DeviceLink) -> Result<OpenCamera, DeviceError> {
        let Self {
            name,
            patience,
            counters,
            opener,
            threads,
        } = self;
        let trace = Trace::default();
        let pulse = Arc::new(Notify::new());
        let capture = Capture {
            link: link.clone(),
            counters: Arc::clone(&counters),
            pulse: Arc::clone(&pulse),
        };
        let (started, answer) = oneshot::channel();
        let thread = {
            let trace = trace.clone();
            let body = move |stop: &StopRequest| run(opener, started, &capture, stop, &trace);
            let stop = StopRequest::of(link.clone());
            DeviceThread::spawn(threads, "exeunt-camera", stop, body)
        };
        let thread = thread.map_err(|error| DeviceError::Backend {
            name: name.clone(),
            detail: error.to_string(),
        })?;

        let started = tokio::select! {
            biased;
            () = link.abandoned() => None,
            started = answer => started.ok(),
        };
        let Some(description) = started else {
            // Abandoned means that nothing is held, so the thread's end is awaited first. If the
            // driver takes its time over that, the runtime drops this future, and with it the thread.
            thread.stop().ask();
            let ending = thread.joined().await;
            trace.is_gone(&name).await?;
            return Err(match ending {
                Ending::Failed(error) => error,
                Ending::Asked => DeviceError::Abandoned,
            });
        };
        let supervisor = Supervisor {
            name: name.clone(),
            patience,
            pulse,
            counters,
            stop: thread.stop().clone(),
            ending: thread.ending(),
            trace: trace.clone(),
            link,
        };
        let supervisor = AbortOnDropHandle::new(tokio::spawn(supervisor.watch()));
        Ok(OpenCamera {
            name,
            description,
            thread,
            supervisor,
            trace,
        })
    }
}

/// The life of the device thread.
fn run(
    opener: Opener,
    started: oneshot::Sender<String>,
    capture: &Capture,
    stop: &StopRequest,
    trace: &Trace,
) -> Ending {
    let Opened {
        mut source,
        description,
    } = match opener(&Opening { stop, trace }) {
        Ok(camera) => camera,
        Err(DeviceError::Abandoned) => return Ending::Asked,
        Err(error) => return Ending::Failed(error),
    };
    // Nobody to tell: the opening was dropped, and what opened late is closed at once (G-4).
    if started.send(description).is_err() {
        return Ending::Asked;
    }
    match capture.run(source.as_mut(), stop) {
        Ok(()) => Ending::Asked,
        Err(error) => Ending::Failed(error),
    }
}

/// A camera that is open. Dropping it asks its thread to let go and does not wait for that.
#[derive(Debug)]
pub(crate) struct OpenCamera {
    name: String,
    description: String,
    thread: DeviceThread,
    supervisor: AbortOnDropHandle<()>,
    trace: Trace,
}

#[async_trait]
impl OpenDevice for OpenCamera {
    fn description(&self) -> String {
        self.description.clone()
    }

    async fn release(self: Box<Self>) -> Result<(), DeviceError> {
        let Self {
            name,
            thread,
            supervisor,
            trace,
            ..
        } = *self;
        // Asked first: from here on the thread lets go, whatever becomes of this future (G-7).
        thread.stop().ask();
        supervisor.abort();
        let _ = supervisor.await;
        // However it ended: a camera that has vanished is released, if nothing is held any more.
        let ending = thread.joined().await;
        tracing::debug!(camera = %name, ?ending, "camera thread joined");
        trace.is_gone(&name).await
    }
}

#[cfg(test)]
mod lab;
#[cfg(test)]
mod tests;
