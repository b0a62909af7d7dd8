//! From what a camera's buffer holds to one baseline JPEG.

use bytes::Bytes;
use exeunt_port::MediaFrame;
use jpeg_encoder::{Encoder, ImageBuffer, JpegColorType, SamplingFactor, rgb_to_ycbcr};

use crate::mjpeg;

/// How the pixels lie in a buffer.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Pixels {
    /// Each picture is a JPEG already (`MJPG`, `JPEG`). Costs us nothing, so it comes first.
    Jpeg,
    /// A plane of luma, then a plane of chroma pairs at half the width and height (`NV12`).
    Nv12,
    /// Luma, chroma, luma, chroma (`YUYV`).
    Yuyv,
    /// Luma only (`GREY`).
    Grey,
    /// Red, green, blue (`RGB3`).
    Rgb,
    /// Blue, green, red (`BGR3`).
    Bgr,
}

impl Pixels {
    /// What a four-character code of V4L2 stands for; `None` for what we cannot convert.
    pub(crate) fn of(code: [u8; 4]) -> Option<Self> {
        match &code {
            b"MJPG" | b"JPEG" => Some(Self::Jpeg),
            b"NV12" => Some(Self::Nv12),
            b"YUYV" => Some(Self::Yuyv),
            b"GREY" => Some(Self::Grey),
            b"RGB3" => Some(Self::Rgb),
            b"BGR3" => Some(Self::Bgr),
            _ => None,
        }
    }

    /// Bytes from one line to the next, if the driver leaves no gap.
    pub(crate) fn tight_stride(self, width: usize) -> usize {
        match self {
            Self::Jpeg => 0,
            Self::Nv12 | Self::Grey => width,
            Self::Yuyv => width * 2,
            Self::Rgb | Self::Bgr => width * 3,
        }
    }
}

/// One picture in a camera's own buffer.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Picture<'a> {
    pub(crate) pixels: Pixels,
    pub(crate) width: u16,
    pub(crate) height: u16,
    /// Bytes from one line to the next.
    pub(crate) stride: usize,
    /// Whether luma runs from 0 to 255 rather than from 16 to 235.
    pub(crate) full_range: bool,
    pub(crate) bytes: &'a [u8],
}

/// Why a picture does not become a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Unusable {
    /// It is incomplete, or no picture.
    Damaged,
    /// It is larger than a frame may be.
    TooLarge,
}

impl Picture<'_> {
    /// What the encoder tries, one after the other, until the frame is small enough.
    const QUALITIES: [u8; 4] = [80, 60, 40, 20];

    /// The picture as a baseline JPEG of at most [`MediaFrame::MAX_PAYLOAD`] bytes.
    pub(crate) fn to_jpeg(self) -> Result<Bytes, Unusable> {
        self.to_jpeg_within(MediaFrame::MAX_PAYLOAD)
    }

    fn to_jpeg_within(self, most: usize) -> Result<Bytes, Unusable> {
        if self.pixels == Pixels::Jpeg {
            let jpeg = mjpeg::tidied(self.bytes).ok_or(Unusable::Damaged)?;
            return if jpeg.len() <= most {
                Ok(jpeg)
            } else {
                Err(Unusable::TooLarge)
            };
        }
        if !self.is_complete() {
            return Err(Unusable::Damaged);
        }
        for quality in Self::QUALITIES {
            let mut jpeg = Vec::new();
            let mut encoder = Encoder::new(&mut jpeg, quality);
            encoder.set_sampling_factor(SamplingFactor::F_2_2);
            encoder.encode_image(self).map_err(|_| Unusable::Damaged)?;
            if jpeg.len() <= most {
                return Ok(jpeg.into());
            }
        }
        Err(Unusable::TooLarge)
    }

    /// Whether every line that the encoder will ask for is there.
    fn is_complete(&self) -> bool {
        let (width, height) = (usize::from(self.width), usize::from(self.height));
        let tight = self.pixels.tight_stride(width);
        let in_pairs = match self.pixels {
            Pixels::Yuyv => width.is_multiple_of(2),
            Pixels::Nv12 => width.is_multiple_of(2) && height.is_multiple_of(2),
            Pixels::Jpeg | Pixels::Grey | Pixels::Rgb | Pixels::Bgr => true,
        };
        let lines = if self.pixels == Pixels::Nv12 {
            height + height / 2
        } else {
            height
        };
        in_pairs
            && lines > 0
            && tight > 0
            && self.stride >= tight
            // The last line need not be filled up to the stride.
            && self.bytes.len() >= self.stride * (lines - 1) + tight
    }

    fn line(&self, line: usize) -> &[u8] {
        let tight = self.pixels.tight_stride(usize::from(self.width));
        &self.bytes[line * self.stride..][..tight]
    }
}

