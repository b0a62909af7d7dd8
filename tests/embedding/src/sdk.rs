//! The SDK: its calls and the engine's answers as events, the core's effects as calls.

use exeunt_core::{
    Effect, Epoch, Event, Instant, Policy, Reaction, Reason, Session, Slot, State, Timeout, Wait,
};

use crate::{Callbacks, Engine, Joined};

/// What this SDK captures with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Capture {
    /// The camera.
    Camera,
    /// The microphone.
    Microphone,
}

/// Why a channel was left, as this SDK's applications know it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LeaveReason {
    /// `leave_channel` was called.
    Left,
    /// An operator removed the user.
    Removed,
    /// An operator closed the channel.
    Closed,
    /// Anything else; the core's reason says what.
    Broken(Reason),
}

/// The SDK. `E` does the work and hears the callbacks.
#[derive(Debug)]
pub struct ToySdk<E> {
    session: Session,
    engine: E,
}

impl<E: Engine + Callbacks> ToySdk<E> {
    /// An SDK that is in no channel.
    pub fn new(policy: Policy, engine: E) -> Self {
        Self {
            session: Session::new(policy),
            engine,
        }
    }

    /// The engine.
    pub fn engine(&mut self) -> &mut E {
        &mut self.engine
    }

    // ---- what the application calls -----------------------------------------------------------

    /// Joins a channel; answers which stay that is, or `None` while the last one is not over.
    pub fn join_channel(&mut self, now: Instant) -> Option<Joined> {
        let stay = self.session.next_epoch();
        self.happens(stay, Event::EnterRequested, now);
        (self.session.epoch() == stay).then_some(Joined(stay.number()))
    }

    /// Leaves the channel; legal at any time, and as often as one likes.
    pub fn leave_channel(&mut self, now: Instant) {
        self.happens(self.session.epoch(), Event::ExitRequested, now);
    }

    /// Turns a capture device on, if it is off, and in a channel.
    pub fn enable(&mut self, capture: Capture, now: Instant) {
        let event = Event::DeviceRequested(slot(capture));
        self.happens(self.session.epoch(), event, now);
    }

    /// Turns a capture device off.
    pub fn disable(&mut self, capture: Capture, now: Instant) {
        let event = Event::DeviceStopRequested(slot(capture));
        self.happens(self.session.epoch(), event, now);
    }

    /// Takes a device over that is on already, for a preview; leaving turns it off.
    pub fn take_over(&mut self, capture: Capture, now: Instant) {
        let event = Event::DeviceAdopted(slot(capture));
        self.happens(self.session.epoch(), event, now);
    }

    /// Uses a device of the application's, which leaving does not turn off.
    pub fn borrow(&mut self, capture: Capture, now: Instant) {
        let event = Event::DeviceLent(slot(capture));
        self.happens(self.session.epoch(), event, now);
    }

    // ---- what the engine and the clock tell ---------------------------------------------------

    /// Something happened to the stay that the engine was called for. A device that was turned on
    /// again has a new use: what an engine has to tell of an older one stays untold.
    pub fn engine_tells(&mut self, joined: Joined, fact: Event, now: Instant) {
        self.happens(Epoch::from_number(joined.0), fact, now);
    }

    /// When, and for what, [`timer_fires`](Self::timer_fires) wants to be called.
    pub fn next_timeout(&self) -> Option<Timeout> {
        self.session.poll_timeout()
    }

    /// A deadline was reached.
    pub fn timer_fires(&mut self, wait: Wait, now: Instant) {
        self.happens(self.session.epoch(), Event::DeadlineReached(wait), now);
    }

    /// Which stay is under way, or was the last one.
    pub fn joined(&self) -> Joined {
        Joined(self.session.epoch().number())
    }

    /// Why the last channel was left; `None` while in one.
    pub fn left_because(&self) -> Option<Reason> {
        match self.session.state() {
            State::Exited(ledger) => Some(ledger.cause().reason()),
            State::Idle | State::InRoom(_) | State::Exiting(_) => None,
        }
    }

    // ---- the ten lines between them -------------------------------------------------------------

    fn happens(&mut self, stay: Epoch, event: Event, now: Instant) {
        let Reaction { epoch, effects, .. } = self.session.handle(stay, event, now);
        let joined = Joined(epoch.number());
        for effect in effects {
            let engine = &mut self.engine;
            match effect {
                Effect::Connect => engine.dial(joined),
                Effect::AbandonConnect => engine.stop_dialling(joined),
                Effect::OpenDevice(slot) => engine.start_capture(joined, capture(slot)),
                Effect::GateMedia => engine.mute_everything(joined),
                Effect::ReleaseDevice(slot) => engine.stop_capture(joined, capture(slot)),
                Effect::AnnounceDeparture => engine.send_bye(joined),
                Effect::CloseTransport => engine.hang_up(joined),
                Effect::ReportEntered => engine.on_join_channel(joined),
                Effect::ReportExit => {
                    if let Some(reason) = self.left_because() {
                        self.engine.on_leave_channel(joined, told(reason));
                    }
                }
            }
        }
    }
}

fn told(reason: Reason) -> LeaveReason {
    match reason {
        Reason::LocalExit => LeaveReason::Left,
        Reason::Kicked => LeaveReason::Removed,
        Reason::Dismissed => LeaveReason::Closed,
        Reason::ConnectionLost | Reason::EnterFailed | Reason::Replaced | Reason::ServerStopped => {
            LeaveReason::Broken(reason)
        }
    }
}

const CAMERA: Slot = Slot::new(0).unwrap();
const MICROPHONE: Slot = Slot::new(1).unwrap();

fn slot(capture: Capture) -> Slot {
    match capture {
        Capture::Camera => CAMERA,
        Capture::Microphone => MICROPHONE,
    }
}

/// This SDK puts nothing but these two into slots.
fn capture(slot: Slot) -> Capture {
    if slot == CAMERA {
        Capture::Camera
    } else {
        Capture::Microphone
    }
}
