//! What somebody types: commands of `exeunt`, as root or as a user who is not.

use std::os::unix::fs::{PermissionsExt as _, chown};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use super::failure::{LabFailure, Outcome, demand};
use super::line::Line;
use super::process::Process;

/// Where the host put it.
const EXEUNT: &str = "/bin/exeunt";

/// The user of the guest who is not root; also his group.
const GUEST: u32 = 1000;

/// The group that Debian gives cameras to. The host has put it into the guest's `/etc/group`.
pub(crate) const VIDEO: u32 = 44;
/// The group that Debian gives sound cards to.
pub(crate) const AUDIO: u32 = 29;

/// Who types.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Who {
    Root,
    /// Somebody whose group is his own.
    Guest,
    /// The same in this group.
    GuestOf(u32),
}

/// Whose a node is, and who may open it.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Access {
    /// Nobody but root: `crw-------`.
    RootAlone,
    /// Root and this group: `crw-rw----`.
    Group(u32),
}

impl Access {
    /// Sets it for a node.
    pub(crate) fn to(self, node: &Path) -> Outcome {
        let (group, mode) = match self {
            Self::RootAlone => (0, 0o600),
            Self::Group(group) => (group, 0o660),
        };
        let failed = || LabFailure::system(format!("giving {} to {self:?}", node.display()));
        chown(node, Some(0), Some(group)).map_err(failed())?;
        let mode = std::fs::Permissions::from_mode(mode);
        std::fs::set_permissions(node, mode).map_err(failed())
    }
}

/// The nodes of the sound cards.
pub(crate) fn sound_nodes() -> Result<Vec<PathBuf>, LabFailure> {
    let entries = std::fs::read_dir("/dev/snd").map_err(LabFailure::system("/dev/snd"))?;
    let paths = entries.filter_map(|entry| Some(entry.ok()?.path()));
    // There is a folder by-path as well where udev runs.
    Ok(paths.filter(|path| !path.is_dir()).collect())
}

/// Starts `exeunt --json` with these arguments.
fn types(who: Who, arguments: &[&str]) -> Result<Process, LabFailure> {
    let mut command = Command::new(EXEUNT);
    command.arg("--json").args(arguments);
    match who {
        Who::Root => {}
        // Whoever gives up being root gives up root's other groups with it.
        Who::Guest => drop(command.gid(GUEST).uid(GUEST)),
        Who::GuestOf(group) => drop(command.gid(group).uid(GUEST)),
    }
    let name = arguments.first().copied().unwrap_or("exeunt");
    Process::spawn(name, command)
}

/// Whether the line is of this type, as `exeunt --json` has it.
fn is(line: &Line, kind: &str) -> bool {
    line.text("type") == kind
}

/// The rooms of this machine, as long as this is there.
pub(crate) fn serve() -> Result<Process, LabFailure> {
    let mut service = types(Who::Root, &["serve"])?;
    service.until("to listen", |line| is(line, "serving"))?;
    Ok(service)
}

/// Somebody in the room `lab`, with these devices and no others.
pub(crate) fn join(who: Who, user: &str, devices: &[&str]) -> Result<Joined, LabFailure> {
    let mut arguments = vec!["join", "--room=lab", "--user", user];
    for kind in ["--camera", "--microphone", "--speaker"] {
        if !devices.contains(&kind) {
            arguments.extend([kind, "none"]);
        }
    }
    arguments.extend(devices);
    types(who, &arguments).map(Joined)
}

/// The demo with the machine's own devices, of which the camera does not offer this format: ends with
/// status 1. Answers what it says.
pub(crate) fn demo_fails(format: &str) -> Result<String, LabFailure> {
    let arguments = [
        "demo",
        "--devices=real",
        "--picture=/tmp/demo.svg",
        "--camera-format",
        format,
    ];
    types(Who::Root, &arguments).map(Joined)?.has_to_leave()
}

/// Somebody in a room, in a process of his own.
pub(crate) struct Joined(Process);

impl Joined {
    pub(crate) fn number(&self) -> u32 {
        self.0.number()
    }

