//! What str0m is asked, and what it says.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::time::Instant;

use str0m::media::{Direction, Mid};
use str0m::{Event, IceConnectionState, Output as Engine, Rtc};

use super::{Datagram, Happening, Output, Phase, Session};
use crate::limits;
use crate::{MediaId, PeerConnection, PeerFailure};

impl Session {
    pub(super) fn tell(&mut self, happening: Happening) {
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
    pub(super) fn with_engine<T>(&mut self, work: impl FnOnce(&mut Rtc) -> T) -> Option<T> {
        if self.phase == Phase::Over {
            return None;
        }
        let rtc: &mut Rtc = &mut self.rtc;
        let outcome = guarded(|| work(rtc));
        if outcome.is_none() {
            self.fail(PeerFailure::Engine {
                detail: "it panicked".to_owned(),
            });
        }
        outcome
    }

    /// Takes everything out that the engine has; str0m wants that after every change.
    pub(super) fn drain(&mut self, now: Instant) {
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
                let retry_at = now + limits::LOOK_AGAIN;
                self.phase = Phase::Lost { until, retry_at };
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

/// str0m is to panic for its own faults only; but what came from outside led it there, and that must
/// not end the program, nor the task, which still owes a close.
pub(super) fn guarded<T>(work: impl FnOnce() -> T) -> Option<T> {
    catch_unwind(AssertUnwindSafe(work)).ok()
}
