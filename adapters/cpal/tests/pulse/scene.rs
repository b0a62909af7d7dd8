//! Where a story happens, and how it is judged.

use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use cpal::FromSample;
use exeunt_pulse_server::PulseServer;
use exeunt_requirements::{Told, check};
use libtest_mimic::Failed;
use serde_json::Value;

use crate::remote::{HANGS, Remote};

/// A server with a tone at its microphone, and the program that uses it.
pub(crate) fn scene() -> Result<(PulseServer, Remote, tempfile::TempDir), Failed> {
    let folder = tempfile::tempdir()?;
    let mut server = PulseServer::start()?;
    server.feed(&tone(folder.path())?)?;
    let program = Remote::start(server.env())?;
    Ok((server, program, folder))
}

/// Ten seconds of 440 Hz at -6 dB.
fn tone(folder: &Path) -> Result<PathBuf, Failed> {
    let path = folder.join("tone.wav");
    // Of the formats that hound writes this is the one that names no loudspeaker, so that the server
    // plays it on both of its own.
    let format = hound::WavSpec {
        channels: 1,
        sample_rate: 48_000,
        bits_per_sample: 16,
        sample_format: hound::SampleFormat::Int,
    };
    let mut file = hound::WavWriter::create(&path, format)?;
    for sample in 0..10 * 48_000_u32 {
        // 440 Hz repeats after 1200 samples, so small numbers do.
        let place = f32::from(u16::try_from(sample % 1_200)?);
        let height = (place * 440.0 / 48_000.0 * std::f32::consts::TAU).sin() * 0.5;
        file.write_sample(i16::from_sample_(height))?;
    }
    file.finalize()?;
    Ok(path)
}

/// How loud that was, as the root of the mean square.
pub(crate) fn loudness(heard: &Value) -> f64 {
    heard["loudness"].as_f64().unwrap_or_default()
}

/// Fails unless it is what was wanted.
pub(crate) fn same<A, B>(got: &A, wanted: B) -> Told
where
    A: PartialEq<B> + std::fmt::Debug + ?Sized,
    B: std::fmt::Debug,
{
    check(*got == wanted, || format!("{got:?} instead of {wanted:?}"))
}

/// Looks again and again until it is so.
pub(crate) fn until(is_so: impl Fn() -> Result<bool, Failed>) -> Result<(), Failed> {
    let deadline = Instant::now() + HANGS;
    while !is_so()? {
        if Instant::now() >= deadline {
            return Err("it was waited for in vain".into());
        }
        std::thread::sleep(Duration::from_millis(5));
    }
    Ok(())
}

/// Fails unless there is none.
pub(crate) fn nothing<T: std::fmt::Debug>(list: &[T]) -> Told {
    check(list.is_empty(), || {
        format!("there should be none: {list:?}")
    })
}
