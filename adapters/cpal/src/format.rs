//! In what format a stream is opened.

use std::time::Duration;

use cpal::{
    BufferSize, SampleFormat, StreamConfig, SupportedBufferSize, SupportedStreamConfigRange,
};

/// The rate of everything that crosses the port, in Hz.
pub(crate) const SAMPLE_RATE: u32 = 48_000;
/// Samples in one packet: 20 ms.
pub(crate) const PACKET_SAMPLES: usize = 960;
/// One packet's time.
pub(crate) const PACKET: Duration = Duration::from_millis(20);

/// A format that the device offers.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Format {
    pub(crate) config: StreamConfig,
    pub(crate) samples: SampleFormat,
}

impl Format {
    /// The offered format that costs least: 48 kHz or near it, few channels, floats or 16 bit.
    /// `None` if nothing that is offered can be converted.
    pub(crate) fn best(
        offered: impl IntoIterator<Item = SupportedStreamConfigRange>,
        period: Duration,
    ) -> Option<Self> {
        offered
            .into_iter()
            .filter(|range| rank(range.sample_format()).is_some() && range.channels() > 0)
            .map(|range| Self::within(&range, period))
            .min_by_key(Self::cost)
    }

    /// The same format with whatever buffer the driver likes.
    pub(crate) fn with_drivers_buffer(mut self) -> Self {
        self.config.buffer_size = BufferSize::Default;
        self
    }

    fn within(range: &SupportedStreamConfigRange, period: Duration) -> Self {
        let rate = SAMPLE_RATE.clamp(
            range.min_sample_rate(),
            range.max_sample_rate().max(range.min_sample_rate()),
        );
        Self {
            config: StreamConfig {
                channels: range.channels(),
                sample_rate: rate,
                buffer_size: buffer(*range.buffer_size(), rate, period),
            },
            samples: range.sample_format(),
        }
    }

    fn cost(&self) -> (u32, u16, usize) {
        (
            self.config.sample_rate.abs_diff(SAMPLE_RATE),
            self.config.channels,
            rank(self.samples).unwrap_or(usize::MAX),
        )
    }
}

impl std::fmt::Display for Format {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let StreamConfig {
            channels,
            sample_rate,
            buffer_size,
        } = self.config;
        match channels {
            1 => write!(formatter, "{sample_rate} Hz, mono, {}", self.samples)?,
            2 => write!(formatter, "{sample_rate} Hz, stereo, {}", self.samples)?,
            more => write!(
                formatter,
                "{sample_rate} Hz, {more} channels, {}",
                self.samples
            )?,
        }
        match buffer_size {
            BufferSize::Fixed(frames) => {
                let millis = u64::from(frames) * 1000 / u64::from(sample_rate.max(1));
                write!(formatter, ", {millis} ms")
            }
            BufferSize::Default => Ok(()),
        }
    }
}

fn buffer(offered: SupportedBufferSize, rate: u32, period: Duration) -> BufferSize {
    let frames = u128::from(rate) * period.as_micros() / 1_000_000;
    let frames = u32::try_from(frames).unwrap_or(u32::MAX).max(1);
    match offered {
        SupportedBufferSize::Range { min, max } => {
            BufferSize::Fixed(frames.clamp(min, max.max(min)))
        }
        SupportedBufferSize::Unknown => BufferSize::Default,
    }
}

/// How much a sample format is liked; the one-bit DSD formats cannot be converted.
fn rank(format: SampleFormat) -> Option<usize> {
    [
        SampleFormat::F32,
        SampleFormat::I16,
        SampleFormat::I32,
        SampleFormat::I24,
        SampleFormat::U16,
        SampleFormat::U24,
        SampleFormat::U32,
        SampleFormat::I64,
        SampleFormat::U64,
        SampleFormat::F64,
        SampleFormat::U8,
        SampleFormat::I8,
    ]
    .iter()
    .position(|known| *known == format)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use cpal::{BufferSize, SampleFormat, SupportedBufferSize, SupportedStreamConfigRange};

    use super::Format;

    fn offer(
        channels: u16,
        rates: (u32, u32),
        samples: SampleFormat,
    ) -> SupportedStreamConfigRange {
        let buffer = SupportedBufferSize::Range { min: 64, max: 512 };
        SupportedStreamConfigRange::new(channels, rates.0, rates.1, buffer, samples)
    }

    fn best(offered: &[SupportedStreamConfigRange]) -> Option<String> {
        let period = Duration::from_millis(5);
        Format::best(offered.iter().copied(), period).map(|format| format.to_string())
    }

    #[test]
    fn mono_floats_at_48_khz_are_taken_where_they_are_offered() {
        let everything = [
            offer(2, (8_000, 192_000), SampleFormat::F32),
            offer(1, (8_000, 192_000), SampleFormat::U8),
            offer(1, (8_000, 192_000), SampleFormat::F32),
            offer(1, (44_100, 44_100), SampleFormat::F32),
        ];
        assert_eq!(
            best(&everything).as_deref(),
            Some("48000 Hz, mono, f32, 5 ms")
        );
    }

    #[test]
    fn the_right_rate_matters_more_than_few_channels() {
        let card = [
            offer(1, (44_100, 44_100), SampleFormat::I16),
            offer(2, (48_000, 48_000), SampleFormat::I16),
        ];
        assert_eq!(best(&card).as_deref(), Some("48000 Hz, stereo, i16, 5 ms"));
    }

    #[test]
    fn a_device_without_48_khz_is_used_at_the_nearest_rate() {
        let telephone = [offer(1, (8_000, 16_000), SampleFormat::I16)];
        assert_eq!(
            best(&telephone).as_deref(),
            Some("16000 Hz, mono, i16, 5 ms")
        );
    }

    #[test]
    fn what_cannot_be_converted_is_not_chosen() {
        assert_eq!(
            best(&[offer(2, (48_000, 48_000), SampleFormat::DsdU8)]),
            None
        );
        assert_eq!(best(&[]), None);
    }

    #[test]
    fn the_period_is_kept_within_what_the_driver_allows() {
        let format = Format::best(
            [offer(1, (48_000, 48_000), SampleFormat::F32)],
            Duration::from_secs(1),
        )
        .expect("it can be converted");
        assert_eq!(format.config.buffer_size, BufferSize::Fixed(512));
    }
}
