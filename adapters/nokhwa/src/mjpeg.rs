//! What cameras call MJPEG, made into whole JPEGs.

use std::ops::Range;
use std::sync::LazyLock;

use bytes::Bytes;
use jpeg_encoder::{ColorType, Encoder};

const START: u8 = 0xD8;
const END: u8 = 0xD9;
const SCAN: u8 = 0xDA;
const HUFFMAN_TABLES: u8 = 0xC4;

/// The JPEG at the beginning of a camera's buffer, or `None` if there is none.
///
/// What cameras add or leave out is put right: padding after the end is cut, an end that is missing
/// is added, and so are the standard Huffman tables, which MJPEG may take for granted.
pub(crate) fn tidied(buffer: &[u8]) -> Option<Bytes> {
    let layout = Layout::of(buffer)?;
    let mut jpeg = Vec::with_capacity(layout.end + STANDARD_TABLES.len() + 2);
    jpeg.extend_from_slice(&buffer[..layout.first_scan]);
    if layout.tables.is_empty() {
        jpeg.extend_from_slice(&STANDARD_TABLES);
    }
    jpeg.extend_from_slice(&buffer[layout.first_scan..layout.end]);
    if !layout.is_ended {
        jpeg.extend_from_slice(&[0xFF, END]);
    }
    Some(jpeg.into())
}

/// The tables of the JPEG standard's annex K, taken from where the encoder uses them.
static STANDARD_TABLES: LazyLock<Vec<u8>> = LazyLock::new(|| {
    let mut jpeg = Vec::new();
    let encoded = Encoder::new(&mut jpeg, 50).encode(&[0; 3], 1, 1, ColorType::Rgb);
    let layout = encoded.ok().and_then(|()| Layout::of(&jpeg));
    let tables = layout.map_or_else(Vec::new, |layout| layout.tables);
    tables
        .into_iter()
        .flat_map(|range| jpeg[range].to_vec())
        .collect()
});

/// Where things are in a JPEG. Segments are walked rather than searched for, since a thumbnail within
/// has a start and an end of its own.
struct Layout {
    first_scan: usize,
    /// Just after the end marker, or where the data stops without one.
    end: usize,
    is_ended: bool,
    tables: Vec<Range<usize>>,
}

impl Layout {
    fn of(buffer: &[u8]) -> Option<Self> {
        if !buffer.starts_with(&[0xFF, START]) {
            return None;
        }
        let mut at = 2;
        let mut first_scan = None;
        let mut tables = Vec::new();
        loop {
            let Some(marker) = Marker::at(buffer, at) else {
                // A picture that breaks off in its header shows nothing; in a scan it shows a part.
                let first_scan = first_scan?;
                return Some(Self {
                    first_scan,
                    end: at.min(buffer.len()),
                    is_ended: false,
                    tables,
                });
            };
            match marker.code {
                END => {
                    let first_scan = first_scan?;
                    return Some(Self {
                        first_scan,
                        end: marker.body,
                        is_ended: true,
                        tables,
                    });
                }
                // Markers without a length: a new start has no business here, restarts are harmless.
                START => return None,
                0x01 | 0xD0..=0xD7 => at = marker.body,
                SCAN => {
                    first_scan.get_or_insert(at);
                    at = end_of_scan(buffer, marker.body + marker.length(buffer)?);
                }
                code => {
                    let end = marker.body + marker.length(buffer)?;
                    if code == HUFFMAN_TABLES && end <= buffer.len() {
                        tables.push(at..end);
                    }
                    at = end;
                }
            }
        }
    }
}

struct Marker {
    code: u8,
    /// Just after the marker.
    body: usize,
}

impl Marker {
    fn at(buffer: &[u8], at: usize) -> Option<Self> {
        let rest = buffer.get(at..)?;
        // A marker is a byte of ones, any number more of them, and a code.
        let fill = rest.iter().take_while(|byte| **byte == 0xFF).count();
        let code = *rest.get(fill)?;
        (fill > 0 && code != 0).then_some(Self {
            code,
            body: at + fill + 1,
        })
    }

    fn length(&self, buffer: &[u8]) -> Option<usize> {
        let length = buffer.get(self.body..self.body + 2)?;
        let length = usize::from(u16::from_be_bytes([length[0], length[1]]));
        // It counts itself.
        (length >= 2).then_some(length)
    }
}

