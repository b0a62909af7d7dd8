//! What the three take into the room: the machine's devices, or files that stand in for them.

use std::path::{Path, PathBuf};

use exeunt_loopback::{ExampleMediaError, write_melody_wav, write_test_y4m};
use exeunt_port::{DeviceKind, UserId};
use tempfile::TempDir;

use crate::arguments::{DemoDevices, Devices};
use crate::device_choice::{DeviceChoice, Machine};
use crate::failure::Failure;

/// The length of the files that stand in, in seconds; they are played in a loop.
const SECONDS: u32 = 4;

/// Everybody's devices. The files live as long as this does.
pub(crate) struct Props {
    pub(crate) description: String,
    of: Vec<(UserId, Devices)>,
    _files: TempDir,
}

impl Props {
    pub(crate) async fn lay_out(wanted: DemoDevices, people: &[UserId]) -> Result<Self, Failure> {
        let machine = match wanted {
            DemoDevices::Files => Machine {
                microphone: false,
                speaker: false,
                camera: false,
            },
            DemoDevices::Auto | DemoDevices::Real => Machine::look().await,
        };
        if wanted == DemoDevices::Real {
            insist(machine)?;
        }
        let files = TempDir::with_prefix("exeunt-demo-").map_err(|error| Failure::File {
            path: std::env::temp_dir(),
            detail: error.to_string(),
        })?;
        let sound = files.path().join("sound.wav");
        let pictures = files.path().join("pictures.y4m");
        make(&sound, |path| write_melody_wav(path, SECONDS))?;
        make(&pictures, |path| write_test_y4m(path, SECONDS))?;
        let mut of = Vec::new();
        for (place, user) in people.iter().enumerate() {
            let own = |kind: &str, from: Option<&Path>| stand_in(files.path(), user, kind, from);
            // One camera can be held by one process; the first one gets it.
            let camera = machine.camera && place == 0;
            of.push((
                user.clone(),
                Devices {
                    microphone: real_or(machine.microphone, own("microphone.wav", Some(&sound))?),
                    speaker: real_or(machine.speaker, own("speaker.wav", None)?),
                    camera: real_or(camera, own("camera.y4m", Some(&pictures))?),
                },
            ));
        }
        Ok(Self {
            description: description(machine),
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
        let all = [
            (DeviceKind::Microphone, &self.microphone),
            (DeviceKind::Speaker, &self.speaker),
            (DeviceKind::Camera, &self.camera),
        ];
        let file = |(kind, choice): (DeviceKind, &DeviceChoice)| match choice {
            DeviceChoice::File(path) => Some((kind, path.clone())),
            DeviceChoice::Auto
            | DeviceChoice::None
            | DeviceChoice::Default
            | DeviceChoice::Synthetic
            | DeviceChoice::Named(_) => None,
        };
        all.into_iter().filter_map(file).collect()
    }
}

fn real_or(present: bool, file: PathBuf) -> DeviceChoice {
    if present {
        DeviceChoice::Default
    } else {
        DeviceChoice::File(file)
    }
}

fn insist(machine: Machine) -> Result<(), Failure> {
    let wanted = [
        ("microphone", machine.microphone),
        ("speaker", machine.speaker),
        ("camera", machine.camera),
    ];
    let missing: Vec<_> = wanted
        .iter()
        .filter(|(_, there)| !there)
        .map(|(name, _)| *name)
        .collect();
    if missing.is_empty() {
        return Ok(());
    }
    Err(Failure::NoDevice {
        missing: missing.join(", no "),
    })
}

fn description(machine: Machine) -> String {
    let from = |present: bool, real: &str, file: &str| {
        if present {
            real.to_owned()
        } else {
            file.to_owned()
        }
    };
    format!(
        "microphones: {}; speakers: {}; cameras: {}",
        from(machine.microphone, "this machine's", "WAV files"),
        from(machine.speaker, "this machine's", "WAV files"),
        from(
            machine.camera,
            "this machine's for alice, Y4M files for the others",
            "Y4M files"
        ),
    )
}

fn make(
    path: &Path,
    write: impl FnOnce(&Path) -> Result<(), ExampleMediaError>,
) -> Result<(), Failure> {
    write(path).map_err(|error| Failure::File {
        path: path.to_owned(),
        detail: error.to_string(),
    })
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
            .map_err(|error| Failure::File {
                path: path.clone(),
                detail: error.to_string(),
            })?;
    }
    Ok(path)
}
