//! A picture between its JPEG and its video codec.

use std::sync::LazyLock;

use bytes::Bytes;
use exeunt_port::MediaFrame;
use jpeg_encoder::{Encoder, ImageBuffer, JpegColorType, SamplingFactor};
use openh264::formats::YUVSource;
use zune_jpeg::JpegDecoder;
use zune_jpeg::zune_core::bytestream::ZCursor;
use zune_jpeg::zune_core::colorspace::ColorSpace;
use zune_jpeg::zune_core::options::DecoderOptions;

/// JPEG uses all 256 values, video 219 for the light and 224 for the colours (ITU-R BT.601).
struct Ranges {
    light_to_video: [u8; 256],
    colour_to_video: [u8; 256],
    light_to_jpeg: [u8; 256],
    colour_to_jpeg: [u8; 256],
}

static RANGES: LazyLock<Ranges> = LazyLock::new(|| {
    // Rounded to the nearest, and what is beyond the range brought to its end.
    let scaled = |offset: i32, by: i32, of: i32, to: i32| {
        std::array::from_fn(|value| {
            let distance = (i32::try_from(value).unwrap_or(0) - offset) * by;
            let rounded = (distance * 2 + distance.signum() * of) / (of * 2);
            u8::try_from((rounded + to).clamp(0, 255)).unwrap_or(u8::MAX)
        })
    };
    Ranges {
        light_to_video: scaled(0, 219, 255, 16),
        colour_to_video: scaled(128, 224, 255, 128),
        light_to_jpeg: scaled(16, 255, 219, 0),
        colour_to_jpeg: scaled(128, 255, 224, 128),
    }
});

/// A picture as video codecs want it: I420, BT.601, limited range, with sides of even length.
#[derive(Debug)]
pub(crate) struct Picture {
    width: usize,
    height: usize,
    light: Vec<u8>,
    blue: Vec<u8>,
    red: Vec<u8>,
}

/// What came as a picture and cannot be sent as one.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Unusable(pub(crate) String);

impl Picture {
    /// The longest side that the encoder takes, and the longest of the shorter sides.
    const LONGEST: (usize, usize) = (3840, 2160);
    /// The shortest side that the encoder takes.
    const SHORTEST: usize = 16;

    /// Decodes a JPEG. Sides of odd length lose their last line.
    pub(crate) fn from_jpeg(jpeg: &[u8]) -> Result<Self, Unusable> {
        let options = DecoderOptions::default()
            .set_max_width(Self::LONGEST.0)
            .set_max_height(Self::LONGEST.0);
        let unusable = |reason: &dyn std::fmt::Debug| Unusable(format!("{reason:?}"));
        let mut headers = JpegDecoder::new_with_options(ZCursor::new(jpeg), options);
        headers
            .decode_headers()
            .map_err(|reason| unusable(&reason))?;
        let Some((across, down)) = headers.dimensions() else {
            return Err(Unusable("no size".to_owned()));
        };
        let too_large = across.max(down) > Self::LONGEST.0 || across.min(down) > Self::LONGEST.1;
        if too_large || across.min(down) < Self::SHORTEST {
            return Err(Unusable(format!("{across} by {down} pixels")));
        }
        let is_grey = headers.input_colorspace() == Some(ColorSpace::Luma);
        let (colours, bytes) = if is_grey {
            (ColorSpace::Luma, 1)
        } else {
            (ColorSpace::YCbCr, 3)
        };
        let options = options.jpeg_set_out_colorspace(colours);
        let mut pixels = JpegDecoder::new_with_options(ZCursor::new(jpeg), options)
            .decode()
            .map_err(|reason| unusable(&reason))?;
        if pixels.len() < across * down * bytes {
            return Err(Unusable("fewer pixels than its header says".to_owned()));
        }
        if is_grey {
            pixels = pixels
                .into_iter()
                .flat_map(|light| [light, 128, 128])
                .collect();
        }
        Ok(Self::from_interleaved(&pixels, across, down))
    }

