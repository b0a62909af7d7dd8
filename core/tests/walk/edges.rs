//! What holds on every edge of the graph, guarantee by guarantee.

use exeunt_core::{
    Cause, Closing, Departure, DeviceStage, Disposition, Effect, Epoch, Event, Machine, Membership,
    Slot, State, Wait,
};

use crate::answer;
use crate::graph::Edge;

pub(crate) fn check(edge: &Edge) {
    reported_once(edge);
    the_first_cause_stands(edge);
    one_way_out(edge);
    late_is_undone(edge);
    nothing_comes_back(edge);
    every_wait_has_an_end(edge);
    lent_is_never_released(edge);
    told_before_closed(edge);
    nothing_vanishes_silently(edge);
}

/// G-1: the report comes exactly when the machine gets to Exited, and from nowhere else.
fn reported_once(edge: &Edge) {
    let arrives = !is_exited(&edge.before) && is_exited(&edge.after);
    let reports = count(edge, Effect::ReportExit);
    assert_eq!(reports, usize::from(arrives), "{edge:?}");
    let enters = !is_in_room(&edge.before) && is_in_room(&edge.after);
    assert_eq!(
        count(edge, Effect::Connect),
        usize::from(enters),
        "{edge:?}"
    );
}

/// G-2: nothing changes the cause of an exit that has begun.
fn the_first_cause_stands(edge: &Edge) {
    if let (Some(before), Some(after)) = (cause(&edge.before), cause(&edge.after)) {
        assert_eq!(before, after, "{edge:?}");
    }
}

/// G-3, G-6, G-14: the step that begins an exit gates the media first, and asks for the release of
/// every device that is owned, before anything that has to do with the network.
fn one_way_out(edge: &Edge) {
    if !is_in_room(&edge.before) || is_in_room(&edge.after) {
        return;
    }
    let effects = &edge.reaction.effects;
    assert_eq!(effects.first(), Some(&Effect::GateMedia), "{edge:?}");
    for slot in Slot::all() {
        let owned = matches!(
            edge.before.state().device(slot),
            DeviceStage::Opening | DeviceStage::Open
        );
        assert_eq!(
            count(edge, Effect::ReleaseDevice(slot)),
            usize::from(owned),
            "{edge:?}"
        );
    }
    let is_local = |effect: &Effect| matches!(effect, Effect::GateMedia | Effect::ReleaseDevice(_));
    let first_remote = effects
        .iter()
        .position(|effect| !is_local(effect))
        .unwrap_or(effects.len());
    assert!(
        effects[first_remote..]
            .iter()
            .all(|effect| !is_local(effect)),
        "{edge:?}"
    );
}

/// G-4: what is acquired for a stay that no longer wants it is let go of in the same step.
fn late_is_undone(edge: &Edge) {
    if is_in_room(&edge.before) || matches!(edge.before.state(), State::Idle) {
        return;
    }
    if let Event::DeviceOpened(slot) = edge.event {
        let expected = match edge.before.state().device(slot) {
            DeviceStage::Lent => false,
            DeviceStage::Releasing { opening: false } => is_exited(&edge.before),
            DeviceStage::Absent
            | DeviceStage::Opening
            | DeviceStage::Open
            | DeviceStage::Releasing { opening: true }
            | DeviceStage::Settled(_) => true,
        };
        assert_eq!(
            count(edge, Effect::ReleaseDevice(slot)) == 1,
            expected,
            "{edge:?}"
        );
    }
    if let (Event::Entered, State::Exiting(ledger) | State::Exited(ledger)) =
        (edge.event, edge.before.state())
    {
        assert_eq!(
            count(edge, Effect::AnnounceDeparture) == 1,
            !ledger.was_entered(),
            "{edge:?}"
        );
    }
}

/// G-5: no exit goes back into the room; beginning one abandons what is being connected.
fn nothing_comes_back(edge: &Edge) {
    if is_exiting(&edge.before) {
        assert!(!is_in_room(&edge.after), "{edge:?}");
    }
    if let State::InRoom(stay) = edge.before.state()
        && !is_in_room(&edge.after)
    {
        let connecting = stay.membership != Membership::Entered;
        assert_eq!(
            count(edge, Effect::AbandonConnect),
            usize::from(connecting),
            "{edge:?}"
        );
    }
    if !is_in_room(&edge.after) {
        assert_eq!(count(edge, Effect::Connect), 0, "{edge:?}");
        assert!(
            !edge
                .reaction
                .effects
                .iter()
                .any(|effect| matches!(effect, Effect::OpenDevice(_)))
        );
    }
}

