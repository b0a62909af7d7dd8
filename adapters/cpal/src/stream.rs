//! A stream that was opened: what belongs to it, and how it is let go of.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Weak};
use std::thread::{JoinHandle, Thread};
use std::time::{Duration, Instant};

use cpal::ErrorKind;
use cpal::traits::StreamTrait;
use exeunt_port::{DeviceError, DeviceKind};

use crate::descriptors::Descriptors;
use crate::device_thread::guarded;
use crate::health::{Health, Loss};
use crate::naming::Wanted;
use crate::sound_system::SoundSystem;

/// How long after the driver said that it let go the proof of it may take.
const PROOF: Duration = Duration::from_secs(1);

/// Shut when the stream is let go of. Callbacks look at it first: one that the driver still makes
/// after that does nothing (G-14).
#[derive(Clone, Debug, Default)]
pub(crate) struct Gate(Arc<AtomicBool>);

impl Gate {
    pub(crate) fn is_shut(&self) -> bool {
        self.0.load(Ordering::SeqCst)
    }

    pub(crate) fn shut(&self) {
        self.0.store(true, Ordering::SeqCst);
    }
}

/// The thread that encodes or mixes, so that the driver's callback need not. Dropping it shuts the
/// gate, ends it and waits for that, also while a driver's panic unwinds; it never waits for anything
/// but its waker.
pub(crate) struct Worker {
    thread: Option<JoinHandle<()>>,
    waker: Thread,
    gate: Gate,
}

impl Worker {
    /// Starts it. `work` returns soon after the gate is shut and it was woken.
    pub(crate) fn start(
        name: &'static str,
        gate: &Gate,
        work: impl FnOnce() + Send + 'static,
    ) -> Result<Self, DeviceError> {
        let thread = std::thread::Builder::new()
            .name(name.to_owned())
            .spawn(work)
            .map_err(|error| DeviceError::Backend {
                name: name.to_owned(),
                detail: format!("no thread: {error}"),
            })?;
        Ok(Self {
            waker: thread.thread().clone(),
            thread: Some(thread),
            gate: gate.clone(),
        })
    }

    /// What wakes it.
    pub(crate) fn waker(&self) -> Thread {
        self.waker.clone()
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        self.gate.shut();
        self.waker.unpark();
        let ended = self.thread.take().map(JoinHandle::join);
        if ended.is_some_and(|ended| ended.is_err()) {
            tracing::error!("the thread of a sound device panicked");
        }
    }
}

/// A stream and all that belongs to it.
pub struct OpenStream {
    pub(crate) name: String,
    pub(crate) format: String,
    pub(crate) stream: cpal::Stream,
    /// Dropped after the stream: only then another one may take its place at the server.
    pub(crate) system: SoundSystem,
    pub(crate) worker: Worker,
    pub(crate) health: Arc<Health>,
    pub(crate) gate: Gate,
    /// Every callback holds it: when nobody does any more, no callback can run.
    pub(crate) callbacks: Weak<()>,
    pub(crate) descriptors: Descriptors,
    pub(crate) kind: DeviceKind,
    pub(crate) wanted: Wanted,
}

impl OpenStream {
    /// What it is called.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// What was opened.
    pub(crate) fn description(&self) -> String {
        format!("{}, {} ({})", self.name, self.format, self.system.name())
    }

    /// Starts it. A sound server's microphone blocks here until the first sound comes.
    pub(crate) fn start(&mut self) -> Result<(), DeviceError> {
        let started = self.stream.play();
        self.health.expect_sound(self.health.age());
        started.map_err(|error| refused(&self.system, self.kind, &self.wanted, &self.name, &error))
    }

    /// Whether it is lost.
    pub(crate) fn loss(&self, patience: Duration) -> Option<Loss> {
        self.health.loss(self.health.age(), patience)
    }

