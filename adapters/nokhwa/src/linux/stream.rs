//! The stream of one node, read with a bound and closed without a panic.

use std::io;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::thread::sleep;
use std::time::Duration;

use exeunt_port::DeviceError;
use v4l::Device;
use v4l::buffer::{Flags, Type};
use v4l::io::mmap::Stream;
use v4l::io::traits::{CaptureStream, Stream as Streaming};

use super::arrivals::{Arrivals, Bell};
use super::errno;
use super::held::Claim;
use super::node::Node;
use super::picture_format::PictureFormat;
use crate::capture::{Capture, Reading, Source};
use crate::picture::Picture;

/// `POLLIN` of poll(2): there is something to read.
const READABLE: i16 = 1;

/// A node's buffers, mapped into this process, and the ring they go round in.
///
/// v4l hands a buffer's bytes out only from `next()`, which first gives the buffer of the call before
/// back to the driver and then takes the next full one, with poll(2) in between. When that poll times
/// out the buffer has been given back, and the following `next()` would give it back a second time,
/// which fails, and so for ever. So the waiting is done here, before `next()`, which then finds a full
/// buffer; and `has_buffer` says whether there is one to be given back. A ring that starts with all
/// buffers but the first given to the driver looks to `next()` like one that is running.
pub(super) struct MappedStream {
    /// `None` only once it is closed.
    stream: Option<Stream<'static>>,
    /// Whether we, and not the driver, have the buffer that `next()` will give back.
    has_buffer: bool,
    format: PictureFormat,
    name: String,
    /// Before the device, on whose descriptor it waits.
    arrivals: Arrivals,
    /// After the stream, so that the last handle is closed outside of v4l's own drop.
    device: Device,
    /// After the device: the claim outlasts the descriptor.
    _claim: Claim,
}

impl MappedStream {
    const BUFFERS: u32 = 4;
    /// V4L2's own limit.
    const MOST_BUFFERS: usize = 32;

    /// Maps buffers; the stream is not running yet.
    pub(super) fn allocate(
        node: Node,
        format: PictureFormat,
        name: String,
        claim: Claim,
    ) -> io::Result<Self> {
        let device = node.device;
        let mut stream = Stream::with_buffers(&device, Type::VideoCapture, Self::BUFFERS)?;
        // v4l polls once more before it takes a buffer, and without this for ever (G-6): a driver that
        // said readable may have nothing by then.
        stream.set_timeout(Capture::WAIT);
        Ok(Self {
            stream: Some(stream),
            has_buffer: true,
            format,
            name,
            arrivals: Arrivals::new()?,
            device,
            _claim: claim,
        })
    }

    /// What ends a wait for a picture.
    pub(super) fn bell(&self) -> Arc<Bell> {
        self.arrivals.bell()
    }

    pub(super) fn format(&self) -> PictureFormat {
        self.format
    }

    /// `STREAMON`: from here on the camera's light is on.
    pub(super) fn start(&mut self) -> io::Result<()> {
        let Some(stream) = &mut self.stream else {
            return Err(io::ErrorKind::NotConnected.into());
        };
        // The driver may have made more or fewer buffers than it was asked for, and v4l does not say.
        for index in 1..Self::MOST_BUFFERS {
            match stream.queue(index) {
                Ok(()) => {}
                Err(error) if error.kind() == io::ErrorKind::InvalidInput && index > 1 => break,
                Err(error) => return Err(error),
            }
        }
        stream.start()?;
        self.arrivals.hear(self.device.handle().fd())
    }
}

impl Source for MappedStream {
    fn next(&mut self, at_most: Duration) -> Result<Reading<'_>, DeviceError> {
        let (name, format) = (&self.name, self.format);
        let lost = |detail: String| DeviceError::Vanished {
            name: name.clone(),
            detail,
        };
        let failed = |error: &io::Error| lost(format!("the driver says: {error}"));
        let Some(stream) = &mut self.stream else {
            return Err(lost("closed".to_owned()));
        };
        match stream.handle().poll(READABLE, 0) {
            // After the wait the stop request is looked at first, and then we come again.
            Ok(0) => {
                let waited = self.arrivals.wait(at_most);
                return waited.map_or_else(|error| Err(failed(&error)), |()| Ok(Reading::Nothing));
            }
            // Readable, or broken; taking a buffer tells which.
            Ok(_) => {}
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {
                return Ok(Reading::Nothing);
            }
            Err(error) => return Err(failed(&error)),
        }
        if !self.has_buffer {
            // Its bytes cannot be had, but from now on there is a buffer to give back again.
            return match stream.dequeue() {
                Ok(_) => {
                    self.has_buffer = true;
                    Ok(Reading::Damaged)
                }
                Err(error) if is_passing(&error) => Ok(nothing_after_all()),
                Err(error) => Err(failed(&error)),
            };
        }
        match CaptureStream::next(stream) {
            Ok((_, meta)) if meta.flags.contains(Flags::ERROR) => Ok(Reading::Damaged),
            Ok((buffer, meta)) => {
                let filled = (meta.bytesused as usize).min(buffer.len());
                Ok(Reading::Picture(Picture {
                    pixels: format.pixels,
                    width: format.width,
                    height: format.height,
                    stride: format.stride,
                    full_range: format.full_range,
                    bytes: &buffer[..filled],
                }))
            }
            Err(error) if is_passing(&error) => {
                self.has_buffer = false;
                Ok(nothing_after_all())
            }
            Err(error) => Err(failed(&error)),
        }
    }
}

/// Whether the driver merely has nothing for us although it seemed so.
fn is_passing(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::WouldBlock | io::ErrorKind::TimedOut | io::ErrorKind::Interrupted
    )
}

/// A driver that says readable and has nothing must not make us spin.
fn nothing_after_all() -> Reading<'static> {
    sleep(Duration::from_millis(5));
    Reading::Nothing
}

impl Drop for MappedStream {
    /// Release is stream off, unmap, free the buffers, close; in this order and each explicitly, so
    /// that the camera is off even if a child process inherited the descriptor.
    ///
    /// v4l's drop panics if the driver refuses stream off (unless the camera has gone), and panics a
    /// second time, which would end the process, if it refuses to free the buffers as well. So both
    /// are tried first. What the driver refuses altogether is leaked, and the evidence will say so.
    fn drop(&mut self) {
        let Some(mut stream) = self.stream.take() else {
            return;
        };
        if let Err(error) = stream.stop()
            && error.raw_os_error() != Some(errno::ENODEV)
        {
            tracing::warn!(camera = %self.name, %error, "the driver refuses to stop the stream");
            // Asking for no buffers frees those there are, and ends the stream with them.
            let freed = catch_unwind(AssertUnwindSafe(|| {
                Stream::with_buffers(&self.device, Type::VideoCapture, 0).map(drop)
            }));
            if !matches!(freed, Err(_) | Ok(Ok(()))) {
                std::mem::forget(stream);
                return;
            }
        }
        if catch_unwind(AssertUnwindSafe(|| drop(stream))).is_err() {
            tracing::warn!(camera = %self.name, "v4l panicked while closing the stream");
        }
    }
}
