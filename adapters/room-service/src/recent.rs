//! The latest things that happened, for whoever begins to watch now.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use crate::backend::{Backend, Happened, News};

/// How many are kept.
const KEPT: usize = 500;

/// The latest things that happened; the oldest make place.
#[derive(Debug, Default)]
pub(crate) struct Recent(Mutex<VecDeque<Arc<Happened>>>);

impl Recent {
    /// Keeps what happens, for as long as this is polled.
    pub(crate) async fn watch(&self, backend: &dyn Backend) {
        let mut happenings = backend.happenings();
        while let Some(news) = happenings.next().await {
            match news {
                News::Happened(happened) => self.keep(happened),
                // What the stream had no place for, the list has none for either.
                News::Missed(_) => {}
            }
        }
        std::future::pending::<()>().await;
    }

    /// Those that are kept, the oldest first.
    pub(crate) fn latest(&self) -> Vec<Arc<Happened>> {
        let kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        kept.iter().cloned().collect()
    }

    fn keep(&self, happened: Arc<Happened>) {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if kept.len() >= KEPT {
            kept.pop_front();
        }
        kept.push_back(happened);
    }
}
