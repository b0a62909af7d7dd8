//! The sound server is killed, or killed and started anew.

use exeunt_cpal::{CpalMicrophone, stuck_threads};
use exeunt_requirements::{Told, check, same};
use exeunt_runtime::{DeviceKind, Outcome, Policy, Reason, RoomEvent};

use crate::alice::{Alice, DEVICES};
use crate::bob::Bob;
use crate::stage::{Stage, until_an_exit_waits, until_no_thread_is_left};

pub(crate) fn killed_in_a_call(stage: &mut Stage) -> Told {
    let mut alice = Alice::with(stage, Policy::default()).enters(stage)?;
    stage.server.kill()?;
    for kind in DEVICES {
        alice.until_vanished(stage, kind)?;
    }
    // She is in the room all the same, and hears who comes.
    let _bob = Bob::enters(stage)?;
    alice.until(stage, "bob's coming", |event| {
        matches!(event, RoomEvent::RemoteUserEntered(_))
    })?;
    let (ending, _) = alice.leaves(stage)?;
    ending.was_for(Reason::LocalExit)?;
    ending.was_clean(Outcome::Vanished)?;
    same("stuck threads", &stuck_threads(), &0)?;
    until_no_thread_is_left()
}

pub(crate) fn killed_during_an_exit(stage: &mut Stage) -> Told {
    let alice = Alice::with(stage, Policy::default()).enters(stage)?;
    // Stopped first: a server that lives would be done with the exit before it could be killed.
    stage.server.stop()?;
    alice.room.handle().request_exit();
    until_an_exit_waits()?;
    stage.server.kill()?;
    let (ending, _) = alice.leaves(stage)?;
    ending.was_for(Reason::LocalExit)?;
    // A server that has gone has let go; it does not matter who noticed it first.
    ending.each_was(&[Outcome::Done, Outcome::Vanished])?;
    until_no_thread_is_left()
}

pub(crate) fn restarted_in_a_call(stage: &mut Stage) -> Told {
    let bob = Bob::enters(stage)?;
    let mut alice = Alice::with(stage, Policy::default()).enters(stage)?;
    bob.hears(stage, 5)?;
    stage.server.restart()?;
    for kind in DEVICES {
        alice.until_vanished(stage, kind)?;
    }
    let handle = alice.room.handle();
    let starting = handle.start(CpalMicrophone::default_device());
    stage.wait("the microphone's start", starting)??;
    alice.until_open(stage, &[DeviceKind::Microphone])?;
    bob.hears(stage, 5)?;
    stage.shows(1)?;
    let (ending, _) = alice.leaves(stage)?;
    ending.was_for(Reason::LocalExit)?;
    check(ending.report.is_clean(), || format!("{}", ending.report))?;
    stage.nothing_is_left()
}

pub(crate) fn restarted_during_an_exit(stage: &mut Stage) -> Told {
    let alice = Alice::with(stage, Policy::default()).enters(stage)?;
    stage.server.stop()?;
    alice.room.handle().request_exit();
    until_an_exit_waits()?;
    stage.server.restart()?;
    let (ending, alice) = alice.leaves(stage)?;
    ending.was_for(Reason::LocalExit)?;
    until_no_thread_is_left()?;
    // The next stay finds the new server (G-11).
    alice.has_a_clean_stay(stage)
}
