//! The thread that makes H.264 of the newest picture.

use std::sync::Arc;
use std::time::{Duration, Instant};

use exeunt_port::MediaFrame;
use openh264::encoder::{
    BitRate, Encoder, EncoderConfig, FrameRate, FrameType, Profile, RateControlMode, VuiConfig,
};
use openh264::{OpenH264API, Timestamp};
use tokio::sync::mpsc;

use crate::NetworkError;
use crate::codec_thread::{CodecThread, Work};
use crate::counts::Counters;
use crate::picture::Picture;

/// A picture as it goes onto the network: one access unit, Annex B.
#[derive(Debug)]
pub(crate) struct EncodedPicture {
    pub(crate) captured_at_micros: u64,
    pub(crate) is_key_frame: bool,
    pub(crate) data: Vec<u8>,
}

/// What waits for the encoder.
#[derive(Debug, Default)]
pub(crate) struct Waiting {
    newest: Option<MediaFrame>,
    is_wanted: bool,
    key_frame: bool,
}

/// Where pictures wait for the encoder: only ever the newest.
#[derive(Clone, Debug)]
pub(crate) struct Pictures {
    work: Work<Waiting>,
    counters: Arc<Counters>,
}

impl Pictures {
    /// Takes a picture; answers whether it may still be sent.
    pub(crate) fn push(&self, frame: MediaFrame) -> bool {
        let outcome = self
            .work
            .change(|waiting| waiting.is_wanted.then(|| waiting.newest.replace(frame)));
        match outcome {
            Some(Some(outrun)) => {
                self.counters.frames_outrun.add(u64::from(outrun.is_some()));
                true
            }
            Some(None) => {
                self.counters.frames_unwanted.count();
                false
            }
            None => false,
        }
    }

    /// Whether pictures are encoded at all. The first one then is a key frame.
    pub(crate) fn set_wanted(&self, is_wanted: bool) {
        self.work.change(|waiting| {
            if is_wanted && !waiting.is_wanted {
                waiting.key_frame = true;
            }
            if !is_wanted {
                waiting.newest = None;
            }
            waiting.is_wanted = is_wanted;
        });
    }

    /// The next picture is to be a key frame, or one soon after (see [`KEY_FRAMES_APART`]).
    pub(crate) fn request_key_frame(&self) {
        self.work.change(|waiting| waiting.key_frame = true);
    }

    pub(crate) fn close(&self) {
        self.work.end();
    }
}

/// However often key frames are asked for, they are at least so far apart: one of them takes as much
/// of the network as a second of other pictures.
const KEY_FRAMES_APART: Duration = Duration::from_millis(300);

/// Starts the thread. What it encodes goes to the driver, for which it waits while that is full; newer
/// pictures then outrun the one that waits.
pub(crate) fn start(
    bits_a_second: u32,
    counters: Arc<Counters>,
    to_network: mpsc::Sender<EncodedPicture>,
) -> Result<(CodecThread<Waiting>, Pictures), NetworkError> {
    let own = Arc::clone(&counters);
    let thread = CodecThread::start("h264-encoder", Waiting::default(), move |work| {
        run(&work, bits_a_second, &own, &to_network);
    })?;
    let pictures = Pictures {
        work: thread.work.clone(),
        counters,
    };
    Ok((thread, pictures))
}

fn run(
    work: &Work<Waiting>,
    bits_a_second: u32,
    counters: &Counters,
    to_network: &mpsc::Sender<EncodedPicture>,
) {
    let mut encoder = PictureEncoder::new(bits_a_second);
    while let Some((frame, key_frame)) = work.next(|waiting| {
        let frame = waiting.newest.take()?;
        Some((frame, std::mem::take(&mut waiting.key_frame)))
    }) {
        let picture = match Picture::from_jpeg(&frame.payload) {
            Ok(picture) => picture,
            Err(reason) => {
                tracing::debug!(?reason, "a picture that cannot be sent");
                counters.frames_unusable.count();
                put_back(work, key_frame);
                continue;
            }
        };
        let outcome = encoder.encode(&picture, frame.captured_at_micros, key_frame);
        put_back(work, outcome.still_owed);
        match outcome.encoded {
            Ok(Some(picture)) => {
                if to_network.blocking_send(picture).is_err() {
                    return;
                }
            }
            Ok(None) => counters.pictures_skipped.count(),
            Err(reason) => {
                tracing::debug!(%reason, "the encoder did not take a picture");
                counters.frames_unusable.count();
            }
        }
    }
}

/// A key frame that is still owed.
fn put_back(work: &Work<Waiting>, key_frame: bool) {
    if key_frame {
        work.change(|waiting| waiting.key_frame = true);
    }
}

struct Outcome {
    /// `None` when the encoder left the picture out to keep to the bitrate.
    encoded: Result<Option<EncodedPicture>, openh264::Error>,
    /// Whether a key frame is owed to whoever asked for one.
    still_owed: bool,
}

struct PictureEncoder {
    encoder: Option<Encoder>,
    bits_a_second: u32,
    /// The encoder's time, which has to go on when a camera's begins anew.
    began: Instant,
    last_key_frame: Option<Instant>,
}

impl PictureEncoder {
    fn new(bits_a_second: u32) -> Self {
        Self {
            encoder: None,
            bits_a_second,
            began: Instant::now(),
            last_key_frame: None,
        }
    }

    fn encode(&mut self, picture: &Picture, captured_at_micros: u64, key_frame: bool) -> Outcome {
        let apart = |last: Instant| last.elapsed() >= KEY_FRAMES_APART;
        let now = key_frame && self.last_key_frame.is_none_or(apart);
        let encoded = self.try_encode(picture, captured_at_micros, now);
        let answered = matches!(&encoded, Ok(Some(encoded)) if encoded.is_key_frame);
        if answered {
            self.last_key_frame = Some(Instant::now());
        }
        if encoded.is_err() {
            // Whatever state it is in, the next picture gets a fresh one, which begins with a key frame.
            self.encoder = None;
        }
        Outcome {
            encoded,
            still_owed: key_frame && !answered,
        }
    }

    fn try_encode(
        &mut self,
        picture: &Picture,
        captured_at_micros: u64,
        key_frame: bool,
    ) -> Result<Option<EncodedPicture>, openh264::Error> {
        let encoder = match &mut self.encoder {
            Some(encoder) => encoder,
            empty => empty.insert(Encoder::with_api_config(
                OpenH264API::from_source(),
                configuration(self.bits_a_second),
            )?),
        };
        if key_frame {
            encoder.force_intra_frame();
        }
        let elapsed = u64::try_from(self.began.elapsed().as_millis()).unwrap_or(u64::MAX);
        let at = Timestamp::from_millis(elapsed);
        let stream = encoder.encode_at(picture, at)?;
        let mut data = Vec::new();
        stream.write_vec(&mut data);
        let is_key_frame = matches!(stream.frame_type(), FrameType::IDR);
        Ok((!data.is_empty()).then_some(EncodedPicture {
            captured_at_micros,
            is_key_frame,
            data,
        }))
    }
}

/// Constrained baseline: what every WebRTC receiver decodes. One thread: the encoder's own.
fn configuration(bits_a_second: u32) -> EncoderConfig {
    EncoderConfig::new()
        .profile(Profile::Baseline)
        .bitrate(BitRate::from_bps(bits_a_second))
        .rate_control_mode(RateControlMode::Bitrate)
        .max_frame_rate(FrameRate::from_hz(30.0))
        .skip_frames(true)
        .num_threads(1)
        .vui(VuiConfig::bt601())
}
