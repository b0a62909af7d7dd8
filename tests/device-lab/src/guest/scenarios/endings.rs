//! Every cause of an exit: the devices are off before the application hears that it is out.

use crate::guest::failure::Outcome;
use crate::guest::stage::{holds_everything, holds_nothing};
use crate::guest::subject::{KINDS, Subject, is_clean};

/// What ends the stay.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Cause {
    Exit,
    Kick,
    Dismissal,
    Loss,
    NeverLetIn,
}

impl Cause {
    /// What the member is told, and the number of `onExitRoom` that comes of it.
    const fn told(self) -> (&'static str, u64) {
        match self {
            Self::Exit => ("exit", 0),
            Self::Kick => ("kick", 1),
            Self::Dismissal => ("dismiss", 2),
            Self::Loss => ("lose", 100),
            Self::NeverLetIn => ("never enter", 101),
        }
    }
}

pub(super) fn released_first(cause: Cause) -> Outcome {
    let (command, reason) = cause.told();
    // Time for the devices to open, and to be looked at, before it counts as never let in.
    let mut member = Subject::with(&["--entering", "6000"])?;
    member.tell("freeze")?;
    if cause == Cause::NeverLetIn {
        member.tell(command)?;
        member.tell("enter")?;
        member.opens(&KINDS)?;
        holds_everything(&member)?;
    } else {
        member.enters()?;
        member.is_heard()?;
        holds_everything(&member)?;
        member.tell(command)?;
    }
    member.stands_still()?;
    holds_nothing(&member)?;
    let exited = member.goes_on(reason)?;
    // Where the room does not answer, that is what the report says; the devices are another matter.
    if cause != Cause::NeverLetIn && cause != Cause::Loss {
        is_clean(&exited)?;
    }
    member.goes_home()
}
