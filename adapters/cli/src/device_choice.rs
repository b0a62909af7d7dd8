//! Which device somebody means by what he typed.

use std::convert::Infallible;
use std::path::PathBuf;
use std::str::FromStr;

use exeunt_cpal::{CpalMicrophone, CpalSpeaker};
use exeunt_loopback::{
    PictureCamera, SilentSpeaker, ToneMicrophone, WavMicrophone, WavSpeaker, Y4mCamera,
};
use exeunt_nokhwa::NokhwaCamera;
use exeunt_port::DeviceKind;
use exeunt_runtime::Client;

use crate::arguments::Devices;

/// The pitch of the synthetic microphone, in hertz: a calm A.
const PITCH: u16 = 220;

/// A device as it is typed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum DeviceChoice {
    /// The machine's own where there is one, else a synthetic one.
    Auto,
    /// No such device.
    None,
    /// The machine's default.
    Default,
    /// A tone, a test picture, or a speaker that only listens.
    Synthetic,
    /// A file that stands in.
    File(PathBuf),
    /// One of the machine's own, by (part of) its name.
    Named(String),
}

impl FromStr for DeviceChoice {
    type Err = Infallible;

    fn from_str(text: &str) -> Result<Self, Infallible> {
        Ok(match text {
            "auto" => Self::Auto,
            "none" => Self::None,
            "default" => Self::Default,
            "tone" | "picture" | "silent" => Self::Synthetic,
            other => match other.strip_prefix("file:") {
                Some(path) => Self::File(path.into()),
                None => Self::Named(other.to_owned()),
            },
        })
    }
}

impl std::fmt::Display for DeviceChoice {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Auto => formatter.write_str("auto"),
            Self::None => formatter.write_str("none"),
            Self::Default => formatter.write_str("default"),
            // The three words mean the same; which device it is follows from the flag.
            Self::Synthetic => formatter.write_str("tone"),
            Self::File(path) => write!(formatter, "file:{}", path.display()),
            Self::Named(name) => formatter.write_str(name),
        }
    }
}

/// Which kinds of device the machine has.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Machine {
    pub(crate) microphone: bool,
    pub(crate) speaker: bool,
    pub(crate) camera: bool,
}

impl Machine {
    /// Looks. A sound system or camera driver that does not answer counts as not there.
    pub(crate) async fn look() -> Self {
        let (audio, cameras) = tokio::join!(
            exeunt_cpal::list(crate::devices::WITHIN),
            exeunt_nokhwa::list()
        );
        let audio = audio.unwrap_or_default();
        let has = |kind| audio.iter().any(|device| device.kind == kind);
        Self {
            microphone: has(DeviceKind::Microphone),
            speaker: has(DeviceKind::Speaker),
            camera: cameras.is_ok_and(|cameras| !cameras.is_empty()),
        }
    }
}

impl Devices {
    /// Settles what `auto` means on this machine.
    pub(crate) fn settled(&self, machine: Machine) -> Self {
        let settle = |choice: &DeviceChoice, present: bool| match choice {
            DeviceChoice::Auto if present => DeviceChoice::Default,
            DeviceChoice::Auto => DeviceChoice::Synthetic,
            other @ (DeviceChoice::None
            | DeviceChoice::Default
            | DeviceChoice::Synthetic
            | DeviceChoice::File(_)
            | DeviceChoice::Named(_)) => other.clone(),
        };
        Self {
            microphone: settle(&self.microphone, machine.microphone),
            speaker: settle(&self.speaker, machine.speaker),
            camera: settle(&self.camera, machine.camera),
        }
    }

    /// Whether anything is left to the machine.
    pub(crate) fn ask_the_machine(&self) -> bool {
        [&self.microphone, &self.speaker, &self.camera].contains(&&DeviceChoice::Auto)
    }

    /// Gives the client its devices.
    pub(crate) fn equip(&self, client: Client) -> Client {
        let client = equip_microphone(client, &self.microphone);
        let client = equip_speaker(client, &self.speaker);
        equip_camera(client, &self.camera)
    }
}

fn equip_microphone(client: Client, choice: &DeviceChoice) -> Client {
    match choice {
        DeviceChoice::None => client,
        DeviceChoice::Auto | DeviceChoice::Default => {
            client.with_device(CpalMicrophone::default_device())
        }
        DeviceChoice::Synthetic => client.with_device(ToneMicrophone::new(PITCH)),
        DeviceChoice::File(path) => client.with_device(WavMicrophone::new(path)),
        DeviceChoice::Named(name) => client.with_device(CpalMicrophone::named(name)),
    }
}

fn equip_speaker(client: Client, choice: &DeviceChoice) -> Client {
    match choice {
        DeviceChoice::None => client,
        DeviceChoice::Auto | DeviceChoice::Default => {
            client.with_device(CpalSpeaker::default_device())
        }
        DeviceChoice::Synthetic => client.with_device(SilentSpeaker::new()),
        DeviceChoice::File(path) => client.with_device(WavSpeaker::new(path)),
        DeviceChoice::Named(name) => client.with_device(CpalSpeaker::named(name)),
    }
}

fn equip_camera(client: Client, choice: &DeviceChoice) -> Client {
    match choice {
        DeviceChoice::None => client,
        DeviceChoice::Auto | DeviceChoice::Default => {
            client.with_device(NokhwaCamera::default_device())
        }
        DeviceChoice::Synthetic => client.with_device(PictureCamera::new()),
        DeviceChoice::File(path) => client.with_device(Y4mCamera::new(path)),
        DeviceChoice::Named(name) => client.with_device(NokhwaCamera::named(name)),
    }
}
