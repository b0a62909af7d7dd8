//! How long an answer is waited for, and what is waited for just now.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::time::timeout;

use crate::duty::Duty;
use crate::finding::Finding;

/// The bound of one answer. Clones share what is waited for, so that a case which is cut off can say it.
#[derive(Clone, Debug)]
pub(crate) struct Patience {
    bound: Duration,
    awaited: Arc<Mutex<String>>,
}

impl Patience {
    /// The bound unless the author gives another: long for an answer, short for whoever waits.
    pub(crate) const DEFAULT: Duration = Duration::from_secs(5);

    pub(crate) fn new(bound: Duration) -> Self {
        Self {
            bound,
            awaited: Arc::default(),
        }
    }

    pub(crate) fn bound(&self) -> Duration {
        self.bound
    }

    /// The same, with this much more time: for what may rightly take so long.
    pub(crate) fn and(&self, more: Duration) -> Self {
        Self {
            bound: self.bound + more,
            awaited: Arc::clone(&self.awaited),
        }
    }

    /// What was waited for last.
    pub(crate) fn awaited(&self) -> String {
        self.awaited
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// Waits for an answer. `what` is a noun, for instance `alice's close()`.
    pub(crate) async fn answers<T>(
        &self,
        duty: &'static Duty,
        what: impl Into<String>,
        future: impl Future<Output = T>,
    ) -> Result<T, Finding> {
        self.within(duty, what, future, || String::new()).await
    }

    /// The same; `else_seen` says what was seen meanwhile if no answer comes.
    pub(crate) async fn within<T>(
        &self,
        duty: &'static Duty,
        what: impl Into<String>,
        future: impl Future<Output = T>,
        else_seen: impl FnOnce() -> String,
    ) -> Result<T, Finding> {
        let what = what.into();
        self.awaited
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone_from(&what);
        timeout(self.bound, future).await.map_err(|_| {
            let seen = format!("{what} did not answer within {:?}{}", self.bound, else_seen());
            Finding::broken(duty, seen)
        })
    }
}
