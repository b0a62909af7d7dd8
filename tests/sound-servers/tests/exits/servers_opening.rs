//! What befalls a sound server while the devices open, and an exit that begins meanwhile.

use exeunt_requirements::{Told, check};
use exeunt_runtime::{Outcome, Policy, Reason};
use libtest_mimic::Failed;

use crate::alice::{Alice, InRoom};
use crate::stage::{Stage, until_no_thread_is_left};

/// Alice in a room, while her devices wait for a server that has stopped.
fn waits_for_a_stopped_server(stage: &mut Stage) -> Result<InRoom, Failed> {
    // One stay before, so that a connection is there that has stopped to answer.
    let alice = Alice::with(stage, Policy::default()).enters(stage)?;
    let (_, alice) = alice.leaves(stage)?;
    stage.server.stop()?;
    let mut alice = alice.enter(stage)?;
    let entered = stage.wait("entering", alice.room.entered())?;
    check(entered, || "she was not let in".to_owned())?;
    Ok(alice)
}

pub(crate) fn stopped(stage: &mut Stage) -> Told {
    let alice = waits_for_a_stopped_server(stage)?;
    let (ending, _) = alice.leaves(stage)?;
    ending.was_for(Reason::LocalExit)?;
    ending.timed_out()?;
    stage.server.cont()?;
    stage.nothing_is_left()
}

pub(crate) fn killed(stage: &mut Stage) -> Told {
    let alice = waits_for_a_stopped_server(stage)?;
    stage.server.kill()?;
    let (ending, _) = alice.leaves(stage)?;
    ending.was_for(Reason::LocalExit)?;
    for outcome in ending.outcomes() {
        check(outcome != Outcome::TimedOut, || {
            format!("{}", ending.report)
        })?;
    }
    until_no_thread_is_left()
}
