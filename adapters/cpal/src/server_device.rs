//! A microphone or a speaker of the sound server, and its streams.

use std::ffi::CStr;

use cpal::{BufferSize, SampleFormat, SupportedBufferSize, SupportedStreamConfigRange};
use futures_executor::block_on;
use pulseaudio::protocol::stream::{BufferAttr, StreamFlags};
use pulseaudio::protocol::{
    self, ChannelMap, ChannelPosition, PlaybackStreamParams, Prop, Props, RecordStreamParams,
    SampleSpec, SinkInfo, SourceInfo, sample_spec,
};
use pulseaudio::{AsPlaybackSource, Client, PlaybackStream, RecordStream};

use crate::format::{Format, SAMPLE_RATE};
use crate::list::AudioConfig;
use crate::sound_server::meaning;

/// What is recorded and played: this machine's floats, of one channel, which the server converts.
const FLOATS: SampleSpec = SampleSpec {
    format: if cfg!(target_endian = "little") {
        protocol::SampleFormat::Float32Le
    } else {
        protocol::SampleFormat::Float32Be
    },
    channels: 1,
    sample_rate: SAMPLE_RATE,
};
/// The bytes of one of them.
const SAMPLE: u32 = 4;
/// The most that the server lets pass at once; it keeps two of them.
const MOST_SAMPLES: u32 = 4 * 1024 * 1024 / (2 * SAMPLE);

/// A device of the sound server.
#[derive(Clone)]
pub(crate) struct ServerDevice {
    client: Client,
    index: u32,
    /// The server's identifier of it.
    pub(crate) id: String,
    /// What people call it.
    pub(crate) name: String,
    likes: SampleSpec,
}

/// What is recorded from it or played to it, as long as this is there.
pub(crate) enum ServerStream {
    /// Sound comes in.
    Record(RecordStream),
    /// Sound goes out.
    Playback(PlaybackStream),
}

impl ServerDevice {
    /// What the server records from.
    pub(crate) fn source(client: &Client, source: SourceInfo) -> Self {
        let SourceInfo {
            index,
            name,
            description,
            sample_spec,
            ..
        } = source;
        Self::of(client, index, &name, description.as_deref(), sample_spec)
    }

    /// What the server plays to.
    pub(crate) fn sink(client: &Client, sink: SinkInfo) -> Self {
        let SinkInfo {
            index,
            name,
            description,
            sample_spec,
            ..
        } = sink;
        Self::of(client, index, &name, description.as_deref(), sample_spec)
    }

    fn of(
        client: &Client,
        index: u32,
        id: &CStr,
        description: Option<&CStr>,
        likes: SampleSpec,
    ) -> Self {
        Self {
            client: client.clone(),
            index,
            id: id.to_string_lossy().into_owned(),
            name: description.unwrap_or(id).to_string_lossy().into_owned(),
            likes,
        }
    }

    /// How the device itself likes to be used.
    pub(crate) fn default_config(&self) -> Option<AudioConfig> {
        Some(AudioConfig {
            sample_rate: self.likes.sample_rate,
            channels: u16::from(self.likes.channels),
            sample_format: sample_format(self.likes.format)?.to_string(),
        })
    }

    /// What the server converts from and to.
    pub(crate) fn formats() -> Vec<SupportedStreamConfigRange> {
        let formats = [
            SampleFormat::U8,
            SampleFormat::I16,
            SampleFormat::I24,
            SampleFormat::I32,
            SampleFormat::F32,
        ];
        let buffer = SupportedBufferSize::Range {
            min: 1,
            max: MOST_SAMPLES,
        };
        let offer = |format, channels| {
            let channels = u16::from(channels);
            SupportedStreamConfigRange::new(channels, 1, sample_spec::MAX_RATE, buffer, format)
        };
        formats
            .into_iter()
            .flat_map(|format| {
                (1..=sample_spec::MAX_CHANNELS).map(move |channels| offer(format, channels))
            })
            .collect()
    }

