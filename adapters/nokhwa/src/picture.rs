//! From what a camera's buffer holds to one baseline JPEG.

use std::io::{self, Write};

use bytes::Bytes;
use exeunt_port::MediaFrame;
use jpeg_encoder::{
    Encoder, EncodingError, ImageBuffer, JpegColorType, SamplingFactor, rgb_to_ycbcr,
};

use crate::mjpeg;
use crate::pixel_format::PixelFormat;

/// One picture in a camera's own buffer.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Picture<'a> {
    pub(crate) pixels: PixelFormat,
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
    /// Nobody wants it any more, so it was not made.
    Unwanted,
}

/// Where the encoder writes, which it does all along, a few bytes at a time. What refuses to be
/// written to is therefore what ends an encoding early: within a row of blocks, however large the
/// picture.
struct Wanted<'a, W> {
    jpeg: &'a mut Vec<u8>,
    is_wanted: W,
}

impl<W: Fn() -> bool> Write for Wanted<'_, W> {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        if !(self.is_wanted)() {
            return Err(io::ErrorKind::Other.into());
        }
        self.jpeg.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Picture<'_> {
    /// What the encoder tries, one after the other, until the frame is small enough.
    const QUALITIES: [u8; 4] = [80, 60, 40, 20];

    /// The picture as a baseline JPEG of at most [`MediaFrame::MAX_PAYLOAD`] bytes, for as long as it
    /// `is_wanted`. That is asked every few bytes, so it is to be quick.
    pub(crate) fn to_jpeg(self, is_wanted: &impl Fn() -> bool) -> Result<Bytes, Unusable> {
        self.to_jpeg_within(MediaFrame::MAX_PAYLOAD, is_wanted)
    }

    fn to_jpeg_within(self, most: usize, is_wanted: &impl Fn() -> bool) -> Result<Bytes, Unusable> {
        if self.pixels == PixelFormat::Mjpeg {
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
            let wanted = Wanted {
                jpeg: &mut jpeg,
                is_wanted,
            };
            let mut encoder = Encoder::new(wanted, quality);
            encoder.set_sampling_factor(SamplingFactor::F_2_2);
            encoder.encode_image(self).map_err(|error| match error {
                // Memory takes every byte, so the refusal was ours.
                EncodingError::IoError(_) => Unusable::Unwanted,
                EncodingError::InvalidAppSegment(_)
                | EncodingError::AppSegmentTooLarge(_)
                | EncodingError::IccTooLarge(_)
                | EncodingError::BadImageData { .. }
                | EncodingError::ZeroImageDimensions { .. }
                | EncodingError::Write(_) => Unusable::Damaged,
            })?;
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
        let lines = if self.pixels == PixelFormat::Nv12 {
            height + height.div_ceil(2)
        } else {
            height
        };
        lines > 0
            && tight > 0
            && self.stride >= tight
            // The last line need not be filled up to the stride.
            && self.bytes.len() >= self.stride * (lines - 1) + tight
    }

    fn line(&self, line: usize) -> &[u8] {
        let tight = self.pixels.tight_stride(usize::from(self.width));
        &self.bytes[line * self.stride..][..tight]
    }

    /// One value for each pixel of a line; of a pair's second half that hangs over there is no pixel.
    fn each_pixel<'a>(
        &self,
        values: impl Iterator<Item = u8> + 'a,
    ) -> impl Iterator<Item = u8> + 'a {
        values.take(usize::from(self.width))
    }
}

impl ImageBuffer for Picture<'_> {
    fn get_jpeg_color_type(&self) -> JpegColorType {
        if self.pixels == PixelFormat::Grey {
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
            PixelFormat::Yuyv => {
                let pairs = || self.line(at).as_chunks::<4>().0.iter();
                luma.extend(
                    self.each_pixel(pairs().flat_map(|pair| [on_luma(pair[0]), on_luma(pair[2])])),
                );
                blue.extend(self.each_pixel(pairs().flat_map(|pair| [on_chroma(pair[1]); 2])));
                red.extend(self.each_pixel(pairs().flat_map(|pair| [on_chroma(pair[3]); 2])));
            }
            PixelFormat::Nv12 => {
                let chroma = self.line(usize::from(self.height) + at / 2);
                let pairs = || chroma.as_chunks::<2>().0.iter();
                luma.extend(self.each_pixel(self.line(at).iter().map(|value| on_luma(*value))));
                blue.extend(self.each_pixel(pairs().flat_map(|pair| [on_chroma(pair[0]); 2])));
                red.extend(self.each_pixel(pairs().flat_map(|pair| [on_chroma(pair[1]); 2])));
            }
            PixelFormat::Grey => luma.extend_from_slice(self.line(at)),
            PixelFormat::Rgb | PixelFormat::Bgr => {
                for pixel in self.line(at).chunks_exact(3) {
                    let (first, last) = if self.pixels == PixelFormat::Rgb {
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
            PixelFormat::Mjpeg => {}
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
mod tests;