    /// Waits until devices of these kinds are open, in whichever order; answers how the last was opened.
    pub(crate) fn opens(&mut self, kinds: &[&str]) -> Result<String, LabFailure> {
        let mut missing = kinds.to_vec();
        let mut opened = String::new();
        while !missing.is_empty() {
            let line = self.0.until(&format!("{missing:?} to be open"), |line| {
                is(line, "failure") || is(line, "device")
            })?;
            demand(line.text("state") == "open", || {
                format!("a device did not open: {line}")
            })?;
            missing.retain(|kind| *kind != line.text("kind"));
            line.text("detail").clone_into(&mut opened);
        }
        Ok(opened)
    }

    /// Waits until he sees a picture of this user.
    pub(crate) fn sees(&mut self, user: &str) -> Outcome {
        let seen = |line: &Line| {
            is(line, "heard") && line.text("from") == user && line.number("pictures") > 0
        };
        self.0.until("a picture to be seen", seen).map(drop)
    }

    /// Leaves, and ends well.
    pub(crate) fn leaves(mut self) -> Outcome {
        self.0.tell("q")?;
        let (status, _) = self.0.ends_with()?;
        demand(status == Some(0), || {
            format!("who left of himself ended with {status:?}")
        })
    }

    /// Has to leave for want of a device: ends with status 1 and says why. Answers the message.
    pub(crate) fn has_to_leave(mut self) -> Result<String, LabFailure> {
        let failure = self
            .0
            .until("what is missing", |line| is(line, "failure"))?;
        let (status, _) = self.0.ends_with()?;
        demand(status == Some(1) && failure.number("status") == 1, || {
            format!("who has not the device that he wanted is to end with 1, not {status:?}")
        })?;
        Ok(failure.text("message").to_owned())
    }

    /// Ends on the spot, as in a crash.
    pub(crate) fn dies(self) -> Outcome {
        self.0.kill()
    }
}

/// What `exeunt devices` lists.
pub(crate) struct Listed(Vec<Line>);

/// Types `exeunt devices`.
pub(crate) fn devices(who: Who) -> Result<Listed, LabFailure> {
    let (status, said) = types(who, &["devices"])?.ends_with()?;
    demand(status == Some(0), || {
        format!("`exeunt devices` ended with {status:?}")
    })?;
    Ok(Listed(said))
}

impl Listed {
    /// The device with this identifier.
    pub(crate) fn device(&self, kind: &str, id: &str) -> Result<&Line, LabFailure> {
        let found = self
            .0
            .iter()
            .find(|line| is(line, "device") && line.text("kind") == kind && line.text("id") == id);
        found.ok_or_else(|| LabFailure::Wrong(format!("no {kind} {id} is listed: {:?}", self.0)))
    }

    /// What could not be listed, and why: `sound` or `cameras`.
    pub(crate) fn unknown(&self, what: &str) -> Result<&Line, LabFailure> {
        let found = self
            .0
            .iter()
            .find(|line| is(line, "unknown") && line.text("what") == what);
        found.ok_or_else(|| LabFailure::Wrong(format!("{what} was listed: {:?}", self.0)))
    }

    /// The device can be had, and nobody has it.
    pub(crate) fn is_free(&self, kind: &str, id: &str) -> Outcome {
        let device = self.device(kind, id)?;
        let free = device.value("free") == true && holders(device).is_empty();
        demand(free, || {
            format!("nobody has it, and it is listed so: {device}")
        })
    }

    /// The device cannot be had, for this process has it, which is called `exeunt`.
    pub(crate) fn is_held_by(&self, kind: &str, id: &str, process: u32) -> Outcome {
        let device = self.device(kind, id)?;
        let right = device.value("free") == false
            && holders(device) == [(u64::from(process), "exeunt".to_owned())];
        demand(right, || {
            format!("process {process} has it, and it is listed so: {device}")
        })
    }
}

/// Who has a device: the processes' numbers and names.
fn holders(device: &Line) -> Vec<(u64, String)> {
    let holders = device.value("held_by").as_array();
    let holder = |holder: &Value| {
        let name = holder["name"].as_str().unwrap_or_default();
        (
            holder["process"].as_u64().unwrap_or_default(),
            name.to_owned(),
        )
    };
    holders.map_or_else(Vec::new, |all| all.iter().map(holder).collect())
}
