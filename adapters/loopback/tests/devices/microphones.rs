//! Microphones that hear tones and files.

use std::path::Path;

use exeunt_loopback::{ToneMicrophone, WavMicrophone, write_melody_wav};
use exeunt_port::{Device, DeviceError};
use hound::{SampleFormat, WavSpec, WavWriter};

use crate::lab::{decoded, frames, link, share_at};

#[tokio::test(start_paused = true)]
async fn a_tone_is_heard_at_its_frequency() {
    let (link, side) = link();
    let open = ToneMicrophone::new(440).open(link).await.expect("opens");
    let packets = frames(&side, 25).await;
    let sound = decoded(&packets);
    assert!(
        share_at(440.0, &sound[4800..]) > 0.9,
        "{}",
        share_at(440.0, &sound[4800..])
    );
    assert!(share_at(1000.0, &sound[4800..]) < 0.05);
    for (number, packet) in (0u32..).zip(&packets) {
        assert_eq!(packet.sequence, number);
        assert_eq!(packet.captured_at_micros, u64::from(number) * 20_000);
    }
    open.release().await.expect("released");
}

#[tokio::test]
async fn a_tone_out_of_bounds_says_what_is_offered() {
    let refused = ToneMicrophone::new(7).open(link().0).await.err();
    let offered = vec!["50 to 20000 Hz".to_owned()];
    assert!(matches!(refused, Some(DeviceError::Unsupported { offered: o, .. }) if o == offered));
}

#[tokio::test(start_paused = true)]
async fn a_silenced_tone_delivers_nothing_and_ends() {
    let (link, side) = link();
    let open = ToneMicrophone::new(440).open(link).await.expect("opens");
    frames(&side, 1).await;
    side.silence();
    while side.captured.try_next().is_some() {}
    tokio::time::sleep(std::time::Duration::from_secs(1)).await;
    assert_eq!(side.captured.try_next(), None);
    open.release().await.expect("released");
}

#[tokio::test(start_paused = true)]
async fn a_dropped_microphone_falls_silent() {
    let (link, side) = link();
    drop(ToneMicrophone::new(440).open(link).await.expect("opens"));
    let mut signals = side.signals;
    assert_eq!(
        signals.recv().await,
        None,
        "its task has ended and dropped the link"
    );
}

fn write_sine(path: &Path, spec: WavSpec, hertz: f64) {
    let mut file = WavWriter::create(path, spec).expect("writable");
    for number in 0..spec.sample_rate / 5 {
        let phase = std::f64::consts::TAU * hertz * f64::from(number) / f64::from(spec.sample_rate);
        for _ in 0..spec.channels {
            match spec.sample_format {
                SampleFormat::Float => {
                    #[expect(clippy::cast_possible_truncation, reason = "a sample of a test")]
                    file.write_sample(0.5 * phase.sin() as f32)
                        .expect("written");
                }
                SampleFormat::Int => {
                    let full = f64::from(1 << (spec.bits_per_sample - 2));
                    #[expect(clippy::cast_possible_truncation, reason = "a sample of a test")]
                    file.write_sample((full * phase.sin()) as i32)
                        .expect("written");
                }
            }
        }
    }
    file.finalize().expect("finalised");
}

#[tokio::test]
async fn a_file_is_heard_at_its_frequency_whatever_its_format() {
    let folder = tempfile::tempdir().expect("a folder");
    let formats = [
        (48_000, 1, 16, SampleFormat::Int),
        (44_100, 2, 16, SampleFormat::Int),
        (8_000, 1, 8, SampleFormat::Int),
        (96_000, 6, 24, SampleFormat::Int),
        (22_050, 1, 32, SampleFormat::Float),
    ];
    for (sample_rate, channels, bits_per_sample, sample_format) in formats {
        let path = folder.path().join("sine.wav");
        let spec = WavSpec {
            channels,
            sample_rate,
            bits_per_sample,
            sample_format,
        };
        // 200 ms hold whole periods, so that the loop has no seam.
        write_sine(&path, spec, 500.0);
        let (link, side) = link();
        let open = WavMicrophone::new(&path).open(link).await.expect("opens");
        let sound = decoded(&frames(&side, 20).await);
        let share = share_at(500.0, &sound[4800..]);
        assert!(share > 0.9, "{spec:?}: {share}");
        open.release().await.expect("released");
    }
}

#[tokio::test]
async fn a_file_that_is_shorter_than_a_packet_is_heard_over_and_over() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("one.wav");
    let spec = WavSpec {
        channels: 1,
        sample_rate: 48_000,
        bits_per_sample: 16,
        sample_format: SampleFormat::Int,
    };
    let mut file = WavWriter::create(&path, spec).expect("writable");
    file.write_sample(12_000i16).expect("written");
    file.finalize().expect("finalised");
    let (link, side) = link();
    let open = WavMicrophone::new(&path).open(link).await.expect("opens");
    assert_eq!(frames(&side, 3).await.len(), 3);
    open.release().await.expect("released");
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn the_file_is_open_as_long_as_the_microphone_is() {
    use crate::lab::descriptors_of;

    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("melody.wav");
    write_melody_wav(&path, 1).expect("written");
    let microphone = WavMicrophone::new(&path);
    for _ in 0..50 {
        let (link, side) = link();
        let open = microphone.open(link).await.expect("opens");
        frames(&side, 1).await;
        assert_eq!(descriptors_of(&path), 1);
        open.release().await.expect("released");
        assert_eq!(descriptors_of(&path), 0);
    }
}

#[tokio::test]
async fn the_melody_is_not_silent() {
    let folder = tempfile::tempdir().expect("a folder");
    let path = folder.path().join("melody.wav");
    write_melody_wav(&path, 1).expect("written");
    let (link, side) = link();
    let open = WavMicrophone::new(&path).open(link).await.expect("opens");
    let sound = decoded(&frames(&side, 10).await);
    assert!(share_at(261.63, &sound) > 0.5, "the first note is a C");
    open.release().await.expect("released");
}
