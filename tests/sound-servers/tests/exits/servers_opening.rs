//! What befalls a sound server while the devices open, and an exit that begins meanwhile.

use exeunt_cpal::stuck_threads;
use exeunt_requirements::{Told, check, same};
use exeunt_runtime::{Outcome, Policy, Reason, RoomEvent};
use libtest_mimic::Failed;

use crate::alice::{Alice, DEVICES, InRoom};
use crate::stage::{Stage, threads, until, until_no_thread_is_left};

/// Alice in a room, while her devices wait for a server that has stopped.
fn waits_for_a_stopped_server(stage: &mut Stage) -> Result<InRoom, Failed> {
    stage.server.stop()?;
    let mut alice = Alice::with(stage, Policy::default()).enter(stage)?;
    let entered = stage.wait("entering", alice.room.entered())?;
    check(entered, || "she was not let in".to_owned())?;
    Ok(alice)
}

pub(crate) fn stopped(stage: &mut Stage) -> Told {
    let before = threads()?;
    let alice = waits_for_a_stopped_server(stage)?;
    // The devices are still asking the server, which holds nothing for them: nobody waits for it.
    let (ending, alice) = alice.leaves(stage)?;
    ending.was_for(Reason::LocalExit)?;
    check(ending.report.is_clean(), || format!("{}", ending.report))?;
    same("stuck threads", &stuck_threads(), &0)?;
    until("the threads of before", threads, |now| *now <= before)?;
    stage.server.cont()?;
    stage.nothing_is_left()?;
    works_again(stage, alice)
}

pub(crate) fn stopped_before_anybody_asked(stage: &mut Stage) -> Told {
    let before = threads()?;
    stage.server.stop()?;
    let mut alice = Alice::with(stage, Policy::default());
    for _ in 0..3 {
        let mut in_room = alice.enter(stage)?;
        for wanted in DEVICES {
            in_room.until(
                stage,
                "a device that cannot be opened",
                |event| matches!(event, RoomEvent::DeviceFailed { kind, .. } if *kind == wanted),
            )?;
        }
        let (ending, client) = in_room.leaves(stage)?;
        ending.was_for(Reason::LocalExit)?;
        check(ending.report.is_clean(), || format!("{}", ending.report))?;
        same("stuck threads", &stuck_threads(), &0)?;
        alice = client;
    }
    // Nothing waits for the server to go on.
    until("the threads of before", threads, |now| *now <= before)?;
    stage.server.cont()?;
    works_again(stage, alice)
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

/// The next stay finds the server as it was (G-11).
fn works_again(stage: &Stage, alice: Alice) -> Told {
    let (ending, _) = alice.enters(stage)?.leaves(stage)?;
    ending.was_clean(Outcome::Done)?;
    stage.nothing_is_left()
}
