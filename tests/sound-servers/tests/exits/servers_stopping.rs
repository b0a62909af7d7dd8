//! The sound server stops: its sockets stay open, and nobody answers on them.

use std::time::Duration;

use exeunt_cpal::stuck_threads;
use exeunt_requirements::{Told, check};
use exeunt_runtime::{Policy, Reason};

use crate::alice::{Alice, DEVICES};
use crate::stage::{Stage, threads, until};

pub(crate) fn in_a_call(stage: &mut Stage) -> Told {
    let mut alice = Alice::with(stage, Policy::default()).enters(stage)?;
    stage.server.stop()?;
    for kind in DEVICES {
        alice.until_vanished(stage, kind)?;
    }
    let (ending, _) = alice.leaves(stage)?;
    ending.was_for(Reason::LocalExit)?;
    // They were told to have vanished, but should the server go on it would still record: until it
    // lets go nothing else can be promised (G-13).
    ending.timed_out()?;
    goes_on(stage)
}

pub(crate) fn before_an_exit(stage: &mut Stage) -> Told {
    let alice = Alice::with(stage, Policy::default()).enters(stage)?;
    stage.server.stop()?;
    let (ending, alice) = alice.leaves(stage)?;
    ending.was_for(Reason::LocalExit)?;
    ending.timed_out()?;
    goes_on(stage)?;

    // And they can be used again.
    alice.has_a_clean_stay(stage)
}

pub(crate) fn before_a_kick(stage: &mut Stage) -> Told {
    let alice = Alice::with(stage, Policy::default()).enters(stage)?;
    stage.server.stop()?;
    stage.hub.kick(&"standup".parse()?, &"alice".parse()?)?;
    let ending = alice.ends(stage)?;
    ending.was_for(Reason::Kicked)?;
    ending.timed_out()?;
    goes_on(stage)
}

pub(crate) fn for_ever(stage: &mut Stage) -> Told {
    // Short, because nothing of it is going to be answered; long enough for a thread to count as stuck.
    let policy = Policy {
        device: Duration::from_millis(300),
        ..Policy::default()
    };
    let alice = Alice::with(stage, policy).enters(stage)?;
    let before = threads()?;
    stage.server.stop()?;
    let (ending, mut alice) = alice.leaves(stage)?;
    ending.timed_out()?;
    for _ in 0..20 {
        let (ending, client) = alice.enter(stage)?.leaves(stage)?;
        ending.was_for(Reason::LocalExit)?;
        alice = client;
        check(stuck_threads() <= 16, || {
            format!("{} threads are stuck", stuck_threads())
        })?;
    }
    // Each of the two that were open at first has some of the driver's own; those of the openings that
    // were given up end in a moment.
    let what = format!("at most 16 threads more than the {before} of the first stay");
    until(&what, threads, |now| *now <= before + 16)?;
    goes_on(stage)
}

/// The server goes on, and everything that waited for it ends.
fn goes_on(stage: &Stage) -> Told {
    stage.server.cont()?;
    stage.nothing_is_left()
}
