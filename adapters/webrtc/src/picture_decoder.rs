//! The thread that makes JPEG of the H.264 of one medium.

use std::collections::VecDeque;
use std::sync::Arc;

use exeunt_port::{Codec, FrameQueue, MediaFrame};
use openh264::OpenH264API;
use openh264::decoder::{Decoder, DecoderConfig};
use tokio::sync::mpsc;
use tokio::time::Instant;

use crate::codec_thread::{CodecThread, Work};
use crate::counts::Counters;
use crate::picture;
use crate::{MediaId, NetworkError};

/// One access unit as it came, Annex B.
#[derive(Debug)]
pub(crate) struct ReceivedPicture {
    pub(crate) sequence: u32,
    pub(crate) captured_at_micros: u64,
    pub(crate) is_key_frame: bool,
    /// Whether it follows the one before without a loss.
    pub(crate) is_contiguous: bool,
    pub(crate) data: Arc<[u8]>,
}

/// What waits for the decoder, in order.
#[derive(Debug)]
pub(crate) struct Waiting {
    pictures: VecDeque<ReceivedPicture>,
    /// Nothing can be decoded properly before the next key frame.
    needs_key_frame: bool,
}

impl Waiting {
    /// Pictures that may wait: a second of them. A decoder that is further behind begins anew.
    const PICTURES: usize = 30;

    fn new() -> Self {
        Self {
            pictures: VecDeque::new(),
            needs_key_frame: true,
        }
    }

    /// Takes a picture if it can be decoded; answers how many were dropped.
    fn take(&mut self, picture: ReceivedPicture) -> usize {
        if !picture.is_contiguous {
            self.needs_key_frame = true;
        }
        let mut dropped = 0;
        if self.pictures.len() >= Self::PICTURES {
            dropped = self.begin_anew();
        }
        if self.needs_key_frame && !picture.is_key_frame {
            return dropped + 1;
        }
        self.needs_key_frame = false;
        self.pictures.push_back(picture);
        dropped
    }

    /// Waits for a key frame; answers how many pictures were dropped.
    fn begin_anew(&mut self) -> usize {
        // What waits from a newer key frame on can still be decoded.
        let newest = self.pictures.iter().rposition(|it| it.is_key_frame);
        let keep = newest.filter(|&at| at > 0);
        let drop = keep.unwrap_or(self.pictures.len());
        self.pictures.drain(..drop);
        self.needs_key_frame = self.pictures.is_empty();
        drop
    }
}

/// A decoder's thread and what waits for it.
#[derive(Debug)]
pub(crate) struct PictureDecoder {
    thread: CodecThread<Waiting>,
    counters: Arc<Counters>,
}

impl PictureDecoder {
    /// Starts the thread for one medium. Its pictures go to `frames`; `needs_key_frame` hears of the
    /// medium when the decoder cannot go on without one.
    pub(crate) fn start(
        mid: MediaId,
        counters: Arc<Counters>,
        frames: FrameQueue<(MediaId, MediaFrame)>,
        needs_key_frame: mpsc::Sender<MediaId>,
    ) -> Result<Self, NetworkError> {
        let own = Arc::clone(&counters);
        let thread = CodecThread::start("h264-decoder", Waiting::new(), move |work| {
            run(&work, mid, &own, &frames, &needs_key_frame);
        })?;
        Ok(Self { thread, counters })
    }

    /// Takes a picture; answers whether a key frame is needed to go on. Never waits.
    pub(crate) fn push(&self, picture: ReceivedPicture) -> bool {
        let outcome = self.thread.work.change(|waiting| {
            let dropped = waiting.take(picture);
            (dropped, waiting.needs_key_frame)
        });
        let (dropped, needs_key_frame) = outcome.unwrap_or((1, false));
        let dropped = u64::try_from(dropped).unwrap_or(u64::MAX);
        self.counters.pictures_damaged.add(dropped);
        needs_key_frame
    }

    /// Nothing is decoded any more; the thread ends after what it has in hand.
    pub(crate) fn retire(&self) {
        self.thread.work.end();
    }

    /// Whether the thread has come to its end.
    pub(crate) fn has_ended(&self) -> bool {
        self.thread.has_ended()
    }

    /// Ends and joins the thread; answers whether it could be done `until` then.
    pub(crate) async fn end(self, until: Instant) -> bool {
        self.thread.end(until).await
    }
}

