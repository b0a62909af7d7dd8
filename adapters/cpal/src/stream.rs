//! A stream that was opened: what belongs to it, and how it is let go of.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Weak};
use std::thread::{JoinHandle, Thread};
use std::time::{Duration, Instant};

use cpal::ErrorKind;
use exeunt_port::{DeviceError, DeviceKind};

use crate::descriptors::Descriptors;
use crate::device_thread::guarded;
use crate::health::{Health, Loss};
use crate::naming::{Label, Wanted};
use crate::sound_device::SoundStream;
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
    pub(crate) label: Label,
    pub(crate) format: String,
    pub(crate) stream: SoundStream,
    /// Dropped after the stream, which it may be needed for.
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
        &self.label.name
    }

    /// What was opened.
    pub(crate) fn description(&self) -> String {
        let host = self.system.name();
        format!("{}, {} ({host})", self.name(), self.format)
    }

    /// Starts it.
    pub(crate) fn start(&mut self) -> Result<(), DeviceError> {
        let started = self.stream.start();
        self.health.expect_sound(self.health.age());
        started.map_err(|error| refused(&self.system, self.kind, &self.wanted, &self.label, &error))
    }

    /// Whether it is not open yet although it was started: behind a server a microphone may still be
    /// waking up (a headset takes seconds), which is no silence of it.
    pub(crate) fn is_still_to_sound(&self) -> bool {
        self.system.is_server() && self.kind == DeviceKind::Microphone && !self.health.has_sounded()
    }

    /// Whether it is lost.
    pub(crate) fn loss(&self, patience: Duration) -> Option<Loss> {
        self.reported_loss()
            .or_else(|| self.health.loss(self.health.age(), patience))
    }

    /// Whether its server has gone, or the connection to it.
    pub(crate) fn reported_loss(&self) -> Option<Loss> {
        let is_served = self.callbacks.strong_count() > 0;
        self.system.lost(is_served).map(Loss::Reported)
    }

    /// That it is lost.
    pub(crate) fn vanished(&self, loss: &Loss) -> DeviceError {
        DeviceError::Vanished {
            name: self.name().to_owned(),
            detail: loss.to_string(),
        }
    }

    /// Lets go of it, for as long as the driver takes, and proves it (G-13).
    pub(crate) fn let_go(self) -> Result<(), DeviceError> {
        let Self {
            label,
            system,
            stream,
            worker,
            health,
            gate,
            callbacks,
            descriptors,
            ..
        } = self;
        let name = label.name;
        gate.shut();
        // Behind a server no descriptor is a card's.
        let closing = (!system.is_server()).then(|| descriptors.closing());
        // A server lets go of everything when it is hung up on, and does not have to be asked for it.
        let settled = guarded(&name, || {
            system.settle();
            Ok(())
        });
        let dropped = guarded(&name, || {
            stream.end();
            Ok(())
        });
        drop(closing);
        drop(system);
        drop(worker);
        tracing::debug!(
            device = name,
            gaps = health.gaps(),
            errors = health.errors(),
            "let go of the device"
        );
        dropped.and(settled)?;
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

/// What a driver's refusal to open or start a device that was found means.
pub(crate) fn refused(
    system: &SoundSystem,
    kind: DeviceKind,
    wanted: &Wanted,
    label: &Label,
    error: &cpal::Error,
) -> DeviceError {
    let name = label.name.clone();
    let detail = error.to_string();
    let meaning = match error.kind() {
        ErrorKind::DeviceBusy => DeviceError::Busy { name },
        ErrorKind::PermissionDenied => DeviceError::Denied {
            name,
            hint: permission(system, kind, &label.id),
        },
        ErrorKind::DeviceNotAvailable | ErrorKind::HostUnavailable => {
            system.went_away(kind, wanted, label, detail)
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
    };
    system.explained(&label.name, meaning)
}

/// What would give us the permission to open this device.
fn permission(system: &SoundSystem, kind: DeviceKind, id: &str) -> String {
    if system.is_server() {
        return format!(
            "the sound server refuses this program; allow it to use the {kind} there, or in the settings \
             of its sandbox"
        );
    }
    #[cfg(target_os = "linux")]
    return crate::permission::hint(kind, id);
    #[cfg(not(target_os = "linux"))]
    {
        let _ = id;
        format!("allow this program to use the {kind} in the system's privacy settings")
    }
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
