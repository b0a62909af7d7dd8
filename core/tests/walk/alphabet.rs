//! Everything that can happen to a machine, and what it can be waiting for.

use exeunt_core::{Effect, Epoch, Event, Machine, Reaction, Slot, State, Wait};

/// Every event, for the first `devices` slots. What is early in one configuration is late or doubled
/// in another, so trying each everywhere is trying all of that.
pub(crate) fn events(devices: u8) -> Vec<Event> {
    let mut events = vec![
        Event::EnterRequested,
        Event::ExitRequested,
        Event::Entered,
        Event::EnterFailed,
        Event::Kicked,
        Event::Dismissed,
        Event::Replaced,
        Event::ServerStopped,
        Event::LinkLost,
        Event::LinkRecovered,
        Event::LinkDead,
        Event::DepartureConfirmed,
        Event::DepartureFailed,
        Event::AlreadyOut,
        Event::TransportClosed,
        Event::CloseFailed,
        Event::DeadlineReached(Wait::Entering),
        Event::DeadlineReached(Wait::Recovering),
        Event::DeadlineReached(Wait::Departure),
        Event::DeadlineReached(Wait::Transport),
    ];
    for slot in Slot::all().take(devices.into()) {
        events.extend([
            Event::DeviceRequested(slot),
            Event::DeviceAdopted(slot),
            Event::DeviceLent(slot),
            Event::DeviceStopRequested(slot),
            Event::DeviceOpened(slot),
            Event::DeviceFailed(slot),
            Event::DeviceReleased(slot),
            Event::ReleaseFailed(slot),
            Event::DeviceVanished(slot),
            Event::DeadlineReached(Wait::Opening(slot)),
            Event::DeadlineReached(Wait::Releasing(slot)),
        ]);
    }
    events
}

/// The slot that an event is about, if it is about one.
pub(crate) fn slot_of(event: Event) -> Option<Slot> {
    match event {
        Event::DeviceRequested(slot)
        | Event::DeviceAdopted(slot)
        | Event::DeviceLent(slot)
        | Event::DeviceStopRequested(slot)
        | Event::DeviceOpened(slot)
        | Event::DeviceFailed(slot)
        | Event::DeviceReleased(slot)
        | Event::ReleaseFailed(slot)
        | Event::DeviceVanished(slot)
        | Event::DeadlineReached(Wait::Opening(slot) | Wait::Releasing(slot)) => Some(slot),
        Event::EnterRequested
        | Event::ExitRequested
        | Event::Entered
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
        | Event::DeadlineReached(
            Wait::Entering | Wait::Recovering | Wait::Departure | Wait::Transport,
        ) => None,
    }
}

/// What a configuration waits for.
pub(crate) fn waits(state: &State) -> Vec<Wait> {
    let devices = Slot::all().filter_map(|slot| state.device_wait(slot));
    state.connection_wait().into_iter().chain(devices).collect()
}

/// What a machine would do with an event, without doing it.
pub(crate) fn answer(machine: &Machine, event: Event) -> (Machine, Reaction) {
    let mut after = machine.clone();
    let reaction = after.handle(Epoch::FIRST, event);
    (after, reaction)
}

pub(crate) fn state_name(state: &State) -> &'static str {
    match state {
        State::Idle => "Idle",
        State::InRoom(_) => "InRoom",
        State::Exiting(_) => "Exiting",
        State::Exited(_) => "Exited",
    }
}

/// The same event about another slot.
pub(crate) fn with_slot(event: Event, other: impl Fn(Slot) -> Slot) -> Event {
    let Some(slot) = slot_of(event) else {
        return event;
    };
    // Both alphabets name the same events in the same order.
    let of = |slot: Slot| {
        let events = events(slot.number() + 1).into_iter();
        events.filter(move |event| slot_of(*event) == Some(slot))
    };
    let place = of(slot).position(|one| one == event);
    place
        .and_then(|place| of(other(slot)).nth(place))
        .unwrap_or(event)
}

/// The same effects about another slot.
pub(crate) fn effects_with_slot(effects: &[Effect], other: impl Fn(Slot) -> Slot) -> Vec<Effect> {
    let mirrored = effects.iter().map(|effect| {
        if let Effect::OpenDevice(slot) = effect {
            Effect::OpenDevice(other(*slot))
        } else if let Effect::ReleaseDevice(slot) = effect {
            Effect::ReleaseDevice(other(*slot))
        } else {
            *effect
        }
    });
    mirrored.collect()
}
