//! The test picture: colour bars, a clock, and something that moves.

use std::time::Duration;

use jpeg_encoder::{ImageBuffer, JpegColorType, rgb_to_ycbcr};

/// Luma and both chromas of one pixel, each over the full range.
pub(crate) type Pixel = [u8; 3];

/// A picture of pixels in rows.
#[derive(Clone, Debug)]
pub(crate) struct Picture {
    width: u16,
    pixels: Vec<Pixel>,
}

/// Draws the same scene at different times.
#[derive(Clone, Debug)]
pub(crate) struct Scene {
    bars: Picture,
    picture: Picture,
}

const WHITE: Pixel = [255, 128, 128];
const BLACK: Pixel = [0, 128, 128];

impl Picture {
    pub(crate) fn row(&self, y: usize) -> &[Pixel] {
        let width = usize::from(self.width);
        &self.pixels[y * width..][..width]
    }

    pub(crate) fn rows(&self) -> usize {
        self.pixels.len() / usize::from(self.width)
    }

    /// Fills a rectangle; what lies outside of the picture is left out.
    fn fill(&mut self, left: usize, top: usize, width: usize, height: usize, pixel: Pixel) {
        let across = usize::from(self.width);
        for row in self.pixels.chunks_exact_mut(across).skip(top).take(height) {
            let right = (left + width).min(across);
            if let Some(part) = row.get_mut(left..right) {
                part.fill(pixel);
            }
        }
    }
}

impl ImageBuffer for &Picture {
    fn get_jpeg_color_type(&self) -> JpegColorType {
        JpegColorType::Ycbcr
    }

    fn width(&self) -> u16 {
        self.width
    }

    fn height(&self) -> u16 {
        u16::try_from(self.rows()).unwrap_or(u16::MAX)
    }

    fn fill_buffers(&self, y: u16, [luma, blue, red, _]: &mut [Vec<u8>; 4]) {
        let row = self.row(usize::from(y));
        luma.extend(row.iter().map(|pixel| pixel[0]));
        blue.extend(row.iter().map(|pixel| pixel[1]));
        red.extend(row.iter().map(|pixel| pixel[2]));
    }
}

impl Scene {
    /// The seven bars at three quarters of their brightness, as red, green, blue.
    const BARS: [[u8; 3]; 7] = [
        [191, 191, 191],
        [191, 191, 0],
        [0, 191, 191],
        [0, 191, 0],
        [191, 0, 191],
        [191, 0, 0],
        [0, 0, 191],
    ];
    /// The clock's face in units of a segment's width: 6 digits of 4, 2 signs of 2, and the margins.
    const FACE: usize = 6 * 5 + 2 * 2 + 1;

    pub(crate) fn new(width: u16, height: u16) -> Self {
        let bars = Self::BARS.map(|[red, green, blue]| {
            let (luma, blue, red) = rgb_to_ycbcr(red, green, blue);
            [luma, blue, red]
        });
        let across = usize::from(width).max(1);
        let pixels =
            (0..across * usize::from(height)).map(|at| bars[at % across * bars.len() / across]);
        let bars = Picture {
            width: width.max(1),
            pixels: pixels.collect(),
        };
        Self {
            picture: bars.clone(),
            bars,
        }
    }

    /// The scene at this time: the clock shows minutes, seconds and hundredths, and a white block
    /// crosses the foot of the picture in four seconds.
    pub(crate) fn at(&mut self, time: Duration) -> &Picture {
        self.picture.pixels.copy_from_slice(&self.bars.pixels);
        self.draw_clock(time);
        self.draw_block(time);
        &self.picture
    }

    fn draw_clock(&mut self, time: Duration) {
        let unit = (usize::from(self.picture.width) * 3 / 4 / Self::FACE).max(1);
        let left = (usize::from(self.picture.width)).saturating_sub(Self::FACE * unit) / 2;
        let top = self.picture.rows().saturating_sub(9 * unit) / 2;
        self.picture
            .fill(left, top, Self::FACE * unit, 9 * unit, BLACK);
        let mut at = left + unit;
        let hundredths = time.as_millis() / 10;
        let pairs = [
            hundredths / 6_000 % 100,
            hundredths / 100 % 60,
            hundredths % 100,
        ];
        for (number, pair) in pairs.into_iter().enumerate() {
            // A colon after the minutes, a point after the seconds.
            let dots: &[usize] = [&[][..], &[3, 5], &[7]][number];
            for dot in dots {
                self.picture.fill(at, top + dot * unit, unit, unit, WHITE);
            }
            at += 2 * unit * usize::from(number > 0);
            for digit in [pair / 10, pair % 10] {
                self.draw_digit(
                    at,
                    top + unit,
                    unit,
                    usize::try_from(digit).unwrap_or_default(),
                );
                at += 5 * unit;
            }
        }
    }

    /// Seven segments, 4 units wide and 7 high.
    fn draw_digit(&mut self, left: usize, top: usize, unit: usize, digit: usize) {
        /// Which segments are lit for each digit; the lowest bit is the first segment.
        const LIT: [u8; 10] = [
            0b111_0111, 0b010_0100, 0b101_1101, 0b110_1101, 0b010_1110, 0b110_1011, 0b111_1011,
            0b010_0101, 0b111_1111, 0b110_1111,
        ];
        /// Left, top, width and height of each.
        const SEGMENTS: [[usize; 4]; 7] = [
            [0, 0, 4, 1],
            [0, 0, 1, 4],
            [3, 0, 1, 4],
            [0, 3, 4, 1],
            [0, 3, 1, 4],
            [3, 3, 1, 4],
            [0, 6, 4, 1],
        ];
        let lit = LIT.get(digit).copied().unwrap_or_default();
        for (bit, [x, y, width, height]) in SEGMENTS.into_iter().enumerate() {
            if lit >> bit & 1 == 1 {
                self.picture.fill(
                    left + x * unit,
                    top + y * unit,
                    width * unit,
                    height * unit,
                    WHITE,
                );
            }
        }
    }

    fn draw_block(&mut self, time: Duration) {
        const CROSSING_MILLIS: u128 = 4_000;
        let across = usize::from(self.picture.width);
        let side = (self.picture.rows() / 9).max(1);
        let part = usize::try_from(time.as_millis() % CROSSING_MILLIS).unwrap_or_default();
        let left = across.saturating_sub(side) * part / 4_000;
        self.picture.fill(
            left,
            self.picture.rows().saturating_sub(2 * side),
            side,
            side,
            WHITE,
        );
    }
}
