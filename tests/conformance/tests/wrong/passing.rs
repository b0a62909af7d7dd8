//! A transport around another one that stands between it and the room link: the place to go wrong.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use exeunt_conformance::async_trait;
use exeunt_loopback::LoopbackTransport;
use exeunt_port::{
    CloseError, Connection, DepartureError, DepartureReceipt, EnterError, EnterRequest, FrameQueue,
    MediaFrame, RoomLink, RoomSide, RoomSignal, Transport, UserId,
};
use tokio::task::{JoinSet, yield_now};
use tokio::time::{interval, sleep};

/// What is wrong with it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wrong {
    Nothing,
    /// `close` does not answer.
    NeverCloses,
    /// Abandoned, it answers `Abandoned`, and stays in the room.
    LeavesGhost,
    /// It keeps frames back and sends them by and by, gate or no gate.
    SendsAfterTheGate,
    /// Every stay leaves a task behind.
    LeaksTasks,
    /// Dropping a connection waits for something.
    BlocksOnDrop,
    /// It goes on telling after `close` has answered.
    TellsAfterClosing,
}

pub(crate) struct Passing {
    pub(crate) inner: LoopbackTransport,
    pub(crate) wrong: Wrong,
}

struct PassingConnection {
    inner: Box<dyn Connection>,
    tasks: Mutex<JoinSet<()>>,
    /// Its stay's end, which it has no business with once it is closed.
    link: RoomLink,
    wrong: Wrong,
}

#[async_trait]
impl Transport for Passing {
    fn name(&self) -> &'static str {
        "passing"
    }

    async fn connect(
        &self,
        request: EnterRequest,
        link: RoomLink,
    ) -> Result<Box<dyn Connection>, EnterError> {
        let (inner_link, side) = RoomLink::pair();
        // As over a network: it takes some turns to get there, and some to hear the answer.
        turns().await;
        if link.is_abandoned() {
            return Err(EnterError::Abandoned);
        }
        let inner = self.inner.connect(request, inner_link).await?;
        let connection = PassingConnection {
            inner,
            tasks: Mutex::new(pass(self.wrong, &link, side)),
            link,
            wrong: self.wrong,
        };
        match self.wrong {
            Wrong::LeavesGhost => {
                turns().await;
                if connection.link.is_abandoned() {
                    std::mem::forget(connection);
                    return Err(EnterError::Abandoned);
                }
            }
            Wrong::LeaksTasks => drop(tokio::spawn(std::future::pending::<()>())),
            Wrong::Nothing
            | Wrong::NeverCloses
            | Wrong::SendsAfterTheGate
            | Wrong::BlocksOnDrop
            | Wrong::TellsAfterClosing => {}
        }
        Ok(Box::new(connection))
    }
}

async fn turns() {
    for _ in 0..3 {
        yield_now().await;
    }
}

/// Passes on what goes between the real transport and its stay.
fn pass(wrong: Wrong, link: &RoomLink, side: RoomSide) -> JoinSet<()> {
    let mut tasks = JoinSet::new();
    let RoomSide {
        mut signals,
        outbound,
        inbound,
        abandon,
    } = side;
    let stay = link.clone();
    tasks.spawn(async move {
        while let Some(signal) = signals.recv().await {
            stay.signal(signal).await;
        }
    });
    let stay = link.clone();
    tasks.spawn(async move {
        while let Some(frame) = inbound.next().await {
            stay.received(frame);
        }
    });
    let stay = link.clone();
    tasks.spawn(async move {
        stay.abandoned().await;
        abandon.cancel();
    });
    let stay = link.clone();
    if wrong == Wrong::SendsAfterTheGate {
        tasks.spawn(keep_back(stay, outbound));
    } else {
        tasks.spawn(async move {
            while let Some(frame) = stay.next_outbound().await {
                outbound.push(frame);
            }
            outbound.close();
        });
    }
    tasks
}

/// Takes whatever there is at once and sends it frame by frame.
async fn keep_back(link: RoomLink, outbound: FrameQueue<MediaFrame>) {
    let mut kept = VecDeque::new();
    let mut gate_is_open = true;
    // A queue's worth takes longer than the case looks, so that a pause of the machine hides nothing.
    let mut beats = interval(Duration::from_millis(40));
    loop {
        tokio::select! {
            biased;
            frame = link.next_outbound(), if gate_is_open => match frame {
                Some(frame) => kept.push_back(frame),
                None => gate_is_open = false,
            },
            _ = beats.tick() => {
                if let Some(frame) = kept.pop_front() {
                    outbound.push(frame);
                }
            }
        }
    }
}

#[async_trait]
impl Connection for PassingConnection {
    async fn announce_departure(&self) -> Result<DepartureReceipt, DepartureError> {
        self.inner.announce_departure().await
    }

    async fn close(&self) -> Result<(), CloseError> {
        match self.wrong {
            Wrong::NeverCloses => std::future::pending().await,
            Wrong::Nothing
            | Wrong::LeavesGhost
            | Wrong::TellsAfterClosing
            | Wrong::SendsAfterTheGate
            | Wrong::LeaksTasks
            | Wrong::BlocksOnDrop => {}
        }
        let closed = self.inner.close().await;
        let mut tasks = {
            let mut tasks = self.tasks.lock().unwrap_or_else(PoisonError::into_inner);
            std::mem::take(&mut *tasks)
        };
        tasks.shutdown().await;
        if self.wrong == Wrong::TellsAfterClosing {
            let mut tasks = self.tasks.lock().unwrap_or_else(PoisonError::into_inner);
            tasks.spawn(go_on_telling(self.link.clone()));
        }
        closed
    }
}

/// Tells of somebody who enters, again and again.
async fn go_on_telling(link: RoomLink) {
    let Ok(late) = "late".parse::<UserId>() else {
        return;
    };
    loop {
        sleep(Duration::from_millis(20)).await;
        link.signal(RoomSignal::RemoteUserEntered(late.clone()))
            .await;
    }
}

impl Drop for PassingConnection {
    fn drop(&mut self) {
        if self.wrong == Wrong::BlocksOnDrop {
            std::thread::sleep(Duration::from_millis(1500));
        }
    }
}
