//! Calls into the ports, each a task that always answers: a port that panics answers with an error.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;
use std::time::Duration;

use exeunt_core::{Epoch, Policy, Slot};
use exeunt_port::{
    CloseError, Connection, DepartureError, DepartureReceipt, Device, DeviceError, DeviceLink,
    DeviceSignal, EnterError, EnterRequest, OpenDevice, RoomLink, RoomSignal, Transport,
};
use futures_util::FutureExt as _;
use tokio::sync::mpsc;
use tokio::time::{sleep, timeout};
use tokio_util::sync::CancellationToken;

use crate::preview::Lent;

/// What a room may tell before it lets one in; a transport that says more waits, under the deadline
/// for entering.
const EARLY: usize = crate::room::EVENTS;

/// How much longer than its bound a device's call is kept: what answers within it is undone by us. A
/// call that has not come back by then is dropped, and the port demands that the adapter undoes what
/// comes of it (G-4, G-7). So a driver that never answers keeps no task for ever (G-15).
pub(crate) const LATE: Duration = Duration::from_secs(60);

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
    /// A connection did not answer within its bound, and is asked no longer.
    GivenUp,
    /// The opening is told apart by its number, for a slot can be used again within a stay.
    Opened(Slot, u32, Result<Opened, DeviceError>),
    Device(Slot, u32, DeviceSignal),
    /// A device that was lent is open; what was opened.
    Lent(Slot, u32, String),
    Released(Slot, u32, Result<(), DeviceError>),
}

