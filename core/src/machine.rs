//! The table: one function a state, one `match` a function, every event named in it.
//!
//! `Transition(x)` enters `x` and runs its entry effect; `Handled` stays. No arm is `_`: a new event
//! does not compile until every state has answered it. Nobody answers `Super`: statig would let
//! such an event vanish without a word.

use statig::Outcome::{self, Handled, Transition};
use statig::blocking::{self, IntoStateMachine, IntoStateMachineExt as _, StateMachine};

use crate::devices::{self, Devices};
use crate::ledger::{Departure, Ledger};
use crate::{
    Cause, Closing, DeviceStage, Effect, Epoch, Event, Ignored, Reaction, Rejected, Slot, Wait,
};

/// Where a session is. There is no fifth state.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum State {
    /// Nothing was entered, nothing is owed.
    Idle,
    /// An exit is owed: from the request to enter on, because the server may count us in from then.
    InRoom(Stay),
    /// The ledger is being settled.
    Exiting(Ledger),
    /// Nothing is owed. The report is there.
    Exited(Ledger),
}

/// What a stay in a room is made of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Stay {
    /// How far in it is.
    pub membership: Membership,
    pub(crate) devices: Devices,
}

/// How far in a stay is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
pub enum Membership {
    /// The connect has left; its answer has not come.
    Entering,
    /// In.
    Entered,
    /// In, as far as we know; the link is down and being recovered.
    Recovering,
}

// ---- Where each event leads -------------------------------------------------------------------

fn idle(event: Event, reaction: &mut Reaction) -> Outcome<State> {
    match event {
        Event::EnterRequested => enter(),
        Event::ExitRequested | Event::DeviceStopRequested(_) => {
            reaction.ignore(Ignored::NotInRoom);
            Handled
        }
        Event::DeviceRequested(_) | Event::DeviceAdopted(_) | Event::DeviceLent(_) => {
            reaction.reject(Rejected::NotInRoom);
            Handled
        }
        Event::Entered
        | Event::EnterFailed
        | Event::Kicked
        | Event::Dismissed
        | Event::Replaced
        | Event::ServerStopped
        | Event::LinkLost
        | Event::LinkRecovered
        | Event::LinkDead
        | Event::DepartureConfirmed
        | Event::DepartureFailed
        | Event::AlreadyOut
        | Event::TransportClosed
        | Event::CloseFailed
        | Event::DeviceOpened(_)
        | Event::DeviceFailed(_)
        | Event::DeviceReleased(_)
        | Event::ReleaseFailed(_)
        | Event::DeviceVanished(_) => {
            reaction.ignore(Ignored::NotAskedFor);
            Handled
        }
        Event::DeadlineReached(_) => {
            reaction.ignore(Ignored::NotDue);
            Handled
        }
    }
}

fn in_room(stay: &mut Stay, event: Event, reaction: &mut Reaction) -> Outcome<State> {
    match event {
        Event::EnterRequested => reaction.reject(Rejected::StillInRoom),

        Event::ExitRequested => return leave(stay, Cause::ExitRequested, reaction),
        Event::Kicked => return leave(stay, Cause::Kicked, reaction),
        Event::Dismissed => return leave(stay, Cause::Dismissed, reaction),
        Event::Replaced => return leave(stay, Cause::Replaced, reaction),
        Event::ServerStopped => return leave(stay, Cause::ServerStopped, reaction),
        Event::LinkDead => return leave(stay, Cause::LinkDead, reaction),
        Event::TransportClosed => return leave(stay, Cause::TransportClosed, reaction),
        Event::EnterFailed => match stay.membership {
            Membership::Entering => return leave(stay, Cause::EnterFailed, reaction),
            Membership::Entered | Membership::Recovering => {
                reaction.reject(Rejected::Contradiction);
            }
        },

        Event::Entered => match stay.membership {
            Membership::Entering => {
                stay.membership = Membership::Entered;
                reaction.emit(Effect::ReportEntered);
            }
            Membership::Entered | Membership::Recovering => reaction.ignore(Ignored::AlreadySo),
        },
        Event::LinkLost => match stay.membership {
            Membership::Entering => reaction.ignore(Ignored::NotEntered),
            Membership::Entered => stay.membership = Membership::Recovering,
            Membership::Recovering => reaction.ignore(Ignored::AlreadySo),
        },
        Event::LinkRecovered => match stay.membership {
            Membership::Entering => reaction.ignore(Ignored::NotEntered),
            Membership::Entered => reaction.ignore(Ignored::AlreadySo),
            Membership::Recovering => stay.membership = Membership::Entered,
        },
        Event::DepartureConfirmed
        | Event::DepartureFailed
        | Event::AlreadyOut
        | Event::CloseFailed => reaction.ignore(Ignored::NotAskedFor),

        Event::DeviceRequested(slot) => stay.devices.requested(slot, reaction),
        Event::DeviceAdopted(slot) => stay.devices.adopted(slot, reaction),
        Event::DeviceLent(slot) => stay.devices.lent(slot, reaction),
        Event::DeviceStopRequested(slot) => stay.devices.stop_requested(slot, reaction),
        Event::DeviceOpened(slot) => stay.devices.opened(slot, reaction),
        Event::DeviceFailed(slot) => stay.devices.failed(slot, reaction),
        Event::DeviceReleased(slot) => stay.devices.released(slot, reaction),
        Event::ReleaseFailed(slot) => stay.devices.release_failed(slot, reaction),
        Event::DeviceVanished(slot) => stay.devices.vanished(slot, reaction),

        Event::DeadlineReached(wait) => match wait {
            Wait::Entering if stay.membership == Membership::Entering => {
                return leave(stay, Cause::EnteringTimedOut, reaction);
            }
            Wait::Recovering if stay.membership == Membership::Recovering => {
                return leave(stay, Cause::RecoveringTimedOut, reaction);
            }
            Wait::Opening(slot) => stay.devices.opening_timed_out(slot, reaction),
            Wait::Releasing(slot) => stay.devices.releasing_timed_out(slot, reaction),
            Wait::Entering | Wait::Recovering | Wait::Departure | Wait::Transport => {
                reaction.ignore(Ignored::NotDue);
            }
        },
    }
    Handled
}

