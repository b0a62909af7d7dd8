//! The camera without Exeunt: the size, the rate and the pixels that the member has, and every picture taken.

use std::io::Error;
use std::sync::mpsc::{Receiver, channel};

use nokhwa::pixel_format::RgbFormat;
use nokhwa::utils::{
    CameraFormat, CameraIndex, FrameFormat, RequestedFormat, RequestedFormatType, Resolution,
};
use nokhwa::{CallbackCamera, Camera, NokhwaError};
use v4l::buffer::Type;
use v4l::io::mmap::Stream;
use v4l::io::traits::CaptureStream;
use v4l::video::Capture;
use v4l::video::capture::Parameters;
use v4l::{Device, FourCC};

use super::{Way, is_told};
use crate::guest::camera::NODE;
use crate::guest::failure::LabFailure;
use crate::guest::process::PATIENCE;

const SIZE: (u32, u32) = (320, 180);
const RATE: u32 = 15;
/// `POLLIN` of poll(2): there is something to read.
const READABLE: i16 = 1;
/// How long a wait for a picture lasts, in milliseconds; after it is looked whether to drop it all. Nothing
/// of it is measured: the time runs from the drop.
const WAIT: i32 = 2;

/// A camera that streams.
pub(super) enum BareCamera {
    V4l(Stream<'static>, Device),
    Nokhwa(Box<Camera>),
    NokhwaCallback(Box<CallbackCamera>),
}

impl BareCamera {
    /// Answers when there was a picture, as the others do.
    pub(super) fn over_v4l() -> Result<Self, LabFailure> {
        let failed = || Way::V4l.failed();
        let device = Device::with_path(NODE).map_err(failed())?;
        let mut format = device.format().map_err(failed())?;
        (format.width, format.height) = SIZE;
        format.fourcc = FourCC::new(b"NV12");
        device.set_format(&format).map_err(failed())?;
        let rate = Parameters::with_fps(RATE);
        device.set_params(&rate).map_err(failed())?;
        let stream = Stream::with_buffers(&device, Type::VideoCapture, 4);
        let mut stream = stream.map_err(failed())?;
        stream.next().map_err(failed())?;
        Ok(Self::V4l(stream, device))
    }

    pub(super) fn over_nokhwa() -> Result<Self, LabFailure> {
        let failed = |error: NokhwaError| Way::Nokhwa.failed()(Error::other(error));
        let mut camera = Camera::new(CameraIndex::Index(0), wanted()).map_err(failed)?;
        camera.open_stream().map_err(failed)?;
        camera.frame().map_err(failed)?;
        Ok(Self::Nokhwa(Box::new(camera)))
    }

    pub(super) fn over_nokhwas_callback() -> Result<Self, LabFailure> {
        let failed = |error: NokhwaError| Way::NokhwaCallback.failed()(Error::other(error));
        let (sender, pictures) = channel();
        let hand_on = move |picture| drop(sender.send(picture));
        let camera = CallbackCamera::new(CameraIndex::Index(0), wanted(), hand_on);
        let mut camera = camera.map_err(failed)?;
        camera.open_stream().map_err(failed)?;
        let first = pictures.recv_timeout(PATIENCE);
        first.map_err(|_| LabFailure::Wrong("nokhwa gives no picture".to_owned()))?;
        Ok(Self::NokhwaCallback(Box::new(camera)))
    }

    pub(super) fn runs_until(&mut self, told: &Receiver<()>) -> Result<bool, LabFailure> {
        let answer = loop {
            match is_told(told) {
                Some(true) => break true,
                None => break false,
                Some(false) => {}
            }
            match self {
                Self::V4l(stream, _) => {
                    let readable = stream.handle().poll(READABLE, WAIT);
                    if readable.map_err(Way::V4l.failed())? > 0 {
                        stream.next().map_err(Way::V4l.failed())?;
                    }
                }
                Self::Nokhwa(camera) => {
                    let picture = camera.frame();
                    picture.map_err(|error| Way::Nokhwa.failed()(Error::other(error)))?;
                }
                // Its own thread takes the pictures.
                Self::NokhwaCallback(_) => break told.recv().is_ok(),
            }
        };
        Ok(answer)
    }

    pub(super) fn let_go(self) {
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

fn wanted() -> RequestedFormat<'static> {
    let (width, height) = SIZE;
    let format = CameraFormat::new(Resolution::new(width, height), FrameFormat::NV12, RATE);
    RequestedFormat::new::<RgbFormat>(RequestedFormatType::Closest(format))
}
