//! A speaker that makes no noise and measures what it hears.

use std::time::Duration;

use exeunt_port::{Device, DeviceError, DeviceKind, DeviceLink, OpenDevice, async_trait};

use super::beat::{Beat, Rate};
use super::meter::SoundMeter;
use super::task;
use super::voices::Voices;

/// How often a speaker looks for packets, in hertz: often enough that the link's playback queue does
/// not overflow with dozens of users.
pub(crate) const LISTENING: u32 = 100;

/// A speaker that decodes what everybody says and measures it. Its time is tokio's clock.
#[derive(Clone, Debug, Default)]
pub struct SilentSpeaker {
    meter: SoundMeter,
}

impl SilentSpeaker {
    /// A speaker that has heard nothing yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// What it hears, over all its openings.
    #[must_use]
    pub fn meter(&self) -> SoundMeter {
        self.meter.clone()
    }
}

#[async_trait]
impl Device for SilentSpeaker {
    fn kind(&self) -> DeviceKind {
        DeviceKind::Speaker
    }

    fn name(&self) -> String {
        "silent speaker".to_owned()
    }

    async fn open(&self, link: DeviceLink) -> Result<Box<dyn OpenDevice>, DeviceError> {
        if link.is_abandoned() {
            return Err(DeviceError::Abandoned);
        }
        let listening = Listening(Voices::new(self.meter()));
        Ok(task::start(
            listening,
            "a meter, 48000 Hz, mono".to_owned(),
            link,
        ))
    }
}

struct Listening(Voices);

impl Beat for Listening {
    fn rate(&self) -> Rate {
        Rate::hertz(LISTENING)
    }

    fn beat(&mut self, since_opening: Duration, link: &DeviceLink) -> Result<(), DeviceError> {
        while let Some(frame) = link.try_playback() {
            self.0.hear(&frame, since_opening, |_, _| {});
        }
        Ok(())
    }

    fn finish(self) -> Result<(), DeviceError> {
        Ok(())
    }
}
