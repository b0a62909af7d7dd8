//! A process that is gone on the spot.

use crate::guest::failure::Outcome;
use crate::guest::stage::{everything_is_free, holds_everything, holds_nothing};
use crate::guest::subject::{Subject, is_clean};

pub(super) fn in_a_call() -> Outcome {
    let mut member = Subject::start()?;
    member.enters()?;
    member.is_heard()?;
    holds_everything(&member)?;
    member.kill()?;
    everything_is_free()?;

    let mut next = Subject::start()?;
    next.enters()?;
    next.is_heard()?;
    next.tell("freeze")?;
    next.tell("exit")?;
    next.stands_still()?;
    holds_nothing(&next)?;
    is_clean(&next.goes_on(0)?)?;
    next.goes_home()
}
