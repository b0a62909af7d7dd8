//! Sizes of cameras that scale to any within bounds.

use crate::choice::Wanted;

/// Sizes to offer of a camera that scales to any within bounds: what is wanted as near as it can be,
/// the bounds themselves, and the usual sizes between them.
#[derive(Clone, Copy, Debug)]
pub(super) struct SizeRange {
    pub(super) width: Steps,
    pub(super) height: Steps,
}

/// From `least` to `most` in steps of `step`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Steps {
    pub(super) least: u32,
    pub(super) most: u32,
    pub(super) step: u32,
}

impl Steps {
    /// The allowed value nearest below `value`, or the least.
    fn fit(self, value: u32) -> u32 {
        let value = value.clamp(self.least, self.most.max(self.least));
        value - (value - self.least) % self.step.max(1)
    }
}

impl SizeRange {
    const USUAL: [(u32, u32); 5] = [
        (320, 240),
        (640, 480),
        (800, 600),
        (1280, 720),
        (1920, 1080),
    ];

    pub(super) fn sizes(self, wanted: Option<Wanted>) -> Vec<(u32, u32)> {
        let fit = |(width, height)| (self.width.fit(width), self.height.fit(height));
        let bounds = [
            (self.width.least, self.height.least),
            (self.width.most, self.height.most),
        ];
        let mut sizes: Vec<_> = bounds.into_iter().chain(Self::USUAL).map(fit).collect();
        sizes.extend(wanted.map(|wanted| fit((wanted.width, wanted.height))));
        sizes.sort_unstable();
        sizes.dedup();
        sizes
    }
}

#[cfg(test)]
mod tests {
    use super::{SizeRange, Steps};
    use crate::choice::Wanted;
    use crate::request::FormatRequest;

    #[test]
    fn a_camera_that_scales_offers_what_is_wanted_within_its_steps() {
        let steps = |least, most| Steps {
            least,
            most,
            step: 16,
        };
        let range = SizeRange {
            width: steps(160, 1280),
            height: steps(120, 960),
        };
        let sizes = range.sizes(Some(Wanted {
            width: 650,
            height: 5000,
            rate: 30,
            required: FormatRequest::default(),
        }));
        assert!(sizes.contains(&(640, 952)));
        assert!(sizes.contains(&(160, 120)));
        assert!(
            sizes
                .iter()
                .all(|(width, height)| *width <= 1280 && *height <= 960)
        );
    }
}
