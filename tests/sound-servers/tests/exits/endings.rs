//! Every way out of a room: the server has both devices back before `onExitRoom` (G-3, G-13).

use exeunt_loopback::ConnectFault;
use exeunt_requirements::{Told, same};
use exeunt_runtime::{Outcome, Policy, Reason};

use crate::alice::{Alice, DEVICES, Ending, InRoom};
use crate::bob::Bob;
use crate::stage::{Stage, until};

/// Both devices run, bob hears the microphone, and the server shows both.
fn in_a_call(stage: &Stage) -> Result<InRoom, libtest_mimic::Failed> {
    let bob = Bob::enters(stage)?;
    let alice = looked_at(stage).enters(stage)?;
    bob.hears(stage, 5)?;
    stage.shows(2)?;
    Ok(alice)
}

fn looked_at(stage: &Stage) -> Alice {
    Alice::looked_at(stage, Policy::default())
}

fn was_well(stage: &Stage, ending: &Ending, reason: Reason) -> Told {
    ending.was_for(reason)?;
    ending.was_clean(Outcome::Done)?;
    ending.was_off_before()?;
    stage.nothing_is_left()
}

pub(crate) fn leaves(stage: &mut Stage) -> Told {
    for _ in 0..10 {
        let (ending, _) = in_a_call(stage)?.leaves(stage)?;
        was_well(stage, &ending, Reason::LocalExit)?;
    }
    Ok(())
}

pub(crate) fn kicked(stage: &mut Stage) -> Told {
    let alice = in_a_call(stage)?;
    stage.hub.kick(&"standup".parse()?, &"alice".parse()?)?;
    was_well(stage, &alice.ends(stage)?, Reason::Kicked)
}

pub(crate) fn dismissed(stage: &mut Stage) -> Told {
    let alice = in_a_call(stage)?;
    stage.hub.dismiss(&"standup".parse()?)?;
    was_well(stage, &alice.ends(stage)?, Reason::Dismissed)
}

pub(crate) fn lost(stage: &mut Stage) -> Told {
    let alice = in_a_call(stage)?;
    alice.faults.kill_link();
    let ending = alice.ends(stage)?;
    ending.was_for(Reason::ConnectionLost)?;
    same("devices", &ending.outcomes(), &vec![Outcome::Done; 2])?;
    ending.was_off_before()?;
    stage.nothing_is_left()
}

pub(crate) fn not_let_in(stage: &mut Stage) -> Told {
    let alice = looked_at(stage);
    alice.faults.break_connect(ConnectFault::Hangs);
    let mut alice = alice.enter(stage)?;
    alice.until_open(stage, &DEVICES)?;
    stage.shows(2)?;
    stage.hub.stop();
    alice.faults.let_go();
    was_well(stage, &alice.ends(stage)?, Reason::EnterFailed)
}

pub(crate) fn again_and_again(stage: &mut Stage) -> Told {
    let holds = || -> Result<[usize; 2], libtest_mimic::Failed> {
        let entries = |folder: &str| Ok::<_, std::io::Error>(std::fs::read_dir(folder)?.count());
        Ok([entries("/proc/self/task")?, entries("/proc/self/fd")?])
    };
    // Whoever stands still loses her connection to the server; here it is to be used again and again.
    let mut alice = Alice::with(stage, Policy::default());
    let mut after_one = None;
    for number in 0..50 {
        let (ending, client) = alice.enters(stage)?.leaves(stage)?;
        ending.was_clean(Outcome::Done)?;
        alice = client;
        // Threads for what the loopback room blocks on come and go in the first stays.
        if number == 5 {
            stage.nothing_is_left()?;
            after_one = Some(holds()?);
        }
    }
    stage.nothing_is_left()?;
    let then = after_one.ok_or("no stay")?;
    // The driver's own threads end a moment after their connections.
    let what = format!("threads and descriptors as few as {then:?}");
    until(&what, holds, |now| now[0] <= then[0] && now[1] <= then[1])
}
