//! A device has vanished, or does not let go.

use std::sync::{Arc, Mutex, PoisonError};

use exeunt_loopback::{Hub, ReleaseFault};
use exeunt_port::{
    Codec, Device, DeviceError, DeviceKind, DeviceLink, DeviceSignal, MediaFrame, OpenDevice,
    async_trait,
};
use exeunt_runtime::{Client, Departures, ExitReport, Outcome, Policy, Preview, RoomEvent};

use crate::cast::{client, end, in_room, microphone, play};
use crate::{Entry, Moment, Shown};

pub(crate) const ENTRIES: [Entry; 9] = [
    Entry {
        number: 33,
        moment: Moment::DeviceVanished,
        world: "with the microphone unplugged, dropping its stream hung for ever",
        reports: &["RustAudio/cpal#934", "RustAudio/cpal#695"],
        guarantee: 6,
        shown: Shown::Here(a_vanished_device_that_does_not_let_go_costs_its_deadline_and_no_more),
    },
    Entry {
        number: 34,
        moment: Moment::DeviceVanished,
        world: "stopping a camera never got through: its reader holds the lock while it waits for a picture",
        reports: &["l1npengtul/nokhwa#165"],
        guarantee: 8,
        shown: Shown::Elsewhere(
            "adapters/nokhwa/src/open/tests.rs",
            "a camera that stalls is let go of and then reported once",
        ),
    },
    Entry {
        number: 35,
        moment: Moment::DeviceVanished,
        world: "a camera was pulled out while it was read, and the read never returned",
        reports: &["raymanfx/libv4l-rs#16", "jacksonliam/mjpg-streamer#260"],
        guarantee: 6,
        shown: Shown::Elsewhere(
            "adapters/nokhwa/src/open/tests.rs",
            "a camera that goes away is let go of and then reported once",
        ),
    },
    Entry {
        number: 45,
        moment: Moment::DeviceVanished,
        world: "dropping a stream from its own error callback joined the thread that it was on",
        reports: &["RustAudio/cpal#1313", "RustAudio/cpal#1187"],
        guarantee: 8,
        shown: Shown::Elsewhere(
            "adapters/cpal/tests/pulse/main.rs",
            "a server that dies is told once and the release finishes",
        ),
    },
    Entry {
        number: 66,
        moment: Moment::DeviceVanished,
        world: "dropping a stream released nothing: its listener held the stream it was part of",
        reports: &["RustAudio/cpal#771", "RustAudio/cpal#869"],
        guarantee: 13,
        shown: Shown::Here(a_stream_that_holds_itself_is_stopped_and_not_only_dropped),
    },
    Entry {
        number: 67,
        moment: Moment::DeviceVanished,
        world: "after the release another program could not get the camera until the process ended (macOS)",
        reports: &["l1npengtul/nokhwa#224", "l1npengtul/nokhwa#32"],
        guarantee: 13,
        shown: Shown::Here(a_handle_that_the_system_still_shows_is_never_reported_as_released),
    },
    Entry {
        number: 70,
        moment: Moment::DeviceVanished,
        world: "closing and opening a camera again in one process found it busy: it had not stopped streaming",
        reports: &[
            "mpromonet/libv4l2cpp#6",
            "aiortc/aiortc#230",
            "tiagocoutinho/v4l2py#10",
        ],
        guarantee: 13,
        shown: Shown::Elsewhere(
            "adapters/nokhwa/src/open/tests.rs",
            "pictures become frames until the release which leaves nothing",
        ),
    },
    Entry {
        number: 71,
        moment: Moment::DeviceVanished,
        world: "a device was pulled out during the call, and hanging up crashed",
        reports: &["baresip/baresip#2433", "google/oboe#1485"],
        guarantee: 13,
        shown: Shown::Here(a_device_that_vanishes_during_the_exit_is_an_ordinary_event),
    },
    Entry {
        number: 73,
        moment: Moment::DeviceVanished,
        world: "callbacks of a closed stream arrived, and ran into what had been freed",
        reports: &[
            "google/oboe#953",
            "google/oboe#1603",
            "screenpipe/screenpipe#3261",
        ],
        guarantee: 14,
        shown: Shown::Here(a_driver_that_calls_back_late_is_heard_no_more),
    },
];

