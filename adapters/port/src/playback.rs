//! What a speaker is to play, and for whom.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::{FrameQueue, RemoteFrame};

/// For whom something is played: one of those who use a device that several share.
///
/// When his use is over, what was for him is not played any more, wherever it waits (G-14). A
/// [`PlaybackQueue`] sees to what waits in it; a device that keeps sound of its own asks
/// [`is_over`](Self::is_over). The default is whoever has a device to himself, whose use is over with the device.
///
/// Two are equal if they are the same use.
#[derive(Clone, Debug, Default)]
pub struct PlaybackUse {
    /// One for each device that it went through which is shared.
    over: Vec<Arc<AtomicBool>>,
}

/// A use of a shared device, which is over when this is dropped.
#[derive(Debug)]
pub struct PlaybackUsed(Arc<AtomicBool>);

impl PlaybackUse {
    /// A use that begins, and what ends it.
    #[must_use]
    pub fn begin() -> (Self, PlaybackUsed) {
        let over = Arc::new(AtomicBool::new(false));
        let begun = Self {
            over: vec![Arc::clone(&over)],
        };
        (begun, PlaybackUsed(over))
    }

    /// The same for what comes through another shared device: over as soon as one of the two is.
    #[must_use]
    pub fn within(&self, outer: &Self) -> Self {
        Self {
            over: self.over.iter().chain(&outer.over).cloned().collect(),
        }
    }

    /// Whether it is over.
    #[must_use]
    pub fn is_over(&self) -> bool {
        self.over.iter().any(|over| over.load(Ordering::SeqCst))
    }
}

impl Drop for PlaybackUsed {
    fn drop(&mut self) {
        self.0.store(true, Ordering::SeqCst);
    }
}

impl PartialEq for PlaybackUse {
    fn eq(&self, other: &Self) -> bool {
        let same = |(one, other): (&Arc<_>, &Arc<_>)| Arc::ptr_eq(one, other);
        self.over.len() == other.over.len() && self.over.iter().zip(&other.over).all(same)
    }
}

impl Eq for PlaybackUse {}

/// What a speaker is to play: a [`FrameQueue`] that knows for whom each frame is.
///
/// A frame whose use is over does not come out any more (G-14).
///
/// ```
/// # use exeunt_port::{Codec, MediaFrame, RemoteFrame};
/// use exeunt_port::{PlaybackQueue, PlaybackUse};
/// # fn from(user: &str) -> RemoteFrame {
/// #     let frame = MediaFrame { codec: Codec::Opus, sequence: 0, captured_at_micros: 0, payload: Vec::new().into() };
/// #     RemoteFrame { user: user.parse().expect("a user"), frame }
/// # }
///
/// let queue = PlaybackQueue::bounded(8);
/// let (interview, used) = PlaybackUse::begin();
/// queue.push_for(interview, from("alice"));
/// queue.push(from("bob"));
/// drop(used); // the interview's session has left
/// assert_eq!(queue.try_next(), Some(from("bob")));
/// assert_eq!(queue.try_next(), None);
/// ```
#[derive(Clone, Debug)]
pub struct PlaybackQueue(FrameQueue<(PlaybackUse, RemoteFrame)>);

impl PlaybackQueue {
    /// An open queue that holds at most `capacity` frames; 0 is taken as 1.
    #[must_use]
    pub fn bounded(capacity: usize) -> Self {
        Self(FrameQueue::bounded(capacity))
    }

    /// Adds a frame for whoever has the device to himself, as [`FrameQueue::push`] does.
    pub fn push(&self, frame: RemoteFrame) -> bool {
        self.push_for(PlaybackUse::default(), frame)
    }

    /// Adds a frame for one of several.
    pub fn push_for(&self, whom: PlaybackUse, frame: RemoteFrame) -> bool {
        self.0.push((whom, frame))
    }

    /// The oldest frame that is still wanted, if there is one.
    #[must_use]
    pub fn try_next(&self) -> Option<RemoteFrame> {
        self.try_next_for().map(|(_, frame)| frame)
    }

    /// The same, with for whom it is.
    #[must_use]
    pub fn try_next_for(&self) -> Option<(PlaybackUse, RemoteFrame)> {
        std::iter::from_fn(|| self.0.try_next()).find(|(whom, _)| !whom.is_over())
    }

    /// Waits for the oldest frame that is still wanted; `None` once the queue is closed. Meant for one
    /// consumer. Dropping the future loses no frame.
    pub async fn next(&self) -> Option<RemoteFrame> {
        self.next_for().await.map(|(_, frame)| frame)
    }

    /// The same, with for whom it is.
    pub async fn next_for(&self) -> Option<(PlaybackUse, RemoteFrame)> {
        loop {
            let (whom, frame) = self.0.next().await?;
            if !whom.is_over() {
                return Some((whom, frame));
            }
        }
    }

    /// Shuts the gate, as [`FrameQueue::close`] does.
    pub fn close(&self) {
        self.0.close();
    }

    /// Whether the gate is shut.
    #[must_use]
    pub fn is_closed(&self) -> bool {
        self.0.is_closed()
    }

    /// How many frames were dropped because the consumer was too slow.
    #[must_use]
    pub fn dropped(&self) -> u64 {
        self.0.dropped()
    }
}

#[cfg(test)]
mod tests {
    use super::PlaybackUse;

    #[test]
    fn a_use_through_two_shared_devices_is_over_with_either() {
        let (inner, inner_used) = PlaybackUse::begin();
        let (outer, outer_used) = PlaybackUse::begin();
        let both = inner.within(&outer);
        assert_eq!(both, inner.within(&outer), "the same use");
        assert_ne!(both, inner);
        assert!(!both.is_over());
        drop(inner_used);
        assert!(both.is_over() && !outer.is_over());
        drop(outer_used);
        assert!(outer.is_over());
    }

    #[test]
    fn who_has_a_device_to_himself_is_one_use_and_never_over() {
        assert_eq!(PlaybackUse::default(), PlaybackUse::default());
        assert!(!PlaybackUse::default().is_over());
        let (shared, _used) = PlaybackUse::begin();
        assert_eq!(shared.within(&PlaybackUse::default()), shared);
    }
}
