//! A device that goes away, before, during and after the exit.

use crate::guest::camera;
use crate::guest::camera::CameraFault;
use crate::guest::failure::{Outcome, demand};
use crate::guest::kernel;
use crate::guest::sound::{self, Card};
use crate::guest::stage::{holds_everything, restore};
use crate::guest::subject::{Subject, is_clean};

/// How a device goes away.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Way {
    CameraDisconnects,
    CameraUnplugged,
    CardUnplugged,
}

/// When.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Moment {
    Before,
    During,
    After,
}

impl Way {
    fn happens(self) -> Outcome {
        match self {
            Self::CameraDisconnects => CameraFault::Disconnects.happens(),
            Self::CameraUnplugged => camera::unplug(),
            Self::CardUnplugged => sound::unplug(Card::Microphone),
        }
    }

    const fn kind(self) -> &'static str {
        match self {
            Self::CameraDisconnects | Self::CameraUnplugged => "camera",
            Self::CardUnplugged => "microphone",
        }
    }
}

pub(super) fn play(way: Way, moment: Moment) -> Outcome {
    let mut member = Subject::start()?;
    member.enters()?;
    holds_everything(&member)?;
    match moment {
        Moment::Before => {
            way.happens()?;
            let kind = way.kind();
            let vanished = member.until("a device to be gone", |line| line.is("vanished"))?;
            demand(vanished.text("kind") == kind, || {
                format!("the {kind} has gone, and this was told: {vanished}")
            })?;
            leaves(&mut member)?;
        }
        Moment::During => {
            member.tell("freeze")?;
            member.tell("exit")?;
            way.happens()?;
            stands_still_with_nothing(&mut member)?;
        }
        Moment::After => {
            leaves(&mut member)?;
            way.happens()?;
        }
    }
    is_told_once(&mut member, way)?;
    // The next stay of the same process finds the device again.
    member.thaw()?;
    restore()?;
    member.enters()?;
    holds_everything(&member)?;
    leaves(&mut member)?;
    member.goes_home()
}

fn leaves(member: &mut Subject) -> Outcome {
    member.tell("freeze")?;
    member.tell("exit")?;
    stands_still_with_nothing(member)?;
    member.thaw()
}

/// It holds nothing. Whether others can have the device is another question while it is gone.
fn stands_still_with_nothing(member: &mut Subject) -> Outcome {
    let exited = member.stands_still_at_its_exit(0)?;
    let held = kernel::held_devices(member.number())?;
    demand(held.is_empty(), || {
        format!("at onExitRoom the process still holds {held:?} (G-13)")
    })?;
    let open = kernel::open_sound_devices()?;
    demand(open.is_empty(), || {
        format!("at onExitRoom sound devices are still open: {open:?} (G-13)")
    })?;
    is_clean(&exited)
}

fn is_told_once(member: &mut Subject, way: Way) -> Outcome {
    let said = member.said().iter();
    let lost = said.filter(|line| line.is("vanished") || line.is("failed"));
    let kinds: Vec<_> = lost.map(|line| line.text("kind").to_owned()).collect();
    demand(
        kinds.len() <= 1 && kinds.iter().all(|kind| kind == way.kind()),
        || {
            format!(
                "the {} has gone, once, and these were told: {kinds:?}",
                way.kind()
            )
        },
    )
}
