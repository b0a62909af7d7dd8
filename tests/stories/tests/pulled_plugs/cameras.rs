//! Cameras that do not open.

use std::process::Command;

use exeunt_port::DeviceKind;
use exeunt_requirements::{check, same};
use exeunt_runtime::{Outcome, Reason};
use exeunt_stories::{HeldFile, Person, Service};
use libtest_mimic::Failed;

pub(crate) fn stuck_in_the_opening() -> Result<(), Failed> {
    let (service, held) = (Service::start()?, HeldFile::new()?);
    let path = held.path().display().to_string();
    let alice = Person::named("alice")?
        .with_microphone("tone")
        .with_camera(&format!("file:{path}"));
    let mut alice = alice.enter(&service.url())?;
    alice.until_entered()?;
    alice.until("an open microphone", |line| {
        line.says_device(DeviceKind::Microphone, "open")
    })?;
    alice.type_in("q")?;
    // That this answers at all says that the process has ended while its thread still opened the file.
    let ending = alice.exited(Reason::LocalExit)?;
    ending.departure_was(Outcome::Done)?;
    ending.device_was(DeviceKind::Microphone, Outcome::Done)?;
    ending.device_was(DeviceKind::Camera, Outcome::TimedOut)?;
    let camera = &ending.device(DeviceKind::Camera)?.name;
    check(camera.contains(&path), || {
        format!("{camera:?} does not name {path}")
    })?;
    let opened = ending.line(|line| line.says_device(DeviceKind::Camera, "open"));
    check(opened.is_none(), || {
        format!("the camera was not held: {opened:?}")
    })
}

/// A pipe that nobody writes to would block for ever, so it is refused. Whoever asked for just this
/// camera does not stay without it, and says so.
pub(crate) fn no_camera_at_all() -> Result<(), Failed> {
    let (service, folder) = (Service::start()?, tempfile::tempdir()?);
    let pipe = folder.path().join("pipe.y4m");
    let made = Command::new("mkfifo").arg(&pipe).status()?;
    check(made.success(), || format!("mkfifo: {made}"))?;
    let alice = Person::named("alice")?
        .with_microphone("tone")
        .with_camera(&format!("file:{}", pipe.display()));
    let ending = alice.enter(&service.url())?.end()?;
    ending.is_an_exit_for(Reason::LocalExit)?;
    ending.was_clean()?;
    let told = ending.line(|line| line.says_device(DeviceKind::Camera, "failed"));
    let why = told.ok_or("nobody was told")?.get("detail").to_string();
    check(why.contains("no regular file"), || {
        format!("that does not say why: {why}")
    })?;
    same("the exit status", &ending.status, &Some(1))
}
