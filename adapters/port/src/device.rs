//! The port of a device: how a microphone, camera or speaker is opened and really released.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use async_trait::async_trait;
use serde::{Deserialize, Serialize};
use thiserror::Error;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

use crate::{FrameQueue, MediaFrame, PlaybackQueue, PlaybackUse, RemoteFrame};

/// What a device does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DeviceKind {
    /// Captures sound.
    Microphone,
    /// Captures pictures.
    Camera,
    /// Plays sound.
    Speaker,
}

impl std::fmt::Display for DeviceKind {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.pad(match self {
            Self::Microphone => "microphone",
            Self::Camera => "camera",
            Self::Speaker => "speaker",
        })
    }
}

/// A microphone, camera or speaker that can be opened, several times one after another.
#[async_trait]
pub trait Device: Send + Sync + 'static {
    /// What it does.
    fn kind(&self) -> DeviceKind;

    /// What reports and traces call it, for instance `default microphone (PulseAudio)`.
    fn name(&self) -> String;

    /// Whether other stays may use it at the same time, so that only the last of them releases it
    /// (G-16). Reports say so. What wraps a device passes this on.
    fn is_shared(&self) -> bool {
        false
    }

    /// Opens the device and starts it. `Ok` means that it runs.
    ///
    /// Opening may block for as long as a driver likes, so it runs on a thread of the adapter's own.
    /// When [`DeviceLink::abandoned`] resolves, the device is no longer wanted: end with
    /// [`DeviceError::Abandoned`] and hold nothing, or with the open device, which will then be
    /// released at once (G-4). The runtime may also drop the future; a device that opens after that
    /// is released by the adapter.
    async fn open(&self, link: DeviceLink) -> Result<Box<dyn OpenDevice>, DeviceError>;
}

/// A device that is open: it captures or plays.
///
/// Dropping it without [`release`](Self::release) lets go of the device without blocking.
#[async_trait]
pub trait OpenDevice: Send + 'static {
    /// What was really opened, for instance `ALC257 Analog, 48000 Hz, mono, 20 ms`.
    fn description(&self) -> String;

    /// Lets go of the device. `Ok` means that the operating system's handle is gone: threads joined,
    /// descriptors closed (G-13). A device that has vanished is released. One that others use as well
    /// stays open, and says so: [`DeviceError::StillShared`]. The future may take as long
    /// as the driver does; the runtime bounds it, and dropping it does not stop the release (G-7).
    async fn release(self: Box<Self>) -> Result<(), DeviceError>;
}

/// What can be wrong with a device.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum DeviceError {
    /// No device of that name.
    #[error("no {kind} is called {wanted:?}; there is {}", listed(available))]
    NotFound {
        /// What was looked for.
        kind: DeviceKind,
        /// Under which name.
        wanted: String,
        /// What there is.
        available: Vec<String>,
    },
    /// Several devices of that name.
    #[error(
        "{wanted:?} fits several {kind}s; name one of them: {}",
        listed(candidates)
    )]
    Ambiguous {
        /// What was looked for.
        kind: DeviceKind,
        /// Under which name.
        wanted: String,
        /// What it fits.
        candidates: Vec<String>,
    },
    /// Somebody else holds it.
    #[error("{name} is busy: another program or stay holds it")]
    Busy {
        /// Which device.
        name: String,
    },
    /// The system does not let us.
    #[error("no permission to open {name}: {hint}")]
    Denied {
        /// Which device.
        name: String,
        /// What would help.
        hint: String,
    },
    /// The device cannot do what was asked of it.
    #[error("{name} does not offer {wanted}; it offers {}", listed(offered))]
    Unsupported {
        /// Which device.
        name: String,
        /// What was asked.
        wanted: String,
        /// What it can do.
        offered: Vec<String>,
    },
    /// A file that stands in for a device cannot be used.
    #[error("{path} cannot serve as {kind}: {detail}")]
    File {
        /// As what.
        kind: DeviceKind,
        /// Which file.
        path: String,
        /// Why not.
        detail: String,
    },
    /// It went away, or stopped delivering.
    #[error("{name} has vanished: {detail}")]
    Vanished {
        /// Which device.
        name: String,
        /// How that was noticed.
        detail: String,
    },
    /// The driver reported something else.
    #[error("{name}: {detail}")]
    Backend {
        /// Which device.
        name: String,
        /// The driver's words.
        detail: String,
    },
    /// The device is open no more as far as we can tell, but the system still shows a handle.
    #[error("{name} is still held after its release: {detail}")]
    StillHeld {
        /// Which device.
        name: String,
        /// What shows it.
        detail: String,
    },
    /// The answer to a release that was none: this use of the device is over, and it stays open for
    /// others (G-16). Nothing is wrong.
    #[error("{name} stays open: {others} other(s) still use it")]
    StillShared {
        /// Which device.
        name: String,
        /// How many use it.
        others: usize,
    },
    /// The runtime abandoned the opening, and nothing is held.
    #[error("opening was abandoned")]
    Abandoned,
    /// The adapter panicked; the runtime caught it.
    #[error("the device's adapter panicked")]
    Panicked,
}

