//! A device around another one, which goes wrong on command.

use std::sync::Arc;

use exeunt_port::{
    Device, DeviceError, DeviceKind, DeviceLink, DeviceSide, FrameQueue, OpenDevice, async_trait,
};
use tokio::sync::{oneshot, watch};
use tokio::task::JoinHandle;

use super::faults::{DeviceFaults, Mishap, OpenFault, ReleaseFault};
use crate::gate::Counted;

/// Any device, with faults on demand.
///
/// It keeps the port's obligations, and breaks what its [`DeviceFaults`] say. What it opens is a task
/// that passes frames and signals on and owns the real device.
#[derive(Debug)]
pub struct FaultyDevice<D: ?Sized> {
    device: Arc<D>,
    faults: DeviceFaults,
}

impl<D: Device> FaultyDevice<D> {
    /// A device that goes well until its faults are changed.
    #[must_use]
    pub fn new(device: D) -> Self {
        Self::around(Arc::new(device))
    }
}

impl<D: Device + ?Sized> FaultyDevice<D> {
    /// A device that goes well until its faults are changed, around one that is shared or of a kind
    /// that is known only when the program runs.
    #[must_use]
    pub fn around(device: Arc<D>) -> Self {
        Self {
            device,
            faults: DeviceFaults::default(),
        }
    }

    /// The handle that changes the faults.
    #[must_use]
    pub fn faults(&self) -> DeviceFaults {
        self.faults.clone()
    }
}

#[async_trait]
impl<D: Device + ?Sized> Device for FaultyDevice<D> {
    fn kind(&self) -> DeviceKind {
        self.device.kind()
    }

    fn name(&self) -> String {
        self.device.name()
    }

    fn is_shared(&self) -> bool {
        self.device.is_shared()
    }

    #[expect(
        clippy::panic,
        reason = "an adapter that panics is one of the faults on demand"
    )]
    async fn open(&self, link: DeviceLink) -> Result<Box<dyn OpenDevice>, DeviceError> {
        let device = Arc::clone(&self.device);
        let faults = self.faults.clone();
        match self.faults.plan().open {
            Some(OpenFault::Fails(error)) => Err(error),
            Some(OpenFault::Panics) => panic!("the device panics on opening, as it was told"),
            Some(OpenFault::OpensLate) => {
                // A task of its own, as a driver would: it goes on when this future is dropped.
                let held = self.faults.hold();
                let (answer, answered) = oneshot::channel();
                tokio::spawn(async move {
                    held.await;
                    let opened = open(device, faults, link, Obedience::Deaf).await;
                    if let Err(Ok(unwanted)) = answer.send(opened) {
                        let released = unwanted.release().await;
                        tracing::debug!(?released, "opened for nobody and released");
                    }
                });
                answered.await.unwrap_or(Err(DeviceError::Panicked))
            }
            Some(OpenFault::Hangs) => {
                tokio::select! {
                    () = self.faults.hold() => open(device, faults, link, Obedience::Listens).await,
                    () = link.abandoned() => Err(DeviceError::Abandoned),
                }
            }
            Some(OpenFault::StaysHeld(error)) => {
                self.faults.leave_open();
                tokio::select! {
                    () = self.faults.hold() => {}
                    () = link.abandoned() => {}
                }
                Err(error)
            }
            None => open(device, faults, link, Obedience::Listens).await,
        }
    }
}

/// Whether an opening ends when it is abandoned.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Obedience {
    Listens,
    Deaf,
}

async fn open<D: Device + ?Sized>(
    device: Arc<D>,
    faults: DeviceFaults,
    link: DeviceLink,
    obedience: Obedience,
) -> Result<Box<dyn OpenDevice>, DeviceError> {
    /// Frames between the real device and us; they are passed on as they come.
    const PASSING: usize = 16;
    let (inner_link, inner) = DeviceLink::pair(FrameQueue::bounded(PASSING));
    let mishaps = faults.mishaps();
    let opening = device.open(inner_link);
    tokio::pin!(opening);
    let opened = tokio::select! {
        biased;
        () = link.abandoned(), if obedience == Obedience::Listens => {
            inner.silence();
            opening.await?
        }
        opened = &mut opening => opened?,
    };
    let description = opened.description();
    let counted = faults.count().one_more();
    let (order, ordered) = oneshot::channel();
    let passing = Passing {
        link,
        inner,
        mishaps,
        stalls: faults.stalls(),
    };
    let task = tokio::spawn(passing.own(opened, ordered, counted));
    Ok(Box::new(FaultyOpenDevice {
        description,
        faults,
        order,
        task,
    }))
}

