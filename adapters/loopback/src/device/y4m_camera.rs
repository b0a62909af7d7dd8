//! A camera that sees a Y4M file.

use std::path::PathBuf;
use std::time::Duration;

use exeunt_port::{Device, DeviceError, DeviceKind, DeviceLink, OpenDevice, async_trait};

use super::beat::{Beat, Rate};
use super::jpeg::Film;
use super::thread;
use super::y4m_source::Y4mSource;

/// A camera that sees a Y4M file over and over, at the file's own rate.
///
/// The file may be 4:2:0, 4:2:2, 4:4:4 or grey with 8 bits, up to as many pixels as 1920 by 1080 has,
/// 1 to 120 pictures a second. It is read as it is seen and stays open as long as the device is, so
/// that its descriptor shows from outside whether the device is really off (G-13). A thread of its
/// own reads it.
#[derive(Clone, Debug)]
pub struct Y4mCamera {
    path: PathBuf,
}

impl Y4mCamera {
    /// A camera that sees this file. Opening it answers [`DeviceError::File`] if the file is not
    /// there, empty, cut off, or of another format.
    #[must_use]
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self { path: path.into() }
    }
}

#[async_trait]
impl Device for Y4mCamera {
    fn kind(&self) -> DeviceKind {
        DeviceKind::Camera
    }

    fn name(&self) -> String {
        format!("Y4M camera {}", self.path.display())
    }

    async fn open(&self, link: DeviceLink) -> Result<Box<dyn OpenDevice>, DeviceError> {
        let (path, name) = (self.path.clone(), self.name());
        thread::start(self.name(), link, move || {
            let source = Y4mSource::open(&path)?;
            let description = source.description();
            Ok((
                Seeing {
                    source,
                    film: Film::new(name),
                },
                description,
            ))
        })
        .await
    }
}

struct Seeing {
    source: Y4mSource,
    film: Film,
}

impl Beat for Seeing {
    fn rate(&self) -> Rate {
        self.source.rate()
    }

    fn beat(&mut self, since_opening: Duration, link: &DeviceLink) -> Result<(), DeviceError> {
        self.source
            .next(|picture| self.film.show(picture, since_opening, link))
    }

    fn finish(self) -> Result<(), DeviceError> {
        Ok(())
    }
}
