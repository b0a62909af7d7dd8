//! What holds on every edge of the graph, guarantee by guarantee.
//!
//! Each check answers with what it found wrong. What holds for whole paths ("exactly once", "never
//! again") is put as what must hold on each of their edges, so that it follows by induction.

use exeunt_core::{
    Closing, Departure, DeviceStage, Disposition, Effect, Event, Machine, Membership, Slot, State,
};

use crate::alphabet::{answer, waits};
use crate::causes::{departure_owed, first_cause};
use crate::device_edges::{
    an_opening_is_under_way_until_it_answers, devices_are_settled_by_facts, is_off, late_is_undone,
    lent_is_never_released, open_is_let_go_of_by_releasing_it,
};
use crate::graph::Edge;
use crate::lines::{
    the_closing_is_settled_as_it_was_said, the_departure_is_settled_as_it_was_said,
    what_would_have_ended_it_is_noted,
};
use crate::reading::{begins_exit, count, hold, is_exited, is_exiting, is_in_room, ledger, same};

pub(crate) type Check = fn(&Edge) -> Result<(), String>;

/// Every guarantee that can be stated on an edge, in words, and its check.
pub(crate) const CHECKS: [(&str, Check); 19] = [
    (
        "G-1 Once: every stay that was begun ends in exactly one ReportExit",
        reported_once,
    ),
    (
        "G-2 Why: the first cause fixes the reason",
        the_first_cause_stands,
    ),
    (
        "G-3, G-6 One way out: whatever the cause, the same reaction releases all that is owned, and nothing local waits for the network",
        one_way_out,
    ),
    (
        "G-4 Late is undone: what completes after it was given up is let go of on arrival",
        late_is_undone,
    ),
    (
        "G-5 No resurrection: an exit abandons what is connecting, and nothing leads back but entering anew",
        nothing_comes_back,
    ),
    (
        "G-6 Bounded: an exit waits only for what it owes, and is over when nothing is owed",
        an_exit_is_over_when_nothing_is_owed,
    ),
    (
        "G-9 Always legal: leaving is answered in every state, and leaving twice is one exit",
        leaving_is_always_legal,
    ),
    (
        "G-11 Clean re-entry: a new enter waits for the end of the old stay and finds nothing of it",
        a_new_stay_is_clean,
    ),
    (
        "G-12 Told: the transport is not closed while the announcement is on its way",
        told_before_closed,
    ),
    (
        "G-14 Silence: the gate closes first, once, in the step that begins the exit",
        gate_before_everything,
    ),
    (
        "G-16 Only its own: what was lent is never released",
        lent_is_never_released,
    ),
    (
        "G-17 Progress: every waiting state has a deadline, and a reached deadline moves",
        every_wait_has_an_end,
    ),
    (
        "Nothing vanishes silently: an event that does not count does nothing",
        nothing_vanishes_silently,
    ),
    (
        "G-13 Really off: a device is off when a fact says so, or given up by its deadline",
        devices_are_settled_by_facts,
    ),
    (
        "G-13 Really off: what is open is released, or has gone by itself",
        open_is_let_go_of_by_releasing_it,
    ),
    (
        "G-4 Late is undone: a release waits for an opening that may still complete, and for no other",
        an_opening_is_under_way_until_it_answers,
    ),
    (
        "G-12 Told: how the others were told is what was said of it",
        the_departure_is_settled_as_it_was_said,
    ),
    (
        "G-13 Really off: how the transport was closed is what was said of it",
        the_closing_is_settled_as_it_was_said,
    ),
    (
        "G-2 Why: what else would have ended the stay is noted, and nothing else",
        what_would_have_ended_it_is_noted,
    ),
];

/// G-1. Exited is reached by reporting, left only for a new stay, and nothing else reports.
fn reported_once(edge: &Edge) -> Result<(), String> {
    let arrives = !is_exited(edge.before) && is_exited(&edge.after);
    same(
        count(edge, Effect::ReportExit),
        usize::from(arrives),
        "reports of the exit in this step",
    )?;
    let begins = !is_in_room(edge.before) && is_in_room(&edge.after);
    same(
        count(edge, Effect::Connect),
        usize::from(begins),
        "connects in this step",
    )?;
    let owes = |machine: &Machine| is_in_room(machine) || is_exiting(machine);
    hold(
        !owes(edge.before) || owes(&edge.after) || is_exited(&edge.after),
        "a stay that was begun was forgotten",
    )?;
    hold(
        owes(edge.before) || begins || !owes(&edge.after),
        "an exit is owed for a stay that nobody began",
    )
}

