//! The member from the director's side.

use std::ops::{Deref, DerefMut};
use std::time::Duration;

use exeunt_requirements::LATENESS;

use super::failure::{LabFailure, Outcome, demand};
use super::line::{Line, now_micros};
use super::process::Process;
use super::stage::eventually;
use super::{camera, kernel, sound};

/// All kinds of device that a member has.
pub(crate) const KINDS: [&str; 3] = ["camera", "microphone", "speaker"];

/// The member's command line with all of them.
const DEVICES: [&str; 7] = [
    "member",
    "--camera",
    camera::NODE,
    "--microphone",
    sound::MICROPHONE,
    "--speaker",
    sound::SPEAKER,
];

/// A member with camera, microphone and speaker of the machine, in a process of its own.
#[derive(Debug)]
pub(crate) struct Subject {
    process: Process,
    /// When it was last seen to stand still: the wall clock in microseconds.
    stood_still: u64,
}

impl Subject {
    /// A member who is outside of every room.
    pub(crate) fn start() -> Result<Self, LabFailure> {
        Self::with(&[])
    }

    /// The same with further arguments.
    pub(crate) fn with(arguments: &[&str]) -> Result<Self, LabFailure> {
        let mut all = DEVICES.to_vec();
        all.extend(arguments);
        Self::ready(Process::start("member", &all)?)
    }

    /// A member whose allocator has one arena, so that its memory does not depend on which of many
    /// threads meet; nothing of what it says is put in the log.
    pub(crate) fn with_one_arena() -> Result<Self, LabFailure> {
        let environment = [("MALLOC_ARENA_MAX", "1")];
        let process = Process::start_with("member", &DEVICES, &environment)?;
        Self::ready(process.quiet())
    }

    /// A member with one device only, named by an option, who does not wait long for a server that does
    /// not answer; nothing of what it says is put in the log.
    pub(crate) fn with_only(option: &str, name: &str) -> Result<Self, LabFailure> {
        let arguments = ["member", option, name, "--departure", "200"];
        Self::ready(Process::start("member", &arguments)?.quiet())
    }

    fn ready(mut process: Process) -> Result<Self, LabFailure> {
        process.until("that it is ready", |line| line.is("ready"))?;
        Ok(Self {
            process,
            stood_still: 0,
        })
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

    /// Waits until the process stands still at the end of its stay, with all settled and nobody told. The
    /// process was told to freeze before.
    pub(crate) fn stands_still(&mut self) -> Outcome {
        let number = self.number();
        eventually("a process that stands still", || kernel::is_stopped(number))?;
        self.stood_still = now_micros();
        Ok(())
    }

    /// Holds no device, and no sound device is open. Whether others can have them is another question
    /// while one is gone.
    pub(crate) fn holds_no_device(&self) -> Outcome {
        let held = kernel::held_devices(self.number())?;
        demand(held.is_empty(), || {
            format!("at onExitRoom the process still holds {held:?} (G-13)")
        })?;
        let open = kernel::open_sound_devices()?;
        demand(open.is_empty(), || {
            format!("at onExitRoom sound devices are still open: {open:?} (G-13)")
        })
    }

    /// The kinds of the devices that were told to be lost up to now, in order.
    pub(crate) fn lost(&mut self) -> Vec<String> {
        let said = self.said().iter();
        let lost = said.filter(|line| line.is("vanished") || line.is("failed"));
        lost.map(|line| line.text("kind").to_owned()).collect()
    }

    /// Lets the process go on that stood still, waits for `onExitRoom`, and checks what holds for every
    /// exit (G-2, G-6). What was seen while it stood still was so before anybody was told.
    pub(crate) fn goes_on(&mut self, reason: u64) -> Result<Line, LabFailure> {
        self.thaw()?;
        let exited = self.exits(reason)?;
        demand(exited.number("at") >= self.stood_still, || {
            format!("onExitRoom was told before the process stood still: {exited}")
        })?;
        Ok(exited)
    }

    /// Waits for `onExitRoom`, and checks what holds for every exit (G-2, G-6).
    pub(crate) fn exits(&mut self, reason: u64) -> Result<Line, LabFailure> {
        let exited = self.until("onExitRoom", |line| line.is("exited"))?;
        demand(exited.number("reason") == reason, || {
            format!("onExitRoom({reason}) was expected (G-2): {exited}")
        })?;
        let milliseconds = |name| Duration::from_millis(exited.number(name));
        let (took, bound) = (milliseconds("took_ms"), milliseconds("bound_ms"));
        demand(took <= bound + LATENESS, || {
            format!("the exit took {took:?}, more than {bound:?} and {LATENESS:?} (G-6)")
        })?;
        Ok(exited)
    }

    /// Goes on if it stood still, and ends; there were as many exits as it entered (G-1).
    pub(crate) fn goes_home(self) -> Outcome {
        self.process.thaw()?;
        let said = self.process.end()?;
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
        self.process.kill()
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
        &self.process
    }
}

impl DerefMut for Subject {
    fn deref_mut(&mut self) -> &mut Process {
        &mut self.process
    }
}
