//! Files that cannot serve as a device, and openings that nobody waits for.

use std::path::Path;

use exeunt_loopback::{
    ExampleMediaError, WavMicrophone, Y4mCamera, write_melody_wav, write_test_y4m,
};
use exeunt_port::{Device, DeviceError, DeviceSignal};

use crate::lab::{frames, link};

/// The whole error, after a look at its path.
async fn refusal(device: impl Device, path: &Path) -> String {
    let refused = device.open(link().0).await.err().expect("it cannot serve");
    if let DeviceError::File { path: named, .. } = &refused {
        assert_eq!(*named, path.display().to_string());
    } else {
        unreachable!("it is the file's fault: {refused}");
    }
    #[cfg(target_os = "linux")]
    if path.exists() {
        assert_eq!(crate::lab::descriptors_of(path), 0, "nothing is held");
    }
    refused.to_string()
}

#[tokio::test]
async fn a_file_that_is_missing_empty_or_none_says_so_and_what_is_allowed() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("file");
    for (wanted, prepare) in [
        ("No such file", None),
        ("it is empty", Some(&b""[..])),
        (
            "WAV",
            Some(&b"this is just some text, and it is no medium of any kind"[..]),
        ),
    ] {
        if let Some(bytes) = prepare {
            std::fs::write(&path, bytes).expect("written");
        }
        let refused = refusal(WavMicrophone::new(&path), &path).await;
        assert!(
            refused.contains(wanted) && refused.contains("a WAV file with"),
            "{refused}"
        );
        let refused = refusal(Y4mCamera::new(&path), &path).await;
        assert!(refused.contains("a Y4M file with"), "{refused}");
    }
    let refused = refusal(WavMicrophone::new(folder.path()), folder.path()).await;
    assert!(refused.contains("no regular file"), "{refused}");
}

#[tokio::test]
async fn a_sound_file_that_is_cut_off_anywhere_is_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("melody.wav");
    write_melody_wav(&path, 1).expect("written");
    let whole = std::fs::read(&path).expect("readable");
    for length in [3, 20, 43, 44, 1_000, whole.len() - 1] {
        std::fs::write(&path, &whole[..length]).expect("written");
        let refused = refusal(WavMicrophone::new(&path), &path).await;
        assert!(refused.contains("cut off"), "{length}: {refused}");
    }
}

/// Bytes to write into a file, and where.
type Change = (usize, &'static [u8]);

#[tokio::test]
async fn a_sound_file_of_another_format_says_what_is_wrong() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("melody.wav");
    write_melody_wav(&path, 1).expect("written");
    let whole = std::fs::read(&path).expect("readable");
    // Offsets of the format chunk's fields: format 20, channels 22, rate 24, bytes a second 28.
    let changes: [(&[Change], &str); 4] = [
        (&[(20, &[2, 0])], "not supported"),
        (&[(22, &[0, 0])], "zero channels"),
        (
            &[(24, &[100, 0, 0, 0]), (28, &[144, 1, 0, 0])],
            "its rate is 100 Hz",
        ),
        (&[(40, &[0, 0, 0, 0])], "it holds no samples"),
    ];
    for (changes, wanted) in changes {
        let mut file = whole.clone();
        for (at, bytes) in changes {
            file[*at..*at + bytes.len()].copy_from_slice(bytes);
        }
        std::fs::write(&path, file).expect("written");
        let refused = refusal(WavMicrophone::new(&path), &path)
            .await
            .to_lowercase();
        assert!(refused.contains(&wanted.to_lowercase()), "{refused}");
    }
}

#[tokio::test]
async fn a_picture_file_that_is_cut_off_anywhere_is_refused() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("test.y4m");
    write_test_y4m(&path, 1).expect("written");
    let whole = std::fs::read(&path).expect("readable");
    let line = whole
        .iter()
        .position(|byte| *byte == b'\n')
        .expect("a first line")
        + 1;
    let cuts = [
        (line - 1, "cut off in its first line"),
        (line, "it holds no pictures"),
        (line + 3, "picture 0 does not begin"),
        (line + 100, "cut off in picture 0"),
        (whole.len() - 1, "cut off in picture 14"),
    ];
    for (length, wanted) in cuts {
        std::fs::write(&path, &whole[..length]).expect("written");
        let refused = refusal(Y4mCamera::new(&path), &path).await;
        assert!(refused.contains(wanted), "{length}: {refused}");
    }
}