/// G-2. Which cause a stay ends with is said by the event that ended it, and nothing changes it after.
fn the_first_cause_stands(edge: &Edge) -> Result<(), String> {
    if let (Some(before), Some(after)) = (ledger(edge.before), ledger(&edge.after)) {
        same(after.cause(), before.cause(), "cause of the exit")?;
        for noted in before.secondary().iter() {
            hold(after.secondary().contains(noted), "a noted cause was lost")?;
        }
        return hold(
            !after.secondary().contains(after.cause()),
            "the cause is noted as its own secondary cause",
        );
    }
    if let (State::InRoom(stay), Some(after)) = (edge.before.state(), ledger(&edge.after)) {
        let expected = first_cause(stay.membership, edge.event);
        same(Some(after.cause()), expected, "cause of the exit")?;
        hold(
            after.secondary().is_empty(),
            "a first cause came with others",
        )?;
    }
    Ok(())
}

/// G-3, G-6. Gate and devices come before anything that has to do with the network.
fn one_way_out(edge: &Edge) -> Result<(), String> {
    if !begins_exit(edge) {
        return Ok(());
    }
    for slot in Slot::all() {
        let owned = matches!(
            edge.before.state().device(slot),
            DeviceStage::Opening | DeviceStage::Open
        );
        same(
            count(edge, Effect::ReleaseDevice(slot)),
            usize::from(owned),
            "releases asked of it, which is owned or not",
        )
        .map_err(|found| format!("device {slot}: {found}"))?;
    }
    let is_local = |effect: &Effect| matches!(effect, Effect::GateMedia | Effect::ReleaseDevice(_));
    let mut remote = edge.reaction.effects.iter().skip_while(|one| is_local(one));
    hold(
        !remote.any(is_local),
        "something local is asked for after something remote",
    )
}

/// G-5.
fn nothing_comes_back(edge: &Edge) -> Result<(), String> {
    if is_exiting(edge.before) {
        hold(
            is_exiting(&edge.after) || is_exited(&edge.after),
            "an exit under way led elsewhere than to its end",
        )?;
    }
    if is_exited(edge.before) && edge.event != Event::EnterRequested {
        hold(
            is_exited(&edge.after),
            "something else than entering leads out of Exited",
        )?;
    }
    if let State::InRoom(stay) = edge.before.state() {
        let connecting = begins_exit(edge) && stay.membership != Membership::Entered;
        same(
            count(edge, Effect::AbandonConnect),
            usize::from(connecting),
            "connects abandoned",
        )?;
    }
    let acquires = |effect: &Effect| {
        matches!(
            effect,
            Effect::Connect | Effect::OpenDevice(_) | Effect::ReportEntered
        )
    };
    hold(
        is_in_room(&edge.after) || !edge.reaction.effects.iter().any(acquires),
        "something is acquired outside a room",
    )
}

/// G-6. Exiting and Exited differ exactly in whether something is owed.
fn an_exit_is_over_when_nothing_is_owed(edge: &Edge) -> Result<(), String> {
    let Some(ledger) = ledger(&edge.after) else {
        return Ok(());
    };
    let state = edge.after.state();
    let settled = matches!(ledger.departure(), Departure::Settled(_))
        && matches!(ledger.closing(), Closing::Settled(_))
        && Slot::all().all(|slot| is_off(state.device(slot)));
    same(ledger.is_settled(), settled, "whether the ledger is empty")?;
    same(is_exited(&edge.after), settled, "whether the exit is over")
}

/// G-9.
fn leaving_is_always_legal(edge: &Edge) -> Result<(), String> {
    if edge.event != Event::ExitRequested {
        return Ok(());
    }
    hold(
        !matches!(edge.reaction.disposition, Disposition::Rejected(_)),
        "leaving was rejected",
    )?;
    hold(
        !is_in_room(&edge.after),
        "leaving left somebody in the room",
    )?;
    if !is_in_room(edge.before) {
        hold(
            edge.reaction.effects.is_empty(),
            "leaving what is being left, or was, asks for something",
        )?;
    }
    Ok(())
}

