//! How long an answer is waited for, and where a case is just now.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::time::timeout;

use crate::duty::Duty;
use crate::finding::Finding;

/// The bound of one answer. Clones share where the case is, so that one which is cut off can say it.
#[derive(Clone, Debug)]
pub(crate) struct Patience {
    bound: Duration,
    now: Arc<Mutex<Now>>,
}

/// Where a case is.
#[derive(Debug, Default)]
struct Now {
    awaited: String,
    deadline: Option<Instant>,
}

impl Patience {
    /// The bound unless the author gives another: long for an answer, short for whoever waits.
    pub(crate) const DEFAULT: Duration = Duration::from_secs(5);

    pub(crate) fn new(bound: Duration) -> Self {
        Self {
            bound,
            now: Arc::default(),
        }
    }

    pub(crate) fn bound(&self) -> Duration {
        self.bound
    }

    /// The same, with this much more time: for what may rightly take so long.
    pub(crate) fn and(&self, more: Duration) -> Self {
        Self {
            bound: self.bound + more,
            now: Arc::clone(&self.now),
        }
    }

    /// What was waited for last.
    pub(crate) fn awaited(&self) -> String {
        self.now().awaited.clone()
    }

    /// The case has to be over in this time.
    pub(crate) fn ends_within(&self, bound: Duration) {
        self.now().deadline = Some(Instant::now() + bound);
    }

    /// When the case has to be over.
    pub(crate) fn deadline(&self) -> Option<Instant> {
        self.now().deadline
    }

    fn now(&self) -> MutexGuard<'_, Now> {
        self.now.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Waits for an answer. `what` is a noun, for instance `alice's close()`.
    pub(crate) async fn answers<T>(
        &self,
        duty: &'static Duty,
        what: impl Into<String>,
        future: impl Future<Output = T>,
    ) -> Result<T, Finding> {
        let what = what.into();
        self.now().awaited.clone_from(&what);
        timeout(self.bound, future).await.map_err(|_| {
            let seen = format!("{what} did not answer within {:?}", self.bound);
            Finding::broken(duty, seen)
        })
    }
}
