//! What the three take into the room: the machine's devices, or files that stand in for them.

use std::path::{Path, PathBuf};

use exeunt_loopback::{ExampleMediaError, write_melody_wav, write_test_y4m};
use exeunt_port::{DeviceKind, UserId};
use tempfile::TempDir;

use super::guarantees::KINDS;
use crate::arguments::{Demo, DemoDevices, Devices, TransportName};
use crate::device_choice::DeviceChoice;
use crate::failure::Failure;
use crate::machine::Machine;

/// The length of the files that stand in, in seconds; they are played in a loop.
const SECONDS: u32 = 4;

/// Everybody's devices. The files live as long as this does.
pub(crate) struct Props {
    /// Which devices are whose, in words.
    pub(crate) description: String,
    /// Whether anybody's sound goes through a sound server.
    pub(crate) of_sound_server: bool,
    of: Vec<(UserId, Devices)>,
    _files: TempDir,
}

impl Props {
    /// Lays out what was asked for. What one process can hold only, the first one gets; so it is with
    /// all of the machine's own devices where everybody is in one process, for from outside nobody
    /// could tell whose is open.
    pub(crate) async fn lay_out(demo: &Demo, people: &[UserId]) -> Result<Self, Failure> {
        let wanted = demo.devices;
        let in_one_process = demo.transport == TransportName::Loopback;
        let machine = match wanted {
            DemoDevices::Files => Machine::default(),
            DemoDevices::Auto | DemoDevices::Real => {
                Machine::look().await.tried(demo.camera_format).await
            }
        };
        if wanted == DemoDevices::Real {
            insist(&machine)?;
        }
        let files = TempDir::with_prefix("exeunt-demo-")
            .map_err(Failure::of_file(&std::env::temp_dir()))?;
        let sound = files.path().join("sound.wav");
        let pictures = files.path().join("pictures.y4m");
        make(&sound, |path| write_melody_wav(path, SECONDS))?;
        make(&pictures, |path| write_test_y4m(path, SECONDS))?;
        let mut of = Vec::new();
        for (place, user) in people.iter().enumerate() {
            let choose = |kind: DeviceKind, name: &str, from: Option<&Path>| {
                let own = machine.usable(kind);
                if own.is_some_and(|own| place == 0 || own.shared && !in_one_process) {
                    return Ok(DeviceChoice::Default);
                }
                stand_in(files.path(), user, name, from).map(DeviceChoice::File)
            };
            let camera = choose(DeviceKind::Camera, "camera.y4m", Some(&pictures))?;
            of.push((
                user.clone(),
                Devices {
                    microphone: choose(DeviceKind::Microphone, "microphone.wav", Some(&sound))?,
                    speaker: choose(DeviceKind::Speaker, "speaker.wav", None)?,
                    // A file has the format that it has.
                    camera_format: demo
                        .camera_format
                        .filter(|_| camera == DeviceChoice::Default),
                    camera,
                },
            ));
        }
        let server = |kind| {
            let own = machine.usable(kind);
            own.is_some_and(|own| own.of_sound_server)
        };
        Ok(Self {
            description: description(&machine, wanted, in_one_process),
            of_sound_server: KINDS.into_iter().any(server),
            of,
            _files: files,
        })
    }

    /// One person's devices.
    pub(crate) fn of(&self, user: &UserId) -> &Devices {
        let found = self.of.iter().find(|(owner, _)| owner == user);
        &found.unwrap_or(&self.of[0]).1
    }
}

impl Devices {
    /// The files that stand in, with what each stands in for: an open one is an open device.
    pub(crate) fn files(&self) -> Vec<(DeviceKind, PathBuf)> {
        let mut files = Vec::new();
        for (kind, choice) in self.each() {
            if let DeviceChoice::File(path) = choice {
                files.push((kind, path.clone()));
            }
        }
        files
    }

    /// The kinds of device that are the machine's own.
    pub(crate) fn of_the_machine(&self) -> Vec<DeviceKind> {
        let each = self.each().into_iter();
        each.filter(|(_, choice)| **choice == DeviceChoice::Default)
            .map(|(kind, _)| kind)
            .collect()
    }
}

/// What is asked of a camera has to be asked of one that has formats.
pub(crate) fn make_sense(demo: &Demo) -> Result<(), Failure> {
    match (demo.devices, demo.camera_format) {
        (DemoDevices::Files, Some(format)) => Err(Failure::Mistyped(format!(
            "--camera-format {format} is for a camera of this machine's own, not for --devices files; \
             leave one of the two out"
        ))),
        (DemoDevices::Files, None) | (DemoDevices::Auto | DemoDevices::Real, _) => Ok(()),
    }
}

fn insist(machine: &Machine) -> Result<(), Failure> {
    let lacking = KINDS
        .into_iter()
        .filter(|kind| machine.usable(*kind).is_none());
    let missing: Vec<_> = lacking.map(|kind| machine.lack(kind)).collect();
    if missing.is_empty() {
        return Ok(());
    }
    Err(Failure::NoDevice {
        missing: missing.join("; "),
    })
}

fn description(machine: &Machine, wanted: DemoDevices, in_one_process: bool) -> String {
    let described = KINDS.map(|kind| {
        let files = if kind == DeviceKind::Camera {
            "Y4M files"
        } else {
            "WAV files"
        };
        let words = match machine.usable(kind) {
            Some(own) if own.shared && !in_one_process => own.name.clone(),
            Some(own) => format!("{} for alice, {files} for the others", own.name),
            None if wanted == DemoDevices::Files => files.to_owned(),
            None => format!("{files}, as {}", machine.lack(kind)),
        };
        format!("{kind}s: {words}")
    });
    described.join("; ")
}

fn make(
    path: &Path,
    write: impl FnOnce(&Path) -> Result<(), ExampleMediaError>,
) -> Result<(), Failure> {
    write(path).map_err(Failure::of_file(path))
}

/// A name of everybody's own for a file, so that an open descriptor tells whose device is open.
fn stand_in(
    folder: &Path,
    user: &UserId,
    kind: &str,
    from: Option<&Path>,
) -> Result<PathBuf, Failure> {
    let path = folder.join(format!("{user}-{kind}"));
    if let Some(from) = from {
        std::fs::hard_link(from, &path)
            .or_else(|_| std::fs::copy(from, &path).map(drop))
            .map_err(Failure::of_file(&path))?;
    }
    Ok(path)
}
