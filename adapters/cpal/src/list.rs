//! What microphones and speakers there are.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Duration;

use cpal::SupportedStreamConfigRange;
use exeunt_port::DeviceKind;
use serde::Serialize;
use thiserror::Error;
use tokio::sync::oneshot;

use crate::call::{Call, HangsUp};
use crate::descriptors::looking;
use crate::sound_system::{Offered, Refusal, SoundSystem};
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
    /// What it offers, for each format of samples. Empty where `config` is `None`. A sound server
    /// offers nearly everything, and converts.
    pub formats: Vec<AudioFormat>,
    /// Whether it could be opened now. `None` where the system does not tell; a sound server
    /// shares its devices.
    pub is_free: Option<bool>,
    /// The processes that have it open, where the system tells: for ALSA's own cards.
    pub held_by: Vec<AudioHolder>,
}

/// What a device offers with one format of samples: bounds, not everything between which it need offer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct AudioFormat {
    /// The samples' format, for instance `i16`.
    pub sample_format: String,
    /// The fewest channels.
    pub min_channels: u16,
    /// The most channels.
    pub max_channels: u16,
    /// The lowest rate, in Hz.
    pub min_sample_rate: u32,
    /// The highest rate, in Hz.
    pub max_sample_rate: u32,
}

/// A process that has a sound card's device open.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct AudioHolder {
    /// The process's number.
    pub process: u32,
    /// The program's name, cut to 15 bytes as the kernel does; empty where the system hides it.
    pub name: String,
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
    /// There are sound cards, or there is a sound server, but this user may not use them.
    #[error("no permission to use the sound devices: {hint}")]
    Denied {
        /// What would help.
        hint: String,
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
    let call = Call::default();
    // Whoever stops to wait ends the asking.
    let _asking = HangsUp(call.clone());
    let (awaited, running) = Awaited::begin().map_err(|error| ListError::Backend {
        detail: error.to_string(),
    })?;
    let asked = std::thread::Builder::new()
        .name("exeunt-list".to_owned())
        .spawn(move || {
            let devices = catch_unwind(AssertUnwindSafe(|| all(&call)));
            let devices = devices.unwrap_or(Err(ListError::Panicked));
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

fn all(call: &Call) -> Result<Vec<AudioDevice>, ListError> {
    let backend = |error: cpal::Error| ListError::Backend {
        detail: error.to_string(),
    };
    let system = SoundSystem::connect(call).map_err(|why| ListError::Backend {
        detail: why.to_string(),
    })?;
    let mut devices = Vec::new();
    // What ALSA offers is found by opening it.
    let _closing = (!system.is_server()).then(looking);
    for kind in [DeviceKind::Microphone, DeviceKind::Speaker] {
        for offered in system.offered(kind).map_err(backend)? {
            if offered.label.principal {
                devices.push(audio_device(kind, offered, system.name()));
            }
        }
    }
    if !devices.is_empty() {
        return Ok(devices);
    }
    // What may not be opened is not found, and looks like a machine without a sound card.
    let denied = system.denial().map(|hint| ListError::Denied { hint });
    denied
        .or(system.refusal().map(not_served))
        .map_or(Ok(devices), Err)
}

fn not_served(refusal: &Refusal) -> ListError {
    let hint = refusal.words.clone();
    if refusal.is_denial {
        ListError::Denied { hint }
    } else {
        ListError::Backend { detail: hint }
    }
}

fn audio_device(kind: DeviceKind, offered: Offered, host: &str) -> AudioDevice {
    let is_free = is_free(&offered.label.id, kind);
    let (config, formats) = if is_free == Some(false) {
        (None, Vec::new())
    } else {
        let config = offered.device.default_config(kind);
        let formats = offered.device.formats(kind).unwrap_or_default();
        (config, merged(&formats))
    };
    AudioDevice {
        kind,
        held_by: held_by(&offered.label.id, kind),
        name: offered.label.name,
        id: offered.label.id,
        host: host.to_owned(),
        is_default: offered.is_default,
        config,
        formats,
        is_free,
    }
}

/// The bounds for each format of samples, in the order in which the formats were first offered.
fn merged(offered: &[SupportedStreamConfigRange]) -> Vec<AudioFormat> {
    let mut formats: Vec<AudioFormat> = Vec::new();
    for range in offered {
        let one = AudioFormat {
            sample_format: range.sample_format().to_string(),
            min_channels: range.channels(),
            max_channels: range.channels(),
            min_sample_rate: range.min_sample_rate(),
            max_sample_rate: range.max_sample_rate(),
        };
        let known = formats
            .iter_mut()
            .find(|known| known.sample_format == one.sample_format);
        if let Some(known) = known {
            known.min_channels = known.min_channels.min(one.min_channels);
            known.max_channels = known.max_channels.max(one.max_channels);
            known.min_sample_rate = known.min_sample_rate.min(one.min_sample_rate);
            known.max_sample_rate = known.max_sample_rate.max(one.max_sample_rate);
        } else {
            formats.push(one);
        }
    }
    formats
}

#[cfg(target_os = "linux")]
fn is_free(id: &str, kind: DeviceKind) -> Option<bool> {
    crate::alsa_card::CardDevice::of(id)?.is_free(kind)
}

#[cfg(not(target_os = "linux"))]
fn is_free(_id: &str, _kind: DeviceKind) -> Option<bool> {
    None
}

#[cfg(target_os = "linux")]
fn held_by(id: &str, kind: DeviceKind) -> Vec<AudioHolder> {
    crate::alsa_card::CardDevice::of(id).map_or_else(Vec::new, |card| card.held_by(kind))
}

#[cfg(not(target_os = "linux"))]
fn held_by(_id: &str, _kind: DeviceKind) -> Vec<AudioHolder> {
    Vec::new()
}

#[cfg(test)]
mod tests {
    use cpal::{SampleFormat, SupportedBufferSize, SupportedStreamConfigRange};

    use super::{AudioFormat, merged};

    #[test]
    fn what_is_offered_is_told_by_its_bounds_for_each_format_of_samples() {
        let offer = |channels, min, max, samples| {
            let buffer = SupportedBufferSize::Unknown;
            SupportedStreamConfigRange::new(channels, min, max, buffer, samples)
        };
        let offered = [
            offer(2, 44_100, 48_000, SampleFormat::I16),
            offer(2, 48_000, 48_000, SampleFormat::F32),
            offer(1, 8_000, 8_000, SampleFormat::I16),
        ];
        let format = |name: &str, channels: (u16, u16), rates: (u32, u32)| AudioFormat {
            sample_format: name.to_owned(),
            min_channels: channels.0,
            max_channels: channels.1,
            min_sample_rate: rates.0,
            max_sample_rate: rates.1,
        };
        assert_eq!(
            merged(&offered),
            [
                format("i16", (1, 2), (8_000, 48_000)),
                format("f32", (2, 2), (48_000, 48_000)),
            ]
        );
    }
}
