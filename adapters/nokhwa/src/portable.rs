//! Systems other than Linux: one nokhwa camera, owned and read by the device thread.
//!
//! nokhwa gives no bound for reading a frame, so with a stalled camera a stop request is seen only
//! when the next picture comes; until then the thread counts as given up once nobody waits for it.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc;
use std::time::Duration;

use exeunt_port::DeviceError;
use nokhwa::utils::{
    ApiBackend, CameraFormat, CameraIndex, CameraInfo, FrameFormat, RequestedFormat,
    RequestedFormatType,
};
use nokhwa::{Buffer, Camera, NokhwaError, nokhwa_check, nokhwa_initialize};

use crate::capture::{Reading, Source};
use crate::choice::{self, Choice, Interval, Offer, Wanted, code_name};
use crate::listing::CameraDevice;
use crate::open::{Opened, Opener, Opening};
use crate::picture::Picture;
use crate::pixel_format::PixelFormat;
use crate::selection::{Found, Selection};

/// What nokhwa can hand out, as we can convert it.
const FORMATS: [FrameFormat; 6] = [
    FrameFormat::MJPEG,
    FrameFormat::NV12,
    FrameFormat::YUYV,
    FrameFormat::GRAY,
    FrameFormat::RAWRGB,
    FrameFormat::RAWBGR,
];

/// How long the user may take to answer the system's question for permission (macOS).
const PERMISSION: Duration = Duration::from_secs(60);

/// What opens the camera that is meant.
pub(crate) fn opener(selection: Selection, wanted: Wanted) -> Opener {
    Box::new(move |opening| open(&selection, wanted, opening))
}

/// The cameras there are. Blocks for as long as the system takes.
pub(crate) fn devices() -> Result<Vec<CameraDevice>, DeviceError> {
    let infos = query()?;
    Ok(infos
        .iter()
        .enumerate()
        .map(|(place, info)| {
            let found = found(info);
            // A camera that does not let us ask is a camera all the same.
            let formats = camera(info.index().clone())
                .map(|mut camera| offers(&mut camera).iter().map(Offer::to_format).collect())
                .map_err(|error| refused(&found.to_string(), &error));
            CameraDevice {
                name: found.name,
                node: found.node,
                is_default: place == 0,
                formats,
                free: None,
                held_by: Vec::new(),
            }
        })
        .collect())
}

fn open(
    selection: &Selection,
    wanted: Wanted,
    opening: &Opening<'_>,
) -> Result<Opened, DeviceError> {
    permission(opening)?;
    let infos = query()?;
    let cameras: Vec<Found> = infos.iter().map(found).collect();
    let meant = selection.among(&cameras, |_| true)?;
    let name = meant.to_string();
    opening.still_wanted()?;

    let refused = |error: NokhwaError| refused(&name, &error);
    let index = infos
        .iter()
        .map(CameraInfo::index)
        .find(|index| index.as_string() == meant.node);
    let mut camera = camera(index.cloned().unwrap_or_default()).map_err(refused)?;
    opening.still_wanted()?;

    let offers = offers(&mut camera);
    let choice = choice::choose(&name, &offers, wanted)?;
    let exact = [frame_format(choice.pixels)];
    let exact = RequestedFormat::with_formats(RequestedFormatType::Exact(asked(choice)), &exact);
    camera.set_camera_requset(exact).map_err(refused)?;
    opening.still_wanted()?;
    camera.open_stream().map_err(refused)?;
    let format = camera.camera_format();
    let (width, height, rate) = (format.width(), format.height(), format.frame_rate());
    // AVFoundation tells its highest rate and takes the liberty of another size.
    let set = wanted
        .required
        .is_met_by(choice.pixels, (width, height), None);
    if !set {
        return Err(choice::unsupported(&name, &offers, wanted));
    }
    let description = format!(
        "{name}, {width}x{height} {}, {rate} a second",
        format.format()
    );
    Ok(Opened {
        source: Box::new(Reader {
            camera: Some(camera),
            frame: None,
            name,
        }),
        description,
    })
}

/// Asks the system, and through it the user, whether this program may use cameras.
fn permission(opening: &Opening<'_>) -> Result<(), DeviceError> {
    const LOOKING: Duration = Duration::from_millis(100);
    if nokhwa_check() {
        return Ok(());
    }
    let (answer, allowed) = mpsc::sync_channel(1);
    nokhwa_initialize(move |allowed| {
        // After the bound nobody listens any more.
        let _ = answer.try_send(allowed);
    });
    let mut waited = Duration::ZERO;
    while waited < PERMISSION {
        opening.still_wanted()?;
        match allowed.recv_timeout(LOOKING) {
            Ok(true) => return Ok(()),
            Err(mpsc::RecvTimeoutError::Timeout) => waited += LOOKING,
            Ok(false) | Err(mpsc::RecvTimeoutError::Disconnected) => break,
        }
    }
    Err(DeviceError::Denied {
        name: "camera".to_owned(),
        hint: "allow this program to use the camera in the system's privacy settings".to_owned(),
    })
}

/// nokhwa panics at much of what a driver may say.
fn guarded<T>(ask: impl FnOnce() -> Result<T, NokhwaError>) -> Result<T, NokhwaError> {
    catch_unwind(AssertUnwindSafe(ask))
        .unwrap_or_else(|_| Err(NokhwaError::GeneralError("nokhwa panicked".to_owned())))
}

fn query() -> Result<Vec<CameraInfo>, DeviceError> {
    guarded(|| nokhwa::query(ApiBackend::Auto)).map_err(|error| DeviceError::Backend {
        name: "cameras".to_owned(),
        detail: error.to_string(),
    })
}