fn run(
    work: &Work<Waiting>,
    mid: MediaId,
    counters: &Counters,
    frames: &FrameQueue<(MediaId, MediaFrame)>,
    needs_key_frame: &mpsc::Sender<MediaId>,
) {
    let mut decoder = None;
    while let Some(picture) = work.next(|waiting| waiting.pictures.pop_front()) {
        match decode(&mut decoder, &picture.data) {
            Ok(Some(Decoded::Jpeg(payload))) => {
                let frame = MediaFrame {
                    codec: Codec::Jpeg,
                    sequence: picture.sequence,
                    captured_at_micros: picture.captured_at_micros,
                    payload,
                };
                // After the close nobody is handed anything (G-14).
                if work.is_over() {
                    return;
                }
                counters.frames_received.count();
                frames.push((mid, frame));
            }
            Ok(Some(Decoded::TooLarge)) => counters.pictures_too_large.count(),
            // Parameter sets alone are no picture, and no fault.
            Ok(None) => {}
            Err(reason) => {
                tracing::debug!(%mid, %reason, "a picture that cannot be decoded");
                counters.pictures_damaged.count();
                // Whatever state it is in, the next key frame gets a fresh one.
                decoder = None;
                let dropped = work.change(|waiting| {
                    waiting.needs_key_frame = true;
                    waiting.begin_anew()
                });
                let dropped = u64::try_from(dropped.unwrap_or(0)).unwrap_or(u64::MAX);
                counters.pictures_damaged.add(dropped);
                // Full means that the driver is being told already.
                let _ = needs_key_frame.try_send(mid);
            }
        }
    }
}

enum Decoded {
    Jpeg(bytes::Bytes),
    TooLarge,
}

fn decode(decoder: &mut Option<Decoder>, data: &[u8]) -> Result<Option<Decoded>, openh264::Error> {
    let decoder = match decoder {
        Some(decoder) => decoder,
        empty => empty.insert(Decoder::with_api_config(
            OpenH264API::from_source(),
            DecoderConfig::new(),
        )?),
    };
    let picture = decoder.decode(data)?;
    Ok(picture.map(|picture| match picture::to_jpeg(&picture) {
        Some(jpeg) => Decoded::Jpeg(jpeg),
        None => Decoded::TooLarge,
    }))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::{ReceivedPicture, Waiting};

    fn picture(sequence: u32, is_key_frame: bool) -> ReceivedPicture {
        ReceivedPicture {
            sequence,
            captured_at_micros: 0,
            is_key_frame,
            is_contiguous: true,
            data: Arc::from([0]),
        }
    }

    fn waiting(waiting: &Waiting) -> Vec<u32> {
        let pictures = waiting.pictures.iter();
        pictures.map(|picture| picture.sequence).collect()
    }

    #[test]
    fn nothing_is_decoded_before_the_first_key_frame() {
        let mut queue = Waiting::new();
        assert_eq!(queue.take(picture(0, false)), 1);
        assert!(queue.needs_key_frame);
        assert_eq!(queue.take(picture(1, true)), 0);
        assert_eq!(queue.take(picture(2, false)), 0);
        assert_eq!(waiting(&queue), [1, 2]);
    }

    #[test]
    fn after_a_loss_it_waits_for_the_next_key_frame() {
        let mut queue = Waiting::new();
        queue.take(picture(0, true));
        let after_a_loss = ReceivedPicture {
            is_contiguous: false,
            ..picture(2, false)
        };
        assert_eq!(queue.take(after_a_loss), 1);
        assert_eq!(queue.take(picture(3, false)), 1);
        assert_eq!(queue.take(picture(4, true)), 0);
        assert_eq!(waiting(&queue), [0, 4]);
    }

    #[test]
    fn a_decoder_that_is_too_far_behind_begins_anew() {
        let full = u32::try_from(Waiting::PICTURES).expect("few");
        let mut queue = Waiting::new();
        for number in 0..full {
            assert_eq!(queue.take(picture(number, number == 0)), 0);
        }
        // All that waited and the one that came.
        assert_eq!(queue.take(picture(full, false)), Waiting::PICTURES + 1);
        assert!(queue.needs_key_frame);
        assert!(queue.pictures.is_empty());
    }

    #[test]
    fn beginning_anew_keeps_what_can_be_decoded() {
        let full = u32::try_from(Waiting::PICTURES).expect("few");
        let mut queue = Waiting::new();
        for number in 0..full {
            queue.take(picture(number, number == 0 || number == full - 2));
        }
        assert_eq!(queue.take(picture(full, false)), Waiting::PICTURES - 2);
        assert_eq!(waiting(&queue), [full - 2, full - 1, full]);
    }
}
