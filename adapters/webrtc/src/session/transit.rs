//! Datagrams, media, time and the end of a session.

use std::net::SocketAddr;
use std::time::Instant;

use str0m::format::Codec as Format;
use str0m::media::{KeyframeRequestKind, MediaKind, MediaTime};
use str0m::net::{Protocol, Receive};
use str0m::{Input, Rtc};

use super::engine::guarded;
use super::{Output, Phase, Session};
use crate::limits;
use crate::{MediaId, PeerFailure};

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
            Phase::Connecting { until } => Some(until),
            Phase::Lost { until, retry_at } => Some(until.min(retry_at)),
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
            Phase::Lost { until, .. } if until <= now => return self.fail(PeerFailure::Silent),
            Phase::Lost { until, retry_at } if retry_at <= now => self.look_again(until, now),
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

    /// str0m forgets the ways that have failed. The same ways may work again.
    fn look_again(&mut self, until: Instant, now: Instant) {
        let retry_at = now + limits::LOOK_AGAIN;
        self.phase = Phase::Lost { until, retry_at };
        for candidate in self.remote.clone() {
            self.with_engine(|rtc| rtc.add_remote_candidate(candidate));
            self.drain(now);
        }
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
}
