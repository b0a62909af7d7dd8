//! Sound out of a WAV file: read bit by bit, mixed to mono, brought to 48 kHz, in a loop.

use std::fs::File;
use std::io::{BufReader, ErrorKind, Read, Seek, SeekFrom};
use std::path::Path;
use std::sync::Arc;

use exeunt_port::{DeviceError, DeviceKind};
use hound::{Sample, SampleFormat, WavReader, WavSpec};

use super::file::FileRole;
use super::voice::SAMPLE_RATE;

type Reader = WavReader<BufReader<Arc<File>>>;

/// An endless row of samples at 48 kHz, mono, out of a file that is open as long as this lives.
pub(crate) struct WavSource {
    role: FileRole,
    file: Arc<File>,
    reader: Reader,
    spec: WavSpec,
    /// How far we are between `left` and `right`, in 48000ths of a sample of the file.
    between: u32,
    left: f32,
    right: f32,
}

impl WavSource {
    const EXPECTED: &str = "a WAV file with samples of 8, 16, 24 or 32 bits or 32-bit float, \
                            1000 to 384000 Hz, 1 to 32 channels, at least one sample";
    const RATES: std::ops::RangeInclusive<u32> = 1_000..=384_000;
    const CHANNELS: std::ops::RangeInclusive<u16> = 1..=32;

    /// Opens the file and looks whether all of it is there; blocks as long as the file system does.
    pub(crate) fn open(path: &Path) -> Result<Self, DeviceError> {
        let role = FileRole::new(DeviceKind::Microphone, path, Self::EXPECTED);
        let file = Arc::new(role.open(path)?);
        whole(&role, &file)?;
        let reader = from_start(&role, &file)?;
        let spec = reader.spec();
        Self::check(&role, &reader)?;
        let mut source = Self {
            role,
            file,
            reader,
            spec,
            between: 0,
            left: 0.0,
            right: 0.0,
        };
        source.right = source.read()?;
        source.advance()?;
        Ok(source)
    }

    /// What was opened, for the device's description.
    pub(crate) fn description(&self) -> String {
        let WavSpec {
            sample_rate,
            channels,
            ..
        } = self.spec;
        format!(
            "{}, {sample_rate} Hz, {channels} channels, as 48000 Hz, mono, 20 ms",
            self.role.path
        )
    }

    /// Fills the buffer with what comes next.
    pub(crate) fn fill(&mut self, samples: &mut [f32]) -> Result<(), DeviceError> {
        for sample in samples {
            // Exact: both numbers are below 2^24.
            #[expect(
                clippy::cast_precision_loss,
                reason = "at most 48000, which f32 holds exactly"
            )]
            let part = self.between as f32 / SAMPLE_RATE as f32;
            *sample = self.left + (self.right - self.left) * part;
            self.between += self.spec.sample_rate;
            while self.between >= SAMPLE_RATE {
                self.between -= SAMPLE_RATE;
                self.advance()?;
            }
        }
        Ok(())
    }

    fn check(role: &FileRole, reader: &Reader) -> Result<(), DeviceError> {
        let WavSpec {
            channels,
            sample_rate,
            bits_per_sample,
            sample_format,
        } = reader.spec();
        if !Self::RATES.contains(&sample_rate) {
            return Err(role.refuse(format_args!("its rate is {sample_rate} Hz")));
        }
        if !Self::CHANNELS.contains(&channels) {
            return Err(role.refuse(format_args!("it has {channels} channels")));
        }
        let known = match sample_format {
            SampleFormat::Int => matches!(bits_per_sample, 8 | 16 | 24 | 32),
            SampleFormat::Float => bits_per_sample == 32,
        };
        if !known {
            return Err(role.refuse(format_args!("its samples have {bits_per_sample} bits")));
        }
        if reader.duration() == 0 {
            return Err(role.refuse("it holds no samples"));
        }
        Ok(())
    }

    fn advance(&mut self) -> Result<(), DeviceError> {
        self.left = self.right;
        self.right = self.read()?;
        Ok(())
    }

    /// The next sample of the file, mono; after the last one comes the first again.
    fn read(&mut self) -> Result<f32, DeviceError> {
        if let Some(sample) = self.read_once()? {
            return Ok(sample);
        }
        self.reader = from_start(&self.role, &self.file)?;
        self.read_once()?
            .ok_or_else(|| self.role.refuse("it lost its samples meanwhile"))
    }

    fn read_once(&mut self) -> Result<Option<f32>, DeviceError> {
        let channels = self.spec.channels;
        match self.spec.sample_format {
            SampleFormat::Float => mono(&self.role, &mut self.reader, channels, |sample: f32| {
                // What is not a number would spoil everything after it.
                if sample.is_finite() {
                    sample.clamp(-1.0, 1.0)
                } else {
                    0.0
                }
            }),
            SampleFormat::Int => {
                let full = 2f32.powi(i32::from(self.spec.bits_per_sample) - 1);
                #[expect(
                    clippy::cast_precision_loss,
                    reason = "24 bits are more than can be heard"
                )]
                mono(&self.role, &mut self.reader, channels, |sample: i32| {
                    sample as f32 / full
                })
            }
        }
    }
}

/// One sample of every channel, averaged; `None` at the end of the file.
fn mono<S: Sample>(
    role: &FileRole,
    reader: &mut Reader,
    channels: u16,
    level: impl Fn(S) -> f32,
) -> Result<Option<f32>, DeviceError> {
    let mut sum = 0.0;
    for _ in 0..channels {
        match reader.samples::<S>().next() {
            Some(Ok(sample)) => sum += level(sample),
            Some(Err(error)) => return Err(role.refuse(error)),
            None => return Ok(None),
        }
    }
    Ok(Some(sum / f32::from(channels)))
}

fn from_start(role: &FileRole, file: &Arc<File>) -> Result<Reader, DeviceError> {
    let mut file = Arc::clone(file);
    file.rewind().map_err(|error| role.refuse(error))?;
    WavReader::new(BufReader::new(file)).map_err(|error| {
        // hound has no kind of its own for a file that ends early: it says `Other`.
        if let hound::Error::IoError(error) = &error
            && matches!(error.kind(), ErrorKind::UnexpectedEof | ErrorKind::Other)
        {
            return role.refuse("it is cut off before its samples begin");
        }
        role.refuse(error)
    })
}

/// Whether the file has all the samples that its header promises. The four bytes before the first
/// sample are the promised length.
fn whole(role: &FileRole, file: &Arc<File>) -> Result<(), DeviceError> {
    let mut samples = from_start(role, file)?.into_inner();
    let mut promised = [0; 4];
    let mut measure = |samples: &mut BufReader<Arc<File>>| {
        let begin = samples.stream_position()?;
        samples.seek(SeekFrom::Start(begin - 4))?;
        samples.read_exact(&mut promised)?;
        Ok(file.metadata()?.len().saturating_sub(begin))
    };
    let present = measure(&mut samples).map_err(|error: std::io::Error| role.refuse(error))?;
    let promised = u64::from(u32::from_le_bytes(promised));
    if present < promised {
        let wrong =
            format!("it is cut off: {present} bytes of sound are there, {promised} were promised");
        return Err(role.refuse(wrong));
    }
    Ok(())
}
