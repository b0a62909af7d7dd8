//! A camera that sees a test picture.

use std::time::Duration;

use exeunt_port::{Device, DeviceError, DeviceKind, DeviceLink, OpenDevice, async_trait};

use super::beat::{Beat, Rate};
use super::jpeg::Film;
use super::picture::Scene;
use super::task;

/// A camera that sees colour bars, a running clock and a moving block: 640 by 360 pixels, 15 times
/// a second, unless asked for otherwise. The clock shows the time since opening in minutes, seconds
/// and hundredths. It touches no file; its time is tokio's clock.
#[derive(Clone, Copy, Debug)]
pub struct PictureCamera {
    width: u16,
    height: u16,
    rate: u32,
}

impl PictureCamera {
    /// The smallest width and height, in pixels.
    pub const SMALLEST: (u16, u16) = (64, 36);
    /// The largest width and height, in pixels.
    pub const LARGEST: (u16, u16) = (1920, 1080);
    /// The most pictures in a second.
    pub const FASTEST: u32 = 60;

    /// A camera of 640 by 360 pixels, 15 times a second.
    #[must_use]
    pub fn new() -> Self {
        Self {
            width: 640,
            height: 360,
            rate: 15,
        }
    }

    /// The same camera with this many pixels. Opening it answers [`DeviceError::Unsupported`] if they
    /// are not within [`SMALLEST`](Self::SMALLEST) and [`LARGEST`](Self::LARGEST).
    #[must_use]
    pub fn with_size(self, width: u16, height: u16) -> Self {
        Self {
            width,
            height,
            ..self
        }
    }

    /// The same camera with this many pictures in a second. Opening it answers
    /// [`DeviceError::Unsupported`] if they are not within 1 and [`FASTEST`](Self::FASTEST).
    #[must_use]
    pub fn with_rate(self, pictures_per_second: u32) -> Self {
        Self {
            rate: pictures_per_second,
            ..self
        }
    }

    fn check(self) -> Result<(), DeviceError> {
        let ((least_width, least_height), (most_width, most_height)) =
            (Self::SMALLEST, Self::LARGEST);
        let offered = (least_width..=most_width).contains(&self.width)
            && (least_height..=most_height).contains(&self.height)
            && (1..=Self::FASTEST).contains(&self.rate);
        if offered {
            return Ok(());
        }
        Err(DeviceError::Unsupported {
            name: self.name(),
            wanted: format!("{}x{} at {} a second", self.width, self.height, self.rate),
            offered: vec![
                format!("{least_width}x{least_height} to {most_width}x{most_height}"),
                format!("1 to {} a second", Self::FASTEST),
            ],
        })
    }
}

impl Default for PictureCamera {
    fn default() -> Self {
        Self::new()
    }
}

#[async_trait]
impl Device for PictureCamera {
    fn kind(&self) -> DeviceKind {
        DeviceKind::Camera
    }

    fn name(&self) -> String {
        "test picture camera".to_owned()
    }

    async fn open(&self, link: DeviceLink) -> Result<Box<dyn OpenDevice>, DeviceError> {
        self.check()?;
        if link.is_abandoned() {
            return Err(DeviceError::Abandoned);
        }
        let Self {
            width,
            height,
            rate,
        } = *self;
        let seeing = Seeing {
            scene: Scene::new(width, height),
            film: Film::new(self.name()),
            rate,
        };
        Ok(task::start(
            seeing,
            format!("test picture, {width}x{height}, {rate} a second, JPEG"),
            link,
        ))
    }
}

struct Seeing {
    scene: Scene,
    film: Film,
    rate: u32,
}

impl Beat for Seeing {
    const HEAVY: bool = true;

    fn rate(&self) -> Rate {
        Rate::hertz(self.rate)
    }

    fn beat(&mut self, since_opening: Duration, link: &DeviceLink) -> Result<(), DeviceError> {
        self.film
            .show(self.scene.at(since_opening), since_opening, link)
    }

    fn finish(self) -> Result<(), DeviceError> {
        Ok(())
    }
}
