//! The loop that turns what a camera delivers into frames, whatever the camera is read with.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use bytes::Bytes;
use exeunt_port::{Codec, DeviceError, DeviceLink, MediaFrame};
use tokio::sync::Notify;

use crate::picture::{Picture, Unusable};
use crate::thread::StopRequest;

/// An open camera that is delivering. Dropping it lets go of the camera, which may block.
pub(crate) trait Source {
    /// Waits for the next picture, `at_most` so long where the system allows a bound.
    /// An error is final: the camera has gone or delivers no more.
    fn next(&mut self, at_most: Duration) -> Result<Reading<'_>, DeviceError>;
}

/// What came of waiting for a picture.
pub(crate) enum Reading<'a> {
    /// Nothing within the time.
    #[cfg_attr(
        not(target_os = "linux"),
        allow(dead_code, reason = "nokhwa's read has no bound to be over")
    )]
    Nothing,
    /// A picture that the driver itself calls broken.
    Damaged,
    /// A picture.
    Picture(Picture<'a>),
}

/// What became of a camera's pictures, since the [`NokhwaCamera`](crate::NokhwaCamera) was made.
/// The one that was in hand when the camera was let go of is in none of these.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FrameCounts {
    /// Handed over as frames, whether or not somebody still wanted them.
    pub captured: u64,
    /// Dropped because they were incomplete or no picture at all.
    pub damaged: u64,
    /// Dropped because they were larger than [`MediaFrame::MAX_PAYLOAD`], at the lowest quality too.
    pub too_large: u64,
}

#[derive(Debug, Default)]
pub(crate) struct Counters {
    captured: AtomicU64,
    damaged: AtomicU64,
    too_large: AtomicU64,
}

impl Counters {
    pub(crate) fn read(&self) -> FrameCounts {
        FrameCounts {
            captured: self.captured.load(Ordering::Relaxed),
            damaged: self.damaged.load(Ordering::Relaxed),
            too_large: self.too_large.load(Ordering::Relaxed),
        }
    }
}

/// Where pictures go.
#[derive(Clone, Debug)]
pub(crate) struct Capture {
    pub(crate) link: DeviceLink,
    pub(crate) counters: Arc<Counters>,
    /// Notified at every usable picture; the supervisor's watchdog listens.
    pub(crate) pulse: Arc<Notify>,
}

impl Capture {
    /// How long one wait for a picture lasts. A stop request ends it at once where the source can be
    /// [woken](crate::thread::Wake); this is the bound where it is not, or if a driver forgets to say
    /// that it has a picture.
    pub(crate) const WAIT: Duration = Duration::from_millis(100);

    /// Reads until nobody wants the camera any more, or until it fails. A picture that is being encoded
    /// at that moment is left as it is, so that the camera's being off waits for no encoding (G-6), and
    /// a picture that is done by then is not handed over any more (G-14).
    pub(crate) fn run(
        &self,
        source: &mut dyn Source,
        stop: &StopRequest,
    ) -> Result<(), DeviceError> {
        let is_wanted = || !stop.is_asked();
        self.run_with(source, stop, &|picture| picture.to_jpeg(&is_wanted))
    }

