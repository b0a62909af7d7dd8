//! Stopping a future at any of its awaits: "entering, abandoned at every moment" means each of them.

use std::future::poll_fn;
use std::pin::{Pin, pin};
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::Poll;

use tokio_util::sync::CancellationToken;

/// At how many of its awaits a future is stopped at most; one that answers sooner ends the series.
pub(crate) const MOMENTS: usize = 16;

/// Runs a future until it has waited `times` times. `None` if it has; then it can be polled on, or
/// dropped. At 0 it is not even begun.
pub(crate) async fn until_it_waits<F: Future>(
    mut future: Pin<&mut F>,
    times: usize,
) -> Option<F::Output> {
    let mut waited = 0;
    poll_fn(|context| {
        if waited == times {
            return Poll::Ready(None);
        }
        match future.as_mut().poll(context) {
            Poll::Ready(answer) => Poll::Ready(Some(answer)),
            Poll::Pending => {
                waited += 1;
                if waited == times {
                    Poll::Ready(None)
                } else {
                    Poll::Pending
                }
            }
        }
    })
    .await
}

/// Holds a future at one of its awaits: for futures that somebody else drives.
#[derive(Debug)]
pub(crate) struct Tripwire {
    at: usize,
    reached: CancellationToken,
    answered_before: AtomicBool,
}

impl Tripwire {
    /// Holds at the `at`th await, before the beginning if that is 0.
    pub(crate) fn at(at: usize) -> Self {
        Self {
            at,
            reached: CancellationToken::new(),
            answered_before: AtomicBool::new(false),
        }
    }

    /// Drives the future; where it is to be held it goes on only after `until`.
    pub(crate) async fn drive<F: Future>(
        &self,
        future: F,
        until: impl Future<Output = ()>,
    ) -> F::Output {
        let mut future = pin!(future);
        let answer = until_it_waits(future.as_mut(), self.at).await;
        self.answered_before
            .store(answer.is_some(), Ordering::SeqCst);
        self.reached.cancel();
        if let Some(answer) = answer {
            return answer;
        }
        until.await;
        future.await
    }

    /// Resolves when the future is held, or has answered without being held.
    pub(crate) async fn reached(&self) {
        self.reached.cancelled().await;
    }

    /// Whether the future answered before it was held: later awaits there are none.
    pub(crate) fn answered_before(&self) -> bool {
        self.answered_before.load(Ordering::SeqCst)
    }
}

#[cfg(test)]
mod tests {
    use std::pin::pin;

    use tokio::task::yield_now;

    use super::until_it_waits;

    #[tokio::test]
    async fn a_future_is_stopped_at_each_of_its_awaits_and_can_go_on() {
        let waits_twice = || async {
            yield_now().await;
            yield_now().await;
            "done"
        };
        for at in 0..=2 {
            let mut future = pin!(waits_twice());
            assert_eq!(until_it_waits(future.as_mut(), at).await, None, "at {at}");
            assert_eq!(future.await, "done");
        }
        let mut future = pin!(waits_twice());
        assert_eq!(until_it_waits(future.as_mut(), 3).await, Some("done"));
    }
}
