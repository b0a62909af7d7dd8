//! Programs that use the camera as one would without Exeunt, to compare with.

use std::io::{BufRead, Error};
use std::sync::mpsc::channel;

use clap::ValueEnum;
use nokhwa::pixel_format::RgbFormat;
use nokhwa::utils::{
    CameraFormat, CameraIndex, FrameFormat, RequestedFormat, RequestedFormatType, Resolution,
};
use nokhwa::{CallbackCamera, Camera, NokhwaError};
use serde_json::json;
use v4l::buffer::Type;
use v4l::io::mmap::Stream;
use v4l::io::traits::CaptureStream;
use v4l::video::Capture;
use v4l::{Device, FourCC};

use super::camera::NODE;
use super::failure::{LabFailure, Outcome};
use super::line::{now_micros, tell};
use super::process::PATIENCE;

/// Over which crate the camera is used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum Way {
    /// v4l itself.
    V4l,
    /// nokhwa, which uses v4l.
    Nokhwa,
    /// nokhwa with a thread of its own that hands on every picture.
    NokhwaCallback,
}

impl Way {
    /// As the command line has it.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::V4l => "v4l",
            Self::Nokhwa => "nokhwa",
            Self::NokhwaCallback => "nokhwa-callback",
        }
    }
}

/// Opens the camera and lets go of it as it is told on its input.
pub(crate) fn run(way: Way) -> Outcome {
    let mut commands = std::io::stdin().lock().lines().map_while(Result::ok);
    while commands.next().is_some() {
        let held = Held::open(way)?;
        tell("streaming", json!({}));
        if commands.next().is_none() {
            break;
        }
        let from = now_micros();
        held.let_go();
        tell("dropped", json!({ "from": from }));
    }
    Ok(())
}

/// A camera that streams.
enum Held {
    V4l(Stream<'static>, Device),
    Nokhwa(Box<Camera>),
    NokhwaCallback(Box<CallbackCamera>),
}

impl Held {
    /// The same size as the member's, and a picture of it.
    fn open(way: Way) -> Result<Self, LabFailure> {
        let failed = || LabFailure::system(format!("the camera, over {}", way.name()));
        match way {
            Way::V4l => {
                let device = Device::with_path(NODE).map_err(failed())?;
                let mut format = device.format().map_err(failed())?;
                (format.width, format.height) = (320, 180);
                format.fourcc = FourCC::new(b"NV12");
                device.set_format(&format).map_err(failed())?;
                let stream = Stream::with_buffers(&device, Type::VideoCapture, 4);
                let mut stream = stream.map_err(failed())?;
                stream.next().map_err(failed())?;
                Ok(Self::V4l(stream, device))
            }
            Way::Nokhwa => {
                let failed = |error: NokhwaError| failed()(Error::other(error));
                let mut camera = Camera::new(CameraIndex::Index(0), wanted()).map_err(failed)?;
                camera.open_stream().map_err(failed)?;
                camera.frame().map_err(failed)?;
                Ok(Self::Nokhwa(Box::new(camera)))
            }
            Way::NokhwaCallback => {
                let failed = |error: NokhwaError| failed()(Error::other(error));
                let (sender, pictures) = channel();
                let hand_on = move |picture| drop(sender.send(picture));
                let camera = CallbackCamera::new(CameraIndex::Index(0), wanted(), hand_on);
                let mut camera = camera.map_err(failed)?;
                camera.open_stream().map_err(failed)?;
                let first = pictures.recv_timeout(PATIENCE);
                first.map_err(|_| LabFailure::Wrong("nokhwa gives no picture".to_owned()))?;
                Ok(Self::NokhwaCallback(Box::new(camera)))
            }
        }
    }

    fn let_go(self) {
        match self {
            Self::V4l(stream, device) => {
                drop(stream);
                drop(device);
            }
            Self::Nokhwa(mut camera) => {
                // What cannot be stopped is dropped all the same.
                let _ = camera.stop_stream();
                drop(camera);
            }
            Self::NokhwaCallback(camera) => drop(camera),
        }
    }
}

/// The member's size, at its rate.
fn wanted() -> RequestedFormat<'static> {
    let format = CameraFormat::new(Resolution::new(320, 180), FrameFormat::YUYV, 15);
    RequestedFormat::new::<RgbFormat>(RequestedFormatType::Closest(format))
}