    fn run_with(
        &self,
        source: &mut dyn Source,
        stop: &StopRequest,
        encoded: &dyn Fn(Picture<'_>) -> Result<Bytes, Unusable>,
    ) -> Result<(), DeviceError> {
        let opened = Instant::now();
        let mut sequence = 0_u32;
        while !stop.is_asked() {
            let payload = match source.next(Self::WAIT)? {
                Reading::Nothing => continue,
                Reading::Damaged => Err(Unusable::Damaged),
                Reading::Picture(picture) => {
                    let captured_at = opened.elapsed();
                    encoded(picture).map(|payload| (payload, captured_at))
                }
            };
            match payload {
                Ok(_) if stop.is_asked() => return Ok(()),
                Ok((payload, captured_at)) => {
                    self.counters.captured.fetch_add(1, Ordering::Relaxed);
                    self.link.captured(MediaFrame {
                        codec: Codec::Jpeg,
                        sequence,
                        captured_at_micros: u64::try_from(captured_at.as_micros())
                            .unwrap_or(u64::MAX),
                        payload,
                    });
                    self.pulse.notify_one();
                }
                Err(Unusable::Unwanted) => return Ok(()),
                // No pulse: a camera that delivers only what nobody can show has stalled, too.
                Err(Unusable::Damaged) => {
                    self.counters.damaged.fetch_add(1, Ordering::Relaxed);
                }
                Err(Unusable::TooLarge) => {
                    self.counters.too_large.fetch_add(1, Ordering::Relaxed);
                }
            }
            // A picture that was lost leaves a gap, by which a receiver can tell.
            sequence = sequence.wrapping_add(1);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, mpsc};
    use std::thread;
    use std::time::Duration;

    use bytes::Bytes;
    use exeunt_port::{DeviceError, DeviceLink, DeviceSide, FrameQueue};

    use super::{Capture, FrameCounts, Reading, Source};
    use crate::picture::{Picture, Unusable};
    use crate::pixel_format::PixelFormat;
    use crate::thread::StopRequest;

    /// A camera that has a picture whenever it is asked for one.
    struct Tireless;

    impl Source for Tireless {
        fn next(&mut self, _at_most: Duration) -> Result<Reading<'_>, DeviceError> {
            Ok(Reading::Picture(Picture {
                pixels: PixelFormat::Grey,
                width: 8,
                height: 8,
                stride: 8,
                full_range: true,
                bytes: &[128; 64],
            }))
        }
    }

    fn capture() -> (Capture, DeviceSide) {
        let (link, side) = DeviceLink::pair(FrameQueue::bounded(8));
        let capture = Capture {
            link,
            counters: Arc::default(),
            pulse: Arc::default(),
        };
        (capture, side)
    }

    #[test]
    fn a_stop_during_an_encoding_is_answered_without_waiting_for_its_end() {
        let (capture, side) = capture();
        let counters = Arc::clone(&capture.counters);
        let stop = StopRequest::default();
        let (begins, begun) = mpsc::channel();
        let asked = stop.clone();
        let capturing = thread::spawn(move || {
            capture.run_with(&mut Tireless, &stop, &|_| {
                begins.send(()).expect("the test listens");
                // An encoding that has no end of its own.
                while !stop.is_asked() {
                    thread::yield_now();
                }
                Err(Unusable::Unwanted)
            })
        });
        begun.recv().expect("an encoding");
        asked.ask();
        assert_eq!(capturing.join().expect("no panic"), Ok(()));
        assert!(begun.recv().is_err(), "no other picture was begun");
        assert!(side.captured.try_next().is_none());
        assert_eq!(counters.read(), FrameCounts::default());
    }

    #[test]
    fn a_picture_that_is_done_as_the_stop_is_asked_for_is_not_handed_over() {
        let (capture, side) = capture();
        let stop = StopRequest::default();
        let ended = capture.run_with(&mut Tireless, &stop, &|_| {
            stop.ask();
            Ok(Bytes::from_static(b"a picture"))
        });
        assert_eq!(ended, Ok(()));
        assert!(side.captured.try_next().is_none());
        assert_eq!(capture.counters.read().captured, 0);
    }

    #[test]
    fn a_stay_that_falls_silent_during_an_encoding_ends_the_capture() {
        let (capture, side) = capture();
        let stop = StopRequest::of(capture.link.clone());
        let ended = capture.run_with(&mut Tireless, &stop, &|picture| {
            side.silence();
            picture.to_jpeg(&|| !stop.is_asked())
        });
        assert_eq!(ended, Ok(()));
        assert_eq!(capture.counters.read(), FrameCounts::default());
    }
}