fn found(info: &CameraInfo) -> Found {
    Found {
        name: info.human_name(),
        node: info.index().as_string(),
        index: info.index().as_index().ok(),
    }
}

fn camera(index: CameraIndex) -> Result<Camera, NokhwaError> {
    let any = RequestedFormat::with_formats(RequestedFormatType::None, &FORMATS);
    guarded(|| Camera::new(index, any))
}

fn offers(camera: &mut Camera) -> Vec<Offer> {
    let formats = guarded(|| camera.compatible_camera_formats()).unwrap_or_default();
    let mut offers: Vec<Offer> = Vec::new();
    for format in formats {
        let (code, width, height) = (code_of(format.format()), format.width(), format.height());
        let interval = Interval::of_rate(format.frame_rate());
        let same =
            |offer: &&mut Offer| (offer.code, offer.width, offer.height) == (code, width, height);
        match offers.iter_mut().find(same) {
            Some(offer) => offer.intervals.push(interval),
            None => offers.push(Offer {
                code,
                width,
                height,
                intervals: vec![interval],
            }),
        }
    }
    offers
}

fn asked(choice: Choice) -> CameraFormat {
    let rate = choice.interval.map_or(30, |interval| interval.denominator);
    CameraFormat::new_from(
        choice.width,
        choice.height,
        frame_format(choice.pixels),
        rate,
    )
}

fn code_of(format: FrameFormat) -> [u8; 4] {
    match format {
        FrameFormat::MJPEG => *b"MJPG",
        FrameFormat::YUYV => *b"YUYV",
        FrameFormat::NV12 => *b"NV12",
        FrameFormat::GRAY => *b"GREY",
        FrameFormat::RAWRGB => *b"RGB3",
        FrameFormat::RAWBGR => *b"BGR3",
    }
}

fn frame_format(pixels: PixelFormat) -> FrameFormat {
    match pixels {
        PixelFormat::Mjpeg => FrameFormat::MJPEG,
        PixelFormat::Nv12 => FrameFormat::NV12,
        PixelFormat::Yuyv => FrameFormat::YUYV,
        PixelFormat::Grey => FrameFormat::GRAY,
        PixelFormat::Rgb => FrameFormat::RAWRGB,
        PixelFormat::Bgr => FrameFormat::RAWBGR,
    }
}

/// What an error means for a camera that was found.
///
/// nokhwa tells errors as text only, so they are told apart by what the system is known to write.
fn refused(name: &str, error: &NokhwaError) -> DeviceError {
    let detail = error.to_string();
    let lower = detail.to_lowercase();
    let says = |words: &[&str]| words.iter().any(|word| lower.contains(word));
    let name = name.to_owned();
    if says(&["busy", "in use", "another application", "already open"]) {
        DeviceError::Busy { name }
    } else if says(&["denied", "not authorized", "permission"]) {
        let hint = "allow this program to use the camera in the system's privacy settings";
        DeviceError::Denied {
            name,
            hint: hint.to_owned(),
        }
    } else if says(&["not found", "no such"]) {
        // It was found a moment ago.
        DeviceError::Vanished { name, detail }
    } else {
        DeviceError::Backend { name, detail }
    }
}

/// A streaming nokhwa camera.
struct Reader {
    /// `None` only once it is closed.
    camera: Option<Camera>,
    frame: Option<Buffer>,
    name: String,
}

impl Source for Reader {
    fn next(&mut self, _at_most: Duration) -> Result<Reading<'_>, DeviceError> {
        let lost = |name: &str, detail: String| DeviceError::Vanished {
            name: name.to_owned(),
            detail,
        };
        let Some(camera) = &mut self.camera else {
            return Err(lost(&self.name, "closed".to_owned()));
        };
        // An error repeats itself for ever, so the first one is the end.
        let frame =
            guarded(|| camera.frame()).map_err(|error| lost(&self.name, error.to_string()))?;
        let frame = self.frame.insert(frame);
        let pixels = PixelFormat::of(code_of(frame.source_frame_format()));
        let size = frame.resolution();
        let (Some(pixels), Ok(width), Ok(height)) = (
            pixels,
            u16::try_from(size.width()),
            u16::try_from(size.height()),
        ) else {
            tracing::debug!(
                format = code_name(code_of(frame.source_frame_format())),
                "no picture"
            );
            return Ok(Reading::Damaged);
        };
        Ok(Reading::Picture(Picture {
            pixels,
            width,
            height,
            // Nor does it say where lines begin; they are taken to follow each other without a gap.
            stride: pixels.tight_stride(usize::from(width)),
            // nokhwa does not say; cameras rarely use the full range.
            full_range: false,
            bytes: frame.buffer(),
        }))
    }
}

impl Drop for Reader {
    fn drop(&mut self) {
        let Some(mut camera) = self.camera.take() else {
            return;
        };
        // Stop, then drop: drop alone is no proof of anything, and either may panic.
        if let Err(error) = guarded(|| camera.stop_stream()) {
            tracing::warn!(camera = %self.name, %error, "the camera does not stop");
        }
        if catch_unwind(AssertUnwindSafe(|| drop(camera))).is_err() {
            tracing::warn!(camera = %self.name, "nokhwa panicked while closing the camera");
        }
    }
}

#[cfg(test)]
mod tests {
    use exeunt_port::DeviceError;
    use nokhwa::NokhwaError;

    use super::refused;

    #[test]
    fn a_camera_that_goes_away_while_it_opens_has_vanished() {
        let error = NokhwaError::OpenDeviceError("0".to_owned(), "no such device".to_owned());
        assert!(matches!(
            refused("Camera (0)", &error),
            DeviceError::Vanished { name, .. } if name == "Camera (0)"
        ));
    }
}
