//! A camera's node: what it can do, and how it is told what to do.

use std::io;
use std::panic::catch_unwind;
use std::path::Path;

use exeunt_port::DeviceError;
use nokhwa::utils::ApiBackend;
use v4l::capability::Flags;
use v4l::format::FourCC;
use v4l::frameinterval::FrameIntervalEnum;
use v4l::framesize::FrameSizeEnum;
use v4l::video::Capture;
use v4l::video::capture::Parameters;
use v4l::{Device, Format, Fraction};

use super::errno;
use super::picture_format::{self, PictureFormat};
use super::rate;
use super::sizes::{SizeRange, Steps};
use crate::choice::{Choice, Interval, Offer, Wanted};
use crate::pixel_format::PixelFormat;
use crate::request::FormatRequest;
use crate::selection::{Found, Selection};

/// Every video node, by its number; opens none of them.
pub(super) fn found() -> Result<Vec<Found>, DeviceError> {
    let backend = |detail: String| DeviceError::Backend {
        name: "cameras".to_owned(),
        detail,
    };
    // v4l unwraps what it makes of the names in /dev.
    let query = catch_unwind(|| nokhwa::query(ApiBackend::Video4Linux));
    let infos = query
        .map_err(|_| {
            backend("nokhwa panicked at a name in /dev that begins with video".to_owned())
        })?
        .map_err(|error| backend(error.to_string()))?;
    let mut found: Vec<Found> = infos
        .iter()
        .filter_map(|info| {
            let index = info.index().as_index().ok()?;
            Some(Found {
                name: info.human_name(),
                node: format!("/dev/video{index}"),
                index: Some(index),
            })
        })
        .collect();
    // nokhwa lists them as the folder does.
    found.sort_by_key(|one| one.index);
    Ok(found)
}

/// Whether the node captures pictures. A webcam has a second node, of the same name, that does not.
pub(super) fn is_camera(found: &Found) -> bool {
    match Node::open(&found.node) {
        Ok(node) => node.captures(),
        // It may be one, and then the application is to hear why it cannot have it.
        Err(error) => !matches!(
            error.raw_os_error(),
            Some(errno::ENOENT | errno::ENODEV | errno::ENXIO)
        ),
    }
}

/// The selection with links to nodes followed, such as those in /dev/v4l/by-id.
pub(super) fn resolved(selection: &Selection) -> Selection {
    if let Selection::Named(name) = selection
        && name.starts_with('/')
        && let Ok(path) = Path::new(name).canonicalize()
    {
        return Selection::Named(path.to_string_lossy().into_owned());
    }
    selection.clone()
}

/// An open node, not streaming.
pub(super) struct Node {
    pub(super) device: Device,
}

impl Node {
    pub(super) fn open(path: &str) -> io::Result<Self> {
        // v4l unwraps the conversion of the path into a C string.
        if path.contains('\0') {
            return Err(io::ErrorKind::InvalidInput.into());
        }
        Device::with_path(path).map(|device| Self { device })
    }

    pub(super) fn descriptor(&self) -> i32 {
        self.device.handle().fd()
    }

    fn captures(&self) -> bool {
        // v4l unwraps the driver's strings as UTF-8.
        let capabilities = catch_unwind(std::panic::AssertUnwindSafe(|| self.device.query_caps()));
        let needed = Flags::VIDEO_CAPTURE | Flags::STREAMING;
        matches!(capabilities, Ok(Ok(told)) if told.capabilities.contains(needed))
    }

    /// What the camera offers. A camera that does not tell its sizes offers the one it has.
    pub(super) fn offers(&self, wanted: Option<Wanted>) -> io::Result<Vec<Offer>> {
        let mut offers = Vec::new();
        for description in self.device.enum_formats()? {
            let code = description.fourcc;
            for (width, height) in self.sizes(code, wanted) {
                let intervals = self.intervals(code, width, height, wanted);
                offers.push(Offer {
                    code: code.repr,
                    width,
                    height,
                    intervals,
                });
            }
        }
        // An error is how a driver says that there are no more, and v4l takes every error for that; so
        // the list of a camera that went away meanwhile looks like one that is complete.
        match self.format_now() {
            Err(error) if errno::is_final(&error) => Err(error),
            Ok(_) | Err(_) => Ok(offers),
        }
    }

