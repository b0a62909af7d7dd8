//! A driver that fails: with an error, by refusing, by silence.

use crate::guest::camera::{CameraFault, drop_pictures};
use crate::guest::claim::can_be_claimed;
use crate::guest::failure::{Outcome, demand};
use crate::guest::stage::{eventually, holds_nothing, note};
use crate::guest::subject::{Subject, is_clean};
use crate::guest::{camera, kernel};

pub(super) fn fatal_in_a_call() -> Outcome {
    let mut member = Subject::start()?;
    member.enters()?;
    member.is_heard()?;
    CameraFault::FailsFatally.happens()?;
    camera_is_lost(&mut member, "vanished")?;
    leaves(member)
}

pub(super) fn not_started() -> Outcome {
    refused_once(CameraFault::RefusesToStart)
}

pub(super) fn no_buffers() -> Outcome {
    refused_once(CameraFault::RefusesBuffers)
}

/// What is refused once is told; the next stay has the camera.
fn refused_once(fault: CameraFault) -> Outcome {
    let mut member = Subject::start()?;
    fault.happens()?;
    member.tell("enter")?;
    camera_is_lost(&mut member, "failed")?;
    member.tell("freeze")?;
    member.tell("exit")?;
    member.stands_still()?;
    holds_nothing(&member)?;
    is_clean(&member.goes_on(0)?)?;
    member.enters()?;
    leaves(member)
}

pub(super) fn stalled_at_the_exit() -> Outcome {
    let mut member = Subject::start()?;
    member.enters()?;
    member.is_heard()?;
    drop_pictures(100)?;
    member.tell("freeze")?;
    member.tell("exit")?;
    member.stands_still()?;
    // A camera that is stalled gives no picture to anybody else either.
    drop_pictures(0)?;
    holds_nothing(&member)?;
    let exited = member.goes_on(0)?;
    note(&format!(
        "took {} ms of {} ms",
        exited.number("took_ms"),
        exited.number("bound_ms")
    ));
    is_clean(&exited)?;
    member.goes_home()
}

pub(super) fn stalled_in_a_call() -> Outcome {
    let mut member = Subject::with(&["--watchdog", "1000"])?;
    member.enters()?;
    member.is_heard()?;
    drop_pictures(100)?;
    camera_is_lost(&mut member, "vanished")?;
    let number = member.number();
    let held = kernel::held_devices(number)?;
    demand(held.iter().all(|path| path != camera::NODE), || {
        format!("the camera is said to have gone, and the process still holds {held:?} (G-13)")
    })?;
    drop_pictures(0)?;
    eventually("a camera that others can have", || {
        can_be_claimed(camera::NODE)
    })?;
    leaves(member)
}

/// The camera is told to be lost. That it is told once, and nothing else is, shows at the end.
fn camera_is_lost(member: &mut Subject, how: &str) -> Outcome {
    let lost = member.until("the camera to be lost", |line| {
        line.is("vanished") || line.is("failed")
    })?;
    demand(lost.is(how) && lost.text("kind") == "camera", || {
        format!("the camera was to be told as {how}, and this was told: {lost}")
    })
}

/// Leaves at last; the camera was told to be lost once, in whichever stay.
fn leaves(mut member: Subject) -> Outcome {
    member.tell("freeze")?;
    member.tell("exit")?;
    member.stands_still()?;
    holds_nothing(&member)?;
    is_clean(&member.goes_on(0)?)?;
    let lost = member.lost();
    demand(lost == ["camera"], || {
        format!("the camera was to be told as lost, once, and these were: {lost:?}")
    })?;
    member.goes_home()
}
