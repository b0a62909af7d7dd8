//! What a test sees of a device, from inside and from outside.

use std::path::Path;

use exeunt_port::{Codec, DeviceLink, DeviceSide, FrameQueue, MediaFrame};
use opus::{Channels, Decoder};

/// A link whose captured frames wait in a queue of a second.
pub(crate) fn link() -> (DeviceLink, DeviceSide) {
    DeviceLink::pair(FrameQueue::bounded(50))
}

/// The next frames of a device.
pub(crate) async fn frames(side: &DeviceSide, number: usize) -> Vec<MediaFrame> {
    let mut frames = Vec::new();
    while frames.len() < number {
        frames.push(side.captured.next().await.expect("the device delivers"));
    }
    frames
}

/// The sound in packets that follow one another.
pub(crate) fn decoded(packets: &[MediaFrame]) -> Vec<f32> {
    let mut decoder = Decoder::new(48_000, Channels::Mono).expect("a decoder");
    let mut sound = Vec::new();
    for packet in packets {
        assert_eq!(packet.codec, Codec::Opus);
        let mut samples = [0.0; 960];
        let length = decoder
            .decode_float(&packet.payload, &mut samples, false)
            .expect("valid Opus");
        assert_eq!(length, 960, "20 ms");
        sound.extend_from_slice(&samples);
    }
    sound
}

/// The share of the sound's energy that lies at this frequency, of 0 to 1 (Goertzel's algorithm).
pub(crate) fn share_at(hertz: f64, sound: &[f32]) -> f64 {
    let step = std::f64::consts::TAU * hertz / 48_000.0;
    let turning = 2.0 * step.cos();
    let (mut before, mut last) = (0.0, 0.0);
    for sample in sound {
        (before, last) = (last, f64::from(*sample) + turning * last - before);
    }
    let power = last * last + before * before - turning * last * before;
    let energy: f64 = sound.iter().map(|sample| f64::from(*sample).powi(2)).sum();
    let length = f64::from(u32::try_from(sound.len()).expect("short"));
    2.0 * power / (length * energy)
}

/// How many descriptors of this process show this file. Where the system has no such list, none can
/// be shown and the question is not asked.
#[cfg(target_os = "linux")]
pub(crate) fn descriptors_of(path: &Path) -> usize {
    let path = path.canonicalize().expect("the file is there");
    let descriptors = std::fs::read_dir("/proc/self/fd").expect("Linux lists them");
    let files = descriptors.filter_map(|entry| std::fs::read_link(entry.ok()?.path()).ok());
    files.filter(|file| *file == path).count()
}
