//! Whether a captured frame is what the port says: known by its form, without a decoder.

use exeunt_port::{Codec, DeviceKind, MediaFrame};

/// What is wrong with a frame of such a device, if anything is.
pub(super) fn fault(kind: DeviceKind, frame: &MediaFrame) -> Option<String> {
    let length = frame.payload.len();
    if length > MediaFrame::MAX_PAYLOAD {
        return Some(format!("it has {length} bytes"));
    }
    match (kind, frame.codec) {
        (DeviceKind::Microphone, Codec::Opus) => opus_fault(&frame.payload),
        (DeviceKind::Camera, Codec::Jpeg) => jpeg_fault(&frame.payload),
        (DeviceKind::Microphone | DeviceKind::Camera | DeviceKind::Speaker, codec) => {
            Some(format!("a {kind} captured {codec:?}"))
        }
    }
}

/// One packet has to be 20 ms and mono, by its table of contents (RFC 6716, section 3.1).
fn opus_fault(packet: &[u8]) -> Option<String> {
    const SILK: [u32; 4] = [10_000, 20_000, 40_000, 60_000];
    const HYBRID: [u32; 2] = [10_000, 20_000];
    const CELT: [u32; 4] = [2500, 5000, 10_000, 20_000];
    let Some(contents) = packet.first() else {
        return Some("an Opus packet without a byte".to_owned());
    };
    let configuration = usize::from(contents >> 3);
    let frame = match configuration {
        0..12 => SILK[configuration % 4],
        12..16 => HYBRID[configuration % 2],
        _ => CELT[configuration % 4],
    };
    let frames = match (contents & 3, packet.get(1)) {
        (0, _) => 1,
        (1 | 2, _) => 2,
        (_, Some(count)) => u32::from(count & 0x3f),
        (_, None) => 0,
    };
    if contents & 4 != 0 {
        return Some("an Opus packet in stereo".to_owned());
    }
    (frame * frames != 20_000).then(|| format!("an Opus packet of {} µs", frame * frames))
}

/// A baseline JPEG has its start, a baseline frame header (ITU-T T.81, annex B) and its end.
fn jpeg_fault(picture: &[u8]) -> Option<String> {
    const BASELINE: u8 = 0xc0;
    const OTHER_PROCESSES: [u8; 12] = [
        0xc1, 0xc2, 0xc3, 0xc5, 0xc6, 0xc7, 0xc9, 0xca, 0xcb, 0xcd, 0xce, 0xcf,
    ];
    if !picture.starts_with(&[0xff, 0xd8]) || !picture.ends_with(&[0xff, 0xd9]) {
        return Some("a JPEG without its start or its end".to_owned());
    }
    let mut rest = &picture[2..];
    while let [0xff, marker, high, low, ..] = rest {
        if *marker == BASELINE {
            return None;
        }
        if OTHER_PROCESSES.contains(marker) {
            return Some(format!("a JPEG of process {marker:#x}, not baseline"));
        }
        let length = usize::from(u16::from_be_bytes([*high, *low]));
        rest = rest.get(2 + length..).unwrap_or_default();
    }
    Some("a JPEG without a frame header".to_owned())
}

#[cfg(test)]
mod tests {
    use super::{jpeg_fault, opus_fault};

    #[test]
    fn only_twenty_milliseconds_of_mono_pass() {
        assert_eq!(opus_fault(&[31 << 3, 0xff, 0xfe]), None);
        assert_eq!(opus_fault(&[1 << 3]), None, "SILK");
        assert_eq!(opus_fault(&[30 << 3 | 1]), None, "two frames of 10 ms");
        assert_eq!(opus_fault(&[29 << 3 | 3, 4]), None, "four of 5 ms");
        assert!(opus_fault(&[30 << 3]).is_some());
        assert!(opus_fault(&[31 << 3 | 4]).is_some(), "stereo");
        assert!(opus_fault(&[]).is_some());
    }

    #[test]
    fn only_a_whole_baseline_picture_passes() {
        let picture = |frame: u8| {
            let mut picture = vec![0xff, 0xd8, 0xff, 0xe0, 0, 3, 7, 0xff, frame, 0, 2];
            picture.extend([0xff, 0xd9]);
            picture
        };
        assert_eq!(jpeg_fault(&picture(0xc0)), None);
        assert!(jpeg_fault(&picture(0xc2)).is_some(), "progressive");
        assert!(jpeg_fault(&picture(0xdb)).is_some(), "no frame header");
        assert!(jpeg_fault(&picture(0xc0)[..8]).is_some(), "cut off");
    }
}
