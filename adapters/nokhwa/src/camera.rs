//! The camera as the runtime sees it.

use std::sync::Arc;
use std::time::Duration;

use exeunt_port::{Device, DeviceError, DeviceKind, DeviceLink, OpenDevice, async_trait};

use crate::capture::{Counters, FrameCounts};
use crate::choice::Wanted;
use crate::open::Plan;
use crate::platform;
use crate::request::FormatRequest;
use crate::selection::Selection;
use crate::stuck::CameraThreads;
use crate::supervisor::Patience;

/// A camera of this machine, as a [`Device`].
///
/// Making one touches nothing; the camera is looked for each time it is opened, so it may be plugged
/// in or change its node in between. Clones share their [`counts`](Self::counts).
///
/// ```
/// use std::time::Duration;
/// use exeunt_nokhwa::NokhwaCamera;
/// use exeunt_port::Device;
///
/// let camera = NokhwaCamera::named("integrated").size(1280, 720).rate(15).watchdog(Duration::from_secs(3));
/// assert_eq!(camera.name(), "camera integrated");
/// ```
///
/// # Opening
///
/// [`open`](Device::open) answers when the stream has started (on Linux: `STREAMON` succeeded), not
/// when the first picture is there. It fails with
/// * [`NotFound`](DeviceError::NotFound) or [`Ambiguous`](DeviceError::Ambiguous), listing what there is;
/// * [`Busy`](DeviceError::Busy) if anybody, this process included, streams from the camera;
/// * [`Denied`](DeviceError::Denied) with what would help;
/// * [`Unsupported`](DeviceError::Unsupported) if the camera does not offer what is
///   [required](Self::require), or no pixels that can be converted, with what it offers;
/// * [`Backend`](DeviceError::Backend) with the driver's words, or while too many threads
///   [are stuck](crate::stuck_threads) in drivers;
/// * [`Vanished`](DeviceError::Vanished) if it was found and went away before the stream started;
/// * [`Abandoned`](DeviceError::Abandoned) if it was no longer wanted; then nothing is held (G-4);
/// * [`StillHeld`](DeviceError::StillHeld) or [`Panicked`](DeviceError::Panicked) where the system still shows
///   something of it as ours, or its driver's code panicked: then it may be held (G-13).
///
/// # While it is open
///
/// Each picture is one [`MediaFrame`](exeunt_port::MediaFrame) with a whole baseline JPEG; sequence
/// numbers have gaps where a picture was unusable. A camera that goes away or delivers no usable
/// picture for as long as the [`watchdog`](Self::watchdog) allows is closed first and then reported,
/// once: as `Vanished` when nothing is held any more, as `Failed` if the driver does not let go within
/// 1 s.
///
/// # Releasing
///
/// `release` answers `Ok` when the stream is off, its buffers are unmapped, the node is closed and the
/// thread is joined; on Linux `/proc/self` is asked whether that is so (G-13), for half a second at
/// most, else it answers [`StillHeld`](DeviceError::StillHeld). Dropping the future, or the open camera,
/// does not stop the release (G-7); [`stuck_threads`](crate::stuck_threads) tells if it never ends.
#[derive(Clone, Debug)]
pub struct NokhwaCamera {
    selection: Selection,
    wanted: Wanted,
    patience: Patience,
    counters: Arc<Counters>,
}

impl NokhwaCamera {
    /// The first camera that the system has.
    #[must_use]
    pub fn default_device() -> Self {
        Self::selected(Selection::Default)
    }

    /// The camera of this name: its node (`/dev/video0`, also by a link like those in
    /// `/dev/v4l/by-id`), its name, both as errors list them (`Integrated Camera (/dev/video0)`), its
    /// index, or part of its name in any case. The first of these that fits a camera counts.
    #[must_use]
    pub fn named(name: impl Into<String>) -> Self {
        Self::selected(Selection::Named(name.into()))
    }

    fn selected(selection: Selection) -> Self {
        Self {
            selection,
            wanted: Wanted {
                width: 640,
                height: 480,
                rate: 30,
                required: FormatRequest::default(),
            },
            patience: Patience {
                first: Duration::from_secs(5),
                between: Duration::from_secs(2),
                closing: Duration::from_secs(1),
            },
            counters: Arc::default(),
        }
    }

    /// The wanted size in pixels; the nearest that the camera offers is taken. 640 by 480 unless set.
    #[must_use]
    pub fn size(mut self, width: u32, height: u32) -> Self {
        self.wanted = Wanted {
            width,
            height,
            ..self.wanted
        };
        self
    }

    /// The wanted number of pictures a second; the nearest that the camera offers at the size that was
    /// taken. 30 unless set.
    #[must_use]
    pub fn rate(mut self, pictures_a_second: u32) -> Self {
        self.wanted.rate = pictures_a_second;
        self
    }

    /// What the camera has to offer, beyond what is only wished for by [`size`](Self::size) and
    /// [`rate`](Self::rate). Opening one that does not offer it fails with
    /// [`Unsupported`](DeviceError::Unsupported), which lists what it offers, the nearest first, in the
    /// words of a [`FormatRequest`]. On Linux a rate is met only if the driver says, when all is set,
    /// that it is; a camera that keeps its rate to itself does not offer it.
    ///
    /// ```
    /// use exeunt_nokhwa::NokhwaCamera;
    ///
    /// let camera = NokhwaCamera::default_device().require("1280x720@30:mjpeg".parse()?);
    /// # Ok::<(), exeunt_nokhwa::InvalidFormatRequest>(())
    /// ```
    #[must_use]
    pub fn require(mut self, required: FormatRequest) -> Self {
        self.wanted.required = required;
        self
    }

    /// How long the camera may deliver no usable picture until it counts as vanished (G-17).
    /// 2 s unless set.
    #[must_use]
    pub fn watchdog(mut self, without_a_picture: Duration) -> Self {
        self.patience.between = without_a_picture;
        self
    }

    /// The same for the first picture, for which many cameras take longer. 5 s unless set.
    #[must_use]
    pub fn first_picture_within(mut self, without_a_picture: Duration) -> Self {
        self.patience.first = without_a_picture;
        self
    }

    /// What became of the pictures of all openings so far.
    #[must_use]
    pub fn counts(&self) -> FrameCounts {
        self.counters.read()
    }
}

#[async_trait]
impl Device for NokhwaCamera {
    fn kind(&self) -> DeviceKind {
        DeviceKind::Camera
    }

    fn name(&self) -> String {
        self.selection.to_string()
    }

    async fn open(&self, link: DeviceLink) -> Result<Box<dyn OpenDevice>, DeviceError> {
        let plan = Plan {
            name: self.name(),
            patience: self.patience,
            counters: Arc::clone(&self.counters),
            opener: platform::opener(self.selection.clone(), self.wanted.settled()),
            threads: CameraThreads::of_this_process(),
        };
        Ok(Box::new(plan.open(link).await?))
    }
}
