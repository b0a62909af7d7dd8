//! A device that fails or goes away during an exit, and the proof that it was during it.

use crate::guest::failure::{LabFailure, Outcome, demand};
use crate::guest::line::{Line, now_micros};
use crate::guest::stage::{note, restore};
use crate::guest::strike::{Fault, Strike, Struck};
use crate::guest::subject::{Subject, is_clean};

/// So many times it has to have come while the exit was under way and the device still held.
const WANTED: usize = 3;
/// So many different parts of the exit are tried at least, and so many exits at most.
const PARTS: [u64; 5] = [10, 30, 50, 70, 90];
const MOST: usize = 50;

/// When a fault came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Came {
    BeforeTheExit,
    DuringTheExit,
    /// The device was closed already.
    TooLate,
}

/// An exit's times, in microseconds since it was asked for.
#[derive(Clone, Copy, Debug)]
struct Course {
    began: u64,
    /// When the application was told that the device is off, or that it is out.
    off: u64,
}

/// The fault is aimed at every part of an exit in turn. Where that was in the last exits is known, and so
/// where it may be in the next; that it was met says the kernel.
pub(super) fn befalls(fault: Fault) -> Outcome {
    let mut member = Subject::start()?;
    member.enters()?;
    member.is_heard()?;
    let mut course = exit(&mut member, fault, None)?.0;
    let mut met = 0;
    // How much of the exit, in per cent, is aimed at: the application is told that a device is off some time
    // after it was closed, and the fault itself takes its time to begin.
    let mut reach = 100;
    for round in 0..MOST {
        if round >= PARTS.len() && met >= WANTED {
            break;
        }
        restore()?;
        member.enters()?;
        let part = PARTS[round % PARTS.len()] * reach / 100;
        let aim = course.began + (course.off - course.began) * part / 100;
        let (now, came) = exit(&mut member, fault, Some(aim))?;
        match came {
            Some(Came::DuringTheExit) => met += 1,
            Some(Came::TooLate) => reach = (reach * 4 / 5).max(5),
            Some(Came::BeforeTheExit) => reach = (reach * 5 / 4).min(100),
            None => {}
        }
        // Half of what was expected and half of what was seen: one slow exit spoils no other's aim.
        course = Course {
            began: u64::midpoint(course.began, now.began),
            off: u64::midpoint(course.off, now.off),
        };
    }
    demand(met >= WANTED, || {
        format!("of {MOST} exits {met} met the fault, {WANTED} are to: nothing was shown")
    })?;
    // The next stay of the same process finds the device again.
    restore()?;
    member.enters()?;
    exit(&mut member, fault, None)?;
    member.goes_home()
}

/// Leaves, with the fault coming so many microseconds after the exit was asked for; answers how the exit
/// went, and when the fault came.
fn exit(
    member: &mut Subject,
    fault: Fault,
    aim: Option<u64>,
) -> Result<(Course, Option<Came>), LabFailure> {
    let lost_before = told_lost(member, fault)?;
    let strike = match aim {
        Some(_) => Some(Strike::on(member.number(), fault)?),
        None => None,
    };
    member.tell("freeze")?;
    let asked = now_micros();
    if let (Some(strike), Some(aim)) = (&strike, aim) {
        strike.comes_at(asked + aim);
    }
    member.tell("exit")?;
    member.stands_still()?;
    member.holds_no_device()?;
    let struck = strike.map(Strike::struck).transpose()?;
    let exited = member.goes_on(0)?;
    is_clean(&exited)?;
    let lost = told_lost(member, fault)? - lost_before;
    demand(lost <= 1, || {
        format!("the {} was told to be lost {lost} times", fault.kind())
    })?;

    let off = released(member, fault, &exited);
    let course = Course {
        began: exited.number("began").saturating_sub(asked),
        off: off.max(exited.number("began")).saturating_sub(asked),
    };
    let came = struck.map(|struck| came(struck, fault, &exited, off));
    Ok((course, came))
}

/// It came during the exit if it began when that had begun and the device was still held.
fn came(struck: Struck, fault: Fault, exited: &Line, off: u64) -> Came {
    let began = exited.number("began");
    let after_the_beginning = |at: u64| i128::from(at) - i128::from(began);
    let came = if struck.began < began {
        Came::BeforeTheExit
    } else if struck.was_held {
        Came::DuringTheExit
    } else {
        Came::TooLate
    };
    note(&format!(
        "the fault from {} to {} us after the exit's beginning, the {} {} then; told to be off at {} us: {}",
        after_the_beginning(struck.began),
        after_the_beginning(struck.ended),
        fault.kind(),
        if struck.was_held { "held" } else { "closed" },
        after_the_beginning(off),
        match came {
            Came::BeforeTheExit => "before the exit",
            Came::DuringTheExit => "during the exit",
            Came::TooLate => "too late for the exit",
        },
    ));
    came
}

/// When the application was told that the device is released; if it has gone, when it was told that it is out.
fn released(member: &mut Subject, fault: Fault, exited: &Line) -> u64 {
    let began = exited.number("began");
    let mut said = member.said().iter().rev();
    let released = said.find(|line| line.is("released") && line.text("kind") == fault.kind());
    let at = released.map(|line| line.number("at"));
    at.filter(|at| *at >= began).unwrap_or(exited.number("at"))
}

/// How often this device was told to be lost up to now; no other was.
fn told_lost(member: &mut Subject, fault: Fault) -> Result<usize, LabFailure> {
    let lost = member.lost();
    demand(lost.iter().all(|kind| kind == fault.kind()), || {
        format!(
            "only the {} has gone, and these were told: {lost:?}",
            fault.kind()
        )
    })?;
    Ok(lost.len())
}
