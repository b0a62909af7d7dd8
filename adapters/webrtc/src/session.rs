//! A peer connection without sockets, threads and clocks: what goes in, what comes out.
//!
//! Time is an argument, datagrams are bytes; so whole calls run on virtual time in the tests. Around
//! str0m it adds what a caller can rely on: bounds for what others write, deadlines for connecting and
//! recovering, no panic for anything that comes from outside, and one order of ends.
//!
//! | | |
//! | --- | --- |
//! | here | what both sides agree on |
//! | `transit` | datagrams, media, time, the end |
//! | `engine` | what str0m is asked, and what it says |

mod engine;
#[cfg(test)]
mod hostile_descriptions;
#[cfg(test)]
mod tests;
mod transit;

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::time::Instant;

use str0m::change::{SdpAnswer, SdpOffer, SdpPendingOffer};
use str0m::media::{Direction, MediaData, MediaKind, Mid};
use str0m::net::Protocol;
use str0m::{Candidate, Rtc};

use crate::peer_connection::Agreed;
use crate::{
    DescriptionError, LocalCandidate, MediaId, Offer, PeerConnection, PeerFailure, Publishes,
};
use crate::{limits, refused};
use engine::guarded;

/// What comes out.
#[derive(Debug)]
pub(crate) enum Output {
    /// To be sent from a socket.
    Datagram(Datagram),
    /// Something happened.
    Happened(Happening),
}

/// A datagram to be sent.
#[derive(Debug)]
pub(crate) struct Datagram {
    pub(crate) source: SocketAddr,
    pub(crate) destination: SocketAddr,
    pub(crate) contents: Vec<u8>,
}

impl Datagram {
    /// Whether it carries media: RTP rather than STUN, DTLS or RTCP (RFC 7983, RFC 5761).
    pub(crate) fn is_media(&self) -> bool {
        matches!(self.contents[..], [128..=191, kind, ..] if !(192..=223).contains(&kind))
    }
}

/// What happened.
#[derive(Debug)]
pub(crate) enum Happening {
    Connected,
    Lost,
    Failed(PeerFailure),
    Closed,
    /// Media that came.
    Received(Box<MediaData>),
    /// The other side wants a key frame of what this one sends.
    KeyFrameWanted,
    /// Nothing of what the other side offers for the medium can be decoded; it was refused.
    Undecodable {
        mid: MediaId,
        codecs: String,
    },
    /// The medium carries nothing any more, until it is heard of again.
    Stopped(MediaId),
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    /// Not both descriptions are known.
    Describing,
    Connecting {
        until: Instant,
    },
    Connected,
    Lost {
        until: Instant,
        retry_at: Instant,
    },
    Over,
}

/// A peer connection without its surroundings.
pub(crate) struct Session {
    /// On the heap: it is tens of kilobytes, and sessions are moved.
    rtc: Box<Rtc>,
    phase: Phase,
    pending: Option<SdpPendingOffer>,
    audio: Option<Mid>,
    video: Option<Mid>,
    candidates: Vec<Candidate>,
    /// Where the other side can be reached, as it said itself.
    remote: Vec<Candidate>,
    outputs: VecDeque<Output>,
    wake_at: Option<Instant>,
}

impl Session {
    /// A session whose sockets are at these addresses.
    pub(crate) fn new(sockets: &[SocketAddr], publishes: bool, now: Instant) -> Self {
        let mut builder = Rtc::builder()
            .clear_codecs()
            .enable_opus(true, false)
            .set_reordering_size_audio(5)
            .set_reordering_timeout_audio(Some(limits::SOUND_REORDERED_WITHIN))
            .set_reordering_size_video(limits::PACKETS_A_PICTURE);
        if publishes {
            // Constrained baseline, level 3.1, packetisation mode 1: what every WebRTC peer decodes.
            builder
                .codec_config()
                .add_h264(108.into(), Some(109.into()), true, 0x42_e01f);
        } else {
            builder = builder.enable_h264(true);
        }
        let mut rtc = builder.build(now);
        let candidates: Vec<_> = sockets
            .iter()
            .filter_map(|&address| {
                let candidate = Candidate::host(address, Protocol::Udp).ok()?;
                rtc.add_local_candidate(candidate).cloned()
            })
            .collect();
        Self {
            rtc: Box::new(rtc),
            phase: Phase::Describing,
            pending: None,
            audio: None,
            video: None,
            candidates,
            remote: Vec::new(),
            outputs: VecDeque::new(),
            wake_at: None,
        }
    }

