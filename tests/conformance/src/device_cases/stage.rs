//! Where a device's case plays: a lab, and its device.

use std::sync::Arc;
use std::time::Duration;

use exeunt_port::{
    Device, DeviceError, DeviceKind, DeviceLink, DeviceSide, FrameQueue, OpenDevice,
};

use crate::Lab;
use crate::borrowed::Held;
use crate::duty::{Duty, OPEN, RELEASE};
use crate::finding::{Finding, Outcome};
use crate::moments::Tripwire;
use crate::patience::Patience;

/// A lab with its device.
pub(crate) struct Stage {
    pub(crate) lab: Box<dyn Lab>,
    pub(crate) device: Arc<dyn Device>,
    pub(crate) patience: Patience,
}

/// The device, open, and the other end of its link.
pub(super) struct Opened {
    pub(super) device: Box<dyn OpenDevice>,
    pub(super) side: DeviceSide,
}

impl Stage {
    /// How long the whole case may take: some answers.
    pub(crate) fn bound(&self) -> Duration {
        2 * self.patience.bound()
    }

    /// `microphone`, `camera` or `speaker`.
    pub(super) fn kind(&self) -> DeviceKind {
        self.device.kind()
    }

    /// A link of this device's own, with room for all that a case lets it capture.
    pub(super) fn link() -> (DeviceLink, DeviceSide) {
        DeviceLink::pair(FrameQueue::bounded(256))
    }

    /// The device, whose opening is held at this await of it, and what says that it is.
    pub(super) fn held_at(&self, moment: usize) -> (Held<dyn Device>, Arc<Tripwire>) {
        let tripwire = Arc::new(Tripwire::at(moment));
        let held = Held {
            inner: Arc::clone(&self.device),
            tripwire: Arc::clone(&tripwire),
        };
        (held, tripwire)
    }

    /// Waits until the opening is held there, or has answered before.
    pub(super) async fn reaches(&self, tripwire: &Tripwire) -> Outcome {
        let reached = tripwire.reached();
        self.patience.answers(&OPEN, "open()", reached).await
    }

    pub(super) async fn opens(&self) -> Result<Opened, Finding> {
        let (link, side) = Self::link();
        let what = "open()";
        let opened = self
            .patience
            .answers(&OPEN, what, self.device.open(link))
            .await?;
        let device = opened.map_err(|error| could_not_open(&error))?;
        Ok(Opened { device, side })
    }

    /// Releases a device, and demands that it says Ok.
    pub(super) async fn releases(&self, device: Box<dyn OpenDevice>) -> Outcome {
        let released = self
            .patience
            .answers(&RELEASE, "release()", device.release())
            .await?;
        released.map_err(|error| Finding::broken(&RELEASE, format!("release() answered: {error}")))
    }

    /// Waits until nothing holds the link any more: its signals end with its last clone.
    pub(super) async fn is_let_go(
        &self,
        duty: &'static Duty,
        after: &str,
        side: &mut DeviceSide,
    ) -> Outcome {
        let ended = async { while side.signals.recv().await.is_some() {} };
        let what = format!("the end of the DeviceLink after {after}");
        let patience = self.patience.clone();
        // A device that holds on to its link may go on capturing, which is worth telling.
        let waited = patience.answers(duty, what, ended).await;
        waited.map_err(|finding| match (finding, side.captured.try_next()) {
            (Finding::Broken { duty, seen }, Some(frame)) => {
                let seen = format!("{seen}; frame {} was captured meanwhile", frame.sequence);
                Finding::Broken { duty, seen }
            }
            (finding, _) => finding,
        })
    }
}

pub(super) fn could_not_open(error: &DeviceError) -> Finding {
    Finding::broken(&OPEN, format!("open() answered: {error}"))
}
