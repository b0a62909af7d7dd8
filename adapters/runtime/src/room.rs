//! A stay in a room, as the application holds it.

use std::sync::Arc;

use exeunt_core::{Rejected, Slot};
use exeunt_port::{
    Device, EnterRequest, FrameQueue, MediaFrame, RemoteFrame, RoomId, RoomSide, UserId,
};
use thiserror::Error;
use tokio::sync::{mpsc, oneshot, watch};
use tokio_util::sync::CancellationToken;

use crate::equipment::Named;
use crate::{Client, ExitReport, Lent, Preview, RoomEvent};

/// Events that may wait for the application; more than a full room's arrivals.
pub(crate) const EVENTS: usize = 1024;
/// Requests about devices that may wait for the session.
pub(crate) const REQUESTS: usize = 16;
/// Remote frames that may wait for an application that shows them.
pub(crate) const SHOWN: usize = 128;

/// A stay in a room: it begins with the request to enter, and an exit is owed from then on.
///
/// [`exit`](Self::exit) leaves and gives the client back. Dropping it leaves as well, in the background (G-7).
#[must_use = "dropping a room leaves it"]
pub struct Room {
    client: Option<Client>,
    events: mpsc::Receiver<RoomEvent>,
    remote_frames: FrameQueue<RemoteFrame>,
    handle: RoomHandle,
    exit_was_heard: bool,
}

/// A way to a stay for everybody who does not own it. Cloning gives another one.
#[derive(Clone)]
pub struct RoomHandle {
    user: UserId,
    room: RoomId,
    exit: CancellationToken,
    gate: FrameQueue<MediaFrame>,
    over: watch::Receiver<Option<Arc<ExitReport>>>,
    requests: mpsc::Sender<DeviceRequest>,
}

/// What a handle asks of the session about devices.
pub(crate) enum DeviceRequest {
    Start(Named, oneshot::Sender<Result<Slot, DeviceRefused>>),
    Stop(Slot, oneshot::Sender<Result<(), DeviceRefused>>),
}

/// Why a device was not started or stopped.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum DeviceRefused {
    /// The stay is ending or over.
    #[error("the stay is ending or over; enter again first")]
    NotInRoom,
    /// All slots are taken.
    #[error(
        "all {} device slots are taken; stop a device first",
        exeunt_core::MAX_DEVICES
    )]
    NoFreeSlot,
    /// The session rejected it.
    #[error("the session rejected it: {0:?}")]
    Rejected(Rejected),
}

impl Room {
    pub(crate) fn new(
        request: &EnterRequest,
        side: &RoomSide,
        exit: CancellationToken,
        events: mpsc::Receiver<RoomEvent>,
        over: watch::Receiver<Option<Arc<ExitReport>>>,
        requests: mpsc::Sender<DeviceRequest>,
        remote_frames: FrameQueue<RemoteFrame>,
    ) -> Self {
        let handle = RoomHandle {
            user: request.user.clone(),
            room: request.room.clone(),
            exit,
            gate: side.outbound.clone(),
            over,
            requests,
        };
        Self {
            client: None,
            events,
            remote_frames,
            handle,
            exit_was_heard: false,
        }
    }

    pub(crate) fn owning(mut self, client: Client) -> Self {
        self.client = Some(client);
        self
    }

    /// A way to this stay for others.
    #[must_use]
    pub fn handle(&self) -> RoomHandle {
        self.handle.clone()
    }

    /// The next thing that happens; [`RoomEvent::Exited`] is the last, then `None`.
    /// Dropping the future loses nothing. Whoever does not listen misses what happens while a thousand
    /// events wait already, but never the exit.
    pub async fn next_event(&mut self) -> Option<RoomEvent> {
        if let Some(event) = self.events.recv().await {
            return Some(event);
        }
        // The end does not depend on room in a queue (G-1).
        if self.exit_was_heard {
            return None;
        }
        let report = self.handle.report().await;
        self.exit_was_heard = true;
        Some(RoomEvent::Exited(report))
    }

    /// Waits until the server has let us in; answers whether it has. What happens before is passed over.
    pub async fn entered(&mut self) -> bool {
        while let Some(event) = self.next_event().await {
            if matches!(event, RoomEvent::Entered(_) | RoomEvent::Exited(_)) {
                return matches!(event, RoomEvent::Entered(_));
            }
        }
        false
    }

    /// What the others send, for applications that show it. The oldest frames are dropped when nobody takes them.
    /// With a speaker open, sound is played from here as well.
    #[must_use]
    pub fn remote_frames(&self) -> FrameQueue<RemoteFrame> {
        self.remote_frames.clone()
    }

