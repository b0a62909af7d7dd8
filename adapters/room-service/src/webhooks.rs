//! Tells other servers what happens in the rooms, as TRTC's event callbacks do: 101 a room began, 102 it
//! is over, 103 somebody entered, 104 somebody left.
//!
//! Each receiver has a task and a place in the back end's stream of its own. First attempts are made in
//! the order in which things happened; what fails is tried again beside them. A receiver that is slow or
//! dead so holds up nobody: not the rooms, not the other receivers; it loses the oldest events, and how
//! many is counted.

mod address;
mod body;
mod encryption;
mod journal;
mod post;
mod receiver;
mod schedule;
mod target;

pub use address::WebhookReach;
pub use schedule::WebhookRetry;
pub use target::{Webhook, WebhookError};

pub(crate) use journal::Journal;

use std::sync::Arc;
use std::time::Duration;

use tokio::task::JoinSet;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;

use crate::backend::Backend;
use receiver::Receiver;

/// The tasks that tell the receivers. Dropping it ends them without a word.
#[derive(Debug)]
pub(crate) struct Webhooks {
    tasks: JoinSet<()>,
    last_call: CancellationToken,
}

impl Webhooks {
    /// Begins to tell every receiver what happens from now on.
    pub(crate) fn begin(
        webhooks: &[Webhook],
        sdk_app_id: u32,
        backend: &dyn Backend,
        journal: &Arc<Journal>,
    ) -> Self {
        let (mut tasks, last_call) = (JoinSet::new(), CancellationToken::new());
        for (number, webhook) in webhooks.iter().enumerate() {
            let receiver = Receiver::new(webhook.clone(), number, sdk_app_id, Arc::clone(journal));
            tasks.spawn(receiver.tell(backend.happenings(), last_call.clone()));
        }
        Self { tasks, last_call }
    }

    /// Tells what has happened so far, each once more at most, and ends within this time.
    pub(crate) async fn end(mut self, within: Duration) {
        self.last_call.cancel();
        let all = async { while self.tasks.join_next().await.is_some() {} };
        if timeout(within, all).await.is_err() {
            tracing::warn!("some webhooks do not know all that happened: there was no time left");
        }
        self.tasks.shutdown().await;
    }
}
