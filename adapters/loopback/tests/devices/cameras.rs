//! Cameras that see test pictures and files.

use exeunt_loopback::{PictureCamera, Y4mCamera, write_test_y4m};
use exeunt_port::{Codec, Device, DeviceError, MediaFrame};
use zune_jpeg::JpegDecoder;
use zune_jpeg::zune_core::bytestream::ZCursor;

use crate::lab::{frames, link};

/// Width, height and pixels (red, green, blue) of a picture.
fn seen(frame: &MediaFrame) -> (usize, usize, Vec<u8>) {
    assert_eq!(frame.codec, Codec::Jpeg);
    let mut decoder = JpegDecoder::new(ZCursor::new(&frame.payload[..]));
    let pixels = decoder.decode().expect("a valid JPEG");
    let info = decoder.info().expect("it has a header");
    (usize::from(info.width), usize::from(info.height), pixels)
}

fn pixel((width, _, pixels): &(usize, usize, Vec<u8>), x: usize, y: usize) -> [u8; 3] {
    let at = 3 * (y * width + x);
    [pixels[at], pixels[at + 1], pixels[at + 2]]
}

fn near(pixel: [u8; 3], expected: [u8; 3]) -> bool {
    pixel
        .iter()
        .zip(expected)
        .all(|(is, should)| is.abs_diff(should) < 24)
}

#[tokio::test(start_paused = true)]
async fn the_test_picture_has_its_size_its_bars_and_moves() {
    let (link, side) = link();
    let open = PictureCamera::new().open(link).await.expect("opens");
    let frames = frames(&side, 3).await;
    let pictures: Vec<_> = frames.iter().map(seen).collect();
    for picture in &pictures {
        assert_eq!((picture.0, picture.1), (640, 360));
        assert!(
            near(pixel(picture, 20, 20), [191, 191, 191]),
            "the first bar is grey"
        );
        assert!(
            near(pixel(picture, 620, 20), [0, 0, 191]),
            "the last bar is blue"
        );
    }
    assert_ne!(pictures[0].2, pictures[1].2);
    assert_ne!(pictures[1].2, pictures[2].2);
    let times: Vec<_> = frames
        .iter()
        .map(|frame| frame.captured_at_micros)
        .collect();
    assert_eq!(times, [0, 66_666, 133_333]);
    open.release().await.expect("released");
}

#[tokio::test(start_paused = true)]
async fn the_clock_shows_the_time_since_opening() {
    let (link, side) = link();
    let camera = PictureCamera::new().with_rate(1);
    let open = camera.open(link).await.expect("opens");
    let frames = frames(&side, 2).await;
    // The last digit of the seconds, in the middle of the face: an eight less the middle bar is a
    // zero; a one has neither the upper left nor the upper segment.
    let unit = 640 * 3 / 4 / 35;
    let digit = (640 - 35 * unit) / 2 + unit + (10 + 2 + 5) * unit;
    let top = (360 - 9 * unit) / 2 + unit;
    let upper_left = (digit + unit / 2, top + 2 * unit);
    let lit = |frame: &MediaFrame| pixel(&seen(frame), upper_left.0, upper_left.1)[0] > 128;
    assert!(lit(&frames[0]), "00:00.00");
    assert!(!lit(&frames[1]), "00:01.00");
    open.release().await.expect("released");
}

#[tokio::test(start_paused = true)]
async fn the_camera_is_as_large_and_fast_as_asked_for() {
    for (width, height) in [PictureCamera::SMALLEST, (321, 241), PictureCamera::LARGEST] {
        let (link, side) = link();
        let camera = PictureCamera::new().with_size(width, height).with_rate(5);
        let open = camera.open(link).await.expect("opens");
        let frames = frames(&side, 2).await;
        let picture = seen(&frames[1]);
        assert_eq!(
            (picture.0, picture.1),
            (usize::from(width), usize::from(height))
        );
        assert_eq!(frames[1].captured_at_micros, 200_000);
        assert!(frames[1].payload.len() <= MediaFrame::MAX_PAYLOAD);
        open.release().await.expect("released");
    }
}

#[tokio::test]
async fn a_camera_out_of_bounds_says_what_is_offered() {
    let cameras = [
        PictureCamera::new().with_size(0, 360),
        PictureCamera::new().with_size(640, 65_535),
        PictureCamera::new().with_rate(0),
        PictureCamera::new().with_rate(1_000),
    ];
    for camera in cameras {
        let refused = camera.open(link().0).await.err().expect("out of bounds");
        assert!(
            matches!(&refused, DeviceError::Unsupported { .. }),
            "{refused}"
        );
        assert!(
            refused.to_string().contains("64x36 to 1920x1080"),
            "{refused}"
        );
    }
}

#[tokio::test]
async fn a_file_is_seen_in_its_colours_and_moves() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("test.y4m");
    write_test_y4m(&path, 1).expect("written");
    let (link, side) = link();
    let open = Y4mCamera::new(&path).open(link).await.expect("opens");
    // One more than the file has: it begins anew.
    let frames = frames(&side, 16).await;
    let pictures: Vec<_> = frames.iter().map(seen).collect();
    assert_eq!((pictures[0].0, pictures[0].1), (320, 180));
    assert!(
        near(pixel(&pictures[0], 10, 10), [191, 191, 191]),
        "the first bar is grey"
    );
    assert!(
        near(pixel(&pictures[0], 310, 10), [0, 0, 191]),
        "the last bar is blue"
    );
    assert_ne!(pictures[0].2, pictures[1].2);
    assert_eq!(pictures[0].2, pictures[15].2);
    assert_eq!(frames[15].sequence, 15);
    assert!(
        frames[15].captured_at_micros >= 1_000_000,
        "15 pictures last a second"
    );
    open.release().await.expect("released");
}

#[tokio::test]
async fn every_colour_space_that_is_allowed_is_seen() {
    let folder = tempfile::tempdir().expect("a folder");
    // 18 by 18 pixels: 324 of luma, and chromas of 81, 162 or 324.
    let spaces = [
        ("420mpeg2", 81),
        ("420jpeg", 81),
        ("420paldv", 81),
        ("422", 162),
        ("444", 324),
        ("mono", 0),
    ];
    for (space, chroma) in spaces {
        let path = folder.path().join("flat.y4m");
        let mut file = format!("YUV4MPEG2 W18 H18 F50:1 C{space}\nFRAME\n").into_bytes();
        file.extend(std::iter::repeat_n(235, 324));
        file.extend(std::iter::repeat_n(128, 2 * chroma));
        std::fs::write(&path, file).expect("written");
        let (link, side) = link();
        let open = Y4mCamera::new(&path).open(link).await.expect("opens");
        let mut decoder = JpegDecoder::new(ZCursor::new(
            frames(&side, 1).await.remove(0).payload.to_vec(),
        ));
        let pixels = decoder.decode().expect("a valid JPEG");
        assert!(
            pixels.iter().all(|value| *value > 250),
            "{space}: white is white"
        );
        open.release().await.expect("released");
    }
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn the_file_is_open_as_long_as_the_camera_is() {
    use crate::lab::descriptors_of;

    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("test.y4m");
    write_test_y4m(&path, 1).expect("written");
    let (link, side) = link();
    let open = Y4mCamera::new(&path).open(link).await.expect("opens");
    frames(&side, 1).await;
    assert_eq!(descriptors_of(&path), 1);
    open.release().await.expect("released");
    assert_eq!(descriptors_of(&path), 0);
}