fn exiting(ledger: &mut Ledger, event: Event, reaction: &mut Reaction) -> Outcome<State> {
    match event {
        Event::EnterRequested
        | Event::DeviceRequested(_)
        | Event::DeviceAdopted(_)
        | Event::DeviceLent(_) => reaction.reject(Rejected::StillExiting),
        Event::DeviceStopRequested(_) => reaction.ignore(Ignored::AlreadySo),
        Event::ExitRequested => ledger.note(Cause::ExitRequested, reaction),

        Event::Entered => ledger.entered(reaction),
        Event::EnterFailed => ledger.enter_failed(reaction),
        Event::Kicked => ledger.ended_by_server(Cause::Kicked, reaction),
        Event::Dismissed => ledger.ended_by_server(Cause::Dismissed, reaction),
        Event::Replaced => ledger.ended_by_server(Cause::Replaced, reaction),
        Event::ServerStopped => ledger.ended_by_server(Cause::ServerStopped, reaction),
        Event::LinkLost => ledger.link_lost(reaction),
        Event::LinkRecovered => reaction.ignore(Ignored::ExitUnderWay),
        Event::LinkDead => ledger.link_dead(reaction),
        Event::DepartureConfirmed => ledger.departure_answered(crate::Outcome::Done, reaction),
        Event::DepartureFailed => ledger.departure_answered(crate::Outcome::Failed, reaction),
        Event::AlreadyOut => ledger.departure_answered(crate::Outcome::NotOwed, reaction),
        Event::TransportClosed => ledger.transport_closed(reaction),
        Event::CloseFailed => ledger.close_failed(reaction),

        Event::DeviceOpened(slot) => ledger.devices.opened(slot, reaction),
        Event::DeviceFailed(slot) => ledger.devices.failed(slot, reaction),
        Event::DeviceReleased(slot) => ledger.devices.released(slot, reaction),
        Event::ReleaseFailed(slot) => ledger.devices.release_failed(slot, reaction),
        Event::DeviceVanished(slot) => ledger.devices.vanished(slot, reaction),

        Event::DeadlineReached(wait) => match wait {
            Wait::Departure => ledger.departure_timed_out(reaction),
            Wait::Transport => ledger.closing_timed_out(reaction),
            Wait::Releasing(slot) => ledger.devices.releasing_timed_out(slot, reaction),
            Wait::Entering | Wait::Recovering | Wait::Opening(_) => {
                reaction.ignore(Ignored::NotDue);
            }
        },
    }
    ledger.proceed(reaction);
    if ledger.is_settled() {
        Transition(State::Exited(*ledger))
    } else {
        Handled
    }
}

fn exited(ledger: &mut Ledger, event: Event, reaction: &mut Reaction) -> Outcome<State> {
    match event {
        Event::EnterRequested => return enter(),
        Event::ExitRequested | Event::DeviceStopRequested(_) => {
            reaction.ignore(Ignored::AlreadyExited);
        }
        Event::DeviceRequested(_) | Event::DeviceAdopted(_) | Event::DeviceLent(_) => {
            reaction.reject(Rejected::NotInRoom);
        }
        Event::Entered => ledger.entered_after_exit(reaction),
        Event::EnterFailed
        | Event::Kicked
        | Event::Dismissed
        | Event::Replaced
        | Event::ServerStopped
        | Event::LinkLost
        | Event::LinkRecovered
        | Event::LinkDead
        | Event::DepartureConfirmed
        | Event::DepartureFailed
        | Event::AlreadyOut
        | Event::TransportClosed
        | Event::CloseFailed => reaction.ignore(Ignored::AlreadyExited),
        Event::DeviceOpened(slot)
        | Event::DeviceFailed(slot)
        | Event::DeviceReleased(slot)
        | Event::ReleaseFailed(slot)
        | Event::DeviceVanished(slot) => {
            devices::after_exit(ledger.devices.stage(slot), event, slot, reaction);
        }
        Event::DeadlineReached(_) => reaction.ignore(Ignored::NotDue),
    }
    Handled
}

