//! The claimant: streams from a camera, which only one process at a time can.

use std::io;
use std::time::Duration;

use serde_json::json;
use v4l::Device;
use v4l::buffer::Type;
use v4l::io::mmap::Stream;
use v4l::io::traits::{CaptureStream, Stream as _};

use super::failure::LabFailure;
use super::line::{Line, tell};
use super::process::Process;

/// How long the first picture may take.
const FIRST_PICTURE: Duration = Duration::from_secs(5);

/// The claimant's process.
pub(crate) fn run(node: &str, hold: bool) {
    let device = Device::with_path(node);
    let claimed = device.and_then(|device| {
        let mut stream = Stream::with_buffers(&device, Type::VideoCapture, 4)?;
        stream.set_timeout(FIRST_PICTURE);
        let bytes = stream.next()?.0.len();
        Ok((device, stream, bytes))
    });
    match claimed {
        Ok((_device, mut stream, bytes)) => {
            tell("claimed", json!({ "node": node, "bytes": bytes }));
            if hold {
                let _ = io::stdin().read_line(&mut String::new());
            }
            // Its drop would panic where the camera has gone meanwhile.
            let _ = stream.stop();
        }
        Err(error) => tell(
            "refused",
            json!({ "node": node, "error": error.to_string(), "number": error.raw_os_error() }),
        ),
    }
}

/// Starts a claimant, and answers it with what it says first.
fn claimant(node: &str, hold: bool) -> Result<(Process, Line), LabFailure> {
    let arguments = ["claim", node, "--hold"];
    let given = if hold {
        &arguments[..]
    } else {
        &arguments[..2]
    };
    let mut process = Process::start("claimant", given)?;
    let answer = process.until("whether it can stream", |line| {
        line.is("claimed") || line.is("refused")
    })?;
    Ok((process, answer))
}

/// Whether another process can stream from the camera, a picture included.
pub(crate) fn can_be_claimed(node: &str) -> Result<bool, LabFailure> {
    Ok(claimant(node, false)?.1.is("claimed"))
}

/// Another process streams from the camera until what this answers is dropped or ended.
pub(crate) fn claimed(node: &str) -> Result<Process, LabFailure> {
    let (process, answer) = claimant(node, true)?;
    if answer.is("claimed") {
        Ok(process)
    } else {
        Err(LabFailure::Wrong(format!(
            "{node} cannot be taken: {answer}"
        )))
    }
}
