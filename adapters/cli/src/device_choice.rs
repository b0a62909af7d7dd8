//! Which device somebody means by what he typed.

use std::path::PathBuf;

use exeunt_cpal::{CpalMicrophone, CpalSpeaker};
use exeunt_loopback::{
    PictureCamera, SilentSpeaker, ToneMicrophone, WavMicrophone, WavSpeaker, Y4mCamera,
};
use exeunt_nokhwa::{FormatRequest, NokhwaCamera};
use exeunt_port::DeviceKind;
use exeunt_runtime::Client;
use thiserror::Error;

use crate::arguments::Devices;
use crate::failure::Failure;

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

/// Why what was typed means no device.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub(crate) enum InvalidDevice {
    #[error("a device has a name; allowed are {allowed}")]
    Nothing { allowed: String },
    #[error("\"file:\" is followed by a path; allowed are {allowed}")]
    NoPath { allowed: String },
    #[error("a {kind} cannot be {word:?}; allowed are {allowed}")]
    OtherKind {
        kind: DeviceKind,
        word: String,
        allowed: String,
    },
}

impl DeviceChoice {
    pub(crate) fn microphone(text: &str) -> Result<Self, InvalidDevice> {
        Self::parse(DeviceKind::Microphone, text)
    }

    pub(crate) fn speaker(text: &str) -> Result<Self, InvalidDevice> {
        Self::parse(DeviceKind::Speaker, text)
    }

    pub(crate) fn camera(text: &str) -> Result<Self, InvalidDevice> {
        Self::parse(DeviceKind::Camera, text)
    }

    fn parse(kind: DeviceKind, text: &str) -> Result<Self, InvalidDevice> {
        let synthetic = synthetic(kind);
        let suffix = if kind == DeviceKind::Camera {
            "y4m"
        } else {
            "wav"
        };
        let allowed =
            format!("auto, none, default, {synthetic}, file:PATH.{suffix}, or a part of its name");
        Ok(match text {
            "" => return Err(InvalidDevice::Nothing { allowed }),
            "auto" => Self::Auto,
            "none" => Self::None,
            "default" => Self::Default,
            word if word == synthetic => Self::Synthetic,
            "tone" | "silent" | "picture" => {
                let word = text.to_owned();
                return Err(InvalidDevice::OtherKind {
                    kind,
                    word,
                    allowed,
                });
            }
            other => match other.strip_prefix("file:") {
                Some("") => return Err(InvalidDevice::NoPath { allowed }),
                Some(path) => Self::File(path.into()),
                None => Self::Named(other.to_owned()),
            },
        })
    }

    /// How this choice is typed.
    pub(crate) fn typed(&self, kind: DeviceKind) -> String {
        match self {
            Self::Auto => "auto".to_owned(),
            Self::None => "none".to_owned(),
            Self::Default => "default".to_owned(),
            Self::Synthetic => synthetic(kind).to_owned(),
            Self::File(path) => format!("file:{}", path.display()),
            Self::Named(name) => name.clone(),
        }
    }

    /// Whether the stay makes no sense without it.
    fn is_insisted_on(&self) -> bool {
        match self {
            Self::Default | Self::Synthetic | Self::File(_) | Self::Named(_) => true,
            Self::Auto | Self::None => false,
        }
    }
}

/// The word for a device that is arithmetic.
fn synthetic(kind: DeviceKind) -> &'static str {
    match kind {
        DeviceKind::Microphone => "tone",
        DeviceKind::Speaker => "silent",
        DeviceKind::Camera => "picture",
    }
}

impl Devices {
    /// The three, with what each is.
    pub(crate) fn each(&self) -> [(DeviceKind, &DeviceChoice); 3] {
        [
            (DeviceKind::Microphone, &self.microphone),
            (DeviceKind::Speaker, &self.speaker),
            (DeviceKind::Camera, &self.camera),
        ]
    }

    /// What is asked of a camera has to be asked of one that has formats.
    pub(crate) fn make_sense(&self) -> Result<(), Failure> {
        let of_the_machine = match &self.camera {
            DeviceChoice::Auto | DeviceChoice::Default | DeviceChoice::Named(_) => true,
            DeviceChoice::None | DeviceChoice::Synthetic | DeviceChoice::File(_) => false,
        };
        match self.camera_format {
            Some(format) if !of_the_machine => Err(Failure::Mistyped(format!(
                "--camera-format {format} is for a camera of this machine's own, not for --camera {}; \
                 name one, or leave one of the two out",
                self.camera.typed(DeviceKind::Camera)
            ))),
            Some(_) | None => Ok(()),
        }
    }

    /// Those without which the stay makes no sense.
    pub(crate) fn insisted_on(&self) -> Vec<DeviceKind> {
        let insisted = self.each().into_iter();
        insisted
            .filter(|(_, choice)| choice.is_insisted_on())
            .map(|(kind, _)| kind)
            .collect()
    }

    /// Gives the client its devices.
    pub(crate) fn equip(&self, client: Client) -> Client {
        let client = equip_microphone(client, &self.microphone);
        let client = equip_speaker(client, &self.speaker);
        equip_camera(client, &self.camera, self.camera_format)
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

fn equip_camera(client: Client, choice: &DeviceChoice, format: Option<FormatRequest>) -> Client {
    let own = |camera| own_camera(camera, format);
    match choice {
        DeviceChoice::None => client,
        DeviceChoice::Auto | DeviceChoice::Default => {
            client.with_device(own(NokhwaCamera::default_device()))
        }
        DeviceChoice::Synthetic => client.with_device(PictureCamera::new()),
        DeviceChoice::File(path) => client.with_device(Y4mCamera::new(path)),
        DeviceChoice::Named(name) => client.with_device(own(NokhwaCamera::named(name))),
    }
}

/// A camera of the machine's own, with what is required of it.
pub(crate) fn own_camera(camera: NokhwaCamera, format: Option<FormatRequest>) -> NokhwaCamera {
    match format {
        Some(format) => camera.require(format),
        None => camera,
    }
}

#[cfg(test)]
mod tests {
    use super::{DeviceChoice, DeviceKind};

    const KINDS: [DeviceKind; 3] = [
        DeviceKind::Microphone,
        DeviceKind::Speaker,
        DeviceKind::Camera,
    ];

    #[test]
    fn what_was_understood_is_typed_the_same_again() {
        for kind in KINDS {
            for text in ["auto", "none", "default", "file:a b.wav", "USB Audio"] {
                let choice = DeviceChoice::parse(kind, text).expect("a device");
                assert_eq!(choice.typed(kind), text);
            }
        }
        for (kind, word) in KINDS.into_iter().zip(["tone", "silent", "picture"]) {
            let choice = DeviceChoice::parse(kind, word).expect("a device");
            assert_eq!(choice, DeviceChoice::Synthetic);
            assert_eq!(choice.typed(kind), word);
        }
    }

    #[test]
    fn another_kinds_word_is_no_name_and_the_allowed_ones_are_said() {
        let error = DeviceChoice::camera("tone").expect_err("a camera is no tone");
        assert!(error.to_string().contains("picture"), "{error}");
        for text in ["", "file:"] {
            let error = DeviceChoice::speaker(text).expect_err("no device");
            assert!(error.to_string().contains("silent"), "{error}");
        }
    }
}