fn enter() -> Outcome<State> {
    Transition(State::InRoom(Stay {
        membership: Membership::Entering,
        devices: Devices::default(),
    }))
}

/// The one way out (G-3): every cause opens the same ledger.
fn leave(stay: &Stay, cause: Cause, reaction: &mut Reaction) -> Outcome<State> {
    let ledger = Ledger::open(cause, stay.membership, stay.devices, reaction);
    if ledger.is_settled() {
        Transition(State::Exited(ledger))
    } else {
        Transition(State::Exiting(ledger))
    }
}

// ---- What each state sets going ---------------------------------------------------------------

impl blocking::State<Lifecycle> for State {
    fn call_entry_action(&mut self, _: &mut Lifecycle, reaction: &mut Reaction) {
        match self {
            Self::InRoom(_) => reaction.emit(Effect::Connect),
            // The one place that reports the end of a stay (G-1). It needs no resource to be there.
            Self::Exited(_) => reaction.emit(Effect::ReportExit),
            Self::Idle | Self::Exiting(_) => {}
        }
    }

    fn call_handler(
        &mut self,
        _: &mut Lifecycle,
        event: &Event,
        reaction: &mut Reaction,
    ) -> Outcome<Self> {
        match self {
            Self::Idle => idle(*event, reaction),
            Self::InRoom(stay) => in_room(stay, *event, reaction),
            Self::Exiting(ledger) => exiting(ledger, *event, reaction),
            Self::Exited(ledger) => exited(ledger, *event, reaction),
        }
    }
}

/// What statig asks for beside the states: nothing is shared, everything lives in them.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
struct Lifecycle;

impl IntoStateMachine for Lifecycle {
    type Event<'event> = Event;
    type Context<'context> = Reaction;
    type State = State;
    type Superstate<'sub> = ();

    fn initial() -> State {
        State::Idle
    }
}

// ---- The machine ------------------------------------------------------------------------------

/// The machine without time and numbers: finite, so that every configuration can be visited.
///
/// Embedders use [`Session`](crate::Session), which adds epochs and deadlines. The machine is
/// public for those who check it: it is `Clone`, and its whole state is its [`State`].
#[derive(Clone)]
pub struct Machine(StateMachine<Lifecycle>);

impl Machine {
    /// A machine that is Idle.
    #[must_use]
    pub fn new() -> Self {
        Self(Lifecycle.state_machine())
    }

    /// Answers an event. Total: every event has an answer in every state (G-9).
    pub fn handle(&mut self, epoch: Epoch, event: Event) -> Reaction {
        let mut reaction = Reaction::new(epoch);
        self.0.handle_with_context(&event, &mut reaction);
        reaction
    }

    /// Where it is.
    #[must_use]
    pub fn state(&self) -> &State {
        self.0.state()
    }
}

impl Default for Machine {
    fn default() -> Self {
        Self::new()
    }
}

impl core::fmt::Debug for Machine {
    fn fmt(&self, formatter: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        formatter
            .debug_tuple("Machine")
            .field(self.state())
            .finish()
    }
}

impl State {
    /// The wait of the connection, if there is one. There is never more than one (G-17).
    #[must_use]
    pub fn connection_wait(&self) -> Option<Wait> {
        match self {
            Self::Idle | Self::Exited(_) => None,
            Self::InRoom(stay) => match stay.membership {
                Membership::Entering => Some(Wait::Entering),
                Membership::Entered => None,
                Membership::Recovering => Some(Wait::Recovering),
            },
            Self::Exiting(ledger) => match (ledger.departure(), ledger.closing()) {
                (Departure::AwaitingConnect | Departure::Announced, _) => Some(Wait::Departure),
                (Departure::Settled(_), Closing::Owed | Closing::Asked) => Some(Wait::Transport),
                (Departure::Settled(_), Closing::Settled(_)) => None,
            },
        }
    }

    /// The wait of a device, if there is one (G-17).
    #[must_use]
    pub fn device_wait(&self, slot: Slot) -> Option<Wait> {
        match self {
            Self::Idle | Self::Exited(_) => None,
            Self::InRoom(_) | Self::Exiting(_) => match self.device(slot) {
                DeviceStage::Opening => Some(Wait::Opening(slot)),
                DeviceStage::Releasing { .. } => Some(Wait::Releasing(slot)),
                DeviceStage::Absent
                | DeviceStage::Lent
                | DeviceStage::Open
                | DeviceStage::Settled(_) => None,
            },
        }
    }

    /// What a slot holds.
    #[must_use]
    pub fn device(&self, slot: Slot) -> DeviceStage {
        match self {
            Self::Idle => DeviceStage::Absent,
            Self::InRoom(stay) => stay.devices.stage(slot),
            Self::Exiting(ledger) | Self::Exited(ledger) => ledger.devices.stage(slot),
        }
    }
}
