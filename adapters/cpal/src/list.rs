//! What microphones and speakers there are.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

use cpal::traits::DeviceTrait;
use exeunt_port::DeviceKind;
use serde::Serialize;
use thiserror::Error;
use tokio::sync::oneshot;

use crate::sound_system::{Offered, Purpose, SoundSystem};
use crate::stuck::Awaited;

/// A microphone or a speaker that could be opened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct AudioDevice {
    /// What it does.
    pub kind: DeviceKind,
    /// What people call it; [`CpalMicrophone::named`](crate::CpalMicrophone::named) takes it or a
    /// part of it.
    pub name: String,
    /// The host's identifier, which is taken as well.
    pub id: String,
    /// Who offers it, for instance `PulseAudio`.
    pub host: String,
    /// Whether it is used when nobody says anything.
    pub is_default: bool,
    /// How the device itself likes to be used. `None` where that cannot be told without opening a
    /// device that is in use.
    pub config: Option<AudioConfig>,
    /// Whether it could be opened now. `None` where the system does not tell; a sound server
    /// shares its devices.
    pub is_free: Option<bool>,
}

/// How a device likes to be used.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct AudioConfig {
    /// Samples a second and channel, in Hz.
    pub sample_rate: u32,
    /// Channels, 1 for mono.
    pub channels: u16,
    /// The samples' format, for instance `f32`.
    pub sample_format: String,
}

/// Why the devices cannot be listed.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum ListError {
    /// A driver or the sound server took too long. The thread that asked it is given up and counted
    /// by [`stuck_threads`](crate::stuck_threads).
    #[error("the sound system did not answer within {} s", limit.as_secs_f64())]
    TimedOut {
        /// How long it was given.
        limit: Duration,
    },
    /// The sound system said something else.
    #[error("the sound system cannot be asked: {detail}")]
    Backend {
        /// The driver's words.
        detail: String,
    },
    /// A driver panicked; that was caught.
    #[error("a sound driver panicked")]
    Panicked,
}

/// Every microphone and every speaker, those of the sound server where one runs. Empty if there is
/// no sound card and no server.
///
/// Asking may block for as long as a driver likes, so it happens on a thread of its own, which is
/// given up after `limit`.
///
/// Needs a Tokio runtime with its clock.
pub async fn list(limit: Duration) -> Result<Vec<AudioDevice>, ListError> {
    let (answer, answered) = oneshot::channel();
    let (awaited, running) = Awaited::begin().map_err(|error| ListError::Backend {
        detail: error.to_string(),
    })?;
    let asked = std::thread::Builder::new()
        .name("exeunt-list".to_owned())
        .spawn(move || {
            let devices = catch_unwind(AssertUnwindSafe(all)).unwrap_or(Err(ListError::Panicked));
            drop(running);
            let _ = answer.send(devices);
        });
    let thread = asked.map_err(|error| ListError::Backend {
        detail: error.to_string(),
    })?;
    let Ok(devices) = tokio::time::timeout(limit, answered).await else {
        drop(awaited);
        return Err(ListError::TimedOut { limit });
    };
    // The answer was the last thing the thread had to do (G-15).
    let _ = thread.join();
    devices.unwrap_or(Err(ListError::Panicked))
}

fn all() -> Result<Vec<AudioDevice>, ListError> {
    let backend = |error: cpal::Error| ListError::Backend {
        detail: error.to_string(),
    };
    let system = SoundSystem::connect(Purpose::Listen).map_err(backend)?;
    let mut devices = Vec::new();
    for kind in [DeviceKind::Microphone, DeviceKind::Speaker] {
        for offered in system.offered(kind).map_err(backend)? {
            if offered.label.principal {
                devices.push(audio_device(kind, offered, system.name()));
            }
        }
    }
    Ok(devices)
}

fn audio_device(kind: DeviceKind, offered: Offered, host: &str) -> AudioDevice {
    let is_free = is_free(&offered.label.id, kind);
    let config = if is_free == Some(false) {
        None
    } else {
        default_config(kind, &offered.device)
    };
    AudioDevice {
        kind,
        name: offered.label.name,
        id: offered.label.id,
        host: host.to_owned(),
        is_default: offered.is_default,
        config,
        is_free,
    }
}

fn default_config(kind: DeviceKind, device: &cpal::Device) -> Option<AudioConfig> {
    let config = if kind == DeviceKind::Microphone {
        device.default_input_config()
    } else {
        device.default_output_config()
    };
    let config = config.ok()?;
    Some(AudioConfig {
        sample_rate: config.sample_rate(),
        channels: config.channels(),
        sample_format: config.sample_format().to_string(),
    })
}

#[cfg(target_os = "linux")]
fn is_free(id: &str, kind: DeviceKind) -> Option<bool> {
    crate::alsa_card::CardDevice::of(id)?.is_free(kind)
}

#[cfg(not(target_os = "linux"))]
fn is_free(_id: &str, _kind: DeviceKind) -> Option<bool> {
    None
}