/// A device that opened, and what it says was opened.
pub(crate) struct Opened {
    pub(crate) device: Box<dyn OpenDevice>,
    pub(crate) description: String,
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
/// before it is entered. What it tells earlier is kept meanwhile, or a transport that waits for it to
/// be taken would wait for itself (G-8).
///
/// Cutting it off drops a connect under way. One that has succeeded is handed over all the same:
/// there is no instant at which a connection could be lost between the two (G-4).
pub(crate) async fn connect(
    transport: Arc<dyn Transport>,
    request: EnterRequest,
    link: RoomLink,
    mut signals: mpsc::Receiver<RoomSignal>,
    cut: CancellationToken,
    answers: Answers,
) {
    let mut early = Vec::new();
    let connected = {
        let connecting = AssertUnwindSafe(async { transport.connect(request, link).await });
        let connecting = connecting.catch_unwind();
        tokio::pin!(connecting);
        loop {
            tokio::select! {
                biased;
                connected = &mut connecting => {
                    break Some(connected.unwrap_or(Err(EnterError::Panicked)));
                }
                () = cut.cancelled() => break None,
                Some(signal) = signals.recv(), if early.len() < EARLY => early.push(signal),
            }
        }
    };
    let Some(connected) = connected else { return };
    answers.send(Fact::Connected(connected)).await;
    for signal in early {
        answers.send(Fact::Room(signal)).await;
    }
    while let Some(Some(signal)) = cut.run_until_cancelled(signals.recv()).await {
        answers.send(Fact::Room(signal)).await;
    }
}

/// Tells the others. Out of time it is dropped, and with it its hold on the connection: nobody reads
/// its answer any more.
pub(crate) async fn announce(connection: Arc<dyn Connection>, bound: Duration, answers: Answers) {
    let announcing = AssertUnwindSafe(async { connection.announce_departure().await });
    let announced = timeout(bound, announcing.catch_unwind()).await;
    drop(connection);
    let fact = match announced {
        Ok(answer) => Fact::Announced(answer.unwrap_or(Err(DepartureError::Panicked))),
        Err(_) => Fact::GivenUp,
    };
    answers.send(fact).await;
}

/// Closes. Out of time the connection is dropped, which cuts it off: one that lived on would keep its
/// lease, and the others would see a ghost (G-12, G-15).
pub(crate) async fn close(connection: Arc<dyn Connection>, bound: Duration, answers: Answers) {
    let closing = AssertUnwindSafe(async { connection.close().await });
    let closed = timeout(bound, closing.catch_unwind()).await;
    drop(connection);
    let fact = match closed {
        Ok(answer) => Fact::Closed(answer.unwrap_or(Err(CloseError::Panicked))),
        Err(_) => Fact::GivenUp,
    };
    answers.send(fact).await;
}

/// Undoes a connect that came too late: told, and only then closed (G-4, G-12).
pub(crate) async fn undo(connection: Arc<dyn Connection>, policy: Policy, answers: Answers) {
    announce(Arc::clone(&connection), policy.departure, answers.clone()).await;
    close(connection, policy.transport, answers).await;
}

/// Opens a device, and then passes on what it tells. One whose opening left it held tells that it is
/// broken.
pub(crate) async fn open(
    opens: impl Future<Output = Result<Opened, DeviceError>>,
    abandoned: DeviceLink,
    signals: mpsc::Receiver<DeviceSignal>,
    slot: Slot,
    opening: u32,
    bound: Duration,
    answers: Answers,
) {
    let late = async {
        abandoned.abandoned().await;
        sleep(bound.saturating_add(LATE)).await;
    };
    let opened = tokio::select! {
        biased;
        opened = opens => opened,
        // The session's deadline has passed, and said that nobody knows what is held (G-13).
        () = late => Err(DeviceError::Abandoned),
    };
    drop(abandoned);
    let left = opened.as_ref().err().filter(|error| error.may_be_held());
    let broken = left.cloned().map(DeviceSignal::Failed);
    answers.send(Fact::Opened(slot, opening, opened)).await;
    if let Some(broken) = broken {
        answers.send(Fact::Device(slot, opening, broken)).await;
    }
    listen(signals, slot, opening, answers).await;
}

/// The opening of a device, which answers also when the device panics.
pub(crate) async fn opening(
    device: Arc<dyn Device>,
    link: DeviceLink,
) -> Result<Opened, DeviceError> {
    let open = AssertUnwindSafe(async {
        let device = device.open(link).await?;
        let description = device.description();
        Ok(Opened {
            device,
            description,
        })
    });
    open.catch_unwind()
        .await
        .unwrap_or(Err(DeviceError::Panicked))
}

/// Waits until a device that was lent is open, and then passes on what it tells.
pub(crate) async fn borrow(
    lent: Lent,
    signals: mpsc::Receiver<DeviceSignal>,
    slot: Slot,
    opening: u32,
    answers: Answers,
) {
    let fact = match lent.opened().await {
        Ok(description) => Fact::Lent(slot, opening, description),
        Err(error) => Fact::Device(slot, opening, DeviceSignal::Failed(error)),
    };
    answers.send(fact).await;
    listen(signals, slot, opening, answers).await;
}

/// Passes on what a device tells.
pub(crate) async fn listen(
    mut signals: mpsc::Receiver<DeviceSignal>,
    slot: Slot,
    opening: u32,
    answers: Answers,
) {
    while let Some(signal) = signals.recv().await {
        answers.send(Fact::Device(slot, opening, signal)).await;
    }
}

/// What is said of a device that has not let go in time.
pub(crate) fn not_let_go(name: &str, bound: Duration) -> DeviceError {
    DeviceError::Backend {
        name: name.to_owned(),
        detail: format!("it has not let go within {bound:?}"),
    }
}

/// Releases a device. One that does not answer is asked no longer some time after its deadline: its
/// adapter goes on by itself (G-7).
pub(crate) async fn release(
    device: Box<dyn OpenDevice>,
    name: String,
    bound: Duration,
    slot: Slot,
    opening: u32,
    answers: Answers,
) {
    let bound = bound.saturating_add(LATE);
    let releasing = AssertUnwindSafe(async { device.release().await });
    let released = match timeout(bound, releasing.catch_unwind()).await {
        Ok(answer) => answer.unwrap_or(Err(DeviceError::Panicked)),
        Err(_) => Err(not_let_go(&name, bound)),
    };
    answers.send(Fact::Released(slot, opening, released)).await;
}
