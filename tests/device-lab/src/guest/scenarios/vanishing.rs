//! A device that goes away before and after the exit.

use crate::guest::failure::{LabFailure, Outcome, demand};
use crate::guest::line::{Line, now_micros};
use crate::guest::stage::{holds_everything, note, restore};
use crate::guest::strike::{Fault, Strike};
use crate::guest::subject::{Subject, is_clean};

/// When.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Moment {
    Before,
    After,
}

pub(super) fn play(fault: Fault, moment: Moment) -> Outcome {
    let mut member = Subject::start()?;
    member.enters()?;
    holds_everything(&member)?;
    let strike = Strike::on(member.number(), fault)?;
    let (struck, exited) = match moment {
        Moment::Before => {
            strike.comes_at(now_micros());
            let kind = fault.kind();
            let vanished = member.until("a device to be gone", |line| line.is("vanished"))?;
            demand(vanished.text("kind") == kind, || {
                format!("the {kind} has gone, and this was told: {vanished}")
            })?;
            // The kernel may answer only when the process has let go, which it does at once.
            let struck = strike.struck()?;
            (struck, leaves(&mut member)?)
        }
        Moment::After => {
            let exited = leaves(&mut member)?;
            strike.comes_at(now_micros());
            (strike.struck()?, exited)
        }
    };
    let (began, told) = (exited.number("began"), exited.number("at"));
    note(&format!(
        "the fault from {} to {}, the exit from {began} to {told}",
        struck.began, struck.ended
    ));
    let is_so = match moment {
        Moment::Before => struck.was_held && struck.ended < began,
        Moment::After => !struck.was_held && struck.began > told,
    };
    demand(is_so, || {
        format!("{moment:?} the exit it was to come, and did not: {struck:?}")
    })?;

    let lost = member.lost();
    let expected: &[&str] = match moment {
        Moment::Before => &[fault.kind()],
        Moment::After => &[],
    };
    demand(lost == expected, || {
        format!("{expected:?} was to be told, once, and these were: {lost:?}")
    })?;
    // The next stay of the same process finds the device again.
    restore()?;
    member.enters()?;
    holds_everything(&member)?;
    leaves(&mut member)?;
    member.goes_home()
}

/// Leaves, and holds nothing at the end. Whether others can have the device is another question while it
/// is gone.
fn leaves(member: &mut Subject) -> Result<Line, LabFailure> {
    member.tell("freeze")?;
    member.tell("exit")?;
    member.stands_still()?;
    member.holds_no_device()?;
    let exited = member.goes_on(0)?;
    is_clean(&exited)?;
    Ok(exited)
}
