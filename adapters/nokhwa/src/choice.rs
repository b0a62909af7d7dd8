//! Which of a camera's formats comes nearest to what was wanted.

use exeunt_port::DeviceError;

use crate::pixel_format::PixelFormat;
use crate::request::FormatRequest;

/// One size of one pixel format that a camera offers.
///
/// Cameras that scale to any size within bounds are listed with their smallest and largest size and
/// the usual ones between.
#[derive(Clone, Debug, PartialEq)]
pub struct CameraFormat {
    /// The four-character code of the pixels, for instance `MJPG` or `YUYV`.
    pub fourcc: String,
    /// The same as [`FormatRequest`] names it; `None` if it cannot be used here.
    pub pixels: Option<PixelFormat>,
    /// Width in pixels.
    pub width: u32,
    /// Height in pixels.
    pub height: u32,
    /// Pictures a second, falling; empty if the camera does not tell.
    pub rates: Vec<f64>,
}

/// What the application would like, the nearest of which is taken, and what it requires of that.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Wanted {
    pub(crate) width: u32,
    pub(crate) height: u32,
    /// Pictures a second.
    pub(crate) rate: u32,
    pub(crate) required: FormatRequest,
}

impl Wanted {
    /// What is required is what is liked as well, whatever was liked before.
    pub(crate) fn settled(self) -> Self {
        let FormatRequest { size, rate, .. } = self.required;
        let (width, height) = size.map_or((self.width, self.height), |(width, height)| {
            (width.get(), height.get())
        });
        Self {
            width,
            height,
            rate: rate.map_or(self.rate, std::num::NonZeroU32::get),
            required: self.required,
        }
    }
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

    pub(crate) fn milli_rate(self) -> u64 {
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
        CameraFormat {
            fourcc: code_name(self.code),
            pixels: PixelFormat::of(self.code),
            width: self.width,
            height: self.height,
            rates: self.rates(),
        }
    }

    /// Pictures a second, falling.
    fn rates(&self) -> Vec<f64> {
        let mut rates: Vec<f64> = self.intervals.iter().map(|one| one.rate()).collect();
        rates.sort_by(|one, other| other.total_cmp(one));
        rates.dedup();
        rates
    }

    fn nearest_interval(&self, wanted: Wanted) -> Option<Interval> {
        self.intervals
            .iter()
            .copied()
            .min_by_key(|interval| rate_distance(*interval, wanted))
    }

    fn distance(&self, wanted: Wanted) -> (u64, u64) {
        let width = self.width.abs_diff(wanted.width);
        let height = self.height.abs_diff(wanted.height);
        let rate = self.nearest_interval(wanted);
        (
            u64::from(width) + u64::from(height),
            rate.map_or(0, |interval| rate_distance(interval, wanted)),
        )
    }
}

/// As a [`FormatRequest`] is written, so that it can be asked for next.
impl std::fmt::Display for CameraFormat {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let pixels = self
            .pixels
            .map_or(self.fourcc.as_str(), |pixels| pixels.name());
        write!(formatter, "{}x{}:{pixels}", self.width, self.height)?;
        if self.rates.is_empty() {
            return Ok(());
        }
        write!(formatter, " at {} a second", rates_in_words(&self.rates))
    }
}

/// At most five rates, with two digits where they are no whole numbers.
fn rates_in_words(rates: &[f64]) -> String {
    const SHOWN: usize = 5;
    let words = |rate: &f64| {
        let text = format!("{rate:.2}");
        text.trim_end_matches('0').trim_end_matches('.').to_owned()
    };
    match rates {
        // The slowest tells more than how many there are between.
        [most @ .., slowest] if most.len() >= SHOWN => {
            let most: Vec<_> = most[..SHOWN - 1].iter().map(words).collect();
            format!("{} ... {}", most.join(", "), words(slowest))
        }
        all => all.iter().map(words).collect::<Vec<_>>().join(", "),
    }
}

/// A four-character code as text; V4L2 pads with spaces, and marks big-endian variants by a bit that is
/// no part of the last character.
pub(crate) fn code_name(code: [u8; 4]) -> String {
    const BIG_ENDIAN: u8 = 0x80;
    let [first, second, third, last] = code;
    let name = String::from_utf8_lossy(&[first, second, third, last & !BIG_ENDIAN])
        .trim_end_matches([' ', '\0'])
        .to_owned();
    if last & BIG_ENDIAN == 0 {
        name
    } else {
        name + "-BE"
    }
}

