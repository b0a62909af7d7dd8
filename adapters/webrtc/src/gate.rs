//! The gate of G-14: after it was shut no media datagram leaves.

use std::sync::{Mutex, MutexGuard, PoisonError};

/// Open until it is shut. Whoever sends a media datagram holds it open meanwhile, so that
/// [`shut`](Self::shut) returns only when none can leave any more.
#[derive(Debug, Default)]
pub(crate) struct Gate(Mutex<bool>);

impl Gate {
    /// Shuts it for good. Waits at most for one system call that does not block.
    pub(crate) fn shut(&self) {
        *self.lock() = true;
    }

    /// Lets one media datagram through, unless the gate is shut. `send` must not block.
    pub(crate) fn pass<T>(&self, send: impl FnOnce() -> T) -> Option<T> {
        let shut = self.lock();
        if *shut { None } else { Some(send()) }
    }

    fn lock(&self) -> MutexGuard<'_, bool> {
        // A flag is whole whatever panicked beside it.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::Gate;

    #[test]
    fn nothing_passes_once_it_is_shut() {
        let gate = Gate::default();
        assert_eq!(gate.pass(|| 1), Some(1));
        gate.shut();
        assert_eq!(gate.pass(|| 2), None);
    }
}
