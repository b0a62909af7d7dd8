//! Pictures that were mutilated on the way, in both codecs: never a panic, and the next good one is fine.

use exeunt_port::MediaFrame;
use jpeg_encoder::{ColorType, Encoder as JpegEncoder};
use openh264::OpenH264API;
use openh264::encoder::{Encoder, EncoderConfig, RateControlMode};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::Index;

use crate::picture::Picture;
use crate::picture_decoder::{Decoded, decode};

const SIZE: (u16, u16) = (96, 64);

fn jpeg() -> Vec<u8> {
    let pixels: Vec<u8> = (0..96 * 64 * 3_u32)
        .map(|at| (at % 251).to_le_bytes()[0])
        .collect();
    let mut jpeg = Vec::new();
    JpegEncoder::new(&mut jpeg, 80)
        .encode(&pixels, SIZE.0, SIZE.1, ColorType::Rgb)
        .expect("a JPEG");
    jpeg
}

/// A key frame and a few that follow.
fn stream() -> Vec<Vec<u8>> {
    let picture = Picture::from_jpeg(&jpeg()).expect("usable");
    let config = EncoderConfig::new()
        .rate_control_mode(RateControlMode::Off)
        .skip_frames(false)
        .num_threads(1);
    let mut encoder =
        Encoder::with_api_config(OpenH264API::from_source(), config).expect("an encoder");
    let units = (0..4).map(|_| encoder.encode(&picture).expect("encoded").to_vec());
    units.collect()
}

fn mutilated(bytes: &[u8], changes: &[(Index, u8)], cut: Option<Index>) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    for (at, value) in changes {
        let at = at.index(bytes.len());
        bytes[at] = *value;
    }
    if let Some(cut) = cut {
        bytes.truncate(cut.index(bytes.len()));
    }
    bytes
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn no_jpeg_makes_it_panic(
        changes in vec(any::<(Index, u8)>(), 0..12),
        cut in proptest::option::weighted(0.2, any::<Index>()),
    ) {
        // Usable or not; what counts is that it comes back.
        let _ = Picture::from_jpeg(&mutilated(&jpeg(), &changes, cut));
    }

    #[test]
    fn no_access_unit_makes_it_panic(
        unit in 0..4_usize,
        changes in vec(any::<(Index, u8)>(), 0..12),
        cut in proptest::option::weighted(0.2, any::<Index>()),
    ) {
        let stream = stream();
        let mut decoder = None;
        for (number, good) in stream.iter().enumerate() {
            if number == unit {
                let bad = mutilated(good, &changes, cut);
                if decode(&mut decoder, &bad).is_err() {
                    decoder = None;
                }
            } else if decode(&mut decoder, good).is_err() {
                decoder = None;
            }
        }
        // A fresh decoder is what the next key frame gets after an error.
        let mut decoder = None;
        let seen = decode(&mut decoder, &stream[0]).expect("decoded");
        let Some(Decoded::Jpeg(jpeg)) = seen else {
            return Err(TestCaseError::fail("no picture"));
        };
        prop_assert!(jpeg.len() <= MediaFrame::MAX_PAYLOAD);
    }
}
