//! The task that owns a device: from its opening until nothing is held any more.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use exeunt_core::Policy;
use exeunt_port::{
    Device, DeviceError, DeviceLink, DeviceSide, DeviceSignal, FrameQueue, MediaFrame, OpenDevice,
};
use futures_util::FutureExt as _;
use tokio::time::{sleep, timeout};

use super::{Custody, Keeper, PASSING};
use crate::ports::{self, LATE};

/// Owns a device, from its opening until nothing is held any more.
pub(super) async fn keep(end: End, device: Arc<dyn Device>) {
    let custody = &end.0;
    let (link, mut side) = DeviceLink::pair(FrameQueue::bounded(PASSING));
    let opened = custody.open(device, link, &side).await;
    let ended = match opened {
        Opening::Opened(device) => {
            custody.serve(&mut side).await;
            side.silence();
            custody.view.close();
            custody.release(device).await
        }
        Opening::Failed => Ok(()),
        Opening::Left(error) => Err(error),
    };
    custody.note(|progress| progress.ended = Some(ended));
}

/// What came of an opening.
enum Opening {
    Opened(Box<dyn OpenDevice>),
    /// The device said so itself: nothing is held.
    Failed,
    /// It may be held, and there is nobody who could release it (G-13).
    Left(DeviceError),
}

/// However its task ends, whoever waits for the device hears of it.
pub(super) struct End(Arc<Custody>);

impl End {
    pub(super) fn new(custody: Arc<Custody>) -> Self {
        Self(custody)
    }
}

impl Drop for End {
    fn drop(&mut self) {
        const SHUT_DOWN: &str = "the runtime that it was opened in was shut down";
        const PANICKED: &str = "its driver panicked when it was given up";
        let custody = &self.0;
        if !custody.has_ended() {
            let error = custody.vanished(if std::thread::panicking() {
                PANICKED
            } else {
                SHUT_DOWN
            });
            custody.broke(&DeviceSignal::Vanished(error.clone()));
            custody.note(|progress| {
                progress.opened.get_or_insert(Err(error.clone()));
                // It was dropped, which lets go of it; nobody can confirm it any more.
                progress.ended = Some(Err(error));
            });
        }
        custody.view.close();
        custody.untrack();
    }
}

impl Custody {
    /// Opens it.
    async fn open(&self, device: Arc<dyn Device>, link: DeviceLink, side: &DeviceSide) -> Opening {
        let opening = ports::opening(device, link);
        let unwanted = async {
            tokio::select! {
                biased;
                () = self.abandoned.cancelled() => {}
                () = self.let_go.cancelled() => {}
                () = self.opening_is_late() => {}
            }
            side.silence();
            // Whoever ends his process waits for it as long as for a release, and no longer.
            sleep(self.release_bound()).await;
            self.untrack();
            sleep(LATE).await;
        };
        let answer = tokio::select! {
            biased;
            answer = opening => answer,
            // The adapter lets go of what opens after this; the port demands it (G-4).
            () = unwanted => Err(DeviceError::StillHeld {
                name: self.name.clone(),
                detail: "its driver has not answered the opening".to_owned(),
            }),
        };
        match answer {
            Ok(opened) => {
                self.note(|progress| {
                    progress.opened.get_or_insert(Ok(opened.description));
                });
                Opening::Opened(opened.device)
            }
            Err(error) => {
                self.users().closed = true;
                let left = error.may_be_held().then(|| error.clone());
                self.note(|progress| {
                    progress.opened.get_or_insert(Err(error));
                });
                left.map_or(Opening::Failed, Opening::Left)
            }
        }
    }

    /// An owner is not kept waiting; users have deadlines of their own.
    async fn opening_is_late(&self) {
        let Keeper::Owner(policy) = self.keeper else {
            return std::future::pending().await;
        };
        sleep(policy.opening).await;
        let detail = format!("it has not opened within {:?}", policy.opening);
        let error = DeviceError::StillHeld {
            name: self.name.clone(),
            detail,
        };
        self.note(|progress| {
            progress.opened.get_or_insert(Err(error.clone()));
        });
        self.let_go();
    }

    /// Serves everybody until it is to be let go of, or breaks.
    async fn serve(&self, side: &mut DeviceSide) {
        loop {
            tokio::select! {
                biased;
                () = self.let_go.cancelled() => return,
                Some(signal) = side.signals.recv() => return self.broke(&signal),
                Some(frame) = side.captured.next() => self.hand_out(frame),
                Some((whom, frame)) = self.playback.next_for() => {
                    side.playback.push_for(whom, frame);
                }
            }
        }
    }

    /// It is of no use to anybody any more, and so let go of at once; everybody hears why.
    fn broke(&self, signal: &DeviceSignal) {
        let (DeviceSignal::Vanished(error) | DeviceSignal::Failed(error)) = signal;
        // Before nobody can join any more: who finds that finds the reason as well.
        self.note(|progress| progress.broken = Some(error.clone()));
        let links = {
            let mut users = self.users();
            users.closed = true;
            std::mem::take(&mut users.links)
        };
        self.tell(links, signal);
    }

    /// Each user's queue is bounded and its own: who is slow, or has shut the gate, costs nobody else
    /// a frame (G-14).
    fn hand_out(&self, frame: MediaFrame) {
        for link in self.users().links.values() {
            link.captured(frame.clone());
        }
        self.view.push(frame);
    }

    /// How long a release may take.
    fn release_bound(&self) -> Duration {
        match self.keeper {
            Keeper::Owner(policy) => policy.device,
            Keeper::LastUser => Policy::DEFAULT.device,
        }
    }

    async fn release(&self, device: Box<dyn OpenDevice>) -> Result<(), DeviceError> {
        let releasing = AssertUnwindSafe(async { device.release().await }).catch_unwind();
        tokio::pin!(releasing);
        let bound = self.release_bound();
        let mut released = timeout(bound, &mut releasing).await;
        if released.is_err() {
            // Whoever ends his process waits for it no longer; the driver gets some more time.
            self.untrack();
            released = timeout(LATE, &mut releasing).await;
        }
        match released {
            Ok(answer) => answer.unwrap_or(Err(DeviceError::Panicked)),
            Err(_) => Err(ports::not_let_go(&self.name, bound.saturating_add(LATE))),
        }
    }
}
