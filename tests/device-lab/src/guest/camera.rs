//! The virtual camera's ways to fail: controls of its driver, and the driver itself taken away.

use std::path::Path;

use v4l::Device;
use v4l::control::{Control, Value};

use super::claim::can_be_claimed;
use super::failure::{LabFailure, Outcome};
use super::sound::write;
use super::stage::eventually;
use super::strike::Lever;

/// The node that the scenarios use.
pub(crate) const NODE: &str = "/dev/video0";

pub(crate) const DRIVER: &str = "/sys/bus/platform/drivers/vivid";
/// All of the driver's nodes belong to this one.
pub(crate) const DEVICE: &str = "vivid.0";

/// What the camera's driver can be told to do wrong, with the name of its control.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum CameraFault {
    /// The camera is gone until its last user has let go.
    Disconnects,
    /// The stream ends with an error that is for good.
    FailsFatally,
    /// The next stream cannot be started.
    RefusesToStart,
    /// The next buffers cannot be had.
    RefusesBuffers,
}

impl CameraFault {
    const fn control(self) -> &'static str {
        match self {
            Self::Disconnects => "Disconnect",
            Self::FailsFatally => "Inject Fatal Streaming Error",
            Self::RefusesToStart => "Inject VIDIOC_STREAMON Error",
            Self::RefusesBuffers => "Inject VIDIOC_REQBUFS Error",
        }
    }

    /// It happens now, or at the next opening.
    pub(crate) fn happens(self) -> Outcome {
        set(self.control(), Value::Integer(1))
    }

    /// What makes it happen at once: the node is open, and the control known.
    pub(crate) fn prepared(self) -> Result<Lever, LabFailure> {
        prepared(self.control(), Value::Integer(1))
    }
}

/// How many of a hundred pictures do not come; 100 is a camera that has stalled.
pub(crate) fn drop_pictures(percent: i64) -> Outcome {
    set("Percentage of Dropped Buffers", Value::Integer(percent))
}

/// The driver is taken away from the camera, as if it were unplugged.
pub(crate) fn unplug() -> Outcome {
    write(&format!("{DRIVER}/unbind"), DEVICE)
}

/// The camera is there, and can be streamed from; whatever was done to it before.
pub(crate) fn restore() -> Outcome {
    if !Path::new(DRIVER).join(DEVICE).exists() {
        write(&format!("{DRIVER}/bind"), DEVICE)?;
    }
    eventually("the camera's node", || Ok(Path::new(NODE).exists()))?;
    drop_pictures(0)?;
    eventually("a camera that can be streamed from", || {
        can_be_claimed(NODE)
    })
}

fn set(name: &'static str, value: Value) -> Outcome {
    prepared(name, value)?()
}

fn prepared(name: &'static str, value: Value) -> Result<Lever, LabFailure> {
    let failed = move || LabFailure::system(format!("the camera's control {name:?}"));
    let device = Device::with_path(NODE).map_err(failed())?;
    let controls = device.query_controls().map_err(failed())?;
    let control = controls.iter().find(|control| control.name == name);
    let Some(control) = control else {
        let names: Vec<_> = controls.iter().map(|control| &control.name).collect();
        return Err(LabFailure::Wrong(format!(
            "the camera has no control {name:?}; it has {names:?}"
        )));
    };
    let control = Control {
        id: control.id,
        value,
    };
    Ok(Box::new(move || {
        device.set_control(control).map_err(failed())
    }))
}
