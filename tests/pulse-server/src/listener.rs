//! Somebody who listens to a speaker.

use std::io::Read;
use std::process::Stdio;

use crate::ServerError;
use crate::pactl::Pactl;

/// What is heard at this speaker from now on: so many samples at 48 kHz, 1.0 being as loud as can be.
pub(crate) fn listen(
    pactl: &Pactl,
    speaker: &str,
    samples: usize,
) -> Result<Vec<f32>, ServerError> {
    let mut program = pactl
        .program("parec")
        .args(["--raw", "--format=s16le", "--rate=48000", "--channels=1"])
        .arg(format!("--device={speaker}.monitor"))
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .map_err(ServerError::system("parec"))?;
    let mut heard = vec![0; 2 * samples];
    let listened = match &mut program.stdout {
        Some(sound) => sound.read_exact(&mut heard),
        None => Ok(()),
    };
    let _ = program.kill();
    let _ = program.wait();
    listened.map_err(ServerError::system("parec"))?;
    let sample = |bytes: &[u8; 2]| f32::from(i16::from_le_bytes(*bytes)) / f32::from(i16::MAX);
    let (samples, _) = heard.as_chunks();
    Ok(samples.iter().map(sample).collect())
}
