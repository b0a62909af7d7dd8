//! Offers that are made up, and what is chosen of them.

use exeunt_port::DeviceError;

use super::{Interval, Offer, Wanted, choose, nearest, set_otherwise};
use crate::pixel_format::PixelFormat;
use crate::request::FormatRequest;

const WANTED: Wanted = Wanted {
    width: 640,
    height: 480,
    rate: 30,
    required: FormatRequest {
        size: None,
        rate: None,
        pixels: None,
    },
};

fn requiring(text: &str) -> Wanted {
    let required = text.parse().expect("a request");
    Wanted { required, ..WANTED }.settled()
}

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
        Some(PixelFormat::Yuyv)
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
        Some(PixelFormat::Mjpeg)
    );
}

#[test]
fn a_wish_beyond_all_bounds_still_finds_the_nearest() {
    let wanted = Wanted {
        width: u32::MAX,
        height: u32::MAX,
        rate: u32::MAX,
        ..WANTED
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

#[test]
fn what_is_required_is_taken_although_something_else_is_nearer_or_cheaper() {
    let offers = [
        offer(*b"MJPG", 640, 480, &[30]),
        offer(*b"YUYV", 640, 480, &[30, 15]),
        offer(*b"MJPG", 1280, 720, &[30]),
        offer(*b"NV12", 1280, 720, &[10]),
    ];
    let chosen = |request: &str| {
        let choice = nearest(&offers, requiring(request)).expect(request);
        let rate = choice.interval.map_or(0, |interval| interval.denominator);
        (choice.width, rate, choice.pixels)
    };
    assert_eq!(chosen("yuyv"), (640, 30, PixelFormat::Yuyv));
    assert_eq!(chosen("@15"), (640, 15, PixelFormat::Yuyv));
    assert_eq!(chosen("1280x720"), (1280, 30, PixelFormat::Mjpeg));
    assert_eq!(chosen("1280x720@10"), (1280, 10, PixelFormat::Nv12));
    assert_eq!(chosen("640x480@30:mjpeg"), (640, 30, PixelFormat::Mjpeg));
}

#[test]
fn what_nobody_offers_is_answered_with_what_is_offered_the_nearest_first() {
    let mut offers = vec![
        offer(*b"H264", 1280, 720, &[30]),
        offer(*b"MJPG", 640, 480, &[60, 30, 20, 15, 10, 5]),
        offer(*b"MJPG", 1280, 720, &[15]),
        offer(*b"GREY", 160, 120, &[]),
    ];
    offers[2].intervals.push(Interval {
        numerator: 1001,
        denominator: 30_000,
    });
    let error = choose("Webcam", &offers, requiring("1280x720@60:nv12"));
    assert_eq!(
        error.expect_err("no NV12").to_string(),
        "Webcam does not offer 1280x720@60:nv12; it offers 1280x720:mjpeg at 29.97, 15 a second; \
         640x480:mjpeg at 60, 30, 20, 15 ... 5 a second; 160x120:grey"
    );
}

#[test]
fn a_driver_that_sets_something_else_than_it_offers_is_answered_with_that() {
    let offers = [offer(*b"YUYV", 640, 480, &[30])];
    for (rates, said) in [
        (
            vec![25],
            "640x480:yuyv at 25 a second (what its driver makes of the wish)",
        ),
        (
            vec![],
            "640x480:yuyv (what its driver makes of the wish, without telling a rate)",
        ),
    ] {
        let set = offer(*b"YUYV", 640, 480, &rates).to_format();
        let error = set_otherwise("Webcam", &set, &offers, requiring("640x480@30"));
        let words = format!(
            "Webcam does not offer 640x480@30; it offers {said}; 640x480:yuyv at 30 a second"
        );
        assert_eq!(error.to_string(), words);
    }
}

#[test]
fn a_long_list_of_offers_is_cut_and_says_so() {
    let offers: Vec<Offer> = (1..=20)
        .map(|side| offer(*b"YUYV", side * 32, 480, &[30]))
        .collect();
    let Err(DeviceError::Unsupported { offered, .. }) =
        choose("Webcam", &offers, requiring("99x99"))
    else {
        panic!("nobody offers that");
    };
    assert_eq!(offered.len(), 9);
    assert_eq!(offered.last().map(String::as_str), Some("and 12 more"));
}

#[test]
fn a_camera_whose_pixels_cannot_be_used_is_answered_with_its_own() {
    let error = choose("Webcam", &[offer(*b"H264", 640, 480, &[30])], WANTED);
    let words = error.expect_err("we cannot decode it").to_string();
    assert!(
        words.contains("pixels that can be used (mjpeg, nv12"),
        "{words}"
    );
    assert!(
        words.ends_with("it offers 640x480:H264 at 30 a second"),
        "{words}"
    );
}

#[test]
fn a_code_is_told_without_its_padding_and_a_big_endian_one_as_such() {
    assert_eq!(super::code_name(*b"Y10 "), "Y10");
    assert_eq!(super::code_name([b'A', b'R', b'1', b'2' | 0x80]), "AR12-BE");
}
