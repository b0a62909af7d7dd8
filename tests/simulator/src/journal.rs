//! The transcript of a run: virtual time, who, what.

use std::fmt::{self, Write as _};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

/// Where everybody writes what happens to him. Cloning gives another pen.
#[derive(Clone, Debug)]
pub(crate) struct Journal {
    origin: Instant,
    text: Arc<Mutex<String>>,
}

impl Journal {
    /// An empty journal. Its time begins now.
    pub(crate) fn begin() -> Self {
        Self {
            origin: Instant::now(),
            text: Arc::default(),
        }
    }

    /// The virtual time since the beginning.
    pub(crate) fn now(&self) -> Duration {
        self.origin.elapsed()
    }

    /// The instant of that virtual time.
    pub(crate) fn instant(&self, at: Duration) -> Instant {
        self.origin + at
    }

    pub(crate) fn note(&self, who: impl fmt::Display, what: impl fmt::Display) {
        let now = clock(self.now());
        let mut text = self.text.lock().unwrap_or_else(PoisonError::into_inner);
        // Writing to a String cannot fail.
        let _ = writeln!(text, "{now}  {who:<10} {what}");
    }

    /// What was written so far.
    pub(crate) fn text(&self) -> String {
        self.text
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }
}

/// Virtual time as it stands in transcripts: seconds with milliseconds.
pub(crate) fn clock(at: Duration) -> String {
    format!("{:>3}.{:03}", at.as_secs(), at.subsec_millis())
}
