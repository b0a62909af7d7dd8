//! Calls into the ports, each a task that always answers: a port that panics answers with an error.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use exeunt_core::{Epoch, Slot};
use exeunt_port::{
    CloseError, Connection, DepartureError, DepartureReceipt, Device, DeviceError, DeviceLink,
    DeviceSignal, EnterError, EnterRequest, OpenDevice, RoomLink, RoomSignal, Transport,
};
use futures_util::FutureExt as _;
use tokio::sync::mpsc;

/// What a port answered, for which stay.
pub(crate) struct Answer {
    pub(crate) epoch: Epoch,
    pub(crate) fact: Fact,
}

/// What a port answered.
pub(crate) enum Fact {
    Connected(Result<Box<dyn Connection>, EnterError>),
    Room(RoomSignal),
    Announced(Result<DepartureReceipt, DepartureError>),
    Closed(Result<(), CloseError>),
    /// A connect that was cut off has come to its end and answers no more.
    ConnectEnded,
    /// The opening is told apart by its number, for a slot can be used again within a stay.
    Opened(Slot, u32, Result<Box<dyn OpenDevice>, DeviceError>),
    Device(Slot, u32, DeviceSignal),
    Released(Slot, u32, Result<(), DeviceError>),
}

/// Where ports answer to. The channel is bounded; a port's task waits when the session is behind.
#[derive(Clone)]
pub(crate) struct Answers {
    sender: mpsc::Sender<Answer>,
    epoch: Epoch,
}

impl Answers {
    pub(crate) fn new(sender: mpsc::Sender<Answer>, epoch: Epoch) -> Self {
        Self { sender, epoch }
    }

    pub(crate) async fn send(&self, fact: Fact) {
        // Nobody receives when the session's runtime is shut down; then nobody is to be told.
        let _ = self
            .sender
            .send(Answer {
                epoch: self.epoch,
                fact,
            })
            .await;
    }
}

/// Enters, and then passes on what the room tells: in this order, so that nothing is heard of a room
/// before it is entered.
pub(crate) async fn connect(
    transport: Arc<dyn Transport>,
    request: EnterRequest,
    link: RoomLink,
    mut signals: mpsc::Receiver<RoomSignal>,
    answers: Answers,
) {
    let connecting = AssertUnwindSafe(async { transport.connect(request, link).await });
    let connected = connecting
        .catch_unwind()
        .await
        .unwrap_or(Err(EnterError::Panicked));
    answers.send(Fact::Connected(connected)).await;
    while let Some(signal) = signals.recv().await {
        answers.send(Fact::Room(signal)).await;
    }
}

pub(crate) async fn announce(connection: Arc<dyn Connection>, answers: Answers) {
    let announcing = AssertUnwindSafe(async { connection.announce_departure().await });
    let announced = announcing
        .catch_unwind()
        .await
        .unwrap_or(Err(DepartureError::Panicked));
    answers.send(Fact::Announced(announced)).await;
}

pub(crate) async fn close(connection: Arc<dyn Connection>, answers: Answers) {
    let closing = AssertUnwindSafe(async { connection.close().await });
    let closed = closing
        .catch_unwind()
        .await
        .unwrap_or(Err(CloseError::Panicked));
    drop(connection);
    answers.send(Fact::Closed(closed)).await;
}

/// Opens a device, and then passes on what it tells.
pub(crate) async fn open(
    device: Arc<dyn Device>,
    link: DeviceLink,
    mut signals: mpsc::Receiver<DeviceSignal>,
    slot: Slot,
    opening: u32,
    answers: Answers,
) {
    let open = AssertUnwindSafe(async { device.open(link).await });
    let opened = open
        .catch_unwind()
        .await
        .unwrap_or(Err(DeviceError::Panicked));
    answers.send(Fact::Opened(slot, opening, opened)).await;
    while let Some(signal) = signals.recv().await {
        answers.send(Fact::Device(slot, opening, signal)).await;
    }
}

pub(crate) async fn release(
    device: Box<dyn OpenDevice>,
    slot: Slot,
    opening: u32,
    answers: Answers,
) {
    let releasing = AssertUnwindSafe(async { device.release().await });
    let released = releasing
        .catch_unwind()
        .await
        .unwrap_or(Err(DeviceError::Panicked));
    answers.send(Fact::Released(slot, opening, released)).await;
}
