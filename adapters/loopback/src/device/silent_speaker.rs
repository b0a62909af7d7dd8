//! A speaker that makes no noise and measures what it hears.

use std::time::Duration;

use exeunt_port::{
    Device, DeviceError, DeviceKind, DeviceLink, OpenDevice, RemoteFrame, async_trait,
};

use super::beat::{Beat, Rate};
use super::meter::SoundMeter;
use super::task;
use super::voices::Voices;

/// How often a speaker looks for packets, in hertz: often enough that the link's playback queue does
/// not overflow with dozens of users.
pub(crate) const LISTENING: u32 = 100;

/// What came since the last beat, but not what a flood adds meanwhile: a beat has an end.
pub(crate) fn arrived(link: &DeviceLink) -> impl Iterator<Item = RemoteFrame> {
    const MOST: usize = 64;
    std::iter::from_fn(|| link.try_playback()).take(MOST)
}

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
        for frame in arrived(link) {
            self.0.hear(&frame, since_opening, |_, _| {});
        }
        Ok(())
    }

    fn finish(self) -> Result<(), DeviceError> {
        Ok(())
    }
}
