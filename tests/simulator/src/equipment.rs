//! Devices made of arithmetic: they stamp what they capture with its captor and the virtual time.

use std::time::Duration;

use bytes::{BufMut as _, Bytes, BytesMut};
use exeunt_loopback::{FaultyDevice, SilentSpeaker, ToneMicrophone};
use exeunt_port::{
    Codec, Device, DeviceError, DeviceKind, DeviceLink, MediaFrame, OpenDevice, async_trait,
};
use tokio::task::JoinHandle;
use tokio_util::sync::{CancellationToken, DropGuard};

use crate::journal::Journal;
use crate::scenario::Equipment;

/// What begins a stamped frame, so that real sound is not mistaken for one.
const STAMP: &[u8] = b"stamped ";

/// A device of this description, with its faults. Its name is its owner's, and a number.
pub(crate) fn device(
    equipment: &Equipment,
    person: usize,
    name: String,
    journal: &Journal,
) -> FaultyDevice<dyn Device> {
    let real: std::sync::Arc<dyn Device> = match (equipment.sounds, equipment.kind) {
        (true, DeviceKind::Microphone) => {
            std::sync::Arc::new(Named(name, ToneMicrophone::new(440)))
        }
        (true, DeviceKind::Speaker) => std::sync::Arc::new(Named(name, SilentSpeaker::new())),
        (true, DeviceKind::Camera) | (false, _) => std::sync::Arc::new(Stamping {
            name,
            person,
            kind: equipment.kind,
            period: Duration::from_millis(equipment.period),
            frame_bytes: equipment.frame_bytes,
            journal: journal.clone(),
        }),
    };
    let device = FaultyDevice::around(real);
    if let Some(fault) = &equipment.open {
        device.faults().break_open(fault.clone());
    }
    if let Some(fault) = &equipment.release {
        device.faults().break_release(fault.clone());
    }
    device
}

/// Who captured a frame, and when, if it says so.
pub(crate) fn stamp(frame: &MediaFrame) -> Option<(usize, Duration)> {
    let (person, rest) = frame.payload.strip_prefix(STAMP)?.split_first()?;
    let at = Duration::from_micros(u64::from_be_bytes(*rest.first_chunk()?));
    Some((usize::from(*person), at))
}

/// A device under a name of its own.
struct Named<D>(String, D);

#[async_trait]
impl<D: Device> Device for Named<D> {
    fn kind(&self) -> DeviceKind {
        self.1.kind()
    }

    fn name(&self) -> String {
        self.0.clone()
    }

    async fn open(&self, link: DeviceLink) -> Result<Box<dyn OpenDevice>, DeviceError> {
        self.1.open(link).await
    }
}

/// Captures stamped frames, or takes what is to be played.
struct Stamping {
    name: String,
    person: usize,
    kind: DeviceKind,
    period: Duration,
    frame_bytes: usize,
    journal: Journal,
}

#[async_trait]
impl Device for Stamping {
    fn kind(&self) -> DeviceKind {
        self.kind
    }

    fn name(&self) -> String {
        self.name.clone()
    }

    async fn open(&self, link: DeviceLink) -> Result<Box<dyn OpenDevice>, DeviceError> {
        if link.is_abandoned() {
            return Err(DeviceError::Abandoned);
        }
        let stop = CancellationToken::new();
        let work = Work {
            person: u8::try_from(self.person).unwrap_or(u8::MAX),
            kind: self.kind,
            period: self.period,
            frame_bytes: self.frame_bytes,
            journal: self.journal.clone(),
        };
        let task = tokio::spawn(work.go_on(link, stop.clone()));
        Ok(Box::new(Running {
            task,
            stop: stop.drop_guard(),
        }))
    }
}

struct Work {
    person: u8,
    kind: DeviceKind,
    period: Duration,
    frame_bytes: usize,
    journal: Journal,
}

impl Work {
    async fn go_on(self, link: DeviceLink, stop: CancellationToken) {
        let mut sequence = 0;
        loop {
            tokio::select! {
                biased;
                () = stop.cancelled() => return,
                () = tokio::time::sleep(self.period) => {}
            }
            match self.kind {
                DeviceKind::Microphone | DeviceKind::Camera => {
                    link.captured(self.frame(sequence));
                    sequence += 1;
                }
                DeviceKind::Speaker => while link.try_playback().is_some() {},
            }
        }
    }

    fn frame(&self, sequence: u32) -> MediaFrame {
        let now = u64::try_from(self.journal.now().as_micros()).unwrap_or(u64::MAX);
        let mut payload = BytesMut::with_capacity(self.frame_bytes);
        payload.put_slice(STAMP);
        payload.put_u8(self.person);
        payload.put_u64(now);
        payload.resize(self.frame_bytes.max(payload.len()), 0);
        MediaFrame {
            codec: Codec::Opus,
            sequence,
            captured_at_micros: now,
            payload: Bytes::from(payload),
        }
    }
}

struct Running {
    task: JoinHandle<()>,
    stop: DropGuard,
}

#[async_trait]
impl OpenDevice for Running {
    fn description(&self) -> String {
        "made of arithmetic".to_owned()
    }

    async fn release(self: Box<Self>) -> Result<(), DeviceError> {
        let Self { task, stop } = *self;
        drop(stop);
        task.await.map_err(|_| DeviceError::Panicked)
    }
}
