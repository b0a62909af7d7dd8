//! How loud a sound is from moment to moment: enough to tell which of two sentences was said.

use std::path::Path;

use exeunt_loopback::Heard;
use libtest_mimic::Failed;

/// How loud a sound is, every 20 ms.
#[derive(Clone, Debug)]
pub(crate) struct Envelope(Vec<f64>);

impl Envelope {
    const STEPS_PER_SECOND: u32 = 50;
    /// Each step is the loudness of this many, for 20 ms are hardly longer than a vowel's own beat.
    const SMOOTHED: u32 = 5;

    /// Of a WAV file of 16 bits.
    pub(crate) fn of_file(wav: &Path) -> Result<Self, Failed> {
        let mut reader = hound::WavReader::open(wav)?;
        let rate = reader.spec().sample_rate;
        let samples = reader.samples::<i16>().collect::<Result<Vec<_>, _>>()?;
        let step = usize::try_from(rate / Self::STEPS_PER_SECOND)?;
        let energies = samples.chunks_exact(step).map(|step| {
            let energy = |sample: &i16| (f64::from(*sample) / f64::from(i16::MAX)).powi(2);
            step.iter().map(energy).sum()
        });
        Ok(Self::smooth(&energies.collect::<Vec<_>>(), rate))
    }

    /// Of what a meter heard, step by step. Packets are 20 ms long; steps that came together share
    /// their energy.
    pub(crate) fn of_steps(steps: &[Heard], rate: u32) -> Self {
        let length = u64::from(rate / Self::STEPS_PER_SECOND);
        let mut energies = Vec::new();
        let (mut samples, mut energy) = (0, 0.0);
        for heard in steps {
            let number = (heard.samples - samples) / length;
            let share = (heard.energy - energy) / f64::from(u32::try_from(number).unwrap_or(1));
            energies.extend((0..number).map(|_| share));
            (samples, energy) = (heard.samples, heard.energy);
        }
        Self::smooth(&energies, rate)
    }

    fn smooth(energies: &[f64], rate: u32) -> Self {
        let samples = f64::from(rate / Self::STEPS_PER_SECOND * Self::SMOOTHED);
        let windows = energies.windows(Self::SMOOTHED as usize);
        Self(
            windows
                .map(|window| (window.iter().sum::<f64>() / samples).sqrt())
                .collect(),
        )
    }

    /// The loudest moment: 0 is silence, 0.71 a sine at full scale.
    pub(crate) fn peak(&self) -> f64 {
        self.0.iter().copied().fold(0.0, f64::max)
    }

    /// How many times it falls below a tenth of its peak: the pauses between words.
    pub(crate) fn pauses(&self) -> usize {
        let quiet = self.peak() / 10.0;
        self.0
            .windows(2)
            .filter(|pair| pair[0] >= quiet && pair[1] < quiet)
            .count()
    }

    /// How much of this is somewhere in `longer`: 1 is the same but for its loudness, 0 has nothing to
    /// do with it. Either half is looked for by itself, for a gap that a busy machine makes shifts what
    /// comes after it; the half that is found worse counts.
    pub(crate) fn is_within(&self, longer: &Self) -> f64 {
        let (first, second) = self.0.split_at(self.0.len() / 2);
        found(first, &longer.0).min(found(second, &longer.0))
    }
}

fn found(piece: &[f64], longer: &[f64]) -> f64 {
    let parts = longer.windows(piece.len().max(1));
    parts
        .map(|part| correlation(piece, part))
        .fold(0.0, f64::max)
}

/// Pearson's correlation; 0 where one of them does not vary.
fn correlation(left: &[f64], right: &[f64]) -> f64 {
    let (left_mean, right_mean) = (mean(left), mean(right));
    let (mut both, mut of_left, mut of_right) = (0.0, 0.0, 0.0);
    for (left, right) in left.iter().zip(right) {
        let (left, right) = (left - left_mean, right - right_mean);
        both += left * right;
        of_left += left * left;
        of_right += right * right;
    }
    let scale = f64::sqrt(of_left * of_right);
    if scale > 0.0 { both / scale } else { 0.0 }
}

fn mean(values: &[f64]) -> f64 {
    let number = u32::try_from(values.len()).unwrap_or(u32::MAX).max(1);
    values.iter().sum::<f64>() / f64::from(number)
}
