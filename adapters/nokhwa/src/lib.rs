//! Camera for Exeunt: [`NokhwaCamera`] is a [`Device`](exeunt_port::Device) that captures JPEGs, and
//! [`list`] tells which cameras there are.
//!
//! ```no_run
//! use exeunt_nokhwa::NokhwaCamera;
//! use exeunt_port::{Device, DeviceLink, FrameQueue};
//!
//! # async fn example() -> Result<(), exeunt_port::DeviceError> {
//! let (link, side) = DeviceLink::pair(FrameQueue::bounded(8));
//! let open = NokhwaCamera::default_device().size(1280, 720).open(link).await?;
//! println!("{}", open.description());
//! let picture = side.captured.next().await;
//! side.silence();
//! open.release().await?; // the light is off, and the node closed
//! # Ok(())
//! # }
//! ```
//!
//! # Formats
//!
//! [`size`](NokhwaCamera::size) and [`rate`](NokhwaCamera::rate) are wishes: the nearest that the camera
//! offers is taken. What a [`FormatRequest`] such as `1280x720@30:mjpeg` names has to be offered
//! ([`require`](NokhwaCamera::require)); else opening fails with a list of what is, the nearest first, in
//! the same words. A driver that accepts a format and sets another one counts as not offering it.
//!
//! # Pictures
//!
//! MJPEG is passed on as the camera made it; padding behind the picture is cut, an end marker or
//! Huffman tables that the camera left out are added. NV12, YUYV, GREY, RGB and BGR are encoded as
//! baseline JPEG, in any size and with gaps between the lines; a buffer that is not full is dropped and
//! counted as damaged. Where two formats come equally near to the wanted size and rate, the one that is JPEG
//! already is taken. No frame is larger than [`MediaFrame::MAX_PAYLOAD`](exeunt_port::MediaFrame::MAX_PAYLOAD):
//! what we encode is tried again at lower quality, and what is still too large is dropped and
//! [counted](NokhwaCamera::counts).
//!
//! The kernel's virtual camera (vivid, Linux 6.1) offers NV12, YUYV, GREY, RGB and BGR, but no MJPEG: its
//! colour bars come out the same from NV12 and YUYV as from RGB, within 2 of 255.
//!
//! # Why nokhwa only finds the cameras on Linux
//!
//! nokhwa reads through v4l with no bound: `frame()` on a camera that has stalled never returns, the
//! drop of its `CallbackCamera` waits for just that call, and none of its features changes this. An
//! exit must be over in bounded time with the camera off (G-6, G-13), so the stream is read over v4l
//! itself, which nokhwa uses underneath: wait for the driver or for the stop request, whichever comes
//! first, then take a buffer. A stop request is therefore seen at once, stalled camera or not. It also
//! ends an encoding under way, within one row of its blocks (16 lines), so that the camera's being off
//! waits for no picture to be finished (G-6) and no such picture is handed over (G-14). Every failure
//! ends the loop with an error instead of a retry. nokhwa still tells which cameras there are,
//! and is the whole of it on macOS and Windows.
//!
//! # Threads
//!
//! Everything that may block (open, set the format, stream on, take a buffer, stream off, unmap, close)
//! happens on one thread that belongs to one opening. It may be given up, never killed, and only so
//! many may be stuck at a time: see [`stuck_threads`]. A task beside it watches for pictures that fail to
//! come, so that a thread that hangs in its driver is noticed as well.
//!
//! # What cannot be promised
//!
//! * On macOS and Windows nokhwa 0.10 has limits of its own, which were read in its source. Rates that
//!   are no whole numbers: Windows leaves them out, so that a camera with 29.97 alone offers nothing.
//!   macOS delivers pictures in the camera's own format under the name of YUYV, and says neither where
//!   lines begin nor that a camera has gone: that is noticed by the [watchdog](NokhwaCamera::watchdog) only.
//! * On macOS and Windows nothing bounds nokhwa's read: releasing a stalled camera may not end, and
//!   `Ok` means that nokhwa stopped and dropped the camera and the thread is joined; whether the system
//!   lets go then is not visible to us.
//! * Where `/proc` is not mounted, `Ok` means on Linux too that everything was closed and joined without
//!   an error, unseen.
//! * v4l opens nodes without `O_CLOEXEC`, so a process that is started while the camera is open inherits
//!   the descriptor. The camera is off after the release all the same, since the stream is ended and
//!   its buffers are freed explicitly, not by the last close.
//! * v4l and nokhwa panic at much that a driver may say. Such panics are caught, which takes a program
//!   that is not built with `panic = "abort"`.

mod camera;
mod capture;
mod choice;
#[cfg(target_os = "linux")]
mod linux;
mod listing;
mod mjpeg;
mod open;
mod picture;
mod pixel_format;
// Compiled with the tests on Linux too, so that it does not rot unseen.
#[cfg(any(not(target_os = "linux"), test))]
#[cfg_attr(
    target_os = "linux",
    allow(dead_code, reason = "Linux has its own; here it is only compiled")
)]
mod portable;
mod request;
mod selection;
mod stuck;
mod supervisor;
mod thread;
mod trace;

#[cfg(target_os = "linux")]
use linux as platform;
#[cfg(not(target_os = "linux"))]
use portable as platform;

pub use camera::NokhwaCamera;
pub use capture::FrameCounts;
pub use choice::CameraFormat;
pub use listing::{CameraDevice, Holder, LIST_WITHIN, ListError, list};
pub use pixel_format::{PixelFormat, UnknownPixelFormat};
pub use request::{FormatRequest, InvalidFormatRequest};
pub use stuck::stuck_threads;
