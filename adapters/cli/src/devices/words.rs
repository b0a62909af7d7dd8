//! What a device offers and who uses it, in words.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet};

use exeunt_cpal::AudioDevice;
use exeunt_nokhwa::{CameraFormat, PixelFormat};

use super::Holder;

/// How many sizes, or formats of no use, stand in a line. Whoever needs all of them asks for JSON.
const SHOWN: usize = 8;

pub(super) fn title(name: &str, id: &str, is_default: bool) -> String {
    let id = if id == name {
        String::new()
    } else {
        format!(" ({id})")
    };
    let default = if is_default { ", the default" } else { "" };
    format!("{name}{id}{default}")
}

/// Whether somebody could have it, and who has it. `held_by` is `None` where that is not to be seen.
pub(super) fn usage(free: Option<bool>, shared: bool, held_by: Option<&[Holder]>) -> String {
    let who = held_by.filter(|holders| !holders.is_empty()).map(names);
    match (free, shared, held_by, who) {
        (Some(true), _, _, _) => "free".to_owned(),
        (Some(false), _, _, Some(who)) => format!("in use by {who}"),
        (Some(false), _, _, None) => "in use".to_owned(),
        (None, true, _, Some(who)) => format!("shared; in use by {who}"),
        (None, true, Some(_), None) => "shared; nobody uses it".to_owned(),
        (None, true, None, None) => "shared; who uses it is not to be seen".to_owned(),
        (None, false, _, Some(who)) => format!("open in {who}; may be in use"),
        (None, false, _, None) => "may be in use: the system does not show it".to_owned(),
    }
}

fn names(holders: &[Holder]) -> String {
    let names = holders.iter().map(|Holder { process, name }| {
        if name.is_empty() {
            format!("process {process}")
        } else {
            format!("{name} ({process})")
        }
    });
    names.collect::<Vec<_>>().join(", ")
}

pub(super) fn audio_offers(device: &AudioDevice, shared: bool) -> Vec<String> {
    let own = device.config.as_ref().map(|config| {
        let channels = match config.channels {
            1 => "mono".to_owned(),
            2 => "stereo".to_owned(),
            more => format!("{more} channels"),
        };
        let (rate, samples) = (config.sample_rate, &config.sample_format);
        format!("by itself {rate} Hz, {channels}, {samples}")
    });
    let mut lines: Vec<String> = own.into_iter().collect();
    if shared {
        // A server lists whatever it can convert from, which is everything.
        return lines;
    }
    lines.extend(device.formats.iter().map(|format| {
        let rates = span(&format.min_sample_rate, &format.max_sample_rate);
        let channels = span(&format.min_channels, &format.max_channels);
        let plural = if format.max_channels == 1 { "" } else { "s" };
        format!(
            "{} at {rates} Hz, {channels} channel{plural}",
            format.sample_format
        )
    }));
    lines
}

fn span<T: PartialEq + std::fmt::Display>(least: &T, most: &T) -> String {
    if least == most {
        most.to_string()
    } else {
        format!("{least} to {most}")
    }
}

/// A line for each pixel format that can be used, with its sizes and how fast each of them gets; then
/// what is of no use here.
pub(super) fn camera_offers(formats: &[CameraFormat]) -> Vec<String> {
    let mut usable: BTreeMap<PixelFormat, Vec<&CameraFormat>> = BTreeMap::new();
    let mut others: BTreeSet<&str> = BTreeSet::new();
    for format in formats {
        match format.pixels {
            Some(pixels) => usable.entry(pixels).or_default().push(format),
            None => {
                others.insert(&format.fourcc);
            }
        }
    }
    let mut lines: Vec<String> = usable
        .into_iter()
        .map(|(pixels, mut sizes)| {
            sizes.sort_by_key(|one| Reverse((one.width, one.height)));
            format!("{pixels:5}  {}", cut(sizes.into_iter().map(size)))
        })
        .collect();
    if !others.is_empty() {
        let others = others.into_iter().map(str::to_owned);
        lines.push(format!("of no use here: {}", cut(others)));
    }
    lines
}

fn size(format: &CameraFormat) -> String {
    let CameraFormat { width, height, .. } = format;
    match format.rates.first() {
        // Two digits at most, and none for a whole number.
        Some(rate) => format!("{width}x{height} to {}/s", (rate * 100.0).round() / 100.0),
        None => format!("{width}x{height}"),
    }
}

/// The first of these in one line, and how many more there are.
fn cut(words: impl ExactSizeIterator<Item = String>) -> String {
    let more = words.len().saturating_sub(SHOWN);
    let mut shown: Vec<String> = words.take(SHOWN).collect();
    if more > 0 {
        shown.push(format!("and {more} more (--json lists all)"));
    }
    shown.join(", ")
}

#[cfg(test)]
mod tests {
    use exeunt_nokhwa::{CameraFormat, PixelFormat};

    use super::{Holder, camera_offers, usage};

    #[test]
    fn who_uses_a_device_is_said_as_far_as_it_is_known() {
        let alice = [Holder {
            process: 12,
            name: "exeunt".to_owned(),
        }];
        let hidden = [Holder {
            process: 13,
            name: String::new(),
        }];
        for (said, free, shared, held_by) in [
            ("free", Some(true), false, Some(&[][..])),
            ("in use by exeunt (12)", Some(false), false, Some(&alice)),
            ("in use by process 13", Some(false), false, Some(&hidden)),
            ("shared; in use by exeunt (12)", None, true, Some(&alice)),
            ("shared; nobody uses it", None, true, Some(&[])),
            ("shared; who uses it is not to be seen", None, true, None),
            (
                "open in exeunt (12); may be in use",
                None,
                false,
                Some(&alice),
            ),
            (
                "may be in use: the system does not show it",
                None,
                false,
                None,
            ),
        ] {
            assert_eq!(usage(free, shared, held_by), said);
        }
    }

    #[test]
    fn a_cameras_sizes_are_listed_the_largest_first_and_cut() {
        let size = |pixels: Option<PixelFormat>, width| CameraFormat {
            fourcc: "H264".to_owned(),
            pixels,
            width,
            height: 480,
            rates: vec![30_000.0 / 1001.0, 15.0],
        };
        let mut formats: Vec<_> = (1..=10)
            .map(|width| size(Some(PixelFormat::Yuyv), width * 16))
            .collect();
        formats.push(size(Some(PixelFormat::Mjpeg), 640));
        formats.push(size(None, 1920));
        assert_eq!(
            camera_offers(&formats),
            [
                "mjpeg  640x480 to 29.97/s",
                "yuyv   160x480 to 29.97/s, 144x480 to 29.97/s, 128x480 to 29.97/s, 112x480 to 29.97/s, \
                 96x480 to 29.97/s, 80x480 to 29.97/s, 64x480 to 29.97/s, 48x480 to 29.97/s, \
                 and 2 more (--json lists all)",
                "of no use here: H264",
            ]
        );
    }
}