fn unplugged() -> DeviceError {
    DeviceError::Vanished {
        name: "microphone".into(),
        detail: "unplugged".into(),
    }
}

fn a_vanished_device_that_does_not_let_go_costs_its_deadline_and_no_more() {
    play(async {
        let device = microphone();
        let faults = device.faults();
        faults.break_release(ReleaseFault::Hangs);
        let mut room = in_room(client(Hub::new().transport()).with_device(device), "alice").await;
        faults.until_open(1).await;
        // Gone, but its driver keeps the handle.
        faults.fail(unplugged());
        while !matches!(
            room.next_event().await,
            Some(RoomEvent::DeviceFailed { .. })
        ) {}
        let (report, _) = room.exit().await;
        assert_eq!(report.devices[0].line.outcome, Outcome::TimedOut);
        assert!(report.took <= Policy::default().device);
    });
}

fn a_device_that_vanishes_during_the_exit_is_an_ordinary_event() {
    play(async {
        let device = microphone();
        let faults = device.faults();
        faults.break_release(ReleaseFault::Hangs);
        let room = in_room(client(Hub::new().transport()).with_device(device), "alice").await;
        faults.until_open(1).await;
        room.handle().request_exit();
        faults.reached().await;
        faults.vanish(unplugged());
        faults.let_go();
        let (report, _) = end(room).await;
        assert!(report.is_clean(), "{report}");
    });
}

/// A driver without manners: it keeps its link, and goes on calling back after its release.
#[derive(Clone, Default)]
struct Rude(Arc<Mutex<Option<DeviceLink>>>);

#[async_trait]
impl Device for Rude {
    fn kind(&self) -> DeviceKind {
        DeviceKind::Microphone
    }

    fn name(&self) -> String {
        "a driver without manners".to_owned()
    }

    async fn open(&self, link: DeviceLink) -> Result<Box<dyn OpenDevice>, DeviceError> {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(link);
        Ok(Box::new(self.clone()))
    }
}

#[async_trait]
impl OpenDevice for Rude {
    fn description(&self) -> String {
        self.name()
    }

    async fn release(self: Box<Self>) -> Result<(), DeviceError> {
        Ok(())
    }
}

impl Rude {
    fn call_back(&self) -> bool {
        let link = self
            .0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone();
        let Some(link) = link else { return false };
        link.signal(DeviceSignal::Vanished(unplugged()));
        link.captured(MediaFrame {
            codec: Codec::Opus,
            sequence: 0,
            captured_at_micros: 0,
            payload: vec![0xFC].into(),
        })
    }
}

fn a_driver_that_calls_back_late_is_heard_no_more() {
    play(async {
        let hub = Hub::new();
        let mut bob = in_room(client(hub.transport()), "bob").await;
        let driver = Rude::default();
        let mut room = client(hub.transport())
            .with_device(driver.clone())
            .enter(crate::cast::request("alice"));
        while !matches!(
            room.next_event().await,
            Some(RoomEvent::DeviceOpened { .. })
        ) {}
        let frames = bob.remote_frames();
        room.handle().request_exit();
        // From this very call on, before anything else has run (G-14).
        assert!(!driver.call_back());
        let (report, _) = end(room).await;
        assert!(!driver.call_back());
        assert_eq!(report.devices[0].line.outcome, Outcome::Done);
        while !matches!(bob.next_event().await, Some(RoomEvent::RemoteUserLeft(..))) {}
        assert_eq!(frames.try_next(), None, "bob heard nothing of her");
    });
}

