//! What opening a microphone and opening a speaker have in common.

use std::sync::Arc;
use std::time::Duration;

use cpal::ErrorKind;
use cpal::traits::DeviceTrait;
use exeunt_port::{DeviceError, DeviceKind, DeviceLink};

use crate::descriptors::Watching;
use crate::format::{Format, PACKET};
use crate::health::Health;
use crate::naming::Wanted;
use crate::sound_system::{Purpose, SoundSystem};
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
    pub(crate) name: String,
    pub(crate) format: Format,
    pub(crate) gate: Gate,
    kind: DeviceKind,
    wanted: Wanted,
    device: cpal::Device,
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
    ) -> Result<Self, DeviceError> {
        let system =
            SoundSystem::connect(Purpose::of(kind)).map_err(|error| DeviceError::Backend {
                name: wanted.shown(kind),
                detail: error.to_string(),
            })?;
        let found = system.find(kind, &wanted)?;
        // Asking a server may have taken long; what nobody wants is not even opened (G-4).
        if link.is_abandoned() {
            return Err(DeviceError::Abandoned);
        }
        // Behind a server no descriptor of a card is ours, and nobody has to wait for anybody.
        let watching = (!system.is_server()).then(Watching::start);
        let name = found.label.name;
        let format = offered_format(kind, &found.device, settings.period)
            .map_err(|error| refused(&system, kind, &wanted, &name, &error))?
            .map_err(|offered| DeviceError::Unsupported {
                name: name.clone(),
                wanted: "samples that can be converted".to_owned(),
                offered,
            })?;
        Ok(Self {
            name,
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
            name: self.name.clone(),
            detail: error.to_string(),
        }
    }

    /// Opens the stream with `build`, without starting it. `build` gets a guard for the sound's
    /// callback and one for the errors'.
    pub(crate) fn finish(
        mut self,
        worker: Worker,
        build: impl Fn(
            &cpal::Device,
            Format,
            CallbackGuard,
            CallbackGuard,
        ) -> Result<cpal::Stream, cpal::Error>,
    ) -> Result<OpenStream, DeviceError> {
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
        let stream = stream
            .map_err(|error| refused(&self.system, self.kind, &self.wanted, &self.name, &error))?;
        Ok(OpenStream {
            name: self.name,
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
    device: &cpal::Device,
    period: Duration,
) -> Result<Result<Format, Vec<String>>, cpal::Error> {
    let offered: Vec<_> = if kind == DeviceKind::Microphone {
        device.supported_input_configs()?.collect()
    } else {
        device.supported_output_configs()?.collect()
    };
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
