//! A device that somebody else has.

use crate::guest::camera;
use crate::guest::claim::{can_be_claimed, claimed};
use crate::guest::failure::{Outcome, demand};
use crate::guest::kernel;
use crate::guest::stage::{everything_is_free, holds_everything};
use crate::guest::subject::{KINDS, Subject, is_clean};

pub(super) fn camera() -> Outcome {
    let claimant = claimed(camera::NODE)?;
    let mut member = Subject::start()?;
    member.tell("enter")?;
    is_said_to_be_busy(&mut member, &["camera"])?;
    member.tell("exit")?;
    is_clean(&member.exits(0)?)?;
    demand(!can_be_claimed(camera::NODE)?, || {
        "whoever had the camera before has it no more (G-16)".to_owned()
    })?;
    member.goes_home()?;
    claimant.end().map(drop)?;
    everything_is_free()
}

pub(super) fn sound() -> Outcome {
    let mut owner = Subject::start()?;
    owner.enters()?;
    holds_everything(&owner)?;
    let before = kernel::open_sound_devices()?.len();

    let mut member = Subject::start()?;
    member.tell("enter")?;
    is_said_to_be_busy(&mut member, &KINDS)?;
    member.tell("exit")?;
    is_clean(&member.exits(0)?)?;
    let held = kernel::held_devices(member.number())?;
    demand(held.is_empty(), || {
        format!("what could not be opened is held all the same: {held:?} (G-13)")
    })?;
    member.goes_home()?;

    let open = kernel::open_sound_devices()?;
    demand(open.len() == before, || {
        format!("the other's sound devices were {before} and are {open:?} (G-16)")
    })?;
    holds_everything(&owner)?;
    owner.tell("exit")?;
    is_clean(&owner.exits(0)?)?;
    owner.goes_home()?;
    everything_is_free()
}

/// Each of these devices is told once to be busy.
fn is_said_to_be_busy(member: &mut Subject, kinds: &[&str]) -> Outcome {
    for _ in kinds {
        let line = member.until("a device that cannot be opened", |line| line.is("failed"))?;
        let is_expected = kinds.contains(&line.text("kind")) && line.text("error") == "Busy";
        demand(is_expected, || {
            format!("one of {kinds:?} was to be busy, and this was told: {line}")
        })?;
    }
    Ok(())
}
