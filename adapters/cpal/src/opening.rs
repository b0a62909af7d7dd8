//! What opening a microphone and opening a speaker have in common.

use std::sync::Arc;
use std::time::Duration;

use cpal::ErrorKind;
use exeunt_port::{DeviceError, DeviceKind, DeviceLink};

use crate::call::Call;
use crate::descriptors::Watching;
use crate::format::{Format, PACKET};
use crate::health::Health;
use crate::naming::{Label, Wanted};
use crate::sound_device::{SoundDevice, SoundStream};
use crate::sound_system::{SoundSystem, Unusable};
use crate::stream::{Gate, OpenStream, Worker, refused};

/// What can be set about a stream.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Settings {
    /// The sound that passes at once.
    pub(crate) period: Duration,
    /// How long a stream may be silent before it counts as lost.
    pub(crate) patience: Duration,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            period: PACKET,
            patience: Duration::from_secs(2),
        }
    }
}

/// A device that was found and is about to be opened.
pub(crate) struct Opening {
    pub(crate) label: Label,
    pub(crate) format: Format,
    pub(crate) gate: Gate,
    kind: DeviceKind,
    wanted: Wanted,
    device: SoundDevice,
    system: SoundSystem,
    health: Arc<Health>,
    token: Arc<()>,
    watching: Option<Watching>,
}

impl Opening {
    /// Finds the device and the format to open it in.
    pub(crate) fn begin(
        kind: DeviceKind,
        wanted: Wanted,
        settings: Settings,
        link: &DeviceLink,
        call: &Call,
    ) -> Result<Self, DeviceError> {
        let system = SoundSystem::connect(call).map_err(|error| {
            if matches!(error, Unusable::Unwanted) {
                return DeviceError::Abandoned;
            }
            DeviceError::Backend {
                name: wanted.shown(kind),
                detail: error.to_string(),
            }
        })?;
        let found = system
            .find(kind, &wanted)
            .map_err(|error| system.explained(&wanted.shown(kind), error))?;
        // Asking a server may have taken long; what nobody wants is not even opened (G-4).
        if link.is_abandoned() {
            return Err(DeviceError::Abandoned);
        }
        // Behind a server no descriptor of a card is ours, and nobody has to wait for anybody.
        let watching = (!system.is_server()).then(Watching::start);
        let label = found.label;
        let format = offered_format(kind, &found.device, settings.period)
            .map_err(|error| refused(&system, kind, &wanted, &label, &error))?
            .map_err(|offered| DeviceError::Unsupported {
                name: label.name.clone(),
                wanted: "samples that can be converted".to_owned(),
                offered,
            })?;
        Ok(Self {
            label,
            format,
            gate: Gate::default(),
            kind,
            wanted,
            device: found.device,
            system,
            health: Arc::new(Health::new()),
            token: Arc::new(()),
            watching,
        })
    }

    /// What it is called.
    pub(crate) fn name(&self) -> &str {
        &self.label.name
    }

    fn guard(&self) -> CallbackGuard {
        CallbackGuard {
            gate: self.gate.clone(),
            health: Arc::clone(&self.health),
            _token: Arc::clone(&self.token),
        }
    }

    /// What the callbacks leave behind.
    pub(crate) fn health(&self) -> Arc<Health> {
        Arc::clone(&self.health)
    }

    /// An error of ours, such as a codec's, in the device's name.
    pub(crate) fn failed(&self, error: &dyn std::error::Error) -> DeviceError {
        DeviceError::Backend {
            name: self.label.name.clone(),
            detail: error.to_string(),
        }
    }

    /// Opens the stream with `build`, without starting it. `build` gets a guard for the sound's
    /// callback and one for the errors'.
    pub(crate) fn finish(
        mut self,
        worker: Worker,
        build: impl Fn(
            &SoundDevice,
            Format,
            CallbackGuard,
            CallbackGuard,
        ) -> Result<SoundStream, cpal::Error>,
    ) -> Result<OpenStream, DeviceError> {
        self.system.may_hold();
        let stream =
            build(&self.device, self.format, self.guard(), self.guard()).or_else(|error| {
                // Some drivers refuse a period that they themselves said they offer.
                if [ErrorKind::UnsupportedConfig, ErrorKind::InvalidInput].contains(&error.kind()) {
                    self.format = self.format.with_drivers_buffer();
                    build(&self.device, self.format, self.guard(), self.guard())
                } else {
                    Err(error)
                }
            });
        let stream = match stream {
            Ok(stream) => stream,
            Err(error) => {
                let Self {
                    label,
                    kind,
                    wanted,
                    system,
                    ..
                } = &self;
                let error = refused(system, *kind, wanted, label, &error);
                // Whoever hung up meanwhile has cut off an answer, which may have been another one.
                system.settle();
                return Err(error);
            }
        };
        Ok(OpenStream {
            label: self.label,
            format: self.format.to_string(),
            system: self.system,
            stream,
            worker,
            health: self.health,
            gate: self.gate,
            callbacks: Arc::downgrade(&self.token),
            descriptors: self.watching.map(Watching::appeared).unwrap_or_default(),
            kind: self.kind,
            wanted: self.wanted,
        })
    }
}

/// What a callback needs to know whether it is to do anything at all.
pub(crate) struct CallbackGuard {
    gate: Gate,
    health: Arc<Health>,
    _token: Arc<()>,
}

impl CallbackGuard {
    /// The driver called: whether sound is still wanted (G-14).
    pub(crate) fn admits_sound(&self) -> bool {
        if self.gate.is_shut() {
            return false;
        }
        self.health.sound(self.health.age());
        true
    }

    /// The driver reported an error.
    pub(crate) fn error(&self, error: cpal::Error) {
        self.health.error(error);
    }
}

/// The format to open the device in, or what it offers instead of one that can be converted.
fn offered_format(
    kind: DeviceKind,
    device: &SoundDevice,
    period: Duration,
) -> Result<Result<Format, Vec<String>>, cpal::Error> {
    let offered = device.formats(kind)?;
    Ok(
        Format::best(offered.iter().copied(), period).ok_or_else(|| {
            let mut formats: Vec<String> = offered
                .iter()
                .map(|range| range.sample_format().to_string())
                .collect();
            formats.sort();
            formats.dedup();
            formats
        }),
    )
}
