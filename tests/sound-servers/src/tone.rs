//! A tone for a microphone.

use std::path::Path;

use thiserror::Error;

/// Why a tone cannot be written.
#[derive(Debug, Error)]
#[error("the tone cannot be written: {0}")]
pub struct ToneError(#[from] hound::Error);

/// Writes ten seconds of 440 Hz at -6 dB, which can be played again and again without a click.
pub fn tone(path: &Path) -> Result<(), ToneError> {
    // Of the formats that hound writes this is the one that names no loudspeaker, so that a server
    // plays it on all of its own.
    let format = hound::WavSpec {
        channels: 1,
        sample_rate: 48_000,
        bits_per_sample: 16,
        sample_format: hound::SampleFormat::Int,
    };
    let mut file = hound::WavWriter::create(path, format)?;
    // 440 Hz repeats after 1200 samples.
    for sample in (0..1_200_u16).cycle().take(10 * 48_000) {
        let phase = f64::from(sample) * 440.0 / 48_000.0 * std::f64::consts::TAU;
        #[expect(
            clippy::cast_possible_truncation,
            reason = "a half of what fits is in range"
        )]
        let height = (phase.sin() * 0.5 * f64::from(i16::MAX)) as i16;
        file.write_sample(height)?;
    }
    Ok(file.finalize()?)
}
