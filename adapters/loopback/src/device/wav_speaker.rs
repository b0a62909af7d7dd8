//! A speaker that writes what it plays into a WAV file.

use std::fs::File;
use std::io::BufWriter;
use std::path::{Path, PathBuf};
use std::time::Duration;

use exeunt_port::{Device, DeviceError, DeviceKind, DeviceLink, OpenDevice, async_trait};
use hound::{SampleFormat, WavSpec, WavWriter};

use super::beat::{Beat, Rate};
use super::file::FileRole;
use super::meter::SoundMeter;
use super::mixer::Mixer;
use super::silent_speaker::{LISTENING, arrived};
use super::thread;
use super::voice::SAMPLE_RATE;
use super::voices::Voices;

/// A speaker that mixes everybody and writes it, in real time, into a WAV file: 48 kHz, mono, 16 bits.
///
/// Every opening writes the file anew. The file is valid after the release, and about once a second
/// before. A WAV file ends at 4 GiB; the speaker fails after [`LONGEST`](Self::LONGEST), well before
/// that. A thread of its own writes the file, which is open as long as the device (G-13).
#[derive(Clone, Debug)]
pub struct WavSpeaker {
    path: PathBuf,
    meter: SoundMeter,
}

impl WavSpeaker {
    /// The longest that one opening plays: 10 hours.
    pub const LONGEST: Duration = Duration::from_secs(36_000);

    /// A speaker that writes into this file. Opening it answers [`DeviceError::File`] if the file
    /// cannot be written.
    #[must_use]
    pub fn new(path: impl Into<PathBuf>) -> Self {
        Self {
            path: path.into(),
            meter: SoundMeter::default(),
        }
    }

    /// What it hears, over all its openings.
    #[must_use]
    pub fn meter(&self) -> SoundMeter {
        self.meter.clone()
    }
}

#[async_trait]
impl Device for WavSpeaker {
    fn kind(&self) -> DeviceKind {
        DeviceKind::Speaker
    }

    fn name(&self) -> String {
        format!("WAV speaker {}", self.path.display())
    }

    async fn open(&self, link: DeviceLink) -> Result<Box<dyn OpenDevice>, DeviceError> {
        let (path, voices) = (self.path.clone(), Voices::new(self.meter()));
        thread::start(self.name(), link, move || {
            let playing = Playing::open(&path, voices)?;
            Ok((
                playing,
                format!("{}, 48000 Hz, mono, 16 bits", path.display()),
            ))
        })
        .await
    }
}

struct Playing {
    role: FileRole,
    voices: Voices,
    mixer: Mixer,
    file: WavWriter<BufWriter<File>>,
    beats: u32,
}

impl Playing {
    /// Samples of one beat.
    const BEAT: usize = (SAMPLE_RATE / LISTENING) as usize;

    fn open(path: &Path, voices: Voices) -> Result<Self, DeviceError> {
        let role = FileRole::new(
            DeviceKind::Speaker,
            path,
            "a file that may be written, in a folder that exists,",
        );
        let spec = WavSpec {
            channels: 1,
            sample_rate: SAMPLE_RATE,
            bits_per_sample: 16,
            sample_format: SampleFormat::Int,
        };
        let file = BufWriter::new(role.create(path)?);
        let file = WavWriter::new(file, spec).map_err(|error| role.refuse(error))?;
        Ok(Self {
            role,
            voices,
            mixer: Mixer::default(),
            file,
            beats: 0,
        })
    }

    fn write(&mut self) -> Result<(), hound::Error> {
        let mut mixed = [0.0; Self::BEAT];
        self.mixer.mix(&mut mixed);
        for sample in mixed {
            #[expect(
                clippy::cast_possible_truncation,
                reason = "the mixer keeps within -1 and 1"
            )]
            self.file
                .write_sample((sample * f32::from(i16::MAX)) as i16)?;
        }
        self.beats += 1;
        if self.beats.is_multiple_of(LISTENING) {
            self.file.flush()?;
        }
        Ok(())
    }
}

impl Beat for Playing {
    fn rate(&self) -> Rate {
        Rate::hertz(LISTENING)
    }

    fn beat(&mut self, since_opening: Duration, link: &DeviceLink) -> Result<(), DeviceError> {
        if since_opening >= WavSpeaker::LONGEST {
            return Err(self.role.refuse("it is full"));
        }
        for frame in arrived(link) {
            self.voices.hear(&frame, since_opening, |user, samples| {
                self.mixer.add(user, samples);
            });
        }
        self.write().map_err(|error| self.role.refuse(error))
    }

    fn finish(self) -> Result<(), DeviceError> {
        self.file
            .finalize()
            .map_err(|error| self.role.refuse(error))
    }
}

#[cfg(test)]
mod tests {
    use std::f32::consts::TAU;
    use std::time::Duration;

    use exeunt_port::{DeviceLink, FrameQueue, RemoteFrame};

    use super::{Beat, LISTENING, Playing, SoundMeter, Voices};
    use crate::device::voice::{PACKET, Voice};

    /// How loud a frequency is in the sound: its amplitude.
    fn amplitude(hertz: f32, sound: &[f32]) -> f32 {
        let (mut cosine, mut sine, mut turn) = (0.0, 0.0, 0.0);
        for sample in sound {
            cosine += sample * f32::cos(TAU * turn);
            sine += sample * f32::sin(TAU * turn);
            turn = (turn + hertz / 48_000.0).fract();
        }
        let samples = f32::from(u16::try_from(sound.len()).expect("short"));
        2.0 * f32::hypot(cosine, sine) / samples
    }

    #[test]
    fn everybody_is_heard_in_the_mix() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("heard.wav");
        let mut playing = Playing::open(&path, Voices::new(SoundMeter::default())).expect("opens");
        let (microphone, captured) = DeviceLink::pair(FrameQueue::bounded(1));
        let (link, side) = DeviceLink::pair(FrameQueue::bounded(1));
        let mut users =
            [("alice", 400.0, 0.0), ("bob", 1_000.0, 0.0)].map(|(user, hertz, turn)| {
                (
                    user,
                    hertz,
                    turn,
                    Voice::new(user.to_owned()).expect("an encoder"),
                )
            });
        // A packet lasts two beats.
        for beat in 0..LISTENING {
            let now = Duration::from_millis(10) * beat;
            if beat % 2 == 0 {
                for (user, hertz, turn, voice) in &mut users {
                    let samples: [f32; PACKET] = std::array::from_fn(|_| {
                        *turn = (*turn + *hertz / 48_000.0f32).fract();
                        0.25 * f32::sin(TAU * *turn)
                    });
                    voice.say(&samples, now, &microphone).expect("encodes");
                    let frame = captured.captured.try_next().expect("captured");
                    side.playback.push(RemoteFrame {
                        user: user.parse().expect("an id"),
                        frame,
                    });
                }
            }
            playing.beat(now, &link).expect("plays");
        }
        playing.finish().expect("finalised");
        let mut file = hound::WavReader::open(&path).expect("a valid file");
        assert_eq!(file.duration(), 48_000, "a second");
        let sound: Vec<_> = file
            .samples::<i16>()
            .map(|sample| f32::from(sample.expect("a sample")) / f32::from(i16::MAX))
            .collect();
        let sound = &sound[24_000..];
        for (hertz, expected) in [(400.0, 0.25), (1_000.0, 0.25), (3_000.0, 0.0)] {
            let amplitude = amplitude(hertz, sound);
            assert!(
                (amplitude - expected).abs() < 0.08,
                "{hertz} Hz: {amplitude}"
            );
        }
    }
}
