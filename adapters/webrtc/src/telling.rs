//! The way from a peer connection to whoever listens: bounded, and never waiting for him.

use std::sync::Arc;

use exeunt_port::{FrameQueue, MediaFrame};
use tokio::sync::{mpsc, watch};

use crate::counts::Counters;
use crate::{MediaId, PeerEvent, PeerFailure};

/// How things stand, as far as the listener is concerned. Only the newest matters.
#[derive(Clone, Debug, Default, PartialEq)]
enum Standing {
    #[default]
    Connecting,
    Connected,
    Lost,
    Failed(PeerFailure),
    Closed,
}

/// The telling end.
#[derive(Debug)]
pub(crate) struct Teller {
    standing: watch::Sender<Standing>,
    undecodable: mpsc::Sender<(MediaId, String)>,
    frames: FrameQueue<(MediaId, MediaFrame)>,
}

impl Teller {
    /// Frames that may wait: over a second of sound and pictures.
    const FRAMES: usize = 96;
    /// Kinds of media that may wait to be told of; what is beyond is only counted.
    const UNDECODABLE: usize = 32;

    pub(crate) fn new(counters: Arc<Counters>) -> (Self, PeerEvents) {
        let (standing, standings) = watch::channel(Standing::Connecting);
        let (undecodable, undecodables) = mpsc::channel(Self::UNDECODABLE);
        let frames = FrameQueue::bounded(Self::FRAMES);
        let teller = Self {
            standing,
            undecodable,
            frames: frames.clone(),
        };
        let events = PeerEvents {
            standings,
            undecodables,
            frames,
            told: Standing::Connecting,
            over: false,
            counters,
        };
        (teller, events)
    }

    pub(crate) fn connected(&self) {
        self.standing.send_replace(Standing::Connected);
    }

    pub(crate) fn lost(&self) {
        self.standing.send_replace(Standing::Lost);
    }

    pub(crate) fn failed(&self, failure: PeerFailure) {
        self.standing.send_replace(Standing::Failed(failure));
    }

    pub(crate) fn closed(&self) {
        self.standing.send_replace(Standing::Closed);
    }

    pub(crate) fn undecodable(&self, mid: MediaId, what: String) {
        // Who does not listen is not told; the count remains.
        let _ = self.undecodable.try_send((mid, what));
    }

    /// Where frames go; decoders push into it from their threads.
    pub(crate) fn frames(&self) -> FrameQueue<(MediaId, MediaFrame)> {
        self.frames.clone()
    }
}

impl Drop for Teller {
    fn drop(&mut self) {
        // What has not been fetched by now belongs to a connection that is over (G-14).
        self.frames.close();
    }
}

/// What a peer connection tells, for one listener.
///
/// Nothing waits for the listener: of frames that are not fetched in time the oldest are lost and
/// counted, and of several changes between connected and lost only the newest is told.
#[derive(Debug)]
pub struct PeerEvents {
    standings: watch::Receiver<Standing>,
    undecodables: mpsc::Receiver<(MediaId, String)>,
    frames: FrameQueue<(MediaId, MediaFrame)>,
    told: Standing,
    over: bool,
    counters: Arc<Counters>,
}

impl PeerEvents {
    /// The next event. `None` when nothing follows any more: after [`PeerEvent::Failed`] or
    /// [`PeerEvent::Closed`], or when this side has closed or dropped the peer connection.
    /// Dropping the future loses no event.
    pub async fn next(&mut self) -> Option<PeerEvent> {
        loop {
            if self.over {
                return None;
            }
            if let Some(event) = self.standing_changed() {
                return Some(event);
            }
            tokio::select! {
                biased;
                changed = self.standings.changed() => {
                    if changed.is_err() {
                        // The last change may have come together with the end.
                        let last = self.standing_changed();
                        self.over = true;
                        return last;
                    }
                }
                Some((mid, what)) = self.undecodables.recv() => {
                    return Some(PeerEvent::Undecodable { mid, what });
                }
                Some((mid, frame)) = self.frames.next() => {
                    self.counters.frames_unfetched.raise_to(self.frames.dropped());
                    return Some(PeerEvent::Frame { mid, frame });
                }
            }
        }
    }

    fn standing_changed(&mut self) -> Option<PeerEvent> {
        let now = self.standings.borrow_and_update().clone();
        if now == self.told {
            return None;
        }
        self.told = now.clone();
        match now {
            Standing::Connecting => None,
            Standing::Connected => Some(PeerEvent::Connected),
            Standing::Lost => Some(PeerEvent::Lost),
            Standing::Failed(failure) => {
                self.over = true;
                Some(PeerEvent::Failed(failure))
            }
            Standing::Closed => {
                self.over = true;
                Some(PeerEvent::Closed)
            }
        }
    }
}
