//! From one sample rate to another, for devices that do not offer 48 kHz.

use rubato::audioadapter_buffers::direct::InterleavedSlice;
use rubato::{Fft, FixedSync, Resampler, WindowFunction};

/// Turns mono sound of one rate into mono sound of another.
pub(crate) struct RateConverter {
    /// Nothing where the rates are equal.
    converter: Option<Fft<f32>>,
    waiting: Vec<f32>,
    converted: Vec<f32>,
}

impl RateConverter {
    /// About 10 ms at a time: small beside a 20 ms packet, large enough for a good filter.
    const CHUNKS_PER_SECOND: u32 = 100;

    /// A converter from `input` to `output`, in Hz.
    pub(crate) fn new(input: u32, output: u32) -> Result<Self, rubato::ResamplerConstructionError> {
        let chunk = (input / Self::CHUNKS_PER_SECOND).max(1);
        let converter = if input == output {
            None
        } else {
            Some(Fft::new_custom(
                input as usize,
                output as usize,
                chunk as usize,
                1,
                1,
                WindowFunction::BlackmanHarris2,
                FixedSync::Input,
            )?)
        };
        Ok(Self {
            converter,
            waiting: Vec::new(),
            converted: Vec::new(),
        })
    }

    /// Takes `sound` and hands on what is ready; a part of a chunk waits for the rest of it.
    pub(crate) fn convert(
        &mut self,
        sound: &[f32],
        mut ready: impl FnMut(&[f32]),
    ) -> Result<(), rubato::ResampleError> {
        let Some(converter) = &mut self.converter else {
            ready(sound);
            return Ok(());
        };
        self.waiting.extend_from_slice(sound);
        loop {
            let needed = converter.input_frames_next();
            if self.waiting.len() < needed {
                return Ok(());
            }
            let room = converter.output_frames_next();
            self.converted.resize(room, 0.0);
            let input = adapter(InterleavedSlice::new(&self.waiting, 1, needed))?;
            let mut output = adapter(InterleavedSlice::new_mut(&mut self.converted, 1, room))?;
            let (taken, given) = converter.process_into_buffer(&input, &mut output, None)?;
            self.waiting.drain(..taken);
            ready(self.converted.get(..given).unwrap_or_default());
        }
    }

    /// Forgets what it has been given, as if it were new.
    pub(crate) fn forget(&mut self) {
        self.waiting.clear();
        if let Some(converter) = &mut self.converter {
            converter.reset();
        }
    }
}

/// A slice that is too short for its own length is no world's mistake; yet it is answered by value.
fn adapter<T, E>(slice: Result<T, E>) -> Result<T, rubato::ResampleError> {
    slice.map_err(|_| rubato::ResampleError::InsufficientInputBufferSize {
        expected: 0,
        actual: 0,
    })
}

#[cfg(test)]
mod tests {
    use super::RateConverter;

    fn tone(rate: u32, hertz: u32, samples: u32) -> Vec<f32> {
        // Reduced to one period first: a float has no room for many of them.
        let phase = |sample: u64| (sample * u64::from(hertz)) % u64::from(rate);
        (0..u64::from(samples))
            .map(|sample| f64::from(u32::try_from(phase(sample)).expect("below the rate")))
            .map(|phase| (phase / f64::from(rate) * std::f64::consts::TAU).sin() * 0.5)
            .map(|sample| {
                #[expect(clippy::cast_possible_truncation, reason = "to what a driver delivers")]
                let sample = sample as f32;
                sample
            })
            .collect()
    }

    fn converted(input: u32, output: u32, sound: &[f32]) -> Vec<f32> {
        let mut converter = RateConverter::new(input, output).expect("ordinary rates");
        let mut all = Vec::new();
        // Odd pieces, as drivers deliver them.
        for piece in sound.chunks(333) {
            converter
                .convert(piece, |ready| all.extend_from_slice(ready))
                .expect("the pieces are whole");
        }
        all
    }

    fn upward_crossings(sound: &[f32]) -> usize {
        sound
            .windows(2)
            .filter(|pair| pair[0] < 0.0 && pair[1] >= 0.0)
            .count()
    }

    #[test]
    fn a_tone_keeps_its_pitch_and_its_loudness() {
        for input in [8_000, 16_000, 22_050, 44_100, 96_000, 192_000] {
            let sound = converted(input, 48_000, &tone(input, 1_000, input));
            assert!(
                (46_000..=48_000).contains(&sound.len()),
                "{input} Hz gave {}",
                sound.len()
            );
            let steady = &sound[4_800..43_200];
            let crossings = upward_crossings(steady);
            assert!(
                (799..=801).contains(&crossings),
                "{input} Hz: {crossings} periods"
            );
            let peak = steady
                .iter()
                .fold(0.0_f32, |peak, sample| peak.max(sample.abs()));
            assert!((0.49..0.51).contains(&peak), "{input} Hz: peak {peak}");
        }
    }

    #[test]
    fn what_the_lower_rate_cannot_carry_is_filtered_and_not_folded_back() {
        let sound = converted(96_000, 48_000, &tone(96_000, 30_000, 96_000));
        let peak = sound[4_800..43_200]
            .iter()
            .fold(0.0_f32, |peak, sample| peak.max(sample.abs()));
        assert!(peak < 0.001, "30 kHz is still there: {peak}");
    }

    #[test]
    fn equal_rates_pass_unchanged() {
        let sound = tone(48_000, 440, 4_800);
        assert_eq!(converted(48_000, 48_000, &sound), sound);
    }
}