    /// Leaves the room: from this call on no captured frame leaves the machine (G-14). Answers when
    /// nothing is owed any more, within [`Policy::total`](crate::Policy::total) (G-6), with the report, and gives the
    /// client back (G-11). After a kick or a dismissal it changes nothing and answers the same report (G-9).
    ///
    /// Dropping the future does not stop the exit (G-7), but then the client is gone.
    pub fn exit(mut self) -> impl Future<Output = (Arc<ExitReport>, Client)> + Send {
        let exit = self.handle.exit();
        async move {
            let report = exit.await;
            let client = self.client.take();
            (
                report,
                client.unwrap_or_else(|| unreachable!("a room owns its client until it is over")),
            )
        }
    }
}

impl Drop for Room {
    fn drop(&mut self) {
        self.handle.request_exit();
    }
}

impl RoomHandle {
    /// Asks to leave and does not wait. It may be called from anywhere, any number of times (G-8, G-9).
    pub fn request_exit(&self) {
        // Asking to leave is going silent, also if the session's task is busy just now (G-14).
        self.gate.close();
        self.exit.cancel();
    }

    /// Whether somebody on this side has asked to leave. A kick or a loss is no asking.
    #[must_use]
    pub fn is_leaving(&self) -> bool {
        self.exit.is_cancelled()
    }

    /// Leaves, or joins the exit that is under way, and answers its report (G-9). The exit begins with
    /// the call; the future only waits for its end.
    pub fn exit(&self) -> impl Future<Output = Arc<ExitReport>> + Send + use<> {
        self.request_exit();
        let handle = self.clone();
        async move { handle.report().await }
    }

    /// Waits for the end of the stay, without asking for it. In any runtime, or none: a stay whose own
    /// runtime is shut down ends too (G-1).
    pub async fn report(&self) -> Arc<ExitReport> {
        let mut over = self.over.clone();
        let report = over
            .wait_for(Option::is_some)
            .await
            .ok()
            .and_then(|report| report.clone());
        report.unwrap_or_else(|| unreachable!("whatever ends the session's task reports its stay"))
    }

    /// The report, if the stay is over.
    #[must_use]
    pub fn report_now(&self) -> Option<Arc<ExitReport>> {
        self.over.borrow().clone()
    }

    /// Begins to open a further device, which the stay will release, and answers in which slot.
    /// [`RoomEvent::DeviceOpened`] tells that it runs.
    pub async fn start(&self, device: impl Device) -> Result<Slot, DeviceRefused> {
        self.bring(Named::device(Arc::new(device))).await
    }

    /// Hands over a device that the application opened, or that still opens: the stay owns it from now
    /// on and will release it (G-3). One that the stay refuses, or is too late for, is released in the background.
    pub async fn adopt(&self, preview: Preview) -> Result<Slot, DeviceRefused> {
        self.bring(Named::preview(preview)).await
    }

    /// Lends a device to this stay, which uses it and leaves it open (G-16). [`stop`](Self::stop), or the
    /// exit, ends that; [`RoomEvent::DeviceReturned`] tells so.
    pub async fn lend(&self, lent: Lent) -> Result<Slot, DeviceRefused> {
        self.bring(Named::lent(lent)).await
    }

    /// Begins to release a device, and stays in the room. [`RoomEvent::DeviceReleased`] tells that it
    /// is really off; [`RoomEvent::DeviceReturned`] that this stay uses it no more and it stays open, because
    /// it was lent or others share it (G-16).
    pub async fn stop(&self, slot: Slot) -> Result<(), DeviceRefused> {
        let (reply, answer) = oneshot::channel();
        self.ask(DeviceRequest::Stop(slot, reply), answer).await
    }

    async fn bring(&self, named: Named) -> Result<Slot, DeviceRefused> {
        let (reply, answer) = oneshot::channel();
        self.ask(DeviceRequest::Start(named, reply), answer).await
    }

    async fn ask<T>(
        &self,
        request: DeviceRequest,
        answer: oneshot::Receiver<Result<T, DeviceRefused>>,
    ) -> Result<T, DeviceRefused> {
        // A stay that is over has nobody to ask.
        self.requests
            .send(request)
            .await
            .map_err(|_| DeviceRefused::NotInRoom)?;
        answer.await.unwrap_or(Err(DeviceRefused::NotInRoom))
    }
}

impl std::fmt::Debug for Room {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.handle.fmt(formatter)
    }
}

impl std::fmt::Debug for RoomHandle {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("RoomHandle")
            .field("user", &self.user)
            .field("room", &self.room)
            .field("leaving", &self.exit.is_cancelled())
            .finish_non_exhaustive()
    }
}
