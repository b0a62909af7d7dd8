//! What holds on every edge for devices.

use exeunt_core::{Departure, DeviceStage, Disposition, Effect, Event, Machine, Slot, State, Wait};

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
                &format!("releases asked of device {slot}, which was lent"),
            )?;
            hold(
                !begins_exit(edge) || edge.after.state().device(slot) == DeviceStage::Lent,
                "a lent device became something else when the exit began",
            )?;
        }
    }
    Ok(())
}

/// G-13. A device that is owned stops being owned by a fact about it or by its deadline, and by
/// nothing else; and that what is being released has answered is never assumed.
pub(crate) fn devices_are_settled_by_facts(edge: &Edge) -> Result<(), String> {
    if edge.event == Event::EnterRequested {
        return Ok(());
    }
    for slot in Slot::all() {
        let is_owned = |machine: &Machine| match machine.state().device(slot) {
            DeviceStage::Opening | DeviceStage::Open | DeviceStage::Releasing { .. } => true,
            DeviceStage::Absent | DeviceStage::Lent | DeviceStage::Settled(_) => false,
        };
        if !is_owned(edge.before) || is_owned(&edge.after) {
            continue;
        }
        let said = [
            Event::DeviceFailed(slot),
            Event::DeviceReleased(slot),
            Event::DeviceVanished(slot),
            Event::DeadlineReached(Wait::Releasing(slot)),
        ];
        hold(
            said.contains(&edge.event),
            &format!("device {slot} counts as off, and nobody said so"),
        )?;
    }
    Ok(())
}

pub(crate) fn is_off(stage: DeviceStage) -> bool {
    match stage {
        DeviceStage::Absent | DeviceStage::Lent | DeviceStage::Settled(_) => true,
        DeviceStage::Opening | DeviceStage::Open | DeviceStage::Releasing { .. } => false,
    }
}