    /// Offers what is to be published.
    pub(crate) fn offer(&mut self, publishes: Publishes, now: Instant) -> Offer {
        let mut changes = self.rtc.sdp_api();
        let mut add = |kind, wanted: bool| {
            wanted.then(|| changes.add_media(kind, Direction::SendOnly, None, None, None))
        };
        self.audio = add(MediaKind::Audio, publishes.audio);
        self.video = add(MediaKind::Video, publishes.video);
        let sdp = match changes.apply() {
            Some((offer, pending)) => {
                self.pending = Some(pending);
                offer.to_sdp_string()
            }
            None => String::new(),
        };
        self.drain(now);
        let first = self.audio.or(self.video).map(MediaId);
        let candidates = self.candidates.iter().zip(first.into_iter().cycle());
        Offer {
            sdp,
            candidates: candidates
                .map(|(candidate, mid)| LocalCandidate {
                    candidate: candidate.to_sdp_string(),
                    mid,
                    line: 0,
                })
                .collect(),
            audio: self.audio.map(MediaId),
            video: self.video.map(MediaId),
        }
    }

    /// Takes the answer to the offer.
    pub(crate) fn accept_answer(
        &mut self,
        sdp: &str,
        now: Instant,
    ) -> Result<Agreed, DescriptionError> {
        self.not_over()?;
        limits::check(sdp)?;
        let answer = guarded(|| SdpAnswer::from_sdp_string(sdp))
            .ok_or(DescriptionError::EngineFailed)?
            .map_err(|reason| malformed(&reason))?;
        let pending = self.pending.take().ok_or(DescriptionError::NotOffered)?;
        self.describe(now, |rtc| rtc.sdp_api().accept_answer(pending, answer))?;
        self.remember(limits::candidates(sdp))?;
        let wants = |mid: Option<Mid>| {
            mid.and_then(|mid| self.rtc.media(mid))
                .is_some_and(|media| !media.disabled() && media.direction().is_sending())
        };
        let agreed = Agreed {
            audio: wants(self.audio),
            video: wants(self.video),
        };
        self.begin_connecting(now);
        Ok(agreed)
    }

    /// Takes an offer; answers it.
    pub(crate) fn accept_offer(
        &mut self,
        sdp: &str,
        now: Instant,
    ) -> Result<String, DescriptionError> {
        self.not_over()?;
        limits::check(sdp)?;
        let offer = guarded(|| SdpOffer::from_sdp_string(sdp))
            .ok_or(DescriptionError::EngineFailed)?
            .map_err(|reason| malformed(&reason))?;
        let answer = self.describe(now, |rtc| rtc.sdp_api().accept_offer(offer))?;
        self.remember(limits::candidates(sdp))?;
        self.begin_connecting(now);
        let answer = answer.to_sdp_string();
        for (mid, codecs) in refused::media(sdp, &answer) {
            self.tell(Happening::Undecodable { mid, codecs });
        }
        Ok(answer)
    }

    /// Takes one more place where the other side can be reached.
    pub(crate) fn add_remote_candidate(
        &mut self,
        candidate: &str,
        now: Instant,
    ) -> Result<(), DescriptionError> {
        self.not_over()?;
        let candidate = limits::candidate(candidate)?;
        self.remember(std::iter::once(candidate.clone()))?;
        self.describe(now, |rtc| {
            rtc.add_remote_candidate(candidate);
            Ok(())
        })
    }

    /// Keeps in mind where the other side can be reached, for when it is lost.
    fn remember(
        &mut self,
        candidates: impl Iterator<Item = Candidate>,
    ) -> Result<(), DescriptionError> {
        for candidate in candidates {
            if !self.remote.contains(&candidate) {
                limits::bounded("candidates", self.remote.len() + 1, limits::CANDIDATES)?;
                self.remote.push(candidate);
            }
        }
        Ok(())
    }

    fn not_over(&self) -> Result<(), DescriptionError> {
        match self.phase {
            Phase::Over => Err(DescriptionError::Over),
            Phase::Describing
            | Phase::Connecting { .. }
            | Phase::Connected
            | Phase::Lost { .. } => Ok(()),
        }
    }

    /// One change of what both sides have agreed on.
    fn describe<T>(
        &mut self,
        now: Instant,
        change: impl FnOnce(&mut Rtc) -> Result<T, str0m::RtcError>,
    ) -> Result<T, DescriptionError> {
        let outcome = self.with_engine(change);
        self.drain(now);
        outcome
            .ok_or(DescriptionError::EngineFailed)?
            .map_err(|reason| DescriptionError::Refused {
                detail: reason.to_string(),
            })
    }

    fn begin_connecting(&mut self, now: Instant) {
        if self.phase == Phase::Describing {
            let until = now + PeerConnection::CONNECTING;
            self.phase = Phase::Connecting { until };
        }
    }
}

fn malformed(reason: &dyn std::fmt::Display) -> DescriptionError {
    DescriptionError::Malformed {
        detail: reason.to_string(),
    }
}
