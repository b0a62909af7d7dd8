//! What is to be sent, on its way to the driver or to the encoder.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use exeunt_port::{Codec, FrameQueue, MediaFrame};

use crate::counts::Counters;
use crate::picture_encoder::Pictures;

/// Sound waits in a short queue for the driver; of the pictures only the newest waits for the encoder.
#[derive(Clone, Debug)]
pub(crate) struct Outbound {
    sound: FrameQueue<MediaFrame>,
    sound_is_wanted: Arc<AtomicBool>,
    pictures: Option<Pictures>,
    counters: Arc<Counters>,
}

impl Outbound {
    /// Opus packets that may wait: half a second.
    const SOUND: usize = 25;
    /// The largest Opus packet that fits into one datagram with all that is around it, in bytes.
    /// 20 ms of mono sound have 1275 at 510 kbit/s, and under 200 at what people use.
    const LARGEST_SOUND: usize = 1100;

    pub(crate) fn new(pictures: Option<Pictures>, counters: Arc<Counters>) -> Self {
        Self {
            sound: FrameQueue::bounded(Self::SOUND),
            sound_is_wanted: Arc::default(),
            pictures,
            counters,
        }
    }

    /// Takes a frame; answers whether it may still be sent.
    pub(crate) fn push(&self, frame: MediaFrame) -> bool {
        if frame.codec == Codec::Jpeg {
            return match &self.pictures {
                Some(pictures) => pictures.push(frame),
                None => self.unwanted(),
            };
        }
        if frame.codec != Codec::Opus || !self.sound_is_wanted.load(Ordering::Relaxed) {
            return self.unwanted();
        }
        if frame.payload.is_empty() || frame.payload.len() > Self::LARGEST_SOUND {
            self.counters.frames_unusable.count();
            return false;
        }
        let before = self.sound.dropped();
        let taken = self.sound.push(frame);
        let outrun = self.sound.dropped().saturating_sub(before);
        self.counters.frames_outrun.add(outrun);
        taken
    }

    fn unwanted(&self) -> bool {
        self.counters.frames_unwanted.count();
        false
    }

    /// Whether there is a connection for what is pushed, and a medium.
    pub(crate) fn set_wanted(&self, sound: bool, pictures: bool) {
        self.sound_is_wanted.store(sound, Ordering::Relaxed);
        if let Some(own) = &self.pictures {
            own.set_wanted(pictures);
        }
    }

    /// The other side, or the driver, needs a key frame.
    pub(crate) fn request_key_frame(&self) {
        if let Some(pictures) = &self.pictures {
            pictures.request_key_frame();
        }
    }

    /// The next packet; `None` once nothing is sent any more.
    pub(crate) async fn next_sound(&self) -> Option<MediaFrame> {
        self.sound.next().await
    }

    /// Takes nothing any more, and forgets what waits (G-14).
    pub(crate) fn close(&self) {
        self.sound.close();
        if let Some(pictures) = &self.pictures {
            pictures.close();
        }
    }
}
