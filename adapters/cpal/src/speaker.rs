//! The speaker: from the room's packets to a driver's callback.

use std::sync::Arc;
use std::time::Duration;

use cpal::traits::DeviceTrait;
use cpal::{BufferSize, Data};
use crossbeam_queue::ArrayQueue;
use exeunt_port::{DeviceError, DeviceKind, DeviceLink, DeviceSignal};

use crate::device::{CpalDevice, Direction, Opened, Opens};
use crate::format::{Format, PACKET_SAMPLES, SAMPLE_RATE};
use crate::health::Health;
use crate::mixer::Mixer;
use crate::opening::Opening;
use crate::resampling::RateConverter;
#[cfg(target_os = "linux")]
use crate::samples::write_floats;
use crate::samples::write_mono;
use crate::sound_device::{SoundDevice, SoundStream};
use crate::stream::{Gate, OpenStream, Worker};

/// A speaker of this machine.
///
/// Plays what the other members of a room say, at most 32 of them at once, mixed. Whoever's packets
/// come unevenly is kept back for 40 ms; where nothing is there to play, silence is played. On Linux
/// the sound server is asked where one runs (PulseAudio, or PipeWire by its pulse server), else
/// ALSA.
pub type CpalSpeaker = CpalDevice<Playback>;

/// Sound goes out.
#[derive(Clone, Copy, Debug)]
pub struct Playback;

impl Direction for Playback {}

impl Opens for Playback {
    const KIND: DeviceKind = DeviceKind::Speaker;
    const THREAD: &'static str = "exeunt-speaker";

    fn open(opened: Opened<'_>) -> Result<OpenStream, DeviceError> {
        open(opened)
    }
}

/// Opens the speaker without starting it. Runs on the device thread.
fn open(opened: Opened<'_>) -> Result<OpenStream, DeviceError> {
    let Opened {
        wanted,
        settings,
        link,
        call,
    } = opened;
    let opening = Opening::begin(DeviceKind::Speaker, wanted, settings, link, call)?;
    let rate = opening.format.config.sample_rate;
    let ahead = ahead(&opening.format);
    let ring = Arc::new(ArrayQueue::new(2 * ahead));
    let player = Player {
        mixer: Mixer::new(),
        converter: RateConverter::new(SAMPLE_RATE, rate).map_err(|error| opening.failed(&error))?,
        rate,
        ahead,
        ring: Arc::clone(&ring),
        gate: opening.gate.clone(),
        health: opening.health(),
        link: link.clone(),
        name: opening.name().to_owned(),
    };
    let worker = Worker::start("exeunt-mix", &opening.gate, move || player.run())?;
    let waker = worker.waker();
    opening.finish(worker, |device, format, guard, errors| {
        let (ring, waker) = (Arc::clone(&ring), waker.clone());
        let next = move || ring.pop().unwrap_or_default();
        match device {
            SoundDevice::System(device) => device
                .build_output_stream_raw(
                    format.config,
                    format.samples,
                    move |data: &mut Data, _| {
                        // The driver has filled the buffer with silence.
                        if guard.admits_sound() {
                            write_mono(data, format.config.channels, &next);
                            waker.unpark();
                        }
                    },
                    move |error| errors.error(error),
                    None,
                )
                .map(SoundStream::System),
            #[cfg(target_os = "linux")]
            SoundDevice::Server(device) => device
                .play(format, move |bytes| {
                    if guard.admits_sound() {
                        write_floats(bytes, &next);
                        waker.unpark();
                    } else {
                        bytes.fill(0);
                    }
                })
                .map(SoundStream::Server),
        }
    })
}

/// How many samples are mixed ahead of the driver: what it takes at once and one packet more.
fn ahead(format: &Format) -> usize {
    let rate = format.config.sample_rate;
    let packet = u64::from(rate) * PACKET_SAMPLES as u64 / u64::from(SAMPLE_RATE);
    let period = match format.config.buffer_size {
        BufferSize::Fixed(frames) => u64::from(frames).min(u64::from(rate)),
        BufferSize::Default => 2 * packet,
    };
    usize::try_from(period + packet)
        .unwrap_or(usize::MAX)
        .max(PACKET_SAMPLES)
}

/// The mixer's thread.
struct Player {
    mixer: Mixer,
    converter: RateConverter,
    /// The driver's, in Hz.
    rate: u32,
    ahead: usize,
    ring: Arc<ArrayQueue<f32>>,
    gate: Gate,
    health: Arc<Health>,
    link: DeviceLink,
    name: String,
}

impl Player {
    /// Takes back what the driver has not taken yet, to be mixed without those who have gone; what the
    /// others said in it they say again.
    fn take_back(&mut self) {
        let unplayed = std::iter::from_fn(|| self.ring.pop()).count();
        let unplayed = unplayed as u64 * u64::from(SAMPLE_RATE) / u64::from(self.rate);
        self.converter.forget();
        self.mixer
            .take_back(usize::try_from(unplayed).unwrap_or(usize::MAX));
    }

    /// Packets arrive without waking us; half a packet's time is soon enough for them.
    const NAP: Duration = Duration::from_millis(10);

    fn run(mut self) {
        let mut mixed = [0.0; PACKET_SAMPLES];
        while !self.gate.is_shut() {
            std::thread::park_timeout(Self::NAP);
            let now = self.health.age();
            if self.mixer.forget_over() {
                self.take_back();
            }
            while let Some((whom, remote)) = self.link.try_playback_for() {
                self.mixer.receive(whom, &remote, now);
            }
            self.mixer.forget_silent(now);
            while self.ring.len() < self.ahead && self.mixer.mix(&mut mixed) {
                let ring = &self.ring;
                let played = self.converter.convert(&mixed, |ready| {
                    for sample in ready {
                        let _ = ring.push(*sample);
                    }
                });
                if let Err(error) = played {
                    self.link.signal(DeviceSignal::Failed(DeviceError::Backend {
                        name: self.name,
                        detail: format!(
                            "the sound cannot be brought to the speaker's rate: {error}"
                        ),
                    }));
                    return;
                }
            }
        }
    }
}