    /// From three bytes a pixel in JPEG's range; each colour is the mean of four pixels.
    fn from_interleaved(pixels: &[u8], across: usize, down: usize) -> Self {
        let (width, height) = (across & !1, down & !1);
        let ranges = &*RANGES;
        let mut light = Vec::with_capacity(width * height);
        let mut blue = Vec::with_capacity(width * height / 4);
        let mut red = Vec::with_capacity(width * height / 4);
        for pair in pixels.chunks_exact(across * 6).take(height / 2) {
            let (upper, lower) = pair.split_at(across * 3);
            for row in [upper, lower] {
                let (row, _) = row.as_chunks::<3>();
                light.extend(
                    row[..width]
                        .iter()
                        .map(|pixel| ranges.light_to_video[usize::from(pixel[0])]),
                );
            }
            let (upper, _) = upper.as_chunks::<6>();
            let (lower, _) = lower.as_chunks::<6>();
            for (above, below) in upper.iter().zip(lower) {
                let mean = |at: usize| {
                    let four = [above[at], above[at + 3], below[at], below[at + 3]];
                    let sum: usize = four.into_iter().map(usize::from).sum();
                    ranges.colour_to_video[(sum + 2) / 4]
                };
                blue.push(mean(1));
                red.push(mean(2));
            }
        }
        Self {
            width,
            height,
            light,
            blue,
            red,
        }
    }
}

impl YUVSource for Picture {
    fn dimensions(&self) -> (usize, usize) {
        (self.width, self.height)
    }

    fn strides(&self) -> (usize, usize, usize) {
        (self.width, self.width / 2, self.width / 2)
    }

    fn y(&self) -> &[u8] {
        &self.light
    }

    fn u(&self) -> &[u8] {
        &self.blue
    }

    fn v(&self) -> &[u8] {
        &self.red
    }
}

/// The longest side of a received picture that is handed over.
pub(crate) const LONGEST_RECEIVED: usize = 4096;

/// The picture as a baseline JPEG within [`MediaFrame::MAX_PAYLOAD`]; `None` if it is too large for
/// that in any quality, or has a side longer than [`LONGEST_RECEIVED`].
pub(crate) fn to_jpeg(picture: &impl YUVSource) -> Option<Bytes> {
    /// Good, and what is tried when that is too large.
    const QUALITIES: [u8; 3] = [80, 50, 20];
    let (width, height) = picture.dimensions();
    if width == 0 || height == 0 || width.max(height) > LONGEST_RECEIVED {
        return None;
    }
    QUALITIES.into_iter().find_map(|quality| {
        let mut jpeg = Vec::with_capacity(width * height / 8);
        let mut encoder = Encoder::new(&mut jpeg, quality);
        encoder.set_sampling_factor(SamplingFactor::F_2_2);
        encoder.encode_image(Planes(picture)).ok()?;
        (jpeg.len() <= MediaFrame::MAX_PAYLOAD).then(|| jpeg.into())
    })
}

/// A decoded picture's planes, read line by line.
struct Planes<'a, T>(&'a T);

impl<T: YUVSource> ImageBuffer for Planes<'_, T> {
    fn get_jpeg_color_type(&self) -> JpegColorType {
        JpegColorType::Ycbcr
    }

    fn width(&self) -> u16 {
        u16::try_from(self.0.dimensions().0).unwrap_or(u16::MAX)
    }

    fn height(&self) -> u16 {
        u16::try_from(self.0.dimensions().1).unwrap_or(u16::MAX)
    }

    fn fill_buffers(&self, line: u16, buffers: &mut [Vec<u8>; 4]) {
        let ranges = &*RANGES;
        let (width, line) = (self.0.dimensions().0, usize::from(line));
        let (light, blue, red) = self.0.strides();
        let row = |plane: &'_ [u8], stride: usize, line: usize| -> Vec<u8> {
            let start = (stride * line).min(plane.len());
            plane[start..].iter().copied().take(width).collect()
        };
        buffers[0].extend(
            row(self.0.y(), light, line)
                .into_iter()
                .map(|value| ranges.light_to_jpeg[usize::from(value)]),
        );
        for (buffer, plane, stride) in [(1, self.0.u(), blue), (2, self.0.v(), red)] {
            let doubled = row(plane, stride, line / 2)
                .into_iter()
                .flat_map(|value| [ranges.colour_to_jpeg[usize::from(value)]; 2])
                .take(width);
            buffers[buffer].extend(doubled);
        }
    }
}