/// How the real device is to be released.
enum Order {
    Release,
    ReleaseAfter(std::pin::Pin<Box<dyn Future<Output = ()> + Send>>),
}

/// Passes on what goes between the real device and its stay.
struct Passing {
    link: DeviceLink,
    inner: DeviceSide,
    mishaps: watch::Receiver<Option<Mishap>>,
    stalls: watch::Receiver<bool>,
}

impl Passing {
    /// Owns the real device until it is released: by order, or because nobody is left to give one.
    async fn own(
        mut self,
        device: Box<dyn OpenDevice>,
        mut ordered: oneshot::Receiver<Order>,
        counted: Counted,
    ) -> Result<(), DeviceError> {
        let mishap = tokio::select! {
            biased;
            order = &mut ordered => return release(device, order.ok(), counted).await,
            mishap = self.pass() => mishap,
        };
        self.inner.silence();
        let gone = match mishap {
            Some(vanish @ Mishap::Vanish(_)) => {
                let released = release(device, None, counted).await;
                self.link.signal(vanish.signal());
                return released;
            }
            Some(fail @ Mishap::Fail(_)) => {
                self.link.signal(fail.signal());
                device
            }
            None => device,
        };
        release(gone, ordered.await.ok(), counted).await
    }

    /// Ends when the stay wants nothing any more, or with what befell the device.
    async fn pass(&mut self) -> Option<Mishap> {
        loop {
            tokio::select! {
                biased;
                () = self.link.abandoned() => return None,
                changed = self.mishaps.changed() => {
                    if changed.is_err() {
                        return None;
                    }
                    return self.mishaps.borrow_and_update().clone();
                }
                Some(signal) = self.inner.signals.recv() => self.link.signal(signal),
                Some(frame) = self.inner.captured.next() => {
                    if !*self.stalls.borrow() {
                        self.link.captured(frame);
                    }
                }
                Some((whom, frame)) = self.link.next_playback_for() => {
                    self.inner.playback.push_for(whom, frame);
                }
            }
        }
    }
}

async fn release(
    device: Box<dyn OpenDevice>,
    order: Option<Order>,
    counted: Counted,
) -> Result<(), DeviceError> {
    match order {
        Some(Order::ReleaseAfter(held)) => held.await,
        Some(Order::Release) | None => {}
    }
    let released = device.release().await;
    drop(counted);
    released
}

/// Dropping it drops `order`, and the task releases the real device.
struct FaultyOpenDevice {
    description: String,
    faults: DeviceFaults,
    order: oneshot::Sender<Order>,
    task: JoinHandle<Result<(), DeviceError>>,
}

#[async_trait]
impl OpenDevice for FaultyOpenDevice {
    fn description(&self) -> String {
        self.description.clone()
    }

    #[expect(
        clippy::panic,
        reason = "an adapter that panics is one of the faults on demand"
    )]
    async fn release(self: Box<Self>) -> Result<(), DeviceError> {
        let Self {
            description: _,
            faults,
            order,
            task,
        } = *self;
        let (how, failure) = match faults.plan().release {
            Some(ReleaseFault::Fails(error)) => (Order::Release, Some(error)),
            Some(ReleaseFault::Hangs) => (Order::ReleaseAfter(Box::pin(faults.hold())), None),
            Some(ReleaseFault::Panics) => panic!("the device panics on releasing, as it was told"),
            None => (Order::Release, None),
        };
        // A task that has ended already needs no order: its device has vanished.
        let _ = order.send(how);
        // While it is held, the hold itself says so; the faults must not be kept alive by us.
        drop(faults);
        let released = task.await.unwrap_or(Err(DeviceError::Panicked));
        failure.map_or(released, Err)
    }
}