/// A stream that is part of what it holds: its listener has a clone of it, so that dropping it ends nothing.
#[derive(Clone, Default)]
struct HoldsItself {
    stream: Arc<Mutex<Option<Box<HoldsItself>>>>,
    link: Arc<Mutex<Option<DeviceLink>>>,
}

#[async_trait]
impl Device for HoldsItself {
    fn kind(&self) -> DeviceKind {
        DeviceKind::Microphone
    }

    fn name(&self) -> String {
        "a stream that holds itself".to_owned()
    }

    async fn open(&self, link: DeviceLink) -> Result<Box<dyn OpenDevice>, DeviceError> {
        *self.link.lock().unwrap_or_else(PoisonError::into_inner) = Some(link);
        let listener = Box::new(self.clone());
        *self.stream.lock().unwrap_or_else(PoisonError::into_inner) = Some(listener);
        Ok(Box::new(self.clone()))
    }
}

#[async_trait]
impl OpenDevice for HoldsItself {
    fn description(&self) -> String {
        self.name()
    }

    async fn release(self: Box<Self>) -> Result<(), DeviceError> {
        // The explicit stop is what takes the cycle apart.
        drop(
            self.stream
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .take(),
        );
        drop(
            self.link
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .take(),
        );
        Ok(())
    }
}

impl HoldsItself {
    fn is_on(&self) -> bool {
        let link = self.link.lock().unwrap_or_else(PoisonError::into_inner);
        link.is_some()
    }
}

fn a_stream_that_holds_itself_is_stopped_and_not_only_dropped() {
    play(async {
        let hub = Hub::new();
        // In a room, handed over as a preview, and as a preview that nobody wanted.
        let stream = HoldsItself::default();
        let alice = client(hub.transport()).with_device(stream.clone());
        let (report, alice) = end_of(alice).await;
        assert_eq!(report.devices[0].line.outcome, Outcome::Done);
        assert!(!stream.is_on());

        let stream = HoldsItself::default();
        let preview = Preview::open(stream.clone());
        preview.opened().await.expect("it opens");
        let (report, _) = end_of(client(hub.transport()).with_preview(preview)).await;
        assert_eq!(report.devices[0].line.outcome, Outcome::Done);
        assert!(!stream.is_on());

        let stream = HoldsItself::default();
        let departures = Departures::new();
        let preview = Preview::open(stream.clone()).tracked_by(&departures);
        preview.opened().await.expect("it opens");
        drop(alice.with_preview(preview));
        assert!(departures.settled(Policy::default().device).await);
        assert!(!stream.is_on());
    });
}

/// Enters with a device, and leaves when it is open.
async fn end_of(client: Client) -> (Arc<ExitReport>, Client) {
    let mut room = client.enter(crate::cast::request("alice"));
    while !matches!(
        room.next_event().await,
        Some(RoomEvent::DeviceOpened { .. })
    ) {}
    room.handle().request_exit();
    end(room).await
}

fn a_handle_that_the_system_still_shows_is_never_reported_as_released() {
    play(async {
        let held = DeviceError::StillHeld {
            name: "camera".into(),
            detail: "the system still lists this process".into(),
        };
        let device = microphone();
        device
            .faults()
            .break_release(ReleaseFault::Fails(held.clone()));
        let mut room = client(Hub::new().transport())
            .with_device(device)
            .enter(crate::cast::request("alice"));
        while !matches!(
            room.next_event().await,
            Some(RoomEvent::DeviceOpened { .. })
        ) {}
        room.handle().request_exit();
        let mut said = None;
        while let Some(event) = room.next_event().await {
            assert!(!matches!(event, RoomEvent::DeviceReleased { .. }));
            if let RoomEvent::DeviceFailed { error, .. } = &event {
                said = Some(error.clone());
            }
            if let RoomEvent::Exited(report) = event {
                assert!(!report.is_clean());
                let line = &report.devices[0].line;
                assert_eq!(line.outcome, Outcome::Failed);
                assert_eq!(line.error, Some(held.to_string()));
            }
        }
        assert_eq!(said, Some(held));
    });
}
