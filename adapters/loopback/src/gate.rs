//! Where a faulty call is held until a test lets it go.

use std::sync::Arc;

use tokio::sync::{Notify, watch};

/// How many of something there are just now.
#[derive(Clone, Debug, Default)]
pub(crate) struct Count(Arc<watch::Sender<usize>>);

/// One of the counted; dropping it counts down.
#[derive(Debug)]
pub(crate) struct Counted(Count);

impl Count {
    pub(crate) fn one_more(&self) -> Counted {
        self.0.send_modify(|number| *number += 1);
        Counted(self.clone())
    }

    pub(crate) fn now(&self) -> usize {
        *self.0.borrow()
    }

    /// Resolves when the count is (or already was) one that `fits`.
    pub(crate) fn until<F>(&self, fits: F) -> impl Future<Output = ()> + Send + use<F>
    where
        F: Fn(usize) -> bool + Send,
    {
        let count = self.clone();
        async move {
            let mut watched = count.0.subscribe();
            // The sender lives in `count`, so waiting cannot fail.
            while !fits(*watched.borrow_and_update()) && watched.changed().await.is_ok() {}
        }
    }
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.0.0.send_modify(|number| *number -= 1);
    }
}

/// Holds calls until it is opened for those that it holds.
///
/// Those who are held go in the order in which they came, so that a simulation goes the same way twice.
#[derive(Debug, Default)]
pub(crate) struct Gate {
    openings: Arc<Notify>,
    held: Count,
}

impl Gate {
    /// Holds a call from now on: resolves at the next opening, or when the gate has gone, so that
    /// nothing waits for a gate that nobody can open.
    pub(crate) fn hold(&self) -> impl Future<Output = ()> + Send + use<> {
        // It hears of every opening from now on, also before it is awaited.
        let opening = Arc::clone(&self.openings).notified_owned();
        let held = self.held.one_more();
        async move {
            opening.await;
            drop(held);
        }
    }

    /// Lets go every call that is held now.
    pub(crate) fn let_go(&self) {
        self.openings.notify_waiters();
    }

    /// Resolves when at least one call is held.
    pub(crate) fn reached(&self) -> impl Future<Output = ()> + Send + use<> {
        self.held.until(|held| held > 0)
    }
}

impl Drop for Gate {
    fn drop(&mut self) {
        self.let_go();
    }
}

#[cfg(test)]
mod tests {
    use super::Gate;

    #[tokio::test]
    async fn an_opening_lets_go_who_is_held_and_nobody_later() {
        let gate = Gate::default();
        let held = gate.hold();
        gate.reached().await;
        gate.let_go();
        held.await;
        let later = gate.hold();
        tokio::pin!(later);
        assert!(is_pending(later.as_mut()).await, "a later call is held");
    }

    #[tokio::test]
    async fn a_gate_that_is_gone_holds_nobody() {
        let gate = Gate::default();
        let held = gate.hold();
        drop(gate);
        held.await;
    }

    /// Whether the future is still pending when it is polled.
    async fn is_pending(future: std::pin::Pin<&mut impl Future<Output = ()>>) -> bool {
        tokio::select! {
            biased;
            () = future => false,
            () = std::future::ready(()) => true,
        }
    }
}
