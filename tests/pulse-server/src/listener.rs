//! Somebody who listens to a speaker.

use std::io::{Error, ErrorKind, Read};
use std::process::Stdio;
use std::sync::mpsc::sync_channel;
use std::time::Duration;

use crate::ServerError;
use crate::pactl::Pactl;

/// How long the sound may take.
const PATIENCE: Duration = Duration::from_secs(60);

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
    let (ear, heard) = sync_channel(1);
    let sound = program.stdout.take();
    // A server may have nothing to say, and a read cannot be given up; killed, the program ends it.
    let listening = std::thread::spawn(move || {
        let mut samples = vec![0; 2 * samples];
        let read = sound.map_or(Ok(()), |mut sound| sound.read_exact(&mut samples));
        let _ = ear.send(read.map(|()| samples));
    });
    let heard = heard
        .recv_timeout(PATIENCE)
        .unwrap_or_else(|_| Err(Error::new(ErrorKind::TimedOut, "it hears nothing")));
    let _ = program.kill();
    let _ = program.wait();
    let _ = listening.join();
    let heard = heard.map_err(ServerError::system("parec"))?;
    let sample = |bytes: &[u8; 2]| f32::from(i16::from_le_bytes(*bytes)) / f32::from(i16::MAX);
    let (samples, _) = heard.as_chunks();
    Ok(samples.iter().map(sample).collect())
}
