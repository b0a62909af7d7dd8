//! Pictures that are made up, one for each way in which pixels may lie.

use std::cell::Cell;

use super::{Picture, Unusable};
use crate::pixel_format::PixelFormat;

/// As long as somebody wants it.
fn always() -> bool {
    true
}

const WIDTH: u16 = 32;
const HEIGHT: u16 = 16;

fn picture(pixels: PixelFormat, bytes: &[u8]) -> Picture<'_> {
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
    let jpeg = picture.to_jpeg(&always).expect("a frame");
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
    assert_near(halves(picture(PixelFormat::Yuyv, &yuyv())), [RED, BLUE]);
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
    assert_near(halves(picture(PixelFormat::Nv12, &bytes)), [RED, BLUE]);
}

#[test]
fn rgb_bgr_and_grey_keep_their_colours() {
    let half = usize::from(WIDTH) / 2;
    let bytes = [RED.repeat(half), BLUE.repeat(half)]
        .concat()
        .repeat(usize::from(HEIGHT));
    assert_near(halves(picture(PixelFormat::Rgb, &bytes)), [RED, BLUE]);
    assert_near(halves(picture(PixelFormat::Bgr, &bytes)), [BLUE, RED]);
    let bytes = [[30].repeat(half), [220].repeat(half)]
        .concat()
        .repeat(usize::from(HEIGHT));
    assert_near(
        halves(picture(PixelFormat::Grey, &bytes)),
        [[30; 3], [220; 3]],
    );
}

#[test]
fn the_full_range_is_not_stretched_again() {
    let grey = [100, 128, 100, 128].repeat(usize::from(WIDTH * HEIGHT) / 2);
    let full = Picture {
        full_range: true,
        ..picture(PixelFormat::Yuyv, &grey)
    };
    assert_near(halves(full), [[100; 3]; 2]);
    // (100 - 16) * 255 / 219
    assert_near(halves(picture(PixelFormat::Yuyv, &grey)), [[98; 3]; 2]);
}

#[test]
fn gaps_between_lines_are_left_out() {
    let tight = PixelFormat::Yuyv.tight_stride(usize::from(WIDTH));
    let mut bytes = Vec::new();
    for line in yuyv().chunks_exact(tight) {
        bytes.extend_from_slice(line);
        bytes.extend_from_slice(&[0xEE; 20]);
    }
    // The last line need not have its gap.
    bytes.truncate(bytes.len() - 20);
    let gapped = Picture {
        stride: tight + 20,
        ..picture(PixelFormat::Yuyv, &bytes)
    };
    assert_near(halves(gapped), [RED, BLUE]);
}

#[test]
fn a_buffer_that_is_not_full_is_damaged() {
    let bytes = yuyv();
    let short = picture(PixelFormat::Yuyv, &bytes[..bytes.len() - 1]);
    assert_eq!(short.to_jpeg(&always), Err(Unusable::Damaged));
    let none = Picture {
        height: 0,
        ..picture(PixelFormat::Yuyv, &bytes)
    };
    assert_eq!(none.to_jpeg(&always), Err(Unusable::Damaged));
    assert_eq!(
        picture(PixelFormat::Mjpeg, &bytes).to_jpeg(&always),
        Err(Unusable::Damaged)
    );
}

#[test]
fn a_frame_that_is_too_large_is_tried_at_lower_quality_and_then_dropped() {
    let random: Vec<u8> = (0..u32::from(WIDTH) * u32::from(HEIGHT) * 2)
        .map(|at| (at.wrapping_mul(2_654_435_761) >> 24) as u8)
        .collect();
    let noisy = picture(PixelFormat::Yuyv, &random);
    let first = noisy
        .to_jpeg_within(usize::MAX, &always)
        .expect("a frame")
        .len();
    let second = noisy
        .to_jpeg_within(first - 1, &always)
        .expect("a smaller frame")
        .len();
    assert!(second < first);
    assert_eq!(noisy.to_jpeg_within(100, &always), Err(Unusable::TooLarge));
    let jpeg = noisy.to_jpeg(&always).expect("a frame");
    assert_eq!(
        picture(PixelFormat::Mjpeg, &jpeg).to_jpeg_within(100, &always),
        Err(Unusable::TooLarge)
    );
}

/// What a driver puts into its buffer of a picture that is red on the left and blue on the right, of any
/// size, with lines this far apart; the gaps are filled with what must not be seen.
fn red_and_blue(pixels: PixelFormat, width: usize, height: usize, stride: usize) -> Vec<u8> {
    let limited = |x: usize| {
        if x < width / 2 {
            RED_LIMITED
        } else {
            BLUE_LIMITED
        }
    };
    let full = |x: usize| if x < width / 2 { RED } else { BLUE };
    let padded = |mut line: Vec<u8>| {
        line.resize(stride, 0xEE);
        line
    };
    let pairs = (0..width).step_by(2);
    let line: Vec<u8> = match pixels {
        PixelFormat::Yuyv => pairs
            .clone()
            .flat_map(|x| {
                let [luma, blue, red] = limited(x);
                [luma, blue, limited(x + 1)[0], red]
            })
            .collect(),
        PixelFormat::Nv12 => (0..width).map(|x| limited(x)[0]).collect(),
        PixelFormat::Rgb => (0..width).flat_map(full).collect(),
        PixelFormat::Bgr => (0..width).flat_map(|x| full(x).into_iter().rev()).collect(),
        PixelFormat::Grey | PixelFormat::Mjpeg => panic!("these have no colours, or no lines"),
    };
    let mut bytes = padded(line).repeat(height);
    if pixels == PixelFormat::Nv12 {
        let chroma = pairs.flat_map(|x| [limited(x)[1], limited(x)[2]]).collect();
        bytes.extend(padded(chroma).repeat(height.div_ceil(2)));
    }
    bytes
}

