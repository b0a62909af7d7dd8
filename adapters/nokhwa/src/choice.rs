//! Which of a camera's formats comes nearest to what was wanted.

use crate::picture::Pixels;

/// One size of one pixel format that a camera offers.
///
/// Cameras that scale to any size within bounds are listed with their smallest and largest size and
/// the usual ones between.
#[derive(Clone, Debug, PartialEq)]
pub struct CameraFormat {
    /// The four-character code of the pixels, for instance `MJPG` or `YUYV`.
    pub fourcc: String,
    /// Width in pixels.
    pub width: u32,
    /// Height in pixels.
    pub height: u32,
    /// Pictures a second, falling; empty if the camera does not tell.
    pub rates: Vec<f64>,
}

/// What the application would like; the nearest that the camera offers is taken.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Wanted {
    pub(crate) width: u32,
    pub(crate) height: u32,
    /// Pictures a second.
    pub(crate) rate: u32,
}

/// The time from one picture to the next, in seconds, as a fraction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Interval {
    pub(crate) numerator: u32,
    pub(crate) denominator: u32,
}

impl Interval {
    pub(crate) fn of_rate(rate: u32) -> Self {
        Self {
            numerator: 1,
            denominator: rate.max(1),
        }
    }

    /// Pictures a second.
    pub(crate) fn rate(self) -> f64 {
        f64::from(self.denominator) / f64::from(self.numerator.max(1))
    }

    fn milli_rate(self) -> u64 {
        u64::from(self.denominator) * 1000 / u64::from(self.numerator.max(1))
    }
}

/// What a camera offers: one pixel format in one size, with its rates.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Offer {
    pub(crate) code: [u8; 4],
    pub(crate) width: u32,
    pub(crate) height: u32,
    pub(crate) intervals: Vec<Interval>,
}

impl Offer {
    pub(crate) fn to_format(&self) -> CameraFormat {
        let mut rates: Vec<f64> = self
            .intervals
            .iter()
            .map(|interval| interval.rate())
            .collect();
        rates.sort_by(|one, other| other.total_cmp(one));
        CameraFormat {
            fourcc: code_name(self.code),
            width: self.width,
            height: self.height,
            rates,
        }
    }

    fn nearest_interval(&self, wanted: Wanted) -> Option<Interval> {
        self.intervals
            .iter()
            .copied()
            .min_by_key(|interval| rate_distance(*interval, wanted))
    }
}

impl std::fmt::Display for Offer {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            formatter,
            "{} {}x{}",
            code_name(self.code),
            self.width,
            self.height
        )
    }
}

/// A four-character code as text; V4L2 pads with spaces.
pub(crate) fn code_name(code: [u8; 4]) -> String {
    String::from_utf8_lossy(&code)
        .trim_end_matches([' ', '\0'])
        .to_owned()
}

/// What is to be set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Choice {
    pub(crate) code: [u8; 4],
    pub(crate) pixels: Pixels,
    pub(crate) width: u32,
    pub(crate) height: u32,
    /// `None` if the camera does not tell its rates; then it keeps its own.
    pub(crate) interval: Option<Interval>,
}

/// The offer nearest to what is wanted: first in size, then in rate, then in the work it leaves to us.
/// `None` if there is none whose pixels we can convert.
pub(crate) fn nearest(offers: &[Offer], wanted: Wanted) -> Option<Choice> {
    let choices = offers.iter().filter_map(|offer| {
        let interval = offer.nearest_interval(wanted);
        let pixels = Pixels::of(offer.code)?;
        // The JPEG encoder counts in 16 bits.
        let fits = u16::try_from(offer.width.max(offer.height)).is_ok();
        let Offer {
            code,
            width,
            height,
            ..
        } = *offer;
        (fits && width > 0 && height > 0).then_some(Choice {
            code,
            pixels,
            width,
            height,
            interval,
        })
    });
    choices.min_by_key(|choice| {
        let width = choice.width.abs_diff(wanted.width);
        let height = choice.height.abs_diff(wanted.height);
        let size = u64::from(width) + u64::from(height);
        let rate = choice
            .interval
            .map_or(0, |interval| rate_distance(interval, wanted));
        (size, rate, choice.pixels)
    })
}

