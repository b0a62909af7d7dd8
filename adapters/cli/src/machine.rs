//! What this machine has of its own, and what `auto` therefore means on it.

use std::time::Duration;

use exeunt_cpal::{AudioDevice, CpalMicrophone, CpalSpeaker};
use exeunt_nokhwa::{FormatRequest, NokhwaCamera};
use exeunt_port::{Device, DeviceKind, DeviceLink, FrameQueue};
use tokio::time::timeout;

use crate::arguments::Devices;
use crate::device_choice::{DeviceChoice, own_camera};

/// A sound system that does not answer within this is said not to.
pub(crate) const WITHIN: Duration = Duration::from_secs(5);
/// How long a device may take to open, and to be let go of, when it is tried.
const TRYING: Duration = Duration::from_secs(5);

/// The machine's default devices.
#[derive(Clone, Debug, Default)]
pub(crate) struct Machine {
    microphone: Option<Own>,
    speaker: Option<Own>,
    camera: Option<Own>,
    /// Why there is no telling what microphones and speakers it has.
    no_sound: Option<String>,
    /// The same for cameras.
    no_cameras: Option<String>,
}

/// One of the machine's own devices.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Own {
    /// What people call it, and who offers it.
    pub(crate) name: String,
    /// Whether several processes can use it at the same time.
    pub(crate) shared: bool,
    /// Whether a sound server stands between us and the device.
    pub(crate) of_sound_server: bool,
    /// Why it cannot be used just now.
    pub(crate) obstacle: Option<String>,
}

impl Machine {
    /// Looks. A sound system or camera driver that does not answer, or does not let us, counts as not
    /// there.
    pub(crate) async fn look() -> Self {
        let (audio, cameras) = tokio::join!(exeunt_cpal::list(WITHIN), exeunt_nokhwa::list());
        let no_sound = audio.as_ref().err().map(ToString::to_string);
        let no_cameras = cameras.as_ref().err().map(ToString::to_string);
        let audio = audio.unwrap_or_default();
        let camera = cameras.unwrap_or_default().into_iter().next();
        Self {
            no_sound,
            no_cameras,
            microphone: Own::audio(&audio, DeviceKind::Microphone),
            speaker: Own::audio(&audio, DeviceKind::Speaker),
            camera: camera.map(|camera| Own {
                name: format!("{:?} ({})", camera.name, camera.node),
                shared: false,
                of_sound_server: false,
                obstacle: (camera.free == Some(false))
                    .then(|| "in use".to_owned())
                    .or(camera.formats.err().map(|error| error.to_string())),
            }),
        }
    }

    /// Opens each device once and lets go of it, so that nobody counts on one that does not open; the
    /// camera in the format that is required of it.
    pub(crate) async fn tried(mut self, format: Option<FormatRequest>) -> Self {
        let camera = own_camera(NokhwaCamera::default_device(), format);
        tokio::join!(
            attempt(&mut self.microphone, CpalMicrophone::default_device()),
            attempt(&mut self.speaker, CpalSpeaker::default_device()),
            attempt(&mut self.camera, camera),
        );
        self
    }

    /// The machine's own device of this kind, usable or not.
    pub(crate) fn own(&self, kind: DeviceKind) -> Option<&Own> {
        match kind {
            DeviceKind::Microphone => self.microphone.as_ref(),
            DeviceKind::Speaker => self.speaker.as_ref(),
            DeviceKind::Camera => self.camera.as_ref(),
        }
    }

    /// The machine's own device of this kind, if it can be used.
    pub(crate) fn usable(&self, kind: DeviceKind) -> Option<&Own> {
        self.own(kind).filter(|own| own.obstacle.is_none())
    }

    /// Why there is none that can be used.
    pub(crate) fn lack(&self, kind: DeviceKind) -> String {
        match self.own(kind) {
            None => match self.unknown(kind) {
                Some(why) => format!("this machine's {kind}s: {why}"),
                None => format!("this machine has no {kind}"),
            },
            Some(Own { name, obstacle, .. }) => {
                let why = obstacle.as_deref().unwrap_or("not wanted");
                format!("this machine's {name}: {why}")
            }
        }
    }

    /// Why there is no telling what it has of this kind.
    fn unknown(&self, kind: DeviceKind) -> Option<&str> {
        match kind {
            DeviceKind::Microphone | DeviceKind::Speaker => self.no_sound.as_deref(),
            DeviceKind::Camera => self.no_cameras.as_deref(),
        }
    }
}

impl Own {
    fn audio(devices: &[AudioDevice], kind: DeviceKind) -> Option<Self> {
        let mut of_kind = devices.iter().filter(|device| device.kind == kind);
        let device = of_kind
            .clone()
            .find(|device| device.is_default)
            .or_else(|| of_kind.next())?;
        Some(Self {
            name: format!("{:?} ({})", device.name, device.host),
            // A card of the kernel's own says whether it is free, for it can be held once only.
            shared: device.is_free.is_none(),
            of_sound_server: matches!(device.host.as_str(), "PulseAudio" | "PipeWire"),
            obstacle: (device.is_free == Some(false)).then(|| "in use".to_owned()),
        })
    }
}

/// Opens the device and lets go of it; notes why that did not go well.
async fn attempt(own: &mut Option<Own>, device: impl Device) {
    let Some(own) = own.as_mut().filter(|own| own.obstacle.is_none()) else {
        return;
    };
    let (link, side) = DeviceLink::pair(FrameQueue::bounded(1));
    let opened = timeout(TRYING, device.open(link)).await;
    side.silence();
    own.obstacle = match opened {
        Err(_) => Some(format!("does not open within {} s", TRYING.as_secs())),
        Ok(Err(error)) => Some(error.to_string()),
        Ok(Ok(open)) => match timeout(TRYING, open.release()).await {
            Err(_) => Some("is not let go of in time".to_owned()),
            Ok(Err(error)) => Some(error.to_string()),
            Ok(Ok(())) => None,
        },
    };
}

impl Devices {
    /// Settles what `auto` means, after a look at the machine if there is anything to be settled;
    /// says what each device is.
    pub(crate) async fn settled(&self) -> (Self, Vec<(DeviceKind, String)>) {
        let ask = self
            .each()
            .iter()
            .any(|(_, choice)| **choice == DeviceChoice::Auto);
        let machine = if ask {
            Machine::look().await
        } else {
            Machine::default()
        };
        let settle = |kind, choice: &DeviceChoice| match choice {
            DeviceChoice::Auto if machine.usable(kind).is_some() => DeviceChoice::Default,
            DeviceChoice::Auto => DeviceChoice::Synthetic,
            DeviceChoice::None
            | DeviceChoice::Default
            | DeviceChoice::Synthetic
            | DeviceChoice::File(_)
            | DeviceChoice::Named(_) => choice.clone(),
        };
        let described = self.each().map(|(kind, choice)| {
            let words = match (choice, machine.usable(kind)) {
                (DeviceChoice::Auto, Some(own)) => format!("{}, this machine's own", own.name),
                (DeviceChoice::Auto, None) => {
                    let word = DeviceChoice::Synthetic.typed(kind);
                    format!("{word}, as {}", machine.lack(kind))
                }
                _ => choice.typed(kind),
            };
            (kind, words)
        });
        let settled = Self {
            microphone: settle(DeviceKind::Microphone, &self.microphone),
            speaker: settle(DeviceKind::Speaker, &self.speaker),
            camera: settle(DeviceKind::Camera, &self.camera),
            camera_format: self.camera_format,
        };
        (settled, described.into())
    }
}
