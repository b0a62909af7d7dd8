//! The microphone is closed before `onExitRoom`.
//!
//! A process that has ended holds no microphone anyway. So each person takes along a camera that never
//! opens: it keeps the exit under way for as long as a device may take, and meanwhile the sound server
//! is asked.

use exeunt_port::{DeviceKind, RemoteLeaveReason};
use exeunt_pulse_server::PulseServer;
use exeunt_requirements::{check, same};
use exeunt_runtime::{Outcome, Reason};
use exeunt_stories::{
    Ending, Entering, HeldFile, Person, ROOM, SilentDoor, now_micros, operator, until,
};
use libtest_mimic::Failed;

use crate::scene::{Scene, is_recording, speaking, with_microphone_of};

pub(crate) fn left() -> Result<(), Failed> {
    let (server, _speech) = speaking()?;
    let (mut scene, camera) = (Scene::set()?, HeldFile::new()?);
    let mut alice = listened_to(&scene, &server, &camera)?;
    let user = alice.user().clone();
    alice.type_in("q")?;
    let ending = closed_before_the_end(alice, &server, Reason::LocalExit)?;
    ending.departure_was(Outcome::Done)?;
    same(
        "why alice left",
        &scene.hear_leave(&user)?,
        &RemoteLeaveReason::Left,
    )
}

pub(crate) fn kicked() -> Result<(), Failed> {
    let (server, _speech) = speaking()?;
    let (mut scene, camera) = (Scene::set()?, HeldFile::new()?);
    let alice = listened_to(&scene, &server, &camera)?;
    let user = alice.user().clone();
    let operator = operator(&scene.service.local_addr().to_string())?;
    operator.remove_user(&ROOM.parse()?, std::slice::from_ref(&user))?;
    let ending = closed_before_the_end(alice, &server, Reason::Kicked)?;
    ending.departure_was(Outcome::NotOwed)?;
    same(
        "why alice left",
        &scene.hear_leave(&user)?,
        &RemoteLeaveReason::Kicked,
    )
}

pub(crate) fn dismissed() -> Result<(), Failed> {
    let (server, _speech) = speaking()?;
    let (scene, camera) = (Scene::set()?, HeldFile::new()?);
    let alice = listened_to(&scene, &server, &camera)?;
    let operator = operator(&scene.service.local_addr().to_string())?;
    operator.dismiss_room(&ROOM.parse()?)?;
    let ending = closed_before_the_end(alice, &server, Reason::Dismissed)?;
    ending.departure_was(Outcome::NotOwed)?;
    same(
        "the listener's reason",
        &scene.listener_exited()?.reason,
        &Reason::Dismissed,
    )
}

/// The microphone listens before anybody let alice in; then the server hangs up.
pub(crate) fn cut_off_while_entering() -> Result<(), Failed> {
    let (server, _speech) = speaking()?;
    let (door, camera) = (SilentDoor::open()?, HeldFile::new()?);
    let mut alice = with(&camera, with_microphone_of(&server, "alice")?).enter(&door.url())?;
    let at_the_door = door.knock()?;
    alice.until("an open microphone", |line| {
        line.says_device(DeviceKind::Microphone, "open")
    })?;
    records(&server, &alice)?;
    drop(at_the_door);
    closed_before_the_end(alice, &server, Reason::EnterFailed).map(drop)
}

/// The answer comes while the microphone is being opened, or just afterwards: either way it is off.
pub(crate) fn refused() -> Result<(), Failed> {
    let (server, _speech) = speaking()?;
    let scene = Scene::set()?;
    let alice = with_microphone_of(&server, "alice")?.with_user_sig("nonsense");
    let alice = alice.enter(&scene.url())?;
    let process = alice.process();
    let ending = alice.exited(Reason::EnterFailed)?;
    ending.was_clean()?;
    let why = ending.report.enter_error.clone().unwrap_or_default();
    check(why.contains("UserSig"), || {
        format!("that does not say why: {why:?}")
    })?;
    check(!is_recording(&server, process)?, || {
        "somebody records still".to_owned()
    })
}

fn with(camera: &HeldFile, entering: Entering) -> Entering {
    entering.with_camera(&format!("file:{}", camera.path().display()))
}

/// Somebody in the room whose speech is heard there.
fn listened_to(scene: &Scene, server: &PulseServer, camera: &HeldFile) -> Result<Person, Failed> {
    let mut alice = with(camera, with_microphone_of(server, "alice")?).enter(&scene.url())?;
    alice.until_entered()?;
    scene.hear(alice.user(), |steps| {
        steps.last().is_some_and(|heard| heard.last_rms > 0.05)
    })?;
    records(server, &alice)?;
    Ok(alice)
}

fn records(server: &PulseServer, person: &Person) -> Result<(), Failed> {
    check(is_recording(server, person.process())?, || {
        format!("the sound server knows nothing of {}", person.user())
    })
}

/// The sound server says that nobody records any more, and only then comes `onExitRoom`.
fn closed_before_the_end(
    person: Person,
    server: &PulseServer,
    reason: Reason,
) -> Result<Ending, Failed> {
    let process = person.process();
    until(
        "a microphone that is closed",
        || is_recording(server, process).map_err(Failed::from),
        |recording| !recording,
    )?;
    let seen = now_micros();
    let ending = person.exited(reason)?;
    let exit = ending.line(|line| line.callback("onExitRoom").is_some());
    let exit = exit.ok_or("no onExitRoom")?.at_micros();
    check(seen < exit, || {
        format!(
            "the microphone was seen closed {} us after onExitRoom (G-13)",
            seen - exit
        )
    })?;
    ending.device_was(DeviceKind::Microphone, Outcome::Done)?;
    ending.device_was(DeviceKind::Camera, Outcome::TimedOut)?;
    Ok(ending)
}
