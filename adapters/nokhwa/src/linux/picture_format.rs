//! How pictures come from a camera, once its driver has settled that.

use v4l::format::{Colorspace, Quantization};

use crate::choice::{CameraFormat, Interval, code_name};
use crate::pixel_format::PixelFormat;
use crate::request::FormatRequest;

/// How pictures will lie in the buffers.
#[derive(Clone, Copy, Debug)]
pub(super) struct PictureFormat {
    pub(super) pixels: PixelFormat,
    pub(super) code: [u8; 4],
    pub(super) width: u16,
    pub(super) height: u16,
    pub(super) stride: usize,
    pub(super) full_range: bool,
    pub(super) interval: Option<Interval>,
}

impl PictureFormat {
    /// Whether this, which the driver has set, is what is required.
    pub(super) fn meets(&self, required: FormatRequest) -> bool {
        // What the driver does not tell, it does not promise.
        if required.rate.is_some() && self.interval.is_none() {
            return false;
        }
        let size = (u32::from(self.width), u32::from(self.height));
        let rate = self.interval.map(Interval::milli_rate);
        required.is_met_by(self.pixels, size, rate)
    }

    /// The same as lists show it.
    pub(super) fn to_format(self) -> CameraFormat {
        CameraFormat {
            fourcc: code_name(self.code),
            pixels: Some(self.pixels),
            width: u32::from(self.width),
            height: u32::from(self.height),
            rates: self.interval.map(Interval::rate).into_iter().collect(),
        }
    }
}

impl std::fmt::Display for PictureFormat {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            formatter,
            "{}x{} {}",
            self.width,
            self.height,
            code_name(self.code)
        )?;
        self.interval.map_or(Ok(()), |interval| {
            let rate = (interval.rate() * 100.0).round() / 100.0;
            write!(formatter, ", {rate} a second")
        })
    }
}

/// Whether luma and chroma use all of 0 to 255. What is the default depends on the colour space: V4L2
/// defines JPEG's as full, and those of video as limited.
pub(super) fn is_full_range(quantization: Quantization, colours: Colorspace) -> bool {
    match quantization {
        Quantization::FullRange => true,
        Quantization::LimitedRange => false,
        Quantization::Default => matches!(colours, Colorspace::JPEG),
    }
}

#[cfg(test)]
mod tests {
    use v4l::format::{Colorspace, Quantization};

    use super::{PictureFormat, is_full_range};
    use crate::choice::Interval;
    use crate::pixel_format::PixelFormat;

    fn set_to(rate: Option<u32>) -> PictureFormat {
        PictureFormat {
            pixels: PixelFormat::Yuyv,
            code: *b"YUYV",
            width: 640,
            height: 480,
            stride: 1280,
            full_range: false,
            interval: rate.map(Interval::of_rate),
        }
    }

    #[test]
    fn a_required_rate_is_met_only_by_a_driver_that_says_so() {
        let required = "640x480@30".parse().expect("a request");
        assert!(set_to(Some(30)).meets(required));
        assert!(!set_to(Some(25)).meets(required));
        assert!(!set_to(None).meets(required));
        let shown = [Some(25), None].map(|rate| set_to(rate).to_format().to_string());
        assert_eq!(shown, ["640x480:yuyv at 25 a second", "640x480:yuyv"]);
    }

    #[test]
    fn a_rate_that_is_not_required_need_not_be_told() {
        let required = "640x480:yuyv".parse().expect("a request");
        assert!(set_to(None).meets(required) && set_to(Some(5)).meets(required));
    }

    #[test]
    fn the_default_range_is_that_of_the_colour_space() {
        let by_default = |colours| is_full_range(Quantization::Default, colours);
        assert!(by_default(Colorspace::JPEG));
        assert!(!by_default(Colorspace::SRGB) && !by_default(Colorspace::SMPTE170M));
        assert!(!is_full_range(Quantization::LimitedRange, Colorspace::JPEG));
        assert!(is_full_range(Quantization::FullRange, Colorspace::SRGB));
    }
}
