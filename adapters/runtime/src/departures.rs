//! Waiting, with a bound, for everybody who is still on the way out.

use std::time::Duration;

use tokio_util::task::TaskTracker;
use tokio_util::task::task_tracker::TaskTrackerToken;

/// The stays of a process that are not over yet.
///
/// A process that ends gives its rooms time to be left: it drops or exits them and then awaits
/// [`settled`](Self::settled). Cloning gives another handle to the same stays.
#[derive(Clone, Debug, Default)]
pub struct Departures(TaskTracker);

impl Departures {
    /// No stays yet.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// How many stays are not over.
    #[must_use]
    pub fn outstanding(&self) -> usize {
        self.0.len()
    }

    /// Waits until every stay is over, at most for `bound`; answers whether that was so.
    /// [`Policy::total`](crate::Policy::total) is a bound within which they are, once they were asked to leave (G-6).
    pub async fn settled(&self, bound: Duration) -> bool {
        // A tracker answers only once it is closed; that does not keep further stays out.
        self.0.close();
        tokio::time::timeout(bound, self.0.wait()).await.is_ok()
    }

    pub(crate) fn stay(&self) -> TaskTrackerToken {
        self.0.token()
    }
}
