//! Small files to try the file devices with.

use std::f64::consts::TAU;
use std::fs::File;
use std::io::BufWriter;
use std::path::Path;
use std::time::Duration;

use hound::{SampleFormat, WavSpec, WavWriter};
use thiserror::Error;
use y4m::{Colorspace, Frame, Ratio};

use super::picture::{Picture, Pixel, Scene};

/// Why an example file could not be written.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum ExampleMediaError {
    /// Too short or too long.
    #[error("an example of {seconds} s cannot be written; 1 to {LONGEST} s are allowed")]
    Length {
        /// What was asked for.
        seconds: u32,
    },
    /// The file system did not let us.
    #[error("cannot write {path}: {detail}")]
    Write {
        /// Which file.
        path: String,
        /// What it said.
        detail: String,
    },
}

/// The longest example, in seconds.
const LONGEST: u32 = 600;

/// Writes a melody as a WAV file: 44.1 kHz, stereo, 16 bits, so that a microphone that hears it has to
/// convert it. One second takes about 176 kB; 1 to 600 s are allowed.
pub fn write_melody_wav(path: impl AsRef<Path>, seconds: u32) -> Result<(), ExampleMediaError> {
    /// A scale up and down, in hertz, four notes a second.
    const NOTES: [f64; 8] = [
        261.63, 293.66, 329.63, 392.00, 440.00, 392.00, 329.63, 293.66,
    ];
    const RATE: u32 = 44_100;
    const NOTE: u32 = RATE / 4;
    let path = path.as_ref();
    check(seconds)?;
    let broken = |error: hound::Error| refused(path, &error);
    let spec = WavSpec {
        channels: 2,
        sample_rate: RATE,
        bits_per_sample: 16,
        sample_format: SampleFormat::Int,
    };
    let mut file = WavWriter::create(path, spec).map_err(broken)?;
    let notes = NOTES.iter().cycle().zip(0..4 * seconds);
    for (hertz, _) in notes {
        for number in 0..NOTE {
            let time = f64::from(number) / f64::from(RATE);
            // Each note fades in and out over its length, so that nothing clicks.
            let loudness = (TAU / 2.0 * f64::from(number) / f64::from(NOTE)).sin();
            #[expect(clippy::cast_possible_truncation, reason = "at most 12000")]
            let sample = (12_000.0 * loudness * (TAU * hertz * time).sin()) as i16;
            file.write_sample(sample).map_err(broken)?;
            file.write_sample(sample).map_err(broken)?;
        }
    }
    file.finalize().map_err(broken)
}

/// Writes a test picture with a running clock as a Y4M file: 320 by 180 pixels, 15 a second, 4:2:0.
/// One second takes about 1.3 MB; 1 to 600 s are allowed.
pub fn write_test_y4m(path: impl AsRef<Path>, seconds: u32) -> Result<(), ExampleMediaError> {
    const RATE: u32 = 15;
    const SIZE: (u16, u16) = (320, 180);
    let path = path.as_ref();
    check(seconds)?;
    let broken = |error: y4m::Error| refused(path, &error);
    let file = File::create(path).map_err(|error| refused(path, &error))?;
    let header = y4m::encode(usize::from(SIZE.0), usize::from(SIZE.1), Ratio::new(15, 1));
    let header = header.with_colorspace(Colorspace::C420);
    let mut file = BufWriter::new(file);
    let mut encoder = header.write_header(&mut file).map_err(broken)?;
    let mut scene = Scene::new(SIZE.0, SIZE.1);
    for number in 0..RATE * seconds {
        let picture = scene.at(Duration::from_secs(u64::from(number)) / RATE);
        let planes = [0, 1, 2].map(|component| plane(picture, component));
        let frame = Frame::new([&planes[0], &planes[1], &planes[2]], None);
        encoder.write_frame(&frame).map_err(broken)?;
    }
    file.into_inner()
        .map_err(|error| refused(path, error.error()))
        .map(drop)
}

/// One plane in the studio's range; the chromas are halved both ways.
fn plane(picture: &Picture, component: usize) -> Vec<u8> {
    let (step, span) = if component == 0 { (1, 219) } else { (2, 224) };
    let narrowed = |pixel: &Pixel| {
        let value = u32::from(pixel[component]) * span / 255 + 16;
        u8::try_from(value).unwrap_or(u8::MAX)
    };
    let rows = (0..picture.rows()).step_by(step);
    rows.flat_map(|y| picture.row(y).iter().step_by(step).map(narrowed))
        .collect()
}

fn check(seconds: u32) -> Result<(), ExampleMediaError> {
    if (1..=LONGEST).contains(&seconds) {
        Ok(())
    } else {
        Err(ExampleMediaError::Length { seconds })
    }
}

fn refused(path: &Path, error: &dyn std::fmt::Display) -> ExampleMediaError {
    ExampleMediaError::Write {
        path: path.display().to_string(),
        detail: error.to_string(),
    }
}