#[cfg(test)]
mod tests {
    use jpeg_encoder::{ColorType, Encoder};
    use openh264::formats::YUVSource;
    use zune_jpeg::JpegDecoder;
    use zune_jpeg::zune_core::bytestream::ZCursor;

    use super::{Picture, to_jpeg};

    fn jpeg(width: u16, height: u16, colour: [u8; 3]) -> Vec<u8> {
        let pixels = colour.repeat(usize::from(width) * usize::from(height));
        let mut jpeg = Vec::new();
        Encoder::new(&mut jpeg, 95)
            .encode(&pixels, width, height, ColorType::Rgb)
            .expect("a JPEG");
        jpeg
    }

    #[test]
    fn colours_keep_their_place_in_both_ranges() {
        for (colour, light) in [
            ([0, 0, 0], 16),
            ([255, 255, 255], 235),
            ([255, 0, 0], 81),
            ([0, 0, 255], 41),
        ] {
            let picture = Picture::from_jpeg(&jpeg(64, 48, colour)).expect("usable");
            assert_eq!(picture.dimensions(), (64, 48));
            assert!(
                picture.y()[0].abs_diff(light) <= 1,
                "{colour:?}: {}",
                picture.y()[0]
            );
            let back = to_jpeg(&picture).expect("a JPEG");
            let pixels = JpegDecoder::new(ZCursor::new(&back[..])).decode();
            let pixels = pixels.expect("a JPEG");
            for (now, then) in pixels[..3].iter().zip(colour) {
                assert!(now.abs_diff(then) <= 5, "{:?} for {colour:?}", &pixels[..3]);
            }
        }
    }

    #[test]
    fn sides_of_odd_length_lose_a_line() {
        let picture = Picture::from_jpeg(&jpeg(65, 33, [9, 90, 200])).expect("usable");
        assert_eq!(picture.dimensions(), (64, 32));
        assert_eq!(picture.y().len(), 64 * 32);
        assert_eq!((picture.u().len(), picture.v().len()), (32 * 16, 32 * 16));
    }

    #[test]
    fn grey_pictures_are_pictures() {
        let mut grey = Vec::new();
        Encoder::new(&mut grey, 95)
            .encode(&[128; 64 * 64], 64, 64, ColorType::Luma)
            .expect("a JPEG");
        let picture = Picture::from_jpeg(&grey).expect("usable");
        assert!(picture.y()[0].abs_diff(126) <= 1, "{}", picture.y()[0]);
        assert_eq!((picture.u()[0], picture.v()[0]), (128, 128));
    }

    #[test]
    fn what_is_no_picture_or_no_size_for_one_is_refused() {
        let whole = jpeg(64, 64, [1, 2, 3]);
        assert!(Picture::from_jpeg(&[]).is_err());
        assert!(Picture::from_jpeg(b"hello").is_err());
        assert!(Picture::from_jpeg(&whole[..40]).is_err());
        assert!(Picture::from_jpeg(&jpeg(8, 64, [0; 3])).is_err());
        assert!(Picture::from_jpeg(&jpeg(4000, 32, [0; 3])).is_err());
        // The header promises more than the encoder takes.
        let mut promising = whole;
        let size = promising.windows(2).position(|two| two == [0xff, 0xc0]);
        let size = size.expect("a frame header") + 5;
        promising[size..size + 4].copy_from_slice(&[0x0f, 0, 0x0f, 0]);
        let refused = Picture::from_jpeg(&promising).expect_err("too large");
        assert!(refused.0.contains("3840 by 3840"), "{refused:?}");
    }
}