fn listed(names: &[String]) -> String {
    if names.is_empty() {
        "none".to_owned()
    } else {
        // Names and rates have commas of their own.
        names.join("; ")
    }
}

/// What a device tells while it is open.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DeviceSignal {
    /// It has gone: unplugged, its server died, its watchdog saw no frames. Say it once.
    Vanished(DeviceError),
    /// It is broken but still held, so it wants to be released. Say it once.
    Failed(DeviceError),
}

/// A device's way to its stay: what it captures, what it is to play, what it suffers.
///
/// Cloning gives another handle. After the runtime asked for the release everything here is a no-op:
/// a driver that calls back late is heard no more (G-14).
#[derive(Clone, Debug)]
pub struct DeviceLink {
    signals: mpsc::Sender<DeviceSignal>,
    captured: FrameQueue<MediaFrame>,
    playback: PlaybackQueue,
    live: Arc<AtomicBool>,
    abandoned: CancellationToken,
}

/// The other end of a [`DeviceLink`], which the runtime (or an adapter's test) holds.
#[derive(Debug)]
pub struct DeviceSide {
    /// What the device tells.
    pub signals: mpsc::Receiver<DeviceSignal>,
    /// What it captured. In a stay this is the room's outbound queue.
    pub captured: FrameQueue<MediaFrame>,
    /// What it is to play.
    pub playback: PlaybackQueue,
    live: Arc<AtomicBool>,
    abandon: CancellationToken,
}

impl DeviceLink {
    /// A device says little; more than this is a storm.
    const SIGNALS: usize = 8;
    /// Frames to play that may wait: under half a second of one speaker.
    const PLAYBACK: usize = 24;

    /// A link whose captured frames go into `captured`, and its other end.
    #[must_use]
    pub fn pair(captured: FrameQueue<MediaFrame>) -> (Self, DeviceSide) {
        let (sender, receiver) = mpsc::channel(Self::SIGNALS);
        let link = Self {
            signals: sender,
            captured,
            playback: PlaybackQueue::bounded(Self::PLAYBACK),
            live: Arc::new(AtomicBool::new(true)),
            abandoned: CancellationToken::new(),
        };
        let side = DeviceSide {
            signals: receiver,
            captured: link.captured.clone(),
            playback: link.playback.clone(),
            live: Arc::clone(&link.live),
            abandon: link.abandoned.clone(),
        };
        (link, side)
    }

    /// Hands over a captured frame; never waits. Answers whether it was taken: after the gate is shut
    /// or the release was asked for, none is (G-14).
    pub fn captured(&self, frame: MediaFrame) -> bool {
        self.is_live() && self.captured.push(frame)
    }

    /// The next frame to play; `None` once the device is to fall silent. For one consumer.
    pub async fn next_playback(&self) -> Option<RemoteFrame> {
        self.playback.next().await
    }

    /// The same, with for whom it is. For what passes frames on to another device.
    pub async fn next_playback_for(&self) -> Option<(PlaybackUse, RemoteFrame)> {
        self.playback.next_for().await
    }

    /// The next frame to play if one is waiting; for a thread that must not wait.
    #[must_use]
    pub fn try_playback(&self) -> Option<RemoteFrame> {
        self.try_playback_for().map(|(_, frame)| frame)
    }

    /// The same, with for whom it is. A device that keeps sound back is to look now and then whether
    /// that use [is over](PlaybackUse::is_over), and then not to play what it keeps of it (G-14).
    #[must_use]
    pub fn try_playback_for(&self) -> Option<(PlaybackUse, RemoteFrame)> {
        if self.is_live() {
            self.playback.try_next_for()
        } else {
            None
        }
    }

    /// Tells what happened; never waits, so a driver's callback may call it. What does not fit into
    /// the channel is a storm and is dropped: the first signal was the one that counts.
    pub fn signal(&self, signal: DeviceSignal) {
        if self.is_live() {
            let _ = self.signals.try_send(signal);
        }
    }

    /// Whether frames and signals are still wanted. A device thread ends its loop when they are not.
    #[must_use]
    pub fn is_live(&self) -> bool {
        self.live.load(Ordering::SeqCst)
    }

    /// Resolves when the device is no longer wanted (G-4).
    pub async fn abandoned(&self) {
        self.abandoned.cancelled().await;
    }

    /// Whether the device is no longer wanted.
    #[must_use]
    pub fn is_abandoned(&self) -> bool {
        self.abandoned.is_cancelled()
    }
}

impl DeviceSide {
    /// Makes the link fall silent and abandons an opening. Called when the release is asked for.
    pub fn silence(&self) {
        self.live.store(false, Ordering::SeqCst);
        self.playback.close();
        self.abandon.cancel();
    }
}
