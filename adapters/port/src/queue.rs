//! A bounded queue that rather loses the oldest frame than makes anybody wait.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use crossbeam_queue::ArrayQueue;
use tokio::sync::Notify;

/// A bounded queue of frames between one or more producers and one consumer.
///
/// Real-time media wants the newest frame: when the queue is full the oldest one is dropped and
/// counted. [`push`](Self::push) never waits and takes no lock, so it may be called from an audio callback's
/// neighbour thread. [`close`](Self::close) is the gate of G-14: nothing pushed after it comes out,
/// and what had not come out yet is gone.
///
/// Cloning gives another handle to the same queue.
///
/// ```
/// use exeunt_port::FrameQueue;
///
/// let queue = FrameQueue::bounded(2);
/// queue.push(1);
/// queue.push(2);
/// queue.push(3);
/// assert_eq!(queue.dropped(), 1);
/// assert_eq!(queue.try_next(), Some(2));
/// queue.close();
/// assert_eq!(queue.try_next(), None);
/// assert!(!queue.push(4));
/// ```
#[derive(Debug)]
pub struct FrameQueue<T>(Arc<Shared<T>>);

#[derive(Debug)]
struct Shared<T> {
    frames: ArrayQueue<T>,
    closed: AtomicBool,
    dropped: AtomicU64,
    changed: Notify,
}

impl<T> FrameQueue<T> {
    /// An open queue that holds at most `capacity` frames; 0 is taken as 1.
    #[must_use]
    pub fn bounded(capacity: usize) -> Self {
        Self(Arc::new(Shared {
            frames: ArrayQueue::new(capacity.max(1)),
            closed: AtomicBool::new(false),
            dropped: AtomicU64::new(0),
            changed: Notify::new(),
        }))
    }

    /// Adds a frame, at the cost of the oldest one if the queue is full.
    /// Answers whether the frame was taken: a closed queue takes none (G-14).
    pub fn push(&self, frame: T) -> bool {
        if self.is_closed() {
            return false;
        }
        if self.0.frames.force_push(frame).is_some() {
            self.0.dropped.fetch_add(1, Ordering::Relaxed);
        }
        // The gate may have closed between the check and the push; then nothing may stay behind.
        if self.is_closed() {
            self.clear();
            return false;
        }
        self.0.changed.notify_one();
        true
    }

    /// The oldest frame, or `None` when there is none or the queue is closed.
    #[must_use]
    pub fn try_next(&self) -> Option<T> {
        if self.is_closed() {
            return None;
        }
        let frame = self.0.frames.pop();
        // A frame in hand when the gate closes does not leave either.
        if self.is_closed() { None } else { frame }
    }

    /// Waits for the oldest frame; `None` once the queue is closed. Meant for one consumer.
    /// Dropping the future loses no frame.
    pub async fn next(&self) -> Option<T> {
        loop {
            let changed = self.0.changed.notified();
            if self.is_closed() {
                return None;
            }
            if let Some(frame) = self.try_next() {
                return Some(frame);
            }
            changed.await;
        }
    }

    /// Shuts the gate: what is in the queue is dropped, and nothing comes in or out any more.
    pub fn close(&self) {
        self.0.closed.store(true, Ordering::SeqCst);
        self.clear();
        // `notify_one` leaves a permit for a consumer that is about to wait.
        self.0.changed.notify_one();
        self.0.changed.notify_waiters();
    }

    /// Whether the gate is shut.
    #[must_use]
    pub fn is_closed(&self) -> bool {
        self.0.closed.load(Ordering::SeqCst)
    }

    /// How many frames were dropped because the consumer was too slow.
    #[must_use]
    pub fn dropped(&self) -> u64 {
        self.0.dropped.load(Ordering::Relaxed)
    }

    fn clear(&self) {
        while self.0.frames.pop().is_some() {}
    }
}

impl<T> Clone for FrameQueue<T> {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

#[cfg(test)]
mod tests {
    use super::FrameQueue;

    #[tokio::test]
    async fn closing_wakes_a_waiting_consumer() {
        let queue = FrameQueue::<u8>::bounded(4);
        let consumer = queue.clone();
        let waiting = tokio::spawn(async move { consumer.next().await });
        tokio::task::yield_now().await;
        queue.close();
        assert_eq!(waiting.await.expect("the consumer ends"), None);
    }

    #[tokio::test]
    async fn a_slow_consumer_loses_the_oldest_and_they_are_counted() {
        let queue = FrameQueue::bounded(3);
        for number in 0..10 {
            assert!(queue.push(number));
        }
        assert_eq!(queue.dropped(), 7);
        assert_eq!(queue.next().await, Some(7));
    }
}