    /// Records mono floats from it, once it is [started](ServerStream::start). Blocks until the server
    /// has answered.
    pub(crate) fn record(
        &self,
        format: Format,
        hear: impl FnMut(&[u8]) + Send + 'static,
    ) -> Result<ServerStream, cpal::Error> {
        let period = period(format);
        let parameters = RecordStreamParams {
            sample_spec: FLOATS,
            channel_map: ChannelMap::new([ChannelPosition::Mono]),
            source_index: Some(self.index),
            // No most length: a card may deliver more at once, and what does not fit whole the server drops.
            buffer_attr: period.map_or_else(BufferAttr::default, |bytes| BufferAttr {
                fragment_size: bytes,
                ..BufferAttr::default()
            }),
            props: named(c"microphone"),
            flags: flags(period),
            ..RecordStreamParams::default()
        };
        block_on(self.client.create_record_stream(parameters, hear))
            .map(ServerStream::Record)
            .map_err(|error| meaning(&error))
    }

    /// Plays mono floats to it, once it is [started](ServerStream::start); `speak` fills what it is
    /// given. Blocks until the server has answered.
    pub(crate) fn play(
        &self,
        format: Format,
        mut speak: impl FnMut(&mut [u8]) + Send + 'static,
    ) -> Result<ServerStream, cpal::Error> {
        let period = period(format);
        let parameters = PlaybackStreamParams {
            sample_spec: FLOATS,
            channel_map: ChannelMap::new([ChannelPosition::Mono]),
            sink_index: Some(self.index),
            // Two periods, filled by quarters. Out of these two the server finds how long the device itself may
            // take: one of which whole periods were asked would have no time left, and hurry as it can. A device
            // that takes longer by itself may have twice as much, and not more: what is there is heard late.
            buffer_attr: period.map_or_else(BufferAttr::default, |bytes| BufferAttr {
                max_length: bytes.saturating_mul(4),
                target_length: bytes.saturating_mul(2),
                minimum_request_length: (bytes / (4 * SAMPLE)).max(1) * SAMPLE,
                ..BufferAttr::default()
            }),
            props: named(c"speaker"),
            flags: flags(period),
            ..PlaybackStreamParams::default()
        };
        let source = move |bytes: &mut [u8]| {
            speak(bytes);
            bytes.len()
        };
        block_on(
            self.client
                .create_playback_stream(parameters, source.as_playback_source()),
        )
        .map(ServerStream::Playback)
        .map_err(|error| meaning(&error))
    }
}

impl ServerStream {
    /// Lets the sound flow. Blocks until the server has answered.
    pub(crate) fn start(&self) -> Result<(), cpal::Error> {
        let started = match self {
            Self::Record(stream) => block_on(stream.uncork()),
            Self::Playback(stream) => block_on(stream.uncork()),
        };
        started.map_err(|error| meaning(&error))
    }
}

/// What passes at once, in bytes; `None` leaves it to the server.
fn period(format: Format) -> Option<u32> {
    match format.config.buffer_size {
        BufferSize::Fixed(samples) => Some(samples.min(MOST_SAMPLES) * SAMPLE),
        BufferSize::Default => None,
    }
}

fn flags(period: Option<u32>) -> StreamFlags {
    StreamFlags {
        start_corked: true,
        // Also the device itself is to keep to that period.
        adjust_latency: period.is_some(),
        ..StreamFlags::default()
    }
}

/// What people see beside the program's name.
fn named(name: &CStr) -> Props {
    let mut props = Props::new();
    props.set(Prop::MediaName, name);
    props
}

/// The name of the server's format, if it has one here.
fn sample_format(format: protocol::SampleFormat) -> Option<SampleFormat> {
    use protocol::SampleFormat as Servers;
    match format {
        Servers::U8 => Some(SampleFormat::U8),
        Servers::S16Le | Servers::S16Be => Some(SampleFormat::I16),
        Servers::S24Le | Servers::S24Be | Servers::S24In32Le | Servers::S24In32Be => {
            Some(SampleFormat::I24)
        }
        Servers::S32Le | Servers::S32Be => Some(SampleFormat::I32),
        Servers::Float32Le | Servers::Float32Be => Some(SampleFormat::F32),
        Servers::Invalid | Servers::Alaw | Servers::Ulaw => None,
    }
}