/// G-11.
fn a_new_stay_is_clean(edge: &Edge) -> Result<(), String> {
    if edge.event != Event::EnterRequested {
        return Ok(());
    }
    if is_in_room(edge.before) || is_exiting(edge.before) {
        return hold(
            matches!(edge.reaction.disposition, Disposition::Rejected(_)),
            "a second stay began beside the first",
        );
    }
    same(
        edge.reaction.effects.as_slice(),
        &[Effect::Connect][..],
        "effects of entering",
    )?;
    let (fresh, _) = answer(&Machine::new(), Event::EnterRequested);
    hold(
        edge.after.state() == fresh.state(),
        "the new stay differs from a first one",
    )
}

/// G-12. An announcement that is owed is asked for, and the close waits until it is settled.
fn told_before_closed(edge: &Edge) -> Result<(), String> {
    let Some(owed) = ledger(&edge.after) else {
        return Ok(());
    };
    if let State::InRoom(stay) = edge.before.state() {
        let due = departure_owed(stay.membership, owed.cause(), edge.event);
        same(owed.departure(), due, "announcement that is owed")?;
        same(
            count(edge, Effect::AnnounceDeparture),
            usize::from(due == Departure::Announced),
            "announcements in the step that begins the exit",
        )?;
    }
    match (owed.departure(), owed.closing()) {
        (Departure::AwaitingConnect | Departure::Announced, Closing::Owed) => same(
            count(edge, Effect::CloseTransport),
            0,
            "closes while the announcement is on its way",
        ),
        (Departure::AwaitingConnect | Departure::Announced, _) => {
            Err("the transport is closing although the others are still to be told".to_owned())
        }
        (Departure::Settled(_), Closing::Owed) => {
            Err("the others are told, and the transport is not asked to close".to_owned())
        }
        (Departure::Settled(_), Closing::Asked) => {
            let asked_before =
                ledger(edge.before).is_some_and(|before| before.closing() == Closing::Asked);
            hold(
                asked_before || count(edge, Effect::CloseTransport) == 1,
                "the close is said to be asked for, and was not",
            )
        }
        (Departure::Settled(_), Closing::Settled(_)) => Ok(()),
    }
}

/// G-14.
fn gate_before_everything(edge: &Edge) -> Result<(), String> {
    let begins = begins_exit(edge);
    same(
        count(edge, Effect::GateMedia),
        usize::from(begins),
        "closings of the gate in this step",
    )?;
    hold(
        !begins || edge.reaction.effects.first() == Some(&Effect::GateMedia),
        "something else comes before the gate",
    )
}

/// G-17.
fn every_wait_has_an_end(edge: &Edge) -> Result<(), String> {
    let waiting = waits(edge.after.state());
    hold(
        !is_exiting(&edge.after) || !waiting.is_empty(),
        "an exit waits for something that has no deadline",
    )?;
    let Event::DeadlineReached(wait) = edge.event else {
        return Ok(());
    };
    let was_due = waits(edge.before.state()).contains(&wait);
    hold(
        !was_due || !waiting.contains(&wait),
        "a deadline was reached and nothing moved",
    )?;
    let moved = edge.before.state() != edge.after.state();
    same(moved, was_due, "whether the deadline moved something")
}

/// An event that is not applied does nothing, and one that does something is applied or undone.
fn nothing_vanishes_silently(edge: &Edge) -> Result<(), String> {
    match edge.reaction.disposition {
        Disposition::Applied => hold(
            !edge.reaction.effects.is_empty() || edge.before.state() != edge.after.state(),
            "an event is said to count, and changes nothing",
        ),
        Disposition::Undone => hold(
            !edge.reaction.effects.is_empty(),
            "something is said to be undone, and nothing is asked for",
        ),
        Disposition::Ignored(_) | Disposition::Rejected(_) => {
            hold(
                edge.reaction.effects.is_empty(),
                "an event is said not to count, and something is asked for",
            )?;
            hold(
                edge.before.state() == edge.after.state(),
                "an event is said not to count, and changes something",
            )
        }
    }
}
