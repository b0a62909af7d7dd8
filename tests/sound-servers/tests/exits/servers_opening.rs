//! What befalls a sound server while the devices open, and an exit that begins meanwhile.

use exeunt_cpal::stuck_threads;
use exeunt_runtime::{Outcome, Policy, Reason};

use crate::alice::Alice;
use crate::judging::{Told, check, same};
use crate::stage::{Stage, until_no_thread_is_left};

pub(crate) fn stopped(stage: &mut Stage) -> Told {
    // One stay before, so that a connection is there that has stopped to answer.
    let alice = Alice::with(stage, Policy::default()).enters(stage)?;
    let (_, alice) = alice.leaves(stage)?;
    stage.server.stop()?;
    let mut alice = alice.enter(stage)?;
    let entered = stage.wait("entering", alice.room.entered())?;
    check(entered, || "she was not let in".to_owned())?;
    let (ending, _) = alice.leaves(stage)?;
    ending.was_for(Reason::LocalExit)?;
    ending.timed_out()?;
    same("stuck threads", &stuck_threads(), &2)?;
    stage.server.cont()?;
    stage.nothing_is_left()
}

pub(crate) fn killed(stage: &mut Stage) -> Told {
    let alice = Alice::with(stage, Policy::default()).enters(stage)?;
    let (_, alice) = alice.leaves(stage)?;
    stage.server.stop()?;
    let mut alice = alice.enter(stage)?;
    let entered = stage.wait("entering", alice.room.entered())?;
    check(entered, || "she was not let in".to_owned())?;
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
