//! Between a driver's samples, of whatever format and number of channels, and mono floats.

use cpal::{Data, FromSample, Sample, SizedSample};

/// Every sample format that can be converted: all that cpal has but the one-bit DSD ones.
macro_rules! first_that_fits {
    ($attempt:ident!($($arguments:tt)*)) => {
        $attempt!(f32, $($arguments)*)
            || $attempt!(i16, $($arguments)*)
            || $attempt!(i32, $($arguments)*)
            || $attempt!(cpal::I24, $($arguments)*)
            || $attempt!(u8, $($arguments)*)
            || $attempt!(i8, $($arguments)*)
            || $attempt!(u16, $($arguments)*)
            || $attempt!(cpal::U24, $($arguments)*)
            || $attempt!(u32, $($arguments)*)
            || $attempt!(i64, $($arguments)*)
            || $attempt!(u64, $($arguments)*)
            || $attempt!(f64, $($arguments)*)
    };
}

/// Hands the captured sound to `sink`, one mono sample a frame: the mean of the channels.
/// Answers whether the format could be read. Does not allocate.
pub(crate) fn read_mono(data: &Data, channels: u16, mut sink: impl FnMut(f32)) -> bool {
    macro_rules! read {
        ($format:ty, $data:expr) => {
            $data
                .as_slice::<$format>()
                .map(|samples| mix_down(samples, channels, &mut sink))
                .is_some()
        };
    }
    first_that_fits!(read!(data))
}

/// Fills the driver's buffer, every channel of a frame with the same sample from `source`.
/// Answers whether the format could be written. Does not allocate.
pub(crate) fn write_mono(data: &mut Data, channels: u16, mut source: impl FnMut() -> f32) -> bool {
    macro_rules! write {
        ($format:ty, $data:expr) => {
            $data
                .as_slice_mut::<$format>()
                .map(|samples| spread(samples, channels, &mut source))
                .is_some()
        };
    }
    first_that_fits!(write!(data))
}

/// Hands this machine's floats to `sink`.
#[cfg(target_os = "linux")]
pub(crate) fn read_floats(bytes: &[u8], sink: impl FnMut(f32)) {
    let (samples, _) = bytes.as_chunks();
    samples
        .iter()
        .copied()
        .map(f32::from_ne_bytes)
        .for_each(sink);
}

/// Fills `bytes` with this machine's floats from `source`.
#[cfg(target_os = "linux")]
pub(crate) fn write_floats(bytes: &mut [u8], mut source: impl FnMut() -> f32) {
    let (samples, _) = bytes.as_chunks_mut();
    for sample in samples {
        *sample = source().to_ne_bytes();
    }
}

fn mix_down<T>(samples: &[T], channels: u16, sink: &mut impl FnMut(f32))
where
    T: SizedSample,
    f32: FromSample<T>,
{
    let channels = channels.max(1);
    for frame in samples.chunks_exact(usize::from(channels)) {
        let sum: f32 = frame.iter().map(|sample| f32::from_sample(*sample)).sum();
        sink(sum / f32::from(channels));
    }
}

fn spread<T>(samples: &mut [T], channels: u16, source: &mut impl FnMut() -> f32)
where
    T: SizedSample + FromSample<f32>,
{
    for frame in samples.chunks_mut(usize::from(channels.max(1))) {
        frame.fill(T::from_sample(source().clamp(-1.0, 1.0)));
    }
}

#[cfg(test)]
mod tests {
    use cpal::{FromSample, SizedSample};

    use super::{mix_down, spread};

    fn there_and_back<T>() -> Vec<f32>
    where
        T: SizedSample + FromSample<f32>,
        f32: FromSample<T>,
    {
        let mut source = [0.0, 0.5, -0.5, 0.25].into_iter();
        let mut stereo = vec![T::EQUILIBRIUM; 8];
        spread(&mut stereo, 2, &mut || source.next().unwrap_or(0.0));
        let mut mono = Vec::new();
        mix_down(&stereo, 2, &mut |sample| mono.push(sample));
        mono
    }

    #[test]
    fn every_format_carries_a_voice_there_and_back() {
        let all = [
            there_and_back::<f32>(),
            there_and_back::<f64>(),
            there_and_back::<i8>(),
            there_and_back::<i16>(),
            there_and_back::<cpal::I24>(),
            there_and_back::<i32>(),
            there_and_back::<i64>(),
            there_and_back::<u8>(),
            there_and_back::<u16>(),
            there_and_back::<cpal::U24>(),
            there_and_back::<u32>(),
            there_and_back::<u64>(),
        ];
        for mono in all {
            assert_eq!(mono.len(), 4);
            for (got, wanted) in mono.iter().zip([0.0, 0.5, -0.5, 0.25]) {
                assert!((got - wanted).abs() < 0.01, "{got} is not {wanted}");
            }
        }
    }

    #[test]
    fn the_mean_of_the_channels_is_heard() {
        let mut mono = Vec::new();
        mix_down(&[1.0_f32, 0.0, -0.5, -0.5, 0.9], 2, &mut |sample| {
            mono.push(sample);
        });
        assert_eq!(mono, [0.5, -0.5], "a torn frame is left out");
    }

    #[test]
    fn what_is_too_loud_is_clipped_and_does_not_wrap() {
        let mut buffer = [0_i16; 2];
        spread(&mut buffer, 1, &mut || 3.0);
        assert_eq!(buffer, [i16::MAX; 2]);
    }
}