/// The first marker after a scan's data; the end of the buffer, less its padding, if there is none.
fn end_of_scan(buffer: &[u8], from: usize) -> usize {
    let data = buffer.get(from..).unwrap_or_default();
    let is_marker = |pair: &[u8]| pair[0] == 0xFF && !matches!(pair[1], 0x00 | 0xFF | 0xD0..=0xD7);
    data.windows(2).position(is_marker).map_or_else(
        || {
            from + data
                .iter()
                .rposition(|byte| *byte != 0)
                .map_or(0, |last| last + 1)
        },
        |offset| from + offset,
    )
}

#[cfg(test)]
mod tests {
    use jpeg_encoder::{ColorType, Encoder};

    use super::{HUFFMAN_TABLES, Layout, tidied};

    fn jpeg() -> Vec<u8> {
        let pixels: Vec<u8> = (0..16 * 16 * 3_u32)
            .map(|at| (at * 7 % 251) as u8)
            .collect();
        let mut jpeg = Vec::new();
        let encoder = Encoder::new(&mut jpeg, 90);
        encoder
            .encode(&pixels, 16, 16, ColorType::Rgb)
            .expect("a picture");
        jpeg
    }

    fn pixels(jpeg: &[u8]) -> Vec<u8> {
        jpeg_decoder::Decoder::new(jpeg)
            .decode()
            .expect("a decodable picture")
    }

    #[test]
    fn a_whole_picture_is_passed_on_as_it_is() {
        assert_eq!(tidied(&jpeg()).as_deref(), Some(jpeg().as_slice()));
    }

    #[test]
    fn padding_behind_the_picture_is_cut_even_if_it_looks_like_an_end() {
        let mut padded = jpeg();
        padded.extend([0, 0, 0, 0xFF, 0xD9, 0, 0]);
        assert_eq!(tidied(&padded).as_deref(), Some(jpeg().as_slice()));
    }

    #[test]
    fn a_thumbnail_within_does_not_end_the_picture() {
        let inner = jpeg();
        let length = u16::try_from(inner.len() + 2).expect("a short thumbnail");
        let mut whole = vec![0xFF, 0xD8, 0xFF, 0xE1];
        whole.extend(length.to_be_bytes());
        whole.extend(&inner);
        whole.extend(&inner[2..]);
        assert_eq!(tidied(&whole).as_deref(), Some(whole.as_slice()));
    }

    #[test]
    fn huffman_tables_that_the_camera_left_out_are_added() {
        let whole = jpeg();
        let mut bare = whole.clone();
        for range in Layout::of(&whole)
            .expect("a picture")
            .tables
            .into_iter()
            .rev()
        {
            bare.drain(range);
        }
        assert!(!bare.windows(2).any(|pair| pair == [0xFF, HUFFMAN_TABLES]));
        assert!(
            jpeg_decoder::Decoder::new(whole.as_slice())
                .decode()
                .is_ok()
        );
        let tidied = tidied(&bare).expect("a picture");
        assert!(tidied.windows(2).any(|pair| pair == [0xFF, HUFFMAN_TABLES]));
        assert_eq!(pixels(&tidied), pixels(&whole));
    }

    #[test]
    fn an_end_that_the_camera_left_out_is_added() {
        let mut open = jpeg();
        open.truncate(open.len() - 2);
        open.extend([0; 64]);
        let tidied = tidied(&open).expect("a picture");
        assert!(tidied.ends_with(&[0xFF, 0xD9]));
        assert_eq!(pixels(&tidied), pixels(&jpeg()));
    }

    #[test]
    fn what_is_no_picture_is_none() {
        let whole = jpeg();
        let scan = Layout::of(&whole).expect("a picture").first_scan;
        for broken in [
            &[][..],
            &[0; 100],
            b"\xFF\xD8",
            &whole[1..],
            &whole[..scan],
            b"\xFF\xD8\xFF\xD8",
        ] {
            assert_eq!(tidied(broken), None);
        }
    }

    #[test]
    fn a_picture_cut_anywhere_never_panics() {
        let whole = jpeg();
        for end in 0..whole.len() {
            if let Some(tidied) = tidied(&whole[..end]) {
                assert!(tidied.ends_with(&[0xFF, 0xD9]));
            }
        }
    }
}
