//! What an Opus packet says of itself (RFC 6716, section 3.1).

/// Whether the packet holds 20 ms of sound, as the port's frames do.
pub(crate) fn is_twenty_milliseconds(packet: &[u8]) -> bool {
    /// In units of 2.5 ms.
    const TWENTY: u8 = 8;
    let Some(&first) = packet.first() else {
        return false;
    };
    let configuration = first >> 3;
    let frame: u8 = match configuration {
        // SILK: 10, 20, 40, 60 ms.
        0..=11 => [4, 8, 16, 24][usize::from(configuration % 4)],
        // Hybrid: 10, 20 ms.
        12..=15 => [4, 8][usize::from(configuration % 2)],
        // CELT: 2.5, 5, 10, 20 ms.
        16.. => [1, 2, 4, 8][usize::from(configuration % 4)],
    };
    let frames = match (first & 3, packet.get(1)) {
        (0, _) => 1,
        (1 | 2, _) => 2,
        (_, Some(count)) => count & 63,
        (_, None) => return false,
    };
    frame.checked_mul(frames) == Some(TWENTY)
}

#[cfg(test)]
mod tests {
    use super::is_twenty_milliseconds;

    #[test]
    fn the_table_of_contents_tells_the_length() {
        // CELT fullband, 20 ms, one frame; the same in two of 10 ms; eight of 2.5 ms.
        assert!(is_twenty_milliseconds(&[31 << 3, 0]));
        assert!(is_twenty_milliseconds(&[(30 << 3) | 1, 0]));
        assert!(is_twenty_milliseconds(&[(28 << 3) | 3, 8]));
        // SILK 60 ms; two of 20 ms; nothing; a count that is missing.
        assert!(!is_twenty_milliseconds(&[3 << 3, 0]));
        assert!(!is_twenty_milliseconds(&[(31 << 3) | 1, 0]));
        assert!(!is_twenty_milliseconds(&[]));
        assert!(!is_twenty_milliseconds(&[(31 << 3) | 3]));
    }
}