/// G-17: an exit waits for something that has a deadline, and a deadline that is reached moves.
fn every_wait_has_an_end(edge: &Edge) {
    if is_exiting(&edge.after) {
        assert!(!waits(&edge.after).is_empty(), "{edge:?}");
    }
    if let Event::DeadlineReached(wait) = edge.event
        && waits(&edge.before).contains(&wait)
    {
        assert!(!waits(&edge.after).contains(&wait), "{edge:?}");
    }
}

/// G-16.
fn lent_is_never_released(edge: &Edge) {
    for slot in Slot::all() {
        if edge.before.state().device(slot) == DeviceStage::Lent {
            assert_eq!(count(edge, Effect::ReleaseDevice(slot)), 0, "{edge:?}");
        }
    }
}

/// G-12: the transport is not asked to close while an announcement is on its way.
fn told_before_closed(edge: &Edge) {
    let State::Exiting(ledger) = edge.after.state() else {
        return;
    };
    if !matches!(ledger.departure(), Departure::Settled(_)) {
        assert_eq!(ledger.closing(), Closing::Owed, "{edge:?}");
        assert_eq!(count(edge, Effect::CloseTransport), 0, "{edge:?}");
    }
}

/// An event that is not applied does nothing, and one that does something is applied or undone.
fn nothing_vanishes_silently(edge: &Edge) {
    match edge.reaction.disposition {
        Disposition::Applied => {}
        Disposition::Undone => assert!(!edge.reaction.effects.is_empty(), "{edge:?}"),
        Disposition::Ignored(_) | Disposition::Rejected(_) => {
            assert!(edge.reaction.effects.is_empty(), "{edge:?}");
            assert_eq!(edge.before.state(), edge.after.state(), "{edge:?}");
        }
    }
}

/// G-6, G-17: with a world that answers nothing, deadlines alone end the exit, each once.
pub(crate) fn silence_ends_the_exit(machine: &Machine) {
    if matches!(machine.state(), State::Idle) {
        return;
    }
    let (mut machine, _) = answer(machine, Event::ExitRequested);
    let most = 2 + usize::from(Slot::all().map(|_| 1_u8).sum::<u8>());
    for _ in 0..=most {
        let Some(wait) = waits(&machine).first().copied() else {
            break;
        };
        machine = answer(&machine, Event::DeadlineReached(wait)).0;
    }
    assert!(is_exited(&machine), "{machine:?}");
}

/// The same configuration with one more secondary cause, where that can be had by an event.
pub(crate) fn with_a_further_cause(machine: &Machine) -> Option<Machine> {
    if !is_exiting(machine) || cause(machine) == Some(Cause::ExitRequested) {
        return None;
    }
    Some(answer(machine, Event::ExitRequested).0)
}

fn waits(machine: &Machine) -> Vec<Wait> {
    let state = machine.state();
    let devices = Slot::all().filter_map(|slot| state.device_wait(slot));
    state.connection_wait().into_iter().chain(devices).collect()
}

fn count(edge: &Edge, effect: Effect) -> usize {
    assert_eq!(edge.reaction.epoch, Epoch::FIRST);
    edge.reaction
        .effects
        .iter()
        .filter(|one| **one == effect)
        .count()
}

fn cause(machine: &Machine) -> Option<Cause> {
    match machine.state() {
        State::Exiting(ledger) | State::Exited(ledger) => Some(ledger.cause()),
        State::Idle | State::InRoom(_) => None,
    }
}

fn is_in_room(machine: &Machine) -> bool {
    matches!(machine.state(), State::InRoom(_))
}

fn is_exiting(machine: &Machine) -> bool {
    matches!(machine.state(), State::Exiting(_))
}

fn is_exited(machine: &Machine) -> bool {
    matches!(machine.state(), State::Exited(_))
}
