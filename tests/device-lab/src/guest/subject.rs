//! The member from the director's side.

use std::ops::{Deref, DerefMut};

use super::failure::{LabFailure, Outcome, demand};
use super::line::Line;
use super::process::Process;
use super::stage::eventually;
use super::{camera, kernel, sound};

/// All kinds of device that a member has.
pub(crate) const KINDS: [&str; 3] = ["camera", "microphone", "speaker"];

/// A member with camera, microphone and speaker of the machine, in a process of its own.
#[derive(Debug)]
pub(crate) struct Subject(Process);

impl Subject {
    /// A member who is outside of every room.
    pub(crate) fn start() -> Result<Self, LabFailure> {
        Self::with(&[])
    }

    /// The same with further arguments.
    pub(crate) fn with(arguments: &[&str]) -> Result<Self, LabFailure> {
        let mut all = vec!["member", "--camera", camera::NODE];
        all.extend([
            "--microphone",
            sound::MICROPHONE,
            "--speaker",
            sound::SPEAKER,
        ]);
        all.extend(arguments);
        let mut process = Process::start("member", &all)?;
        process.until("that it is ready", |line| line.is("ready"))?;
        Ok(Self(process))
    }

    /// A member with a camera only, who does not wait long for a server that does not answer; nothing
    /// of what it says is put in the log.
    pub(crate) fn with_camera_only() -> Result<Self, LabFailure> {
        let arguments = ["member", "--camera", camera::NODE, "--departure", "200"];
        let mut process = Process::start("member", &arguments)?.quiet();
        process.until("that it is ready", |line| line.is("ready"))?;
        Ok(Self(process))
    }

    /// Nothing of what it says is put in the log any more.
    pub(crate) fn quietly(self) -> Self {
        Self(self.0.quiet())
    }

    /// Enters, and waits until all devices are open.
    pub(crate) fn enters(&mut self) -> Outcome {
        self.tell("enter")?;
        self.opens(&KINDS)
    }

    /// Waits until these devices are open, in whichever order.
    pub(crate) fn opens(&mut self, kinds: &[&str]) -> Outcome {
        let mut missing = kinds.to_vec();
        while !missing.is_empty() {
            let line = self.until(&format!("{missing:?} to be open"), |line| {
                line.is("opened") || line.is("failed") || line.is("exited")
            })?;
            demand(line.is("opened"), || {
                format!("a device did not open: {line}")
            })?;
            missing.retain(|kind| *kind != line.text("kind"));
        }
        Ok(())
    }

    /// Waits until the room has sound and pictures of it.
    pub(crate) fn is_heard(&mut self) -> Outcome {
        for codec in ["sound", "pictures"] {
            self.tell(&format!("heard {codec}"))?;
            self.until("to be heard", |line| line.is("heard"))?;
        }
        Ok(())
    }

    /// Waits for `onExitRoom`, at which the process stands still, and checks what holds for every exit
    /// (G-1, G-2, G-6). The process was told to freeze before.
    pub(crate) fn stands_still_at_its_exit(&mut self, reason: u64) -> Result<Line, LabFailure> {
        let exited = self.exits(reason)?;
        let number = self.number();
        eventually("a process that stands still", || kernel::is_stopped(number))?;
        Ok(exited)
    }

    /// Waits for `onExitRoom`, and checks what holds for every exit (G-2, G-6).
    pub(crate) fn exits(&mut self, reason: u64) -> Result<Line, LabFailure> {
        let exited = self.until("onExitRoom", |line| line.is("exited"))?;
        demand(exited.number("reason") == reason, || {
            format!("onExitRoom({reason}) was expected (G-2): {exited}")
        })?;
        let (took, bound) = (exited.number("took_ms"), exited.number("bound_ms"));
        demand(took <= bound, || {
            format!("the exit took {took} ms, longer than its bound of {bound} ms (G-6)")
        })?;
        Ok(exited)
    }

    /// Goes on if it stood still, and ends; there were as many exits as it entered (G-1).
    pub(crate) fn goes_home(self) -> Outcome {
        self.0.thaw()?;
        let said = self.0.end()?;
        let count = |event: &str| said.iter().filter(|line| line.is(event)).count();
        let (entered, exited) = (count("entering"), count("exited"));
        demand(entered == exited, || {
            format!("{entered} stays were begun, and onExitRoom came {exited} times (G-1)")
        })?;
        let noise = said
            .iter()
            .find(|line| line.is("noise") || line.is("unknown"));
        demand(noise.is_none(), || {
            format!(
                "the member said something that it should not: {}",
                noise.map_or(String::new(), Line::to_string)
            )
        })
    }

    /// Ends it on the spot.
    pub(crate) fn kill(self) -> Outcome {
        self.0.kill()
    }
}

/// An exit of which nothing at all is left behind.
pub(crate) fn is_clean(exited: &Line) -> Outcome {
    demand(exited.value("clean") == true, || {
        format!("the exit left something behind: {}", exited.text("report"))
    })
}

impl Deref for Subject {
    type Target = Process;

    fn deref(&self) -> &Process {
        &self.0
    }
}

impl DerefMut for Subject {
    fn deref_mut(&mut self) -> &mut Process {
        &mut self.0
    }
}