/// What is to be set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Choice {
    pub(crate) code: [u8; 4],
    pub(crate) pixels: PixelFormat,
    pub(crate) width: u32,
    pub(crate) height: u32,
    /// `None` if the camera does not tell its rates; then it keeps its own.
    pub(crate) interval: Option<Interval>,
}

/// The offer nearest to what is wanted: first in size, then in rate, then in the work it leaves to us.
/// `None` if there is none that is what is required, with pixels that we can convert.
pub(crate) fn nearest(offers: &[Offer], wanted: Wanted) -> Option<Choice> {
    let choices = offers.iter().filter_map(|offer| {
        let interval = offer.nearest_interval(wanted);
        let pixels = PixelFormat::of(offer.code)?;
        let Offer {
            code,
            width,
            height,
            ..
        } = *offer;
        // The JPEG encoder counts in 16 bits.
        let fits = u16::try_from(width.max(height)).is_ok() && width > 0 && height > 0;
        let rate = interval.map(Interval::milli_rate);
        let required = wanted.required.is_met_by(pixels, (width, height), rate);
        (fits && required).then_some((
            offer.distance(wanted),
            Choice {
                code,
                pixels,
                width,
                height,
                interval,
            },
        ))
    });
    choices
        .min_by_key(|(distance, choice)| (*distance, choice.pixels))
        .map(|(_, choice)| choice)
}

/// The same, or an error that says what the camera offers.
pub(crate) fn choose(name: &str, offers: &[Offer], wanted: Wanted) -> Result<Choice, DeviceError> {
    nearest(offers, wanted).ok_or_else(|| unsupported(name, offers, wanted))
}

/// That the camera does not offer what is required, and what it offers.
pub(crate) fn unsupported(name: &str, offers: &[Offer], wanted: Wanted) -> DeviceError {
    DeviceError::Unsupported {
        name: name.to_owned(),
        wanted: wanted_in_words(wanted),
        offered: offered(offers, wanted),
    }
}

/// That the camera offers what is required, and that its driver then sets something else.
#[cfg(any(target_os = "linux", test))]
pub(crate) fn set_otherwise(
    name: &str,
    set: &CameraFormat,
    offers: &[Offer],
    wanted: Wanted,
) -> DeviceError {
    let without = if set.rates.is_empty() {
        ", without telling a rate"
    } else {
        ""
    };
    let mut offered = offered(offers, wanted);
    offered.insert(
        0,
        format!("{set} (what its driver makes of the wish{without})"),
    );
    DeviceError::Unsupported {
        name: name.to_owned(),
        wanted: wanted_in_words(wanted),
        offered,
    }
}

fn wanted_in_words(wanted: Wanted) -> String {
    if wanted.required.is_empty() {
        format!("pixels that can be used ({})", PixelFormat::names())
    } else {
        wanted.required.to_string()
    }
}

/// The offers nearest to what is wanted, those that can be used if there are any, in words.
fn offered(offers: &[Offer], wanted: Wanted) -> Vec<String> {
    const SHOWN: usize = 8;
    let usable = |offer: &&Offer| PixelFormat::of(offer.code).is_some();
    let mut offers: Vec<&Offer> = if offers.iter().any(|offer| usable(&offer)) {
        offers.iter().filter(usable).collect()
    } else {
        offers.iter().collect()
    };
    offers.sort_by_key(|offer| (offer.distance(wanted), PixelFormat::of(offer.code)));
    let more = offers.len().saturating_sub(SHOWN);
    let shown = offers.iter().take(SHOWN);
    let mut words: Vec<String> = shown.map(|offer| offer.to_format().to_string()).collect();
    if more > 0 {
        words.push(format!("and {more} more"));
    }
    words
}

fn rate_distance(interval: Interval, wanted: Wanted) -> u64 {
    interval
        .milli_rate()
        .abs_diff(u64::from(wanted.rate) * 1000)
}

#[cfg(test)]
mod tests;
