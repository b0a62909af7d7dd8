//! A microphone that hears a WAV file.

use std::path::PathBuf;
use std::time::Duration;

use exeunt_port::{Device, DeviceError, DeviceKind, DeviceLink, OpenDevice, async_trait};

use super::beat::{Beat, Rate};
use super::thread;
use super::voice::{PACKET, PACKET_RATE, Voice};
use super::wav_source::WavSource;

/// A microphone that hears a WAV file over and over.
///
/// The file may have 8 to 32 bits or 32-bit float, 1 to 384 kHz, 1 to 32 channels; the channels are
/// averaged, and 48 kHz are interpolated linearly. It is read as it is heard and stays open as long as
/// the device is, so that its descriptor shows from outside whether the device is really off (G-13).
/// A thread of its own reads it.
#[derive(Clone, Debug)]
pub struct WavMicrophone {
    path: PathBuf,
}

impl WavMicrophone {
    /// A microphone that hears this file. Opening it answers [`DeviceError::File`] if the file is not
    /// there, empty, cut off, or of another format.
    #[must_use]
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into() }
    }
}

#[async_trait]
impl Device for WavMicrophone {
    fn kind(&self) -> DeviceKind {
        DeviceKind::Microphone
    }

    fn name(&self) -> String {
        format!("WAV microphone {}", self.path.display())
    }

    async fn open(&self, link: DeviceLink) -> Result<Box<dyn OpenDevice>, DeviceError> {
        let name = self.name();
        let path = self.path.clone();
        thread::start(self.name(), link, move || {
            let source = WavSource::open(&path)?;
            let description = source.description();
            Ok((
                Listening {
                    source,
                    voice: Voice::new(name)?,
                },
                description,
            ))
        })
        .await
    }
}

struct Listening {
    source: WavSource,
    voice: Voice,
}

impl Beat for Listening {
    fn rate(&self) -> Rate {
        PACKET_RATE
    }

    fn beat(&mut self, since_opening: Duration, link: &DeviceLink) -> Result<(), DeviceError> {
        let mut samples = [0.0; PACKET];
        self.source.fill(&mut samples)?;
        self.voice.say(&samples, since_opening, link)
    }

    fn finish(self) -> Result<(), DeviceError> {
        Ok(())
    }
}
