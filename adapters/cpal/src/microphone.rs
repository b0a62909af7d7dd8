//! The microphone: from a driver's callback to Opus packets.

use std::sync::Arc;
use std::time::Duration;

use cpal::Data;
use cpal::traits::DeviceTrait;
use crossbeam_queue::ArrayQueue;
use exeunt_port::{DeviceError, DeviceKind, DeviceLink, DeviceSignal};

use crate::device::{CpalDevice, Direction, Opened, Opens};
use crate::health::Health;
use crate::opening::Opening;
use crate::packets::Packets;
#[cfg(target_os = "linux")]
use crate::samples::read_floats;
use crate::samples::read_mono;
use crate::sound_device::{SoundDevice, SoundStream};
use crate::stream::{Gate, OpenStream, Worker};

/// A microphone of this machine.
///
/// Captures mono sound at 48 kHz and delivers one Opus packet every 20 ms. A device that offers
/// only another rate, more channels or other samples is converted. On Linux the sound server is
/// asked where one runs (PulseAudio, or PipeWire by its pulse server), else ALSA.
///
/// ```no_run
/// use exeunt_cpal::CpalMicrophone;
/// use exeunt_port::{Device, DeviceLink, FrameQueue};
///
/// # async fn example() -> Result<(), exeunt_port::DeviceError> {
/// let (link, side) = DeviceLink::pair(FrameQueue::bounded(50));
/// let microphone = CpalMicrophone::named("yeti").open(link).await?;
/// println!("{}", microphone.description());
/// let packet = side.captured.next().await;
/// side.silence();
/// microphone.release().await?;
/// # Ok(())
/// # }
/// ```
pub type CpalMicrophone = CpalDevice<Capture>;

/// Sound comes in.
#[derive(Clone, Copy, Debug)]
pub struct Capture;

impl Direction for Capture {}

impl Opens for Capture {
    const KIND: DeviceKind = DeviceKind::Microphone;
    const THREAD: &'static str = "exeunt-mic";

    fn open(opened: Opened<'_>) -> Result<OpenStream, DeviceError> {
        open(opened)
    }
}

/// Opens the microphone without starting it. Runs on the device thread.
fn open(opened: Opened<'_>) -> Result<OpenStream, DeviceError> {
    let Opened {
        wanted,
        settings,
        link,
        call,
    } = opened;
    let opening = Opening::begin(DeviceKind::Microphone, wanted, settings, link, call)?;
    let rate = opening.format.config.sample_rate;
    // Half a second, should the encoder be starved for so long.
    let ring = Arc::new(ArrayQueue::new((rate / 2).max(1) as usize));
    let encoder = Encoder {
        packets: Packets::new(rate).map_err(|error| opening.failed(&error))?,
        ring: Arc::clone(&ring),
        gate: opening.gate.clone(),
        health: opening.health(),
        link: link.clone(),
        name: opening.name().to_owned(),
    };
    let worker = Worker::start("exeunt-encode", &opening.gate, move || encoder.run())?;
    let waker = worker.waker();
    opening.finish(worker, |device, format, guard, errors| {
        let (ring, waker) = (Arc::clone(&ring), waker.clone());
        // A ring that is full loses the newest sound.
        let keep = move |sample| {
            let _ = ring.push(sample);
        };
        match device {
            SoundDevice::System(device) => device
                .build_input_stream_raw(
                    format.config,
                    format.samples,
                    move |data: &Data, _| {
                        if guard.admits_sound() {
                            read_mono(data, format.config.channels, &keep);
                            waker.unpark();
                        }
                    },
                    move |error| errors.error(error),
                    None,
                )
                .map(SoundStream::System),
            #[cfg(target_os = "linux")]
            SoundDevice::Server(device) => device
                .record(format, move |bytes| {
                    if guard.admits_sound() {
                        read_floats(bytes, &keep);
                        waker.unpark();
                    }
                })
                .map(SoundStream::Server),
        }
    })
}

/// The encoder's thread.
struct Encoder {
    packets: Packets,
    ring: Arc<ArrayQueue<f32>>,
    gate: Gate,
    health: Arc<Health>,
    link: DeviceLink,
    name: String,
}

impl Encoder {
    /// Should the driver fail to wake us.
    const NAP: Duration = Duration::from_millis(100);

    fn run(mut self) {
        let mut sound = Vec::new();
        // A stay that is ending sends no more, and its device is let go of without waiting for us (G-6).
        let is_wanted = || self.link.is_live() && !self.gate.is_shut();
        while is_wanted() {
            std::thread::park_timeout(Self::NAP);
            sound.clear();
            sound.extend(std::iter::from_fn(|| self.ring.pop()).take(self.ring.capacity()));
            let taken_at = self.health.age();
            let handed_on = self.packets.encode(&sound, taken_at, is_wanted, |frame| {
                self.link.captured(frame);
            });
            if let Err(error) = handed_on {
                self.link.signal(DeviceSignal::Failed(DeviceError::Backend {
                    name: self.name,
                    detail: error.to_string(),
                }));
                return;
            }
        }
    }
}
