//! A service that runs in a task of its own.

use std::net::SocketAddr;
use std::sync::Arc;

use tokio::task::JoinHandle;
use tokio_util::sync::CancellationToken;

use crate::backend::Backend;

/// A room service that runs in a task of its own. Dropping it cuts everybody off without a word, as
/// a crash would.
#[derive(Debug)]
pub struct RunningService {
    pub(crate) address: SocketAddr,
    pub(crate) url: String,
    pub(crate) backend: Arc<dyn Backend>,
    pub(crate) shutdown: CancellationToken,
    pub(crate) task: JoinHandle<()>,
}

impl RunningService {
    /// Where it listens.
    #[must_use]
    pub fn local_addr(&self) -> SocketAddr {
        self.address
    }

    /// The address for a [`WebSocketTransport`](exeunt_websocket::WebSocketTransport).
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The rooms behind the server API, for whoever wants to watch them or to act on them without it.
    #[must_use]
    pub fn backend(&self) -> Arc<dyn Backend> {
        Arc::clone(&self.backend)
    }

    /// Tells everybody that the service stops, and answers when it has.
    pub async fn stop(mut self) {
        self.shutdown.cancel();
        // An error means that the task was aborted or panicked: then it has stopped as well.
        let _ = (&mut self.task).await;
    }
}

impl Drop for RunningService {
    fn drop(&mut self) {
        self.task.abort();
    }
}
