//! Microphone and speaker without Exeunt: cpal, in the format that the member opens as well.

use std::sync::mpsc::{SyncSender, sync_channel};

use cpal::traits::{DeviceTrait, HostTrait, StreamTrait};
use cpal::{BufferSize, Data, Device, HostId, SampleFormat, Stream, StreamConfig};

use super::Way;
use crate::guest::failure::LabFailure;
use crate::guest::process::PATIENCE;
use crate::guest::sound::{MICROPHONE, PERIOD, SPEAKER};

const RATE: u32 = 48_000;

/// A stream that runs.
pub(super) struct BareSound(Stream);

impl BareSound {
    /// Answers when the driver has delivered sound.
    pub(super) fn microphone() -> Result<Self, LabFailure> {
        Self::running(Way::CpalMicrophone, |running| {
            let host = cpal::host_from_id(HostId::Alsa)?;
            let device = host.input_devices()?.find(|device| is(device, MICROPHONE));
            let sound = move |_: &Data, _: &_| runs(&running);
            let open = |device: Device| {
                device.build_input_stream_raw(config(), SampleFormat::F32, sound, |_| (), None)
            };
            device.map(open).transpose()
        })
    }

    /// Answers when the driver has asked for sound.
    pub(super) fn speaker() -> Result<Self, LabFailure> {
        Self::running(Way::CpalSpeaker, |running| {
            let host = cpal::host_from_id(HostId::Alsa)?;
            let device = host.output_devices()?.find(|device| is(device, SPEAKER));
            let sound = move |_: &mut Data, _: &_| runs(&running);
            let open = |device: Device| {
                device.build_output_stream_raw(config(), SampleFormat::F32, sound, |_| (), None)
            };
            device.map(open).transpose()
        })
    }

    fn running(
        way: Way,
        open: impl FnOnce(SyncSender<()>) -> Result<Option<Stream>, cpal::Error>,
    ) -> Result<Self, LabFailure> {
        let failed = |error: cpal::Error| way.failed()(std::io::Error::other(error));
        let (running, runs) = sync_channel(1);
        let stream = open(running).map_err(failed)?;
        let stream = stream.ok_or_else(|| LabFailure::Wrong(format!("no {}", way.name())))?;
        stream.play().map_err(failed)?;
        let first = runs.recv_timeout(PATIENCE);
        first.map_err(|_| LabFailure::Wrong(format!("{} does not run", way.name())))?;
        Ok(Self(stream))
    }

    pub(super) fn let_go(self) {
        drop(self.0);
    }
}

fn runs(running: &SyncSender<()>) {
    // Only the first time counts.
    let _ = running.try_send(());
}

fn config() -> StreamConfig {
    let frames = u128::from(RATE) * PERIOD.as_millis() / 1000;
    StreamConfig {
        channels: 1,
        sample_rate: RATE,
        buffer_size: BufferSize::Fixed(u32::try_from(frames).unwrap_or(RATE)),
    }
}

fn is(device: &Device, wanted: &str) -> bool {
    device.id().is_ok_and(|id| id.id() == wanted)
}
