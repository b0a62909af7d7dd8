//! A headset that is pulled out, and another default microphone, while an exit is under way.
//!
//! An exit is over in a millisecond, so the server stands still meanwhile. When it goes on both lie before
//! it: what the exit asks of it and waits for, and what is to change.

use exeunt_pulse_server::{Plugged, Prompter, ServerError};
use exeunt_requirements::Told;

use crate::hot_changes::{HEADSET, in_a_call, is_used, leaves_well};
use crate::stage::{Stage, until_an_exit_waits};

/// What a server that stands still was asked for first.
#[derive(PartialEq, Eq)]
enum First {
    Exit,
    Change,
}

type Change = fn(&mut Prompter, &Plugged) -> Result<(), ServerError>;
const PULLED_OUT: Change = Prompter::unplug;
const DEFAULT_CHANGED: Change = |prompter, _headset| prompter.set_default_microphone("mic");

pub(crate) fn pulled_out_after(stage: &mut Stage) -> Told {
    changes(stage, &First::Exit, PULLED_OUT)
}

pub(crate) fn pulled_out_before(stage: &mut Stage) -> Told {
    changes(stage, &First::Change, PULLED_OUT)
}

pub(crate) fn default_changed_after(stage: &mut Stage) -> Told {
    changes(stage, &First::Exit, DEFAULT_CHANGED)
}

pub(crate) fn default_changed_before(stage: &mut Stage) -> Told {
    changes(stage, &First::Change, DEFAULT_CHANGED)
}

fn changes(stage: &Stage, first: &First, change: Change) -> Told {
    let headset = stage.server.plug_in_microphone(HEADSET)?;
    stage.server.set_default_microphone(HEADSET)?;
    let (_bob, alice) = in_a_call(stage)?;
    is_used(stage, HEADSET)?;

    let mut prompter = stage.server.prompter()?;
    stage.server.stop()?;
    if *first == First::Change {
        change(&mut prompter, &headset)?;
    }
    alice.room.handle().request_exit();
    until_an_exit_waits()?;
    if *first == First::Exit {
        change(&mut prompter, &headset)?;
    }
    stage.server.cont()?;
    leaves_well(stage, alice)?;
    Ok(prompter.until_done()?)
}
