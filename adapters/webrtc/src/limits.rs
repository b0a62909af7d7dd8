//! How much of what others write is read.

use std::time::Duration;

use str0m::Candidate;
use str0m::net::Protocol;

use crate::{DescriptionError, MediaId};

/// How long a gap in the sound is waited for before it is one.
pub(crate) const SOUND_REORDERED_WITHIN: Duration = Duration::from_millis(100);
/// The most packets that one picture may come in: 720 kB.
pub(crate) const PACKETS_A_PICTURE: usize = 600;
/// The longest description in bytes; a room of fifty has under half of it.
const DESCRIPTION: usize = 256 * 1024;
/// The most media in one description.
const MEDIA: usize = 128;
/// The most candidates in one description, and the most that are trickled.
pub(crate) const CANDIDATES: usize = 256;
/// How often a lost peer is looked for again at the places that it named.
pub(crate) const LOOK_AGAIN: Duration = Duration::from_secs(1);
/// The longest candidate in bytes.
const CANDIDATE: usize = 512;

/// Refuses a description that is too large, before anything is made of it.
pub(crate) fn check(sdp: &str) -> Result<(), DescriptionError> {
    bounded("bytes", sdp.len(), DESCRIPTION)?;
    let lines = |start: &str| sdp.lines().filter(|line| line.starts_with(start)).count();
    bounded("media", lines("m="), MEDIA)?;
    bounded("candidates", lines("a=candidate:"), CANDIDATES)?;
    let names = sdp.lines().filter_map(|line| line.strip_prefix("a=mid:"));
    for name in names {
        bounded("bytes in a mid", name.trim_end().len(), MediaId::MAX_LENGTH)?;
    }
    Ok(())
}

pub(crate) fn bounded(
    what: &'static str,
    found: usize,
    allowed: usize,
) -> Result<(), DescriptionError> {
    if found > allowed {
        return Err(DescriptionError::TooLarge {
            what,
            found,
            allowed,
        });
    }
    Ok(())
}

/// The usable candidates of a description.
pub(crate) fn candidates(sdp: &str) -> impl Iterator<Item = Candidate> {
    sdp.lines()
        .filter(|line| line.starts_with("a=candidate:"))
        .filter_map(|line| candidate(line).ok())
}

/// Reads `candidate:…`, with or without `a=`.
pub(crate) fn candidate(text: &str) -> Result<Candidate, DescriptionError> {
    bounded("bytes in a candidate", text.len(), CANDIDATE)?;
    let text = text.trim();
    let bare = text.strip_prefix("a=").unwrap_or(text);
    let candidate =
        Candidate::from_sdp_string(bare).map_err(|reason| DescriptionError::Malformed {
            detail: reason.to_string(),
        })?;
    if candidate.proto() != Protocol::Udp {
        return Err(DescriptionError::Refused {
            detail: format!("{} instead of udp", candidate.proto()),
        });
    }
    Ok(candidate)
}
