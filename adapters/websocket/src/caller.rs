//! Who enters, as the server tells clients apart, and in which order.

use std::sync::atomic::{AtomicU64, Ordering};

use crate::wire::ClientId;

/// One client to the server: a transport with all its clones.
#[derive(Debug)]
pub(crate) struct Caller {
    client_id: ClientId,
    attempts: AtomicU64,
}

impl Caller {
    pub(crate) fn new() -> Self {
        Self {
            client_id: ClientId::random(),
            attempts: AtomicU64::new(0),
        }
    }

    /// The next attempt to enter. It has its number before anything is dialled, so that of two the one
    /// that was begun later is the later one, however long each takes to arrive (G-10).
    pub(crate) fn next_attempt(&self) -> (ClientId, u64) {
        let before = self.attempts.fetch_add(1, Ordering::Relaxed);
        (self.client_id, before + 1)
    }
}
