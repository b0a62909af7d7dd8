//! What holds on every edge for devices.

use exeunt_core::{
    Departure, DeviceStage, Disposition, Effect, Event, Machine, Outcome, Slot, State, Wait,
};

use crate::graph::Edge;
use crate::reading::{begins_exit, count, hold, ledger, same};

/// G-4. What is acquired for a stay that no longer wants it is let go of in the same step.
pub(crate) fn late_is_undone(edge: &Edge) -> Result<(), String> {
    if matches!(edge.before.state(), State::Idle) {
        return Ok(());
    }
    if let Event::DeviceOpened(slot) = edge.event {
        // Whoever waits for it has it now; who holds it already is told again.
        let wanted = match edge.before.state().device(slot) {
            DeviceStage::Lent | DeviceStage::Opening | DeviceStage::Open => true,
            DeviceStage::Releasing { opening } => !opening,
            DeviceStage::Absent | DeviceStage::Settled(_) => false,
        };
        same(
            count(edge, Effect::ReleaseDevice(slot)),
            usize::from(!wanted),
            "releases of the device that opened",
        )?;
        return same(
            edge.reaction.disposition == Disposition::Undone,
            !wanted,
            "whether the opening is said to be undone",
        );
    }
    if let (Event::Entered, Some(ledger)) = (edge.event, ledger(edge.before)) {
        same(
            count(edge, Effect::AnnounceDeparture),
            usize::from(!ledger.was_entered()),
            "announcements for the connect that succeeded late",
        )?;
        let closes = !ledger.was_entered() && ledger.departure() != Departure::AwaitingConnect;
        return same(
            count(edge, Effect::CloseTransport),
            usize::from(closes),
            "closes for the connect that succeeded late",
        );
    }
    Ok(())
}

/// G-16. Nothing that happens to a lent device, or to the stay that it is lent to, releases it.
pub(crate) fn lent_is_never_released(edge: &Edge) -> Result<(), String> {
    for slot in Slot::all() {
        if edge.before.state().device(slot) == DeviceStage::Lent {
            same(
                count(edge, Effect::ReleaseDevice(slot)),
                0,
                "releases asked of it, which was lent",
            )
            .map_err(|found| named(slot, &found))?;
            hold(
                !begins_exit(edge) || edge.after.state().device(slot) == DeviceStage::Lent,
                "a lent device became something else when the exit began",
            )?;
        }
    }
    Ok(())
}

/// G-4. An opening may still complete from the moment it was asked for until it said how it went, and
/// in no other time: whether the release waits for it follows from that.
pub(crate) fn an_opening_is_under_way_until_it_answers(edge: &Edge) -> Result<(), String> {
    for slot in Slot::all() {
        let opening = |machine: &Machine| match machine.state().device(slot) {
            DeviceStage::Opening => Some(true),
            DeviceStage::Open => Some(false),
            DeviceStage::Releasing { opening } => Some(opening),
            DeviceStage::Absent | DeviceStage::Lent | DeviceStage::Settled(_) => None,
        };
        let Some(is) = opening(&edge.after) else {
            continue;
        };
        let answered = [Event::DeviceOpened(slot), Event::DeviceFailed(slot)];
        let should = count(edge, Effect::OpenDevice(slot)) == 1
            || (opening(edge.before) == Some(true) && !answered.contains(&edge.event));
        same(is, should, "whether an opening may still complete")
            .map_err(|found| named(slot, &found))?;
    }
    Ok(())
}

/// G-13. A device stops being owned by a fact about it or by its deadline, and by nothing else; how it
/// was let go of is what was said; and once said it stands, unless what was not returned is returned.
pub(crate) fn devices_are_settled_by_facts(edge: &Edge) -> Result<(), String> {
    if edge.event == Event::EnterRequested {
        return Ok(());
    }
    for slot in Slot::all() {
        let (before, after) = (
            edge.before.state().device(slot),
            edge.after.state().device(slot),
        );
        let DeviceStage::Settled(outcome) = after else {
            hold(
                is_off(before) || !is_off(after),
                "it was owned and is forgotten",
            )
            .map_err(|found| named(slot, &found))?;
            continue;
        };
        if before == after {
            continue;
        }
        same(
            Some(outcome),
            said_of(slot, edge.event),
            "how it was let go of, and what was said of it",
        )
        .map_err(|found| named(slot, &found))?;
        let not_returned = [Outcome::Failed, Outcome::TimedOut].map(DeviceStage::Settled);
        hold(
            not_returned.contains(&before) || !matches!(before, DeviceStage::Settled(_)),
            "what was settled about it did not stand",
        )
        .map_err(|found| named(slot, &found))?;
    }
    Ok(())
}

/// What an event says about how a device was let go of, if that is what it says.
fn said_of(slot: Slot, event: Event) -> Option<Outcome> {
    let facts = [
        // It never opened.
        (Event::DeviceFailed(slot), Outcome::NotOwed),
        (Event::DeviceReleased(slot), Outcome::Done),
        (Event::DeviceVanished(slot), Outcome::Vanished),
        (Event::ReleaseFailed(slot), Outcome::Failed),
        (
            Event::DeadlineReached(Wait::Releasing(slot)),
            Outcome::TimedOut,
        ),
    ];
    let said = facts.into_iter().find(|(fact, _)| *fact == event);
    said.map(|(_, outcome)| outcome)
}

/// G-13. What is open counts as let go of when its release was asked for, or when it has gone by itself:
/// no answer to something that nobody asked is believed, and no failure is taken for a release.
pub(crate) fn open_is_let_go_of_by_releasing_it(edge: &Edge) -> Result<(), String> {
    for slot in Slot::all() {
        let (before, after) = (
            edge.before.state().device(slot),
            edge.after.state().device(slot),
        );
        if before == DeviceStage::Open && after != DeviceStage::Open {
            let has_gone = edge.event == Event::DeviceVanished(slot);
            hold(
                has_gone || count(edge, Effect::ReleaseDevice(slot)) == 1,
                "it was open, and its release is not asked for",
            )
            .map_err(|found| named(slot, &found))?;
        }
        let is_broken = [Event::DeviceFailed(slot), Event::DeviceReleased(slot)];
        hold(
            before != DeviceStage::Open
                || !is_broken.contains(&edge.event)
                || after == (DeviceStage::Releasing { opening: false }),
            "it broke while it was open, and is not being released",
        )
        .map_err(|found| named(slot, &found))?;
    }
    Ok(())
}

/// Which device a finding is about.
fn named(slot: Slot, found: &str) -> String {
    format!("device {slot}: {found}")
}

pub(crate) fn is_off(stage: DeviceStage) -> bool {
    match stage {
        DeviceStage::Absent | DeviceStage::Lent | DeviceStage::Settled(_) => true,
        DeviceStage::Opening | DeviceStage::Open | DeviceStage::Releasing { .. } => false,
    }
}
