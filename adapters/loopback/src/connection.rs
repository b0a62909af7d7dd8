//! One stay's connection to its room in the hub.

use std::sync::Arc;

use exeunt_port::{CloseError, Connection, DepartureError, DepartureReceipt, async_trait};
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::client::Client;
use crate::{AnnounceFault, CloseFault, TransportFaults};

/// What [`LoopbackTransport`](crate::LoopbackTransport) hands out: the owner of the stay's task.
#[derive(Debug)]
pub(crate) struct LoopbackConnection {
    client: Arc<Client>,
    faults: TransportFaults,
    tasks: TaskTracker,
    closed: CancellationToken,
}

impl LoopbackConnection {
    pub(crate) fn start(client: Arc<Client>, faults: TransportFaults) -> Self {
        let tasks = TaskTracker::new();
        let closed = CancellationToken::new();
        let (attended, ended) = (Arc::clone(&client), closed.clone());
        tasks.spawn(async move { ended.run_until_cancelled(attended.attend()).await });
        tasks.close();
        Self {
            client,
            faults,
            tasks,
            closed,
        }
    }

    fn leave(&self) -> Result<DepartureReceipt, DepartureError> {
        if self.closed.is_cancelled() {
            return Err(DepartureError::Closed);
        }
        if !self.client.is_up() {
            return Err(DepartureError::LinkDown);
        }
        let told = self.client.leave().ok_or(DepartureError::AlreadyOut)?;
        Ok(DepartureReceipt {
            peers_told: Some(told),
        })
    }

    #[expect(
        clippy::panic,
        reason = "an adapter that panics is one of the faults on demand"
    )]
    async fn announce(&self) -> Result<DepartureReceipt, DepartureError> {
        match self.faults.plan().announce {
            Some(AnnounceFault::Fails(error)) => return Err(error),
            Some(AnnounceFault::Hangs) => self.faults.hold().await,
            Some(AnnounceFault::Unconfirmed) => {
                self.leave()?;
                std::future::pending::<()>().await;
            }
            Some(AnnounceFault::Panics) => {
                panic!("the transport panics on announcing, as it was told")
            }
            None => {}
        }
        self.leave()
    }

    async fn end(&self) {
        self.closed.cancel();
        self.client.hang_up();
        self.tasks.wait().await;
    }
}

#[async_trait]
impl Connection for LoopbackConnection {
    async fn announce_departure(&self) -> Result<DepartureReceipt, DepartureError> {
        tokio::select! {
            biased;
            () = self.closed.cancelled() => Err(DepartureError::Closed),
            announced = self.announce() => announced,
        }
    }

    #[expect(
        clippy::panic,
        reason = "an adapter that panics is one of the faults on demand"
    )]
    async fn close(&self) -> Result<(), CloseError> {
        match self.faults.plan().close {
            Some(CloseFault::Fails(error)) => {
                self.end().await;
                return Err(error);
            }
            Some(CloseFault::Hangs) => self.faults.hold().await,
            Some(CloseFault::Panics) => panic!("the transport panics on closing, as it was told"),
            None => {}
        }
        self.end().await;
        Ok(())
    }
}

/// Dropped without a goodbye: the task ends, and the hub's lease begins (G-12).
impl Drop for LoopbackConnection {
    fn drop(&mut self) {
        self.closed.cancel();
        self.client.hang_up();
    }
}
