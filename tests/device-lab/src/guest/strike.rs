//! A fault that comes at a chosen moment: all that takes time is done beforehand, and its times are known.

use std::fs::OpenOptions;
use std::io::Write as _;
use std::path::PathBuf;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::time::Duration;

use super::camera::{self, CameraFault};
use super::failure::{LabFailure, Outcome};
use super::kernel;
use super::line::now_micros;
use super::process::PATIENCE;
use super::sound::{self, Card};

/// What befalls a device.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// The camera's driver fails.
    Camera(CameraFault),
    /// The driver is taken away from the camera, as if it were unplugged.
    CameraUnplugged,
    /// The driver is taken away from the microphone's card.
    CardUnplugged,
}

impl Fault {
    /// Which device it befalls.
    pub(crate) const fn kind(self) -> &'static str {
        match self {
            Self::Camera(_) | Self::CameraUnplugged => "camera",
            Self::CardUnplugged => "microphone",
        }
    }

    const fn node(self) -> &'static str {
        match self {
            Self::Camera(_) | Self::CameraUnplugged => camera::NODE,
            Self::CardUnplugged => sound::MICROPHONE_NODE,
        }
    }

    fn prepared(self) -> Result<Lever, LabFailure> {
        match self {
            Self::Camera(fault) => fault.prepared(),
            Self::CameraUnplugged => unbinding(camera::DRIVER, camera::DEVICE),
            Self::CardUnplugged => unbinding(sound::DRIVER, Card::Microphone.device()),
        }
    }
}

/// What makes a fault happen, in one call of the system.
pub(crate) type Lever = Box<dyn FnOnce() -> Outcome + Send>;

/// Takes a device away from its driver. The kernel may answer only when nobody uses it any more.
fn unbinding(driver: &str, device: &'static str) -> Result<Lever, LabFailure> {
    let path = format!("{driver}/unbind");
    let file = OpenOptions::new().write(true).open(&path);
    let mut file = file.map_err(LabFailure::system(path.clone()))?;
    Ok(Box::new(move || {
        let written = file.write_all(device.as_bytes());
        written.map_err(LabFailure::system(format!("{device:?} into {path}")))
    }))
}

/// A fault that is ready to come.
pub(crate) struct Strike {
    when: SyncSender<u64>,
    struck: Receiver<Result<Struck, LabFailure>>,
}

/// A fault that came, with the wall clock's times of it in microseconds.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Struck {
    /// Just before it was asked for.
    pub(crate) began: u64,
    /// When the kernel had answered.
    pub(crate) ended: u64,
    /// Whether the process still held the device as it began: it did before the fault was prepared.
    pub(crate) was_held: bool,
}

impl Strike {
    /// Prepares a fault of a device that this process holds.
    pub(crate) fn on(process: u32, fault: Fault) -> Result<Self, LabFailure> {
        let handles = kernel::handles_of(process, fault.node())?;
        if handles.is_empty() {
            return Err(LabFailure::Wrong(format!(
                "there is nothing to befall: the {} is not held",
                fault.kind()
            )));
        }
        let lever = fault.prepared()?;
        let (when, moments) = sync_channel(1);
        let (tell, struck) = sync_channel(1);
        std::thread::Builder::new()
            .name("strike".to_owned())
            .spawn(move || {
                // Nobody says when: the scenario is over.
                let Ok(moment) = moments.recv() else { return };
                wait_for(moment);
                let _ = tell.send(strike(lever, &handles, fault.node()));
            })
            .map_err(LabFailure::system("a thread"))?;
        Ok(Self { when, struck })
    }

    /// It is to come then, or at once if that has passed.
    pub(crate) fn comes_at(&self, moment: u64) {
        // It waits for nothing else, and is told once.
        let _ = self.when.try_send(moment);
    }

    /// Waits until the kernel has answered.
    pub(crate) fn struck(self) -> Result<Struck, LabFailure> {
        self.struck
            .recv_timeout(PATIENCE)
            .unwrap_or_else(|_| Err(LabFailure::Wrong("the fault has no end".to_owned())))
    }
}

fn strike(lever: Lever, handles: &[PathBuf], node: &str) -> Result<Struck, LabFailure> {
    let was_held = handles.iter().any(|handle| kernel::leads_to(handle, node));
    let began = now_micros();
    lever()?;
    Ok(Struck {
        began,
        ended: now_micros(),
        was_held,
    })
}

/// To the microsecond, as far as the machine can.
fn wait_for(moment: u64) {
    /// What a sleeping thread may be woken too late by.
    const LATE: u64 = 1_500;
    let rest = moment.saturating_sub(now_micros());
    std::thread::sleep(Duration::from_micros(rest.saturating_sub(LATE)));
    while now_micros() < moment {
        std::hint::spin_loop();
    }
}
