//! A device that was found, whoever gives it out.

use cpal::SupportedStreamConfigRange;
use cpal::traits::{DeviceTrait, StreamTrait};
use exeunt_port::DeviceKind;

use crate::list::AudioConfig;
#[cfg(target_os = "linux")]
use crate::server_device::{ServerDevice, ServerStream};

/// A device that could be opened.
#[derive(Clone)]
pub(crate) enum SoundDevice {
    /// The system's own.
    System(Box<cpal::Device>),
    /// The sound server's.
    #[cfg(target_os = "linux")]
    Server(ServerDevice),
}

/// A stream that was opened. Dropping it deletes it.
pub(crate) enum SoundStream {
    /// The system's own.
    System(cpal::Stream),
    /// The sound server's.
    #[cfg(target_os = "linux")]
    Server(ServerStream),
}

impl SoundDevice {
    /// The host's own identifier, and what people call it, if it still has them.
    pub(crate) fn id_and_name(&self) -> Option<(String, String)> {
        match self {
            Self::System(device) => {
                let id = device.id().ok()?.id().to_owned();
                Some((id, device.description().ok()?.name().to_owned()))
            }
            #[cfg(target_os = "linux")]
            Self::Server(device) => Some((device.id.clone(), device.name.clone())),
        }
    }

    /// What it offers.
    pub(crate) fn formats(
        &self,
        kind: DeviceKind,
    ) -> Result<Vec<SupportedStreamConfigRange>, cpal::Error> {
        match self {
            // The two iterators are of different types with some hosts.
            Self::System(device) if kind == DeviceKind::Microphone => {
                Ok(device.supported_input_configs()?.collect())
            }
            Self::System(device) => Ok(device.supported_output_configs()?.collect()),
            #[cfg(target_os = "linux")]
            Self::Server(_) => Ok(ServerDevice::formats()),
        }
    }

    /// How it likes to be used, if it tells.
    pub(crate) fn default_config(&self, kind: DeviceKind) -> Option<AudioConfig> {
        let config = match self {
            Self::System(device) if kind == DeviceKind::Microphone => device.default_input_config(),
            Self::System(device) => device.default_output_config(),
            #[cfg(target_os = "linux")]
            Self::Server(device) => return device.default_config(),
        };
        let config = config.ok()?;
        Some(AudioConfig {
            sample_rate: config.sample_rate(),
            channels: config.channels(),
            sample_format: config.sample_format().to_string(),
        })
    }
}

impl SoundStream {
    /// Lets the sound flow.
    pub(crate) fn start(&self) -> Result<(), cpal::Error> {
        match self {
            Self::System(stream) => stream.play(),
            #[cfg(target_os = "linux")]
            Self::Server(stream) => stream.start(),
        }
    }

    /// Stops it and drops it.
    pub(crate) fn end(self) {
        match self {
            Self::System(stream) => {
                // Where a stream may go on for a while after it was dropped it is stopped first; what cannot
                // be paused says so. On Linux the card is closed by then, and what is closed has stopped.
                #[cfg(not(target_os = "linux"))]
                let _ = stream.pause();
                drop(stream);
            }
            #[cfg(target_os = "linux")]
            Self::Server(stream) => drop(stream),
        }
    }
}