    fn sizes(&self, code: FourCC, wanted: Option<Wanted>) -> Vec<(u32, u32)> {
        let Ok(told) = self.device.enum_framesizes(code) else {
            return self.present_size().into_iter().collect();
        };
        told.into_iter()
            .flat_map(|offered| match offered.size {
                FrameSizeEnum::Discrete(size) => vec![(size.width, size.height)],
                FrameSizeEnum::Stepwise(bounds) => SizeRange {
                    width: Steps {
                        least: bounds.min_width,
                        most: bounds.max_width,
                        step: bounds.step_width,
                    },
                    height: Steps {
                        least: bounds.min_height,
                        most: bounds.max_height,
                        step: bounds.step_height,
                    },
                }
                .sizes(wanted),
            })
            .collect()
    }

    fn present_size(&self) -> Option<(u32, u32)> {
        self.format_now()
            .ok()
            .map(|format| (format.width, format.height))
    }

    fn intervals(
        &self,
        code: FourCC,
        width: u32,
        height: u32,
        wanted: Option<Wanted>,
    ) -> Vec<Interval> {
        let told = self
            .device
            .enum_frameintervals(code, width, height)
            .unwrap_or_default();
        told.into_iter()
            .flat_map(|offered| match offered.interval {
                FrameIntervalEnum::Discrete(fraction) => vec![interval_of(fraction)],
                FrameIntervalEnum::Stepwise(bounds) => {
                    let (shortest, longest) = (interval_of(bounds.min), interval_of(bounds.max));
                    // A wanted rate between the two is as good as offered: the driver rounds.
                    let between =
                        wanted
                            .map(|wanted| Interval::of_rate(wanted.rate))
                            .filter(|between| {
                                (longest.rate()..=shortest.rate()).contains(&between.rate())
                            });
                    [shortest, longest].into_iter().chain(between).collect()
                }
            })
            .collect()
    }

    /// Sets the format and the rate; answers what the driver made of them.
    pub(super) fn set(&self, choice: Choice, required: FormatRequest) -> io::Result<PictureFormat> {
        let wanted = Format::new(choice.width, choice.height, FourCC::new(&choice.code));
        let set = told(|| self.device.set_format(&wanted))?;
        let Some(pixels) = PixelFormat::of(set.fourcc.repr) else {
            return Err(io::Error::other(format!(
                "the driver insists on {}",
                set.fourcc
            )));
        };
        let side = |length: u32| u16::try_from(length).map_err(io::Error::other);
        let (width, height) = (side(set.width)?, side(set.height)?);
        // A camera that does not tell its rates keeps its own, unless one is required.
        let required = required.rate.map(|rate| Interval::of_rate(rate.get()));
        let interval = rate::settled(
            choice.interval.or(required),
            |Interval {
                 numerator,
                 denominator,
             }| {
                let fraction = Fraction::new(numerator, denominator);
                let set = self.device.set_params(&Parameters::new(fraction))?;
                Ok(interval_of(set.interval))
            },
            || Ok(interval_of(self.device.params()?.interval)),
        )?;
        Ok(PictureFormat {
            pixels,
            code: set.fourcc.repr,
            width,
            height,
            // Some drivers leave it out.
            stride: (set.stride as usize).max(pixels.tight_stride(usize::from(width))),
            full_range: picture_format::is_full_range(set.quantization, set.colorspace),
            interval,
        })
    }

    fn format_now(&self) -> io::Result<Format> {
        told(|| self.device.format())
    }
}

fn interval_of(fraction: Fraction) -> Interval {
    Interval {
        numerator: fraction.numerator,
        denominator: fraction.denominator,
    }
}

/// v4l panics at a field order or colour space that is newer than itself.
fn told(ask: impl FnOnce() -> io::Result<Format>) -> io::Result<Format> {
    catch_unwind(std::panic::AssertUnwindSafe(ask)).unwrap_or_else(|_| {
        Err(io::Error::other(
            "v4l does not understand the driver's format",
        ))
    })
}
