//! A peer connection without sockets, threads and clocks: what goes in, what comes out.
//!
//! Time is an argument, datagrams are bytes; so whole calls run on virtual time in the tests. Around
//! str0m it adds what a caller can rely on: bounds for what others write, deadlines for connecting and
//! recovering, no panic for anything that comes from outside, and one order of ends.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Instant;

use str0m::change::{SdpAnswer, SdpOffer, SdpPendingOffer};
use str0m::format::Codec as Format;
use str0m::media::{Direction, KeyframeRequestKind, MediaData, MediaKind, MediaTime, Mid};
use str0m::net::{Protocol, Receive};
use str0m::{Candidate, Event, IceConnectionState, Input, Output as Engine, Rtc};

use crate::limits;
use crate::peer_connection::Agreed;
use crate::{
    DescriptionError, LocalCandidate, MediaId, Offer, PeerConnection, PeerFailure, Publishes,
};

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
    },
    Over,
}

/// A peer connection without its surroundings.
pub(crate) struct Session {
    rtc: Rtc,
    phase: Phase,
    pending: Option<SdpPendingOffer>,
    audio: Option<Mid>,
    video: Option<Mid>,
    candidates: Vec<Candidate>,
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
            rtc,
            phase: Phase::Describing,
            pending: None,
            audio: None,
            video: None,
            candidates,
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
        self.begin_connecting(now);
        Ok(answer.to_sdp_string())
    }

    /// Takes one more place where the other side can be reached.
    pub(crate) fn add_remote_candidate(
        &mut self,
        candidate: &str,
        now: Instant,
    ) -> Result<(), DescriptionError> {
        self.not_over()?;
        let candidate = limits::candidate(candidate)?;
        self.describe(now, |rtc| {
            rtc.add_remote_candidate(candidate);
            Ok(())
        })
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

/// Media and datagrams.
impl Session {
    /// Takes a datagram; answers whether it was one of ours.
    pub(crate) fn datagram(
        &mut self,
        source: SocketAddr,
        destination: SocketAddr,
        contents: &[u8],
        now: Instant,
    ) -> bool {
        let parsed = guarded(|| Receive::new(Protocol::Udp, source, destination, contents));
        let Some(Ok(datagram)) = parsed else {
            return false;
        };
        let input = Input::Receive(now, datagram);
        let taken = self.with_engine(|rtc| {
            // What a datagram did not agree with is the datagram's fault; a fault of the connection
            // shows in what the engine puts out.
            rtc.accepts(&input) && rtc.handle_input(input).is_ok()
        });
        self.drain(now);
        taken.unwrap_or(false)
    }

    /// Sends one encoded frame; answers whether it could be handed to the network.
    pub(crate) fn send(
        &mut self,
        kind: MediaKind,
        data: &[u8],
        media_time_micros: u64,
        captured_at: Instant,
        now: Instant,
    ) -> bool {
        let (mid, format) = match kind {
            MediaKind::Audio => (self.audio, Format::Opus),
            MediaKind::Video => (self.video, Format::H264),
        };
        let Some(mid) = mid.filter(|_| self.phase == Phase::Connected) else {
            return false;
        };
        let written = self.with_engine(|rtc| {
            let writer = rtc.writer(mid)?;
            let kind = writer
                .payload_params()
                .find(|params| params.spec().codec == format)?
                .pt();
            let at = MediaTime::from_micros(media_time_micros);
            writer.write(kind, captured_at, at, data).ok()
        });
        self.drain(now);
        written.flatten().is_some()
    }

    /// Asks the other side for a key frame; answers whether it could be asked.
    pub(crate) fn request_key_frame(&mut self, mid: MediaId, now: Instant) -> bool {
        let asked = self.with_engine(|rtc| {
            let mut writer = rtc.writer(mid.0)?;
            let pli = KeyframeRequestKind::Pli;
            writer.request_keyframe(None, pli).ok()
        });
        self.drain(now);
        asked.flatten().is_some()
    }

    /// When [`timeout`](Self::timeout) is due.
    pub(crate) fn wake_at(&self) -> Option<Instant> {
        let deadline = match self.phase {
            Phase::Connecting { until } | Phase::Lost { until } => Some(until),
            Phase::Describing | Phase::Connected => None,
            Phase::Over => return None,
        };
        match (self.wake_at, deadline) {
            (Some(engine), Some(deadline)) => Some(engine.min(deadline)),
            (engine, deadline) => engine.or(deadline),
        }
    }

    /// Time has passed.
    pub(crate) fn timeout(&mut self, now: Instant) {
        match self.phase {
            Phase::Connecting { until } if until <= now => {
                return self.fail(PeerFailure::NotConnected);
            }
            Phase::Lost { until } if until <= now => return self.fail(PeerFailure::Silent),
            Phase::Describing
            | Phase::Connecting { .. }
            | Phase::Connected
            | Phase::Lost { .. }
            | Phase::Over => {}
        }
        let outcome = self.with_engine(|rtc| rtc.handle_input(Input::Timeout(now)));
        if let Some(Err(reason)) = outcome {
            self.fail(PeerFailure::Engine {
                detail: reason.to_string(),
            });
        }
        self.drain(now);
    }

    /// Says goodbye: RTCP BYE and DTLS `close_notify`, where there is a connection to say it on.
    /// It is said when [`is_over`](Self::is_over).
    pub(crate) fn close(&mut self, now: Instant) {
        if self.phase == Phase::Over {
            return;
        }
        if self.phase == Phase::Describing {
            self.phase = Phase::Over;
            return;
        }
        let outcome = self.with_engine(Rtc::close);
        if !matches!(outcome, Some(Ok(()))) {
            self.phase = Phase::Over;
        }
        self.drain(now);
    }

    /// Whether nothing more comes in or out.
    pub(crate) fn is_over(&self) -> bool {
        self.phase == Phase::Over
    }

    /// What came out, in order.
    pub(crate) fn next_output(&mut self) -> Option<Output> {
        self.outputs.pop_front()
    }

    fn tell(&mut self, happening: Happening) {
        self.outputs.push_back(Output::Happened(happening));
    }

    /// Gives it up.
    pub(crate) fn fail(&mut self, failure: PeerFailure) {
        if self.phase != Phase::Over {
            self.phase = Phase::Over;
            self.rtc.disconnect();
            self.tell(Happening::Failed(failure));
        }
    }

    /// `None` when the engine is over, or panicked; then it is given up.
    fn with_engine<T>(&mut self, work: impl FnOnce(&mut Rtc) -> T) -> Option<T> {
        if self.phase == Phase::Over {
            return None;
        }
        let rtc = &mut self.rtc;
        let outcome = guarded(|| work(rtc));
        if outcome.is_none() {
            self.fail(PeerFailure::Engine {
                detail: "it panicked".to_owned(),
            });
        }
        outcome
    }

    /// Takes everything out that the engine has; str0m wants that after every change.
    fn drain(&mut self, now: Instant) {
        loop {
            match self.with_engine(Rtc::poll_output) {
                None => return,
                Some(Ok(Engine::Timeout(at))) => {
                    self.wake_at = Some(at);
                    break;
                }
                Some(Ok(Engine::Transmit(transmit))) => {
                    self.outputs.push_back(Output::Datagram(Datagram {
                        source: transmit.source,
                        destination: transmit.destination,
                        contents: transmit.contents.into(),
                    }));
                }
                Some(Ok(Engine::Event(event))) => self.happened(event, now),
                Some(Err(reason)) => {
                    // Before there is a connection, what fails is the agreement on keys.
                    let detail = reason.to_string();
                    let failure = match self.phase {
                        Phase::Connecting { .. } => PeerFailure::Keys { detail },
                        Phase::Describing | Phase::Connected | Phase::Lost { .. } | Phase::Over => {
                            PeerFailure::Engine { detail }
                        }
                    };
                    return self.fail(failure);
                }
            }
        }
        if !self.rtc.is_alive() {
            self.phase = Phase::Over;
        }
    }
}

/// What str0m says.
impl Session {
    #[allow(
        clippy::wildcard_enum_match_arm,
        reason = "str0m's events grow with every version; those of data channels, bandwidth and statistics were not asked for"
    )]
    fn happened(&mut self, event: Event, now: Instant) {
        match event {
            Event::Connected => {
                self.phase = Phase::Connected;
                self.tell(Happening::Connected);
            }
            Event::IceConnectionStateChange(state) => self.ice_changed(state, now),
            Event::MediaChanged(change) => self.changed(change.mid, change.direction),
            Event::MediaData(data) => self.tell(Happening::Received(Box::new(data))),
            Event::KeyframeRequest(request) if Some(request.mid) == self.video => {
                self.tell(Happening::KeyFrameWanted);
            }
            Event::Closed => self.tell(Happening::Closed),
            _ => {}
        }
    }

    fn ice_changed(&mut self, state: IceConnectionState, now: Instant) {
        match (state, self.phase) {
            (IceConnectionState::Disconnected, Phase::Connected) => {
                let until = now + PeerConnection::RECOVERING;
                self.phase = Phase::Lost { until };
                self.tell(Happening::Lost);
            }
            (IceConnectionState::Connected | IceConnectionState::Completed, Phase::Lost { .. }) => {
                self.phase = Phase::Connected;
                self.tell(Happening::Connected);
            }
            (
                IceConnectionState::New
                | IceConnectionState::Checking
                | IceConnectionState::Connected
                | IceConnectionState::Completed
                | IceConnectionState::Disconnected,
                _,
            ) => {}
        }
    }

    fn changed(&mut self, mid: Mid, direction: Direction) {
        if !direction.is_receiving() {
            self.tell(Happening::Stopped(MediaId(mid)));
        }
    }
}

fn malformed(reason: &dyn std::fmt::Display) -> DescriptionError {
    DescriptionError::Malformed {
        detail: reason.to_string(),
    }
}

/// str0m is to panic for its own faults only; but what came from outside led it there, and that must
/// not end the program, nor the task, which still owes a close.
fn guarded<T>(work: impl FnOnce() -> T) -> Option<T> {
    catch_unwind(AssertUnwindSafe(work)).ok()
}
