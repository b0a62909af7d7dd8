//! What goes wrong with a device, on command.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use exeunt_port::{DeviceError, DeviceSignal};
use tokio::sync::watch;

use crate::gate::{Count, Counted, Gate};

/// What goes wrong with opening.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum OpenFault {
    /// It fails with this error, and nothing is held.
    Fails(DeviceError),
    /// It is held until it is let go; then the device opens. Abandoned meanwhile, it ends as it should.
    Hangs,
    /// It is held until it is let go, and the device opens even if that was abandoned long before,
    /// or if nobody waits for it any more: then it is released at once (G-4). Never let go, it never
    /// answers.
    OpensLate,
    /// It never runs. It is held until it is let go or abandoned, and ends with this error then; what the
    /// driver took stays open until [`heal`](DeviceFaults::heal).
    StaysHeld(DeviceError),
    /// It panics, and nothing is held.
    Panics,
}

/// What goes wrong with releasing.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ReleaseFault {
    /// The device is let go of, and this error is answered.
    Fails(DeviceError),
    /// It is held until it is let go, even if nobody waits for it any more; then the device is
    /// released (G-7). Never let go, it never answers, and the device stays open.
    Hangs,
    /// It panics; the device is let go of in the background.
    Panics,
}

/// The faults of one [`FaultyDevice`](crate::FaultyDevice), to be changed at any time.
///
/// Cloning gives another handle to the same faults. What is broken stays broken until
/// [`heal`](Self::heal). When the device, every opening of it and every handle are gone, what is held
/// is let go.
#[derive(Clone, Debug, Default)]
pub struct DeviceFaults(Arc<Shared>);

#[derive(Debug, Default)]
struct Shared {
    plan: Mutex<Plan>,
    gate: Gate,
    stalled: watch::Sender<bool>,
    mishap: watch::Sender<Option<Mishap>>,
    open: Count,
    /// What openings that have ended left open.
    left: Mutex<Vec<Counted>>,
}

#[derive(Clone, Debug, Default)]
pub(crate) struct Plan {
    pub(crate) open: Option<OpenFault>,
    pub(crate) release: Option<ReleaseFault>,
}

/// What befalls every device that is open.
#[derive(Clone, Debug)]
pub(crate) enum Mishap {
    Vanish(DeviceError),
    Fail(DeviceError),
}

impl Mishap {
    pub(crate) fn signal(self) -> DeviceSignal {
        match self {
            Self::Vanish(error) => DeviceSignal::Vanished(error),
            Self::Fail(error) => DeviceSignal::Failed(error),
        }
    }
}

impl DeviceFaults {
    /// Breaks every opening that begins from now on.
    pub fn break_open(&self, fault: OpenFault) {
        self.change(|plan| plan.open = Some(fault));
    }

    /// Breaks every release that begins from now on.
    pub fn break_release(&self, fault: ReleaseFault) {
        self.change(|plan| plan.release = Some(fault));
    }

    /// The device delivers no frames from now on, without a word.
    pub fn stall(&self) {
        self.0.stalled.send_replace(true);
    }

    /// Calls that begin from now on go well, frames are delivered, and the driver lets go of what openings
    /// left open. Calls that are held stay held.
    pub fn heal(&self) {
        self.change(|plan| *plan = Plan::default());
        self.left().clear();
        self.0.stalled.send_replace(false);
    }

    /// Lets go every call that is held now.
    pub fn let_go(&self) {
        self.0.gate.let_go();
    }

    /// Resolves when at least one call is held.
    pub fn reached(&self) -> impl Future<Output = ()> + Send + use<> {
        self.0.gate.reached()
    }

    /// Unplugs the device: it is gone, and every opening says [`DeviceSignal::Vanished`] once that
    /// is so.
    pub fn vanish(&self, error: DeviceError) {
        self.0.mishap.send_replace(Some(Mishap::Vanish(error)));
    }

    /// The device is broken but still held: every opening says [`DeviceSignal::Failed`] and delivers
    /// nothing any more.
    pub fn fail(&self, error: DeviceError) {
        self.0.mishap.send_replace(Some(Mishap::Fail(error)));
    }

    /// How often the device is open now: what has opened and is not yet really released.
    #[must_use]
    pub fn open_now(&self) -> usize {
        self.0.open.now()
    }

    /// Resolves when the device is open this often.
    pub fn until_open(&self, times: usize) -> impl Future<Output = ()> + Send + use<> {
        self.0.open.until(move |open| open == times)
    }

    pub(crate) fn plan(&self) -> Plan {
        self.0
            .plan
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    pub(crate) fn hold(&self) -> impl Future<Output = ()> + Send + use<> {
        self.0.gate.hold()
    }

    pub(crate) fn count(&self) -> Count {
        self.0.open.clone()
    }

    /// Something stays open that nobody was handed.
    pub(crate) fn leave_open(&self) {
        self.left().push(self.0.open.one_more());
    }

    fn left(&self) -> MutexGuard<'_, Vec<Counted>> {
        self.0.left.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What befalls the device from now on.
    pub(crate) fn mishaps(&self) -> watch::Receiver<Option<Mishap>> {
        self.0.mishap.subscribe()
    }

    pub(crate) fn stalls(&self) -> watch::Receiver<bool> {
        self.0.stalled.subscribe()
    }

    fn change(&self, act: impl FnOnce(&mut Plan)) {
        act(&mut self.0.plan.lock().unwrap_or_else(PoisonError::into_inner));
    }
}