    /// Lets go of it, for as long as the driver takes, and proves it (G-13).
    pub(crate) fn let_go(self) -> Result<(), DeviceError> {
        let Self {
            name,
            system,
            stream,
            worker,
            health,
            gate,
            callbacks,
            descriptors,
            ..
        } = self;
        gate.shut();
        let dropped = guarded(&name, || {
            // Some cards' drivers have forgotten to stop in their drop; those that cannot pause say so.
            // A server deletes the stream in any case, and pausing it first would only be two more turns
            // to wait for until it is off.
            if !system.is_server() {
                let _ = stream.pause();
            }
            drop(stream);
            Ok(())
        });
        // Also after a panic: what the server was told in time it has done.
        let settled = catch_unwind(AssertUnwindSafe(|| system.settle()));
        drop(worker);
        tracing::debug!(
            device = name,
            gaps = health.gaps(),
            errors = health.errors(),
            settled = settled.is_ok(),
            "let go of the device"
        );
        dropped?;
        prove_silence(&name, &callbacks, &descriptors)
    }
}

/// Waits until no callback can run any more and no descriptor is open, or tells what still is.
fn prove_silence(
    name: &str,
    callbacks: &Weak<()>,
    descriptors: &Descriptors,
) -> Result<(), DeviceError> {
    let deadline = Instant::now() + PROOF;
    loop {
        let mut held = descriptors.still_open();
        if callbacks.strong_count() > 0 {
            held.push("the driver still has our callbacks".to_owned());
        }
        if held.is_empty() {
            return Ok(());
        }
        if Instant::now() >= deadline {
            return Err(DeviceError::StillHeld {
                name: name.to_owned(),
                detail: held.join(", "),
            });
        }
        std::thread::sleep(Duration::from_millis(2));
    }
}

/// What a driver's refusal to open or start means.
pub(crate) fn refused(
    system: &SoundSystem,
    kind: DeviceKind,
    wanted: &Wanted,
    name: &str,
    error: &cpal::Error,
) -> DeviceError {
    let name = name.to_owned();
    let detail = error.to_string();
    match error.kind() {
        ErrorKind::DeviceBusy => DeviceError::Busy { name },
        ErrorKind::PermissionDenied => DeviceError::Denied {
            name,
            hint: permission(kind),
        },
        ErrorKind::DeviceNotAvailable | ErrorKind::HostUnavailable => {
            system.not_found(kind, wanted)
        }
        ErrorKind::StreamInvalidated => DeviceError::Vanished { name, detail },
        ErrorKind::UnsupportedConfig
        | ErrorKind::UnsupportedOperation
        | ErrorKind::InvalidInput
        | ErrorKind::DeviceChanged
        | ErrorKind::RealtimeDenied
        | ErrorKind::ResourceExhausted
        | ErrorKind::Xrun
        | ErrorKind::BackendError
        | ErrorKind::Other
        | _ => DeviceError::Backend { name, detail },
    }
}

/// What would give us the permission to open a device of this kind.
fn permission(kind: DeviceKind) -> String {
    #[cfg(target_os = "linux")]
    return crate::permission::hint(kind);
    #[cfg(not(target_os = "linux"))]
    return format!("allow this program to use the {kind} in the system's privacy settings");
}

#[cfg(test)]
mod tests {
    use std::panic::{AssertUnwindSafe, catch_unwind};
    use std::sync::Arc;

    use super::{Gate, Worker};

    #[test]
    fn a_worker_ends_also_when_opening_its_stream_panics() {
        let gate = Gate::default();
        let alive = Arc::new(());
        let (held, shut) = (Arc::clone(&alive), gate.clone());
        let work = move || {
            while !shut.is_shut() {
                std::thread::park();
            }
            drop(held);
        };
        let worker = Worker::start("test", &gate, work).expect("a thread");
        let opening = catch_unwind(AssertUnwindSafe(move || {
            let _worker = worker;
            panic!("the driver panicked");
        }));
        assert!(opening.is_err());
        assert_eq!(Arc::strong_count(&alive), 1, "its thread has ended");
    }
}
