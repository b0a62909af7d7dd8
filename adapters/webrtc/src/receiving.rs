//! What becomes of received media: sound goes through, pictures by way of their decoder.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use exeunt_port::{Codec, MediaFrame};
use str0m::format::Codec as Format;
use str0m::media::MediaData;
use tokio::sync::mpsc;

use crate::MediaId;
use crate::counts::Counters;
use crate::opus;
use crate::picture_decoder::{PictureDecoder, ReceivedPicture};
use crate::telling::Teller;
use crate::timeline::IncomingTimeline;

/// All received media of one peer connection.
#[derive(Debug)]
pub(crate) struct Receiving {
    media: BTreeMap<MediaId, Medium>,
    /// Of media that carry nothing any more; they end by themselves and are joined at the close.
    retired: Vec<PictureDecoder>,
    counters: Arc<Counters>,
    key_frames: mpsc::Sender<MediaId>,
}

#[derive(Debug, Default)]
struct Medium {
    timeline: IncomingTimeline,
    decoder: Option<PictureDecoder>,
    /// Pictures that came, for the sequence.
    pictures: u64,
    /// What was said to be undecodable.
    said: Option<Format>,
    asked_for_key_frame: Option<Instant>,
}

impl Receiving {
    /// The most media that are received at the same time.
    const MEDIA: usize = 128;
    /// The most decoders, each a thread; what is beyond is undecodable.
    const DECODERS: usize = 16;
    /// Key frames are asked for that often at most, for each medium.
    const ASKING: Duration = Duration::from_millis(500);

    /// Decoders say to `key_frames` which medium needs one.
    pub(crate) fn new(counters: Arc<Counters>, key_frames: mpsc::Sender<MediaId>) -> Self {
        Self {
            media: BTreeMap::new(),
            retired: Vec::new(),
            counters,
            key_frames,
        }
    }

    /// Takes what came; answers whether its medium needs a key frame to go on.
    pub(crate) fn received(&mut self, data: &MediaData, teller: &Teller) -> bool {
        let mid = MediaId(data.mid);
        let decoders = self.decoders();
        if !self.media.contains_key(&mid) && self.media.len() >= Self::MEDIA {
            self.counters.undecodable.count();
            return false;
        }
        let medium = self.media.entry(mid).or_default();
        let format = data.params.spec().codec;
        if format == Format::Opus && opus::is_twenty_milliseconds(&data.data) {
            let (sequence, captured_at_micros) = medium
                .timeline
                .place(**data.seq_range.start(), data.time.as_micros());
            let frame = MediaFrame {
                codec: Codec::Opus,
                sequence,
                captured_at_micros,
                payload: Bytes::copy_from_slice(&data.data),
            };
            self.counters.frames_received.count();
            teller.frames().push((mid, frame));
            return false;
        }
        if format == Format::H264 && medium.decoder.is_none() && decoders < Self::DECODERS {
            let (counters, frames) = (Arc::clone(&self.counters), teller.frames());
            let started = PictureDecoder::start(mid, counters, frames, self.key_frames.clone());
            medium.decoder = started
                .inspect_err(|reason| tracing::warn!(%mid, %reason, "no decoder"))
                .ok();
        }
        match &medium.decoder {
            Some(decoder) if format == Format::H264 => {
                // A gap in the sequence says that something was lost.
                medium.pictures += if data.contiguous { 1 } else { 2 };
                let (sequence, captured_at_micros) = medium
                    .timeline
                    .place(medium.pictures, data.time.as_micros());
                decoder.push(ReceivedPicture {
                    sequence,
                    captured_at_micros,
                    is_key_frame: data.is_keyframe(),
                    is_contiguous: data.contiguous,
                    data: Arc::clone(&data.data),
                })
            }
            Some(_) | None => {
                self.counters.undecodable.count();
                if medium.said != Some(format) {
                    medium.said = Some(format);
                    teller.undecodable(mid, format.to_string());
                }
                false
            }
        }
    }

    fn decoders(&self) -> usize {
        let at_work = self
            .media
            .values()
            .filter(|medium| medium.decoder.is_some());
        at_work.count() + self.retired.len()
    }

    /// Whether it is time to ask for a key frame; it is then taken as asked for.
    pub(crate) fn may_ask_for_key_frame(&mut self, mid: MediaId, now: Instant) -> bool {
        let Some(medium) = self.media.get_mut(&mid) else {
            return false;
        };
        let apart = |asked: Instant| now.saturating_duration_since(asked) >= Self::ASKING;
        let may = medium.asked_for_key_frame.is_none_or(apart);
        if may {
            medium.asked_for_key_frame = Some(now);
        }
        may
    }

    /// The medium carries nothing any more; what comes again under its name is another one.
    pub(crate) fn stopped(&mut self, mid: MediaId) {
        self.retired.retain(|decoder| !decoder.has_ended());
        if let Some(Medium {
            decoder: Some(decoder),
            ..
        }) = self.media.remove(&mid)
        {
            decoder.retire();
            self.retired.push(decoder);
        }
    }

    /// Ends all decoders; answers how many could not be ended `until` then.
    pub(crate) async fn end(self, until: tokio::time::Instant) -> usize {
        let media = self.media.into_values().filter_map(|medium| medium.decoder);
        let decoders: Vec<_> = media.chain(self.retired).collect();
        decoders.iter().for_each(PictureDecoder::retire);
        let mut stuck = 0;
        for decoder in decoders {
            stuck += usize::from(!decoder.end(until).await);
        }
        stuck
    }
}