fn rate_distance(interval: Interval, wanted: Wanted) -> u64 {
    interval
        .milli_rate()
        .abs_diff(u64::from(wanted.rate) * 1000)
}

#[cfg(test)]
mod tests {
    use super::{Interval, Offer, Wanted, nearest};
    use crate::picture::Pixels;

    const WANTED: Wanted = Wanted {
        width: 640,
        height: 480,
        rate: 30,
    };

    fn offer(code: [u8; 4], width: u32, height: u32, rates: &[u32]) -> Offer {
        let intervals = rates.iter().map(|rate| Interval::of_rate(*rate)).collect();
        Offer {
            code,
            width,
            height,
            intervals,
        }
    }

    #[test]
    fn the_nearest_size_is_taken_before_the_nearest_rate() {
        let offers = [
            offer(*b"MJPG", 1280, 720, &[30]),
            offer(*b"MJPG", 640, 360, &[5, 15]),
            offer(*b"MJPG", 320, 240, &[30]),
        ];
        let choice = nearest(&offers, WANTED).expect("a choice");
        assert_eq!((choice.width, choice.height), (640, 360));
        assert_eq!(choice.interval, Some(Interval::of_rate(15)));
    }

    #[test]
    fn a_format_that_keeps_up_is_taken_before_one_that_is_jpeg_already() {
        let offers = [
            offer(*b"MJPG", 640, 480, &[10]),
            offer(*b"YUYV", 640, 480, &[30]),
        ];
        assert_eq!(
            nearest(&offers, WANTED).map(|choice| choice.pixels),
            Some(Pixels::Yuyv)
        );
    }

    #[test]
    fn among_equals_the_one_that_is_jpeg_already_is_taken() {
        let offers = [
            offer(*b"YUYV", 640, 480, &[30]),
            offer(*b"MJPG", 640, 480, &[30]),
        ];
        assert_eq!(
            nearest(&offers, WANTED).map(|choice| choice.pixels),
            Some(Pixels::Jpeg)
        );
    }

    #[test]
    fn a_wish_beyond_all_bounds_still_finds_the_nearest() {
        let wanted = Wanted {
            width: u32::MAX,
            height: u32::MAX,
            rate: u32::MAX,
        };
        let offers = [
            offer(*b"MJPG", 320, 240, &[30]),
            offer(*b"MJPG", 640, 480, &[5]),
        ];
        assert_eq!(
            nearest(&offers, wanted).map(|choice| choice.width),
            Some(640)
        );
    }

    #[test]
    fn pixels_that_cannot_be_converted_are_no_choice() {
        assert_eq!(nearest(&[offer(*b"H264", 640, 480, &[30])], WANTED), None);
        assert_eq!(nearest(&[], WANTED), None);
    }

    #[test]
    fn a_picture_too_large_for_a_jpeg_is_no_choice() {
        assert_eq!(
            nearest(&[offer(*b"YUYV", 70_000, 480, &[30])], WANTED),
            None
        );
    }

    #[test]
    fn rates_that_are_no_whole_numbers_keep_their_fraction() {
        let ntsc = Interval {
            numerator: 1001,
            denominator: 30_000,
        };
        let mut offer = offer(*b"YUYV", 640, 480, &[15]);
        offer.intervals.push(ntsc);
        assert_eq!(
            nearest(&[offer.clone()], WANTED).and_then(|choice| choice.interval),
            Some(ntsc)
        );
        let rates = offer.to_format().rates;
        assert!(rates[0] > 29.97 && rates[0] < 29.98);
    }

    #[test]
    fn a_camera_without_rates_keeps_its_own() {
        let choice = nearest(&[offer(*b"GREY", 640, 480, &[])], WANTED).expect("a choice");
        assert_eq!(choice.interval, None);
    }
}