#[tokio::test]
async fn a_picture_file_of_another_format_says_what_is_wrong() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("test.y4m");
    let headers = [
        ("W64 H64 F15:1 C420p10", "its colour space is C420p10"),
        ("W64 H64 F15:1 C411", "its colour space is unknown"),
        ("W64 F15:1", "width or height"),
        (
            "W18446744073709551615 H18446744073709551615 F15:1",
            "width or height",
        ),
        ("W4096 H4096 F15:1", "its pictures are 4096x4096"),
        ("W64 H64 F0:1", "its rate is 0:1"),
        ("W64 H64 F15:0", "its rate is 15:0"),
        ("W64 H64 F100000:1", "its rate is 100000:1"),
    ];
    for (header, wanted) in headers {
        let mut file = format!("YUV4MPEG2 {header}\nFRAME\n").into_bytes();
        file.resize(file.len() + 64 * 64 * 2, 0);
        std::fs::write(&path, file).expect("written");
        let refused = refusal(Y4mCamera::new(&path), &path).await;
        assert!(
            refused.contains(wanted) && refused.contains("C420, C420jpeg"),
            "{refused}"
        );
    }
}

#[tokio::test]
async fn a_file_that_is_cut_off_while_it_is_heard_fails_the_device() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("melody.wav");
    write_melody_wav(&path, 2).expect("written");
    let (link, mut side) = link();
    let open = WavMicrophone::new(&path).open(link).await.expect("opens");
    frames(&side, 1).await;
    let file = std::fs::OpenOptions::new()
        .write(true)
        .open(&path)
        .expect("writable");
    file.set_len(100).expect("cut off");
    drop(file);
    let signal = side.signals.recv().await;
    assert!(
        matches!(signal, Some(DeviceSignal::Failed(DeviceError::File { .. }))),
        "{signal:?}"
    );
    assert!(open.release().await.is_err(), "the release says it again");
    #[cfg(target_os = "linux")]
    assert_eq!(crate::lab::descriptors_of(&path), 0);
}

#[tokio::test]
async fn an_opening_that_is_abandoned_holds_nothing() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("melody.wav");
    write_melody_wav(&path, 1).expect("written");
    let (link, side) = link();
    side.silence();
    let refused = WavMicrophone::new(&path).open(link).await.err();
    assert_eq!(refused, Some(DeviceError::Abandoned));
    #[cfg(target_os = "linux")]
    assert_eq!(crate::lab::descriptors_of(&path), 0);
}

#[tokio::test]
async fn a_device_whose_opening_was_dropped_is_released() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("melody.wav");
    write_melody_wav(&path, 1).expect("written");
    let (link, mut side) = link();
    let microphone = WavMicrophone::new(&path);
    {
        let opening = microphone.open(link);
        tokio::pin!(opening);
        // Polled once, so that the thread has begun; then nobody waits any more.
        tokio::select! {
            biased;
            _ = &mut opening => {}
            () = std::future::ready(()) => {}
        }
    }
    assert_eq!(
        side.signals.recv().await,
        None,
        "the thread has dropped its link"
    );
    #[cfg(target_os = "linux")]
    assert_eq!(crate::lab::descriptors_of(&path), 0);
}

#[tokio::test]
async fn an_example_too_long_says_what_is_allowed() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("long");
    for seconds in [0, 601] {
        assert_eq!(
            write_melody_wav(&path, seconds),
            Err(ExampleMediaError::Length { seconds })
        );
        assert_eq!(
            write_test_y4m(&path, seconds),
            Err(ExampleMediaError::Length { seconds })
        );
    }
    let nowhere = folder.path().join("nowhere/file");
    assert!(matches!(
        write_test_y4m(&nowhere, 1),
        Err(ExampleMediaError::Write { .. })
    ));
}