impl ImageBuffer for Picture<'_> {
    fn get_jpeg_color_type(&self) -> JpegColorType {
        if self.pixels == Pixels::Grey {
            JpegColorType::Luma
        } else {
            JpegColorType::Ycbcr
        }
    }

    fn width(&self) -> u16 {
        self.width
    }

    fn height(&self) -> u16 {
        self.height
    }

    fn fill_buffers(&self, y: u16, [luma, blue, red, _]: &mut [Vec<u8>; 4]) {
        let at = usize::from(y);
        let (full_luma, full_chroma) = if self.full_range {
            (&SAME, &SAME)
        } else {
            (&LUMA, &CHROMA)
        };
        let on_luma = |value: u8| full_luma[usize::from(value)];
        let on_chroma = |value: u8| full_chroma[usize::from(value)];
        match self.pixels {
            Pixels::Yuyv => {
                for pair in self.line(at).chunks_exact(4) {
                    luma.extend([on_luma(pair[0]), on_luma(pair[2])]);
                    blue.extend([on_chroma(pair[1]); 2]);
                    red.extend([on_chroma(pair[3]); 2]);
                }
            }
            Pixels::Nv12 => {
                luma.extend(self.line(at).iter().map(|value| on_luma(*value)));
                for pair in self.line(usize::from(self.height) + at / 2).chunks_exact(2) {
                    blue.extend([on_chroma(pair[0]); 2]);
                    red.extend([on_chroma(pair[1]); 2]);
                }
            }
            Pixels::Grey => luma.extend_from_slice(self.line(at)),
            Pixels::Rgb | Pixels::Bgr => {
                for pixel in self.line(at).chunks_exact(3) {
                    let (first, last) = if self.pixels == Pixels::Rgb {
                        (0, 2)
                    } else {
                        (2, 0)
                    };
                    let (y, cb, cr) = rgb_to_ycbcr(pixel[first], pixel[1], pixel[last]);
                    luma.push(y);
                    blue.push(cb);
                    red.push(cr);
                }
            }
            // `to_jpeg` passes these through.
            Pixels::Jpeg => {}
        }
    }
}

/// Cameras use 16 to 235 for luma and 16 to 240 for chroma, JPEG uses all of 0 to 255.
static LUMA: [u8; 256] = stretched(16, 219, 0);
static CHROMA: [u8; 256] = stretched(128, 224, 128);
static SAME: [u8; 256] = stretched(0, 255, 0);

#[allow(
    clippy::cast_possible_truncation,
    clippy::cast_possible_wrap,
    clippy::cast_sign_loss,
    reason = "indices are below 256 and results clamped to 0..=255; const code has no `try_from`"
)]
const fn stretched(from: i32, range: i32, to: i32) -> [u8; 256] {
    let mut table = [0; 256];
    let mut index = 0;
    while index < table.len() {
        let scaled = (index as i32 - from) * 255;
        let half = if scaled < 0 { -range / 2 } else { range / 2 };
        let value = (scaled + half) / range + to;
        table[index] = if value < 0 {
            0
        } else if value > 255 {
            255
        } else {
            value as u8
        };
        index += 1;
    }
    table
}

#[cfg(test)]
mod tests {
    use super::{Picture, Pixels, Unusable};

    const WIDTH: u16 = 32;
    const HEIGHT: u16 = 16;

