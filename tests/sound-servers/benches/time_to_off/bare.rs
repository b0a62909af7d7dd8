//! A program that uses cpal and nothing else.

use std::sync::mpsc::{SyncSender, sync_channel};
use std::time::{Duration, Instant};

use cpal::traits::{DeviceTrait, HostTrait, StreamTrait};
use cpal::{BufferSize, Data, Host, HostId, SampleFormat, Stream, StreamConfig};
use exeunt_port::DeviceKind;

use crate::measuring::Failure;
use crate::observed::Observed;

/// The stream that `exeunt-cpal` opens as well: mono, 48 kHz, 20 ms at once.
const CONFIG: StreamConfig = StreamConfig {
    channels: 1,
    sample_rate: 48_000,
    buffer_size: BufferSize::Fixed(960),
};

pub(crate) struct Bare {
    host: Host,
    kind: DeviceKind,
}

impl Bare {
    pub(crate) fn of(kind: DeviceKind) -> Result<Self, Failure> {
        let host = cpal::host_from_id(HostId::PulseAudio)?;
        Ok(Self { host, kind })
    }

    /// From the drop of a running stream until the server tells that it is gone.
    pub(crate) fn time_to_off(&self, observed: &Observed) -> Result<Duration, Failure> {
        let (running, runs) = sync_channel(1);
        let stream = self.opened(running)?;
        stream.play()?;
        runs.recv_timeout(Duration::from_secs(20))?;
        let shown = observed.open()?;
        let began = Instant::now();
        drop(stream);
        Ok(observed.off(shown)?.saturating_duration_since(began))
    }

    fn opened(&self, running: SyncSender<()>) -> Result<Stream, Failure> {
        let sound = move |_: &Data| {
            let _ = running.try_send(());
        };
        // What goes wrong shows in the time.
        let error = |_| ();
        let none = "there is no such device";
        Ok(match self.kind {
            DeviceKind::Speaker => {
                let device = self.host.default_output_device().ok_or(none)?;
                let sound = move |data: &mut Data, _: &_| sound(data);
                device.build_output_stream_raw(CONFIG, SampleFormat::F32, sound, error, None)?
            }
            DeviceKind::Microphone | DeviceKind::Camera => {
                let device = self.host.default_input_device().ok_or(none)?;
                let sound = move |data: &Data, _: &_| sound(data);
                device.build_input_stream_raw(CONFIG, SampleFormat::F32, sound, error, None)?
            }
        })
    }
}
