//! What a camera is required to offer, as people write it: `1280x720@30:mjpeg`.

use std::num::NonZeroU32;
use std::str::FromStr;

use thiserror::Error;

use crate::pixel_format::{PixelFormat, UnknownPixelFormat};

/// A size, a rate and a pixel format that a camera has to offer, each of them if it is named.
///
/// Written `1280x720@30:mjpeg`; each of the three parts may be left out, but not all of them:
/// `1280x720`, `@15`, `:nv12`, `nv12`, `640x480:yuyv`.
///
/// ```
/// use exeunt_nokhwa::{FormatRequest, PixelFormat};
///
/// let request: FormatRequest = "1280x720@30:mjpeg".parse()?;
/// assert_eq!(request.pixels, Some(PixelFormat::Mjpeg));
/// assert_eq!(request.to_string(), "1280x720@30:mjpeg");
/// assert!("1280x720p30".parse::<FormatRequest>().is_err());
/// # Ok::<(), exeunt_nokhwa::InvalidFormatRequest>(())
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct FormatRequest {
    /// Width and height in pixels, exactly.
    pub size: Option<(NonZeroU32, NonZeroU32)>,
    /// Pictures a second. An offered rate at most half a picture a second away is taken for it, so that
    /// 30 means the 29.97 of some cameras as well, and 12 or 13 the 12.5 of others.
    pub rate: Option<NonZeroU32>,
    /// How the pixels are handed over.
    pub pixels: Option<PixelFormat>,
}

/// Why a text is no [`FormatRequest`].
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum InvalidFormatRequest {
    /// Nothing is asked for.
    #[error("a camera format names a size, a rate or a pixel format, such as {EXAMPLE}")]
    Nothing,
    /// The part before `@` and `:` is no size.
    #[error("{size:?} is no size; a size is WIDTHxHEIGHT in pixels, as in {EXAMPLE}")]
    Size {
        /// What was written for it.
        size: String,
    },
    /// The part after `@` is no rate.
    #[error(
        "{rate:?} is no rate; a rate is a whole number of pictures a second, from 1, as in {EXAMPLE}"
    )]
    Rate {
        /// What was written for it.
        rate: String,
    },
    /// The part after `:` is no pixel format.
    #[error(transparent)]
    Pixels(#[from] UnknownPixelFormat),
}

const EXAMPLE: &str = "1280x720@30:mjpeg";

impl FormatRequest {
    /// Whether nothing is required.
    pub(crate) fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Whether this is what is required. A rate that the camera does not tell is not held against it here:
    /// it may still tell when it has been set.
    pub(crate) fn is_met_by(
        &self,
        pixels: PixelFormat,
        (width, height): (u32, u32),
        milli_rate: Option<u64>,
    ) -> bool {
        let size = self
            .size
            .is_none_or(|(wide, high)| (wide.get(), high.get()) == (width, height));
        let rate = match (self.rate, milli_rate) {
            (Some(wanted), Some(rate)) => rate.abs_diff(u64::from(wanted.get()) * 1000) <= 500,
            (None, _) | (_, None) => true,
        };
        size && rate && self.pixels.is_none_or(|wanted| wanted == pixels)
    }
}

impl std::fmt::Display for FormatRequest {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        if let Some((width, height)) = self.size {
            write!(formatter, "{width}x{height}")?;
        }
        if let Some(rate) = self.rate {
            write!(formatter, "@{rate}")?;
        }
        if let Some(pixels) = self.pixels {
            write!(formatter, ":{pixels}")?;
        }
        Ok(())
    }
}

impl FromStr for FormatRequest {
    type Err = InvalidFormatRequest;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let (geometry, pixels) = match text.split_once(':') {
            Some((geometry, pixels)) => (geometry, Some(pixels)),
            // A word alone is a pixel format; sizes begin with a digit.
            None if text.starts_with(|first: char| first.is_alphabetic()) => ("", Some(text)),
            None => (text, None),
        };
        let (size, rate) = match geometry.split_once('@') {
            Some((size, rate)) => (size, Some(rate)),
            None => (geometry, None),
        };
        let request = Self {
            size: (!size.is_empty())
                .then(|| {
                    self::size(size).ok_or_else(|| InvalidFormatRequest::Size {
                        size: size.to_owned(),
                    })
                })
                .transpose()?,
            rate: rate
                .map(|rate| {
                    number(rate).ok_or_else(|| InvalidFormatRequest::Rate {
                        rate: rate.to_owned(),
                    })
                })
                .transpose()?,
            pixels: pixels.map(str::parse).transpose()?,
        };
        if request.is_empty() {
            return Err(InvalidFormatRequest::Nothing);
        }
        Ok(request)
    }
}

fn size(text: &str) -> Option<(NonZeroU32, NonZeroU32)> {
    let (width, height) = text.split_once(['x', 'X'])?;
    Some((number(width)?, number(height)?))
}

/// Digits only; `parse` would take a sign.
fn number(text: &str) -> Option<NonZeroU32> {
    let digits = text.bytes().all(|byte| byte.is_ascii_digit());
    digits.then(|| text.parse().ok())?
}

#[cfg(test)]
mod tests {
    use super::{FormatRequest, InvalidFormatRequest};
    use crate::pixel_format::PixelFormat;

    fn read(text: &str) -> FormatRequest {
        text.parse().expect("a request")
    }

    #[test]
    fn every_part_may_be_left_out_and_is_written_again_as_it_was_read() {
        for text in [
            "1280x720@30:mjpeg",
            "1280x720@30",
            "1280x720:nv12",
            "1280x720",
            "@15:yuyv",
            "@15",
            ":grey",
        ] {
            assert_eq!(read(text).to_string(), text);
        }
        assert_eq!(read("NV12"), read(":nv12"));
    }

    #[test]
    fn what_makes_no_sense_is_told_what_would() {
        let error = |text: &str| text.parse::<FormatRequest>().expect_err("no request");
        for (text, said) in [
            ("", "such as 1280x720@30:mjpeg"),
            ("1280", "\"1280\" is no size"),
            ("0x720", "\"0x720\" is no size"),
            ("+1x+1", "\"+1x+1\" is no size"),
            ("99999999999x1", "is no size"),
            ("1280x720@", "\"\" is no rate"),
            ("1280x720@0", "\"0\" is no rate"),
            ("1280x720@29.97", "\"29.97\" is no rate"),
            ("1280x720:", "\"\" is no pixel format"),
            ("1280x720:h264", "there are mjpeg, nv12, yuyv"),
            ("webcam", "\"webcam\" is no pixel format"),
        ] {
            let words = error(text).to_string();
            assert!(words.contains(said), "{text}: {words}");
        }
        assert_eq!(error(""), InvalidFormatRequest::Nothing);
    }

    #[test]
    fn a_rate_next_to_the_wanted_one_meets_it_and_the_next_whole_one_does_not() {
        let met = |milli_rate| read("@30").is_met_by(PixelFormat::Grey, (8, 8), milli_rate);
        assert!(met(Some(30_000)) && met(Some(29_970)) && met(Some(30_500)) && met(None));
        assert!(!met(Some(29_000)) && !met(Some(31_000)));
    }
}
