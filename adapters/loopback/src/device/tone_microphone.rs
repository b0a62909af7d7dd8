//! A microphone that hears a sine.

use std::f32::consts::TAU;
use std::time::Duration;

use exeunt_port::{Device, DeviceError, DeviceKind, DeviceLink, OpenDevice, async_trait};

use super::beat::{Beat, Rate};
use super::task;
use super::voice::{PACKET, PACKET_RATE, Voice};

/// A microphone that hears one tone for ever. It touches no file; its time is tokio's clock.
#[derive(Clone, Copy, Debug)]
pub struct ToneMicrophone {
    hertz: u16,
}

impl ToneMicrophone {
    /// The lowest tone, in hertz.
    pub const LOWEST: u16 = 50;
    /// The highest tone, in hertz.
    pub const HIGHEST: u16 = 20_000;
    /// How loud it is, of 1.
    const AMPLITUDE: f32 = 0.3;

    /// A microphone that hears a sine of this frequency, in hertz. Opening it answers
    /// [`DeviceError::Unsupported`] if that is not within [`LOWEST`](Self::LOWEST) and
    /// [`HIGHEST`](Self::HIGHEST).
    #[must_use]
    pub fn new(hertz: u16) -> Self {
        Self { hertz }
    }
}

#[async_trait]
impl Device for ToneMicrophone {
    fn kind(&self) -> DeviceKind {
        DeviceKind::Microphone
    }

    fn name(&self) -> String {
        format!("tone microphone, {} Hz", self.hertz)
    }

    async fn open(&self, link: DeviceLink) -> Result<Box<dyn OpenDevice>, DeviceError> {
        if !(Self::LOWEST..=Self::HIGHEST).contains(&self.hertz) {
            return Err(DeviceError::Unsupported {
                name: "tone microphone".to_owned(),
                wanted: format!("{} Hz", self.hertz),
                offered: vec![format!("{} to {} Hz", Self::LOWEST, Self::HIGHEST)],
            });
        }
        if link.is_abandoned() {
            return Err(DeviceError::Abandoned);
        }
        let tone = Tone {
            step: u32::from(self.hertz),
            phase: 0,
            voice: Voice::new(self.name())?,
        };
        let description = format!("sine of {} Hz, 48000 Hz, mono, 20 ms", self.hertz);
        Ok(task::start(tone, description, link))
    }
}

struct Tone {
    /// The phase in steps of a 48000th of a turn: whole numbers, so that it stays exact.
    phase: u32,
    step: u32,
    voice: Voice,
}

impl Beat for Tone {
    fn rate(&self) -> Rate {
        PACKET_RATE
    }

    fn beat(&mut self, since_opening: Duration, link: &DeviceLink) -> Result<(), DeviceError> {
        const TURN: u16 = 48_000;
        let samples: [f32; PACKET] = std::array::from_fn(|_| {
            let phase = u16::try_from(self.phase).unwrap_or_default();
            self.phase = (self.phase + self.step) % u32::from(TURN);
            ToneMicrophone::AMPLITUDE * (TAU * f32::from(phase) / f32::from(TURN)).sin()
        });
        self.voice.say(&samples, since_opening, link)
    }

    fn finish(self) -> Result<(), DeviceError> {
        Ok(())
    }
}
