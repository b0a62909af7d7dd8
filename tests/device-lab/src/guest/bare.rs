//! Programs that use a device as one would without Exeunt, to compare with.

mod camera;
mod sound;

use std::io::BufRead;
use std::sync::mpsc::{Receiver, TryRecvError, channel};

use clap::ValueEnum;
use serde_json::json;

use self::camera::BareCamera;
use self::sound::BareSound;
use super::failure::{LabFailure, Outcome};
use super::line::{now_micros, tell};

/// Which device is used, and over which crate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Way {
    /// The camera, over v4l itself.
    V4l,
    /// The camera, over nokhwa, which uses v4l.
    Nokhwa,
    /// The camera, over nokhwa with a thread of its own that hands on every picture.
    NokhwaCallback,
    /// The microphone, over cpal.
    CpalMicrophone,
    /// The speaker, over cpal.
    CpalSpeaker,
}

impl Way {
    /// As the command line has it.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::V4l => "v4l",
            Self::Nokhwa => "nokhwa",
            Self::NokhwaCallback => "nokhwa-callback",
            Self::CpalMicrophone => "cpal-microphone",
            Self::CpalSpeaker => "cpal-speaker",
        }
    }

    fn failed(self) -> impl FnOnce(std::io::Error) -> LabFailure {
        LabFailure::system(format!("the device, over {}", self.name()))
    }
}

/// Opens the device and lets go of it as it is told on its input.
pub(crate) fn run(way: Way) -> Outcome {
    let told = told()?;
    while told.recv().is_ok() {
        let mut held = Held::open(way)?;
        tell("streaming", json!({}));
        if !held.runs_until(&told)? {
            break;
        }
        let from = now_micros();
        held.let_go();
        tell("dropped", json!({ "from": from }));
    }
    Ok(())
}

/// What it is told, read on a thread of its own: the device runs meanwhile.
fn told() -> Result<Receiver<()>, LabFailure> {
    let (sender, told) = channel();
    std::thread::Builder::new()
        .name("commands".to_owned())
        .spawn(move || {
            for _line in std::io::stdin().lock().lines().map_while(Result::ok) {
                if sender.send(()).is_err() {
                    return;
                }
            }
        })
        .map(|_| told)
        .map_err(LabFailure::system("a thread"))
}

/// Whether it was told something; `None` if nobody is left to tell it anything.
fn is_told(told: &Receiver<()>) -> Option<bool> {
    match told.try_recv() {
        Ok(()) => Some(true),
        Err(TryRecvError::Empty) => Some(false),
        Err(TryRecvError::Disconnected) => None,
    }
}

/// A device that streams.
enum Held {
    Camera(BareCamera),
    Sound(BareSound),
}

impl Held {
    fn open(way: Way) -> Result<Self, LabFailure> {
        match way {
            Way::V4l => BareCamera::over_v4l().map(Self::Camera),
            Way::Nokhwa => BareCamera::over_nokhwa().map(Self::Camera),
            Way::NokhwaCallback => BareCamera::over_nokhwas_callback().map(Self::Camera),
            Way::CpalMicrophone => BareSound::microphone().map(Self::Sound),
            Way::CpalSpeaker => BareSound::speaker().map(Self::Sound),
        }
    }

    /// Takes what the device gives until it is told to drop it; `false` if nobody tells it any more.
    fn runs_until(&mut self, told: &Receiver<()>) -> Result<bool, LabFailure> {
        match self {
            Self::Camera(camera) => camera.runs_until(told),
            // Its driver's thread takes or gives the sound.
            Self::Sound(_) => Ok(told.recv().is_ok()),
        }
    }

    fn let_go(self) {
        match self {
            Self::Camera(camera) => camera.let_go(),
            Self::Sound(sound) => sound.let_go(),
        }
    }
}