    fn picture(pixels: Pixels, bytes: &[u8]) -> Picture<'_> {
        let stride = pixels.tight_stride(usize::from(WIDTH));
        Picture {
            pixels,
            width: WIDTH,
            height: HEIGHT,
            stride,
            full_range: false,
            bytes,
        }
    }

    /// Decodes and answers the colour in the middle of each half; JPEG is off by a little.
    fn halves(picture: Picture<'_>) -> [[u8; 3]; 2] {
        let jpeg = picture.to_jpeg().expect("a frame");
        let mut decoder = jpeg_decoder::Decoder::new(jpeg.as_ref());
        let pixels = decoder.decode().expect("a decodable picture");
        let info = decoder.info().expect("its size");
        assert_eq!((info.width, info.height), (WIDTH, HEIGHT));
        let channels = info.pixel_format.pixel_bytes();
        [8, 24].map(|x| {
            let at = (8 * usize::from(WIDTH) + x) * channels;
            [
                pixels[at],
                pixels[at + (channels - 1) / 2],
                pixels[at + channels - 1],
            ]
        })
    }

    fn assert_near(got: [[u8; 3]; 2], wanted: [[u8; 3]; 2]) {
        let far = |(got, wanted): (&u8, &u8)| got.abs_diff(*wanted) > 6;
        let differs = got.iter().flatten().zip(wanted.iter().flatten()).any(far);
        assert!(!differs, "{got:?} is not near {wanted:?}");
    }

    const RED: [u8; 3] = [255, 0, 0];
    const BLUE: [u8; 3] = [0, 0, 255];
    /// The two in BT.601's limited range: luma, blue difference, red difference.
    const RED_LIMITED: [u8; 3] = [81, 90, 240];
    const BLUE_LIMITED: [u8; 3] = [41, 240, 110];

    fn yuyv() -> Vec<u8> {
        let pair = |[y, u, v]: [u8; 3]| [y, u, y, v].repeat(usize::from(WIDTH) / 4);
        [pair(RED_LIMITED), pair(BLUE_LIMITED)]
            .concat()
            .repeat(usize::from(HEIGHT))
    }

    #[test]
    fn yuyv_keeps_its_colours() {
        assert_near(halves(picture(Pixels::Yuyv, &yuyv())), [RED, BLUE]);
    }

    #[test]
    fn nv12_keeps_its_colours() {
        let half = usize::from(WIDTH) / 2;
        let luma = [
            [RED_LIMITED[0]].repeat(half),
            [BLUE_LIMITED[0]].repeat(half),
        ]
        .concat();
        let chroma = |[_, u, v]: [u8; 3]| [u, v].repeat(half / 2);
        let chroma = [chroma(RED_LIMITED), chroma(BLUE_LIMITED)].concat();
        let (lines, pairs) = (usize::from(HEIGHT), usize::from(HEIGHT) / 2);
        let bytes = [luma.repeat(lines), chroma.repeat(pairs)].concat();
        assert_near(halves(picture(Pixels::Nv12, &bytes)), [RED, BLUE]);
    }

    #[test]
    fn rgb_bgr_and_grey_keep_their_colours() {
        let half = usize::from(WIDTH) / 2;
        let bytes = [RED.repeat(half), BLUE.repeat(half)]
            .concat()
            .repeat(usize::from(HEIGHT));
        assert_near(halves(picture(Pixels::Rgb, &bytes)), [RED, BLUE]);
        assert_near(halves(picture(Pixels::Bgr, &bytes)), [BLUE, RED]);
        let bytes = [[30].repeat(half), [220].repeat(half)]
            .concat()
            .repeat(usize::from(HEIGHT));
        assert_near(halves(picture(Pixels::Grey, &bytes)), [[30; 3], [220; 3]]);
    }

    #[test]
    fn the_full_range_is_not_stretched_again() {
        let grey = [100, 128, 100, 128].repeat(usize::from(WIDTH * HEIGHT) / 2);
        let full = Picture {
            full_range: true,
            ..picture(Pixels::Yuyv, &grey)
        };
        assert_near(halves(full), [[100; 3]; 2]);
        // (100 - 16) * 255 / 219
        assert_near(halves(picture(Pixels::Yuyv, &grey)), [[98; 3]; 2]);
    }

    #[test]
    fn gaps_between_lines_are_left_out() {
        let tight = Pixels::Yuyv.tight_stride(usize::from(WIDTH));
        let mut bytes = Vec::new();
        for line in yuyv().chunks_exact(tight) {
            bytes.extend_from_slice(line);
            bytes.extend_from_slice(&[0xEE; 20]);
        }
        // The last line need not have its gap.
        bytes.truncate(bytes.len() - 20);
        let gapped = Picture {
            stride: tight + 20,
            ..picture(Pixels::Yuyv, &bytes)
        };
        assert_near(halves(gapped), [RED, BLUE]);
    }

    #[test]
    fn a_buffer_that_is_not_full_is_damaged() {
        let bytes = yuyv();
        let short = picture(Pixels::Yuyv, &bytes[..bytes.len() - 1]);
        assert_eq!(short.to_jpeg(), Err(Unusable::Damaged));
        let none = Picture {
            height: 0,
            ..picture(Pixels::Yuyv, &bytes)
        };
        assert_eq!(none.to_jpeg(), Err(Unusable::Damaged));
        let odd = Picture {
            width: 31,
            ..picture(Pixels::Nv12, &bytes)
        };
        assert_eq!(odd.to_jpeg(), Err(Unusable::Damaged));
        assert_eq!(
            picture(Pixels::Jpeg, &bytes).to_jpeg(),
            Err(Unusable::Damaged)
        );
    }

    #[test]
    fn a_frame_that_is_too_large_is_tried_at_lower_quality_and_then_dropped() {
        let random: Vec<u8> = (0..u32::from(WIDTH) * u32::from(HEIGHT) * 2)
            .map(|at| (at.wrapping_mul(2_654_435_761) >> 24) as u8)
            .collect();
        let noisy = picture(Pixels::Yuyv, &random);
        let first = noisy.to_jpeg_within(usize::MAX).expect("a frame").len();
        let second = noisy
            .to_jpeg_within(first - 1)
            .expect("a smaller frame")
            .len();
        assert!(second < first);
        assert_eq!(noisy.to_jpeg_within(100), Err(Unusable::TooLarge));
        let jpeg = noisy.to_jpeg().expect("a frame");
        assert_eq!(
            picture(Pixels::Jpeg, &jpeg).to_jpeg_within(100),
            Err(Unusable::TooLarge)
        );
    }
}