#[test]
fn every_format_keeps_its_colours_in_odd_sizes_and_with_gaps_between_the_lines() {
    for pixels in [
        PixelFormat::Yuyv,
        PixelFormat::Nv12,
        PixelFormat::Rgb,
        PixelFormat::Bgr,
    ] {
        for (width, height) in [(64_u16, 32_u16), (67, 32), (64, 33), (65, 17), (97, 51)] {
            let (wide, high) = (usize::from(width), usize::from(height));
            for gap in [0, 2, 64] {
                let stride = pixels.tight_stride(wide) + gap;
                let bytes = red_and_blue(pixels, wide, high, stride);
                let picture = Picture {
                    pixels,
                    width,
                    height,
                    stride,
                    full_range: false,
                    bytes: &bytes,
                };
                let jpeg = picture.to_jpeg(&always).expect("a frame");
                let mut decoder = jpeg_decoder::Decoder::new(jpeg.as_ref());
                let colours = decoder.decode().expect("a decodable picture");
                assert_eq!(colours.len(), wide * high * 3);
                // Every line, away from the edge between the two colours.
                for y in 0..high {
                    let at = |x: usize| {
                        let first = (y * wide + x) * 3;
                        [colours[first], colours[first + 1], colours[first + 2]]
                    };
                    assert_near([at(2), at(wide - 1)], [RED, BLUE]);
                }
            }
        }
    }
}

#[test]
fn a_buffer_cut_anywhere_is_damaged_unless_only_the_last_gap_is_missing() {
    for pixels in PixelFormat::ALL {
        let (width, height) = (7_u16, 5_u16);
        let tight = pixels.tight_stride(usize::from(width));
        let stride = tight + 3;
        let lines = if pixels == PixelFormat::Nv12 {
            5 + 3
        } else {
            5
        };
        let bytes = vec![90; stride * lines];
        let whole = stride * (lines - 1) + tight;
        for length in 0..=bytes.len() {
            let picture = Picture {
                pixels,
                width,
                height,
                stride,
                full_range: true,
                bytes: &bytes[..length],
            };
            let usable = pixels != PixelFormat::Mjpeg && length >= whole;
            assert_eq!(
                picture.to_jpeg(&always).is_ok(),
                usable,
                "{pixels} of {length} bytes"
            );
        }
    }
}

#[test]
fn a_camera_of_jpegs_keeps_its_colours_since_nothing_is_encoded_again() {
    let bytes = yuyv();
    let jpeg = picture(PixelFormat::Yuyv, &bytes)
        .to_jpeg(&always)
        .expect("a frame");
    let of_the_camera = picture(PixelFormat::Mjpeg, &jpeg);
    assert_eq!(of_the_camera.to_jpeg(&always).as_deref(), Ok(jpeg.as_ref()));
    assert_near(halves(of_the_camera), [RED, BLUE]);
}

#[test]
fn a_stride_that_is_shorter_than_a_line_is_damaged() {
    let bytes = yuyv();
    let folded = Picture {
        stride: usize::from(WIDTH),
        ..picture(PixelFormat::Yuyv, &bytes)
    };
    assert_eq!(folded.to_jpeg(&always), Err(Unusable::Damaged));
}

/// How often an encoding looks whether it is wanted until it has come to its end, and what it came to,
/// if it is wanted for only so many looks.
fn looks(picture: Picture<'_>, wanted_for: usize) -> (usize, Result<(), Unusable>) {
    let looks = Cell::new(0);
    let is_wanted = || {
        looks.set(looks.get() + 1);
        looks.get() <= wanted_for
    };
    let ended = picture.to_jpeg(&is_wanted).map(drop);
    (looks.get(), ended)
}

#[test]
fn an_encoding_that_nobody_wants_any_more_ends_at_the_next_look_whenever_that_is() {
    let bytes = vec![0x80; 320 * 180 * 3];
    for pixels in [PixelFormat::Nv12, PixelFormat::Yuyv, PixelFormat::Rgb] {
        let flat = Picture {
            width: 320,
            height: 180,
            stride: pixels.tight_stride(320),
            ..picture(pixels, &bytes)
        };
        let (in_all, ended) = looks(flat, usize::MAX);
        assert_eq!(ended, Ok(()));
        // At least once in each row of blocks, which are 16 lines high, even where all is of one colour.
        assert!(in_all >= 180 / 16, "{pixels}: only {in_all} looks");
        for wanted_for in 0..in_all {
            assert_eq!(
                looks(flat, wanted_for),
                (wanted_for + 1, Err(Unusable::Unwanted))
            );
        }
    }
}
