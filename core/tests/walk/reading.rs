//! Reading an edge, and saying what is wrong with it.

use exeunt_core::{Effect, Ledger, Machine, State};

use crate::graph::Edge;

pub(crate) fn hold(holds: bool, found: &str) -> Result<(), String> {
    holds.then_some(()).ok_or_else(|| found.to_owned())
}

#[expect(
    clippy::needless_pass_by_value,
    reason = "what is compared is often computed for it"
)]
pub(crate) fn same<T: PartialEq + std::fmt::Debug>(
    is: T,
    should: T,
    what: &str,
) -> Result<(), String> {
    if is == should {
        Ok(())
    } else {
        Err(format!("{what}: {is:?}, expected {should:?}"))
    }
}

pub(crate) fn begins_exit(edge: &Edge) -> bool {
    is_in_room(edge.before) && !is_in_room(&edge.after)
}

pub(crate) fn count(edge: &Edge, effect: Effect) -> usize {
    let effects = edge.reaction.effects.iter();
    effects.filter(|one| **one == effect).count()
}

pub(crate) fn ledger(machine: &Machine) -> Option<&Ledger> {
    match machine.state() {
        State::Exiting(ledger) | State::Exited(ledger) => Some(ledger),
        State::Idle | State::InRoom(_) => None,
    }
}

pub(crate) fn is_in_room(machine: &Machine) -> bool {
    matches!(machine.state(), State::InRoom(_))
}

pub(crate) fn is_exiting(machine: &Machine) -> bool {
    matches!(machine.state(), State::Exiting(_))
}

pub(crate) fn is_exited(machine: &Machine) -> bool {
    matches!(machine.state(), State::Exited(_))
}
