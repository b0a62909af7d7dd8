//! Openings that end with the device held, though nobody was handed one: the stay says so (G-13).

use std::sync::Arc;
use std::time::Duration;

use exeunt_core::{Event, Slot};
use exeunt_loopback::{DeviceFaults, Hub, OpenFault};
use exeunt_port::{Device, DeviceError, DeviceKind, DeviceLink, OpenDevice, async_trait};
use exeunt_runtime::{Client, ExitReport, Outcome, Ownership, Policy, Preview, RoomEvent, Shared};
use tokio::sync::Notify;

use crate::people::{Steps, client, in_room};
use crate::previews::microphone;

fn held() -> DeviceError {
    DeviceError::StillHeld {
        name: "mic".into(),
        detail: "descriptor 7 is open on /dev/snd/pcmC0D0c".into(),
    }
}

/// A microphone that is held, and never runs.
fn stays_held() -> (impl Device, DeviceFaults) {
    let (device, faults) = microphone();
    faults.break_open(OpenFault::StaysHeld(held()));
    (device, faults)
}

/// The one thing that a stay owes to whoever it leaves with a device that is on.
fn says_that_it_is_held(report: &ExitReport, error: &DeviceError) {
    assert!(!report.is_clean(), "{report}");
    assert_eq!(report.devices.len(), 1, "{report}");
    let device = &report.devices[0];
    assert_eq!(device.line.outcome, Outcome::Failed, "{report}");
    assert_eq!(device.line.error, Some(error.to_string()), "{report}");
}

/// Enters, and leaves while the device opens. What was told of the device, and the report.
async fn leaves_while_it_opens(
    client: Client,
    opening: impl Future<Output = ()>,
) -> (Vec<RoomEvent>, Arc<ExitReport>) {
    let mut room = in_room(client, "alice").await;
    opening.await;
    room.handle().request_exit();
    let mut told = Vec::new();
    loop {
        let event = room.next_event().await.expect("every stay is reported");
        if let RoomEvent::Exited(report) = event {
            return (told, report);
        }
        let is_of_a_device = matches!(
            event,
            RoomEvent::DeviceOpened { .. }
                | RoomEvent::DeviceFailed { .. }
                | RoomEvent::DeviceVanished { .. }
                | RoomEvent::DeviceReleased { .. }
        );
        if is_of_a_device {
            told.push(event);
        }
    }
}

/// The application hears of a failure, and neither that it opened nor that it was released.
fn says_only_that_it_failed(told: &[RoomEvent], expected: &DeviceError) {
    assert!(!told.is_empty(), "the application hears of it");
    for event in told {
        let is_it = matches!(event, RoomEvent::DeviceFailed { error, .. } if error == expected);
        assert!(is_it, "it never ran, and is not released: {told:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn leaving_while_a_device_opens_says_what_that_opening_leaves_held() {
    let hub = Hub::new();
    let (device, faults) = stays_held();
    let alice = client(hub.transport()).with_device(device);
    let (told, report) = leaves_while_it_opens(alice, faults.reached()).await;
    assert_eq!(faults.open_now(), 1);
    says_that_it_is_held(&report, &held());
    says_only_that_it_failed(&told, &held());
    assert_eq!(told.len(), 1, "once: {told:?}");
}

/// A microphone whose driver panics when its opening is abandoned.
struct Panics(Arc<Notify>);

#[async_trait]
impl Device for Panics {
    fn kind(&self) -> DeviceKind {
        DeviceKind::Microphone
    }

    fn name(&self) -> String {
        "mic".to_owned()
    }

    #[expect(clippy::panic, reason = "that is what is wrong with it")]
    async fn open(&self, link: DeviceLink) -> Result<Box<dyn OpenDevice>, DeviceError> {
        self.0.notify_one();
        link.abandoned().await;
        panic!("its driver lost its head")
    }
}

#[tokio::test(start_paused = true)]
async fn leaving_while_a_device_opens_that_panics_over_it_is_no_clean_exit() {
    let hub = Hub::new();
    let began = Arc::new(Notify::new());
    let alice = client(hub.transport()).with_device(Panics(Arc::clone(&began)));
    let (told, report) = leaves_while_it_opens(alice, began.notified()).await;
    says_that_it_is_held(&report, &DeviceError::Panicked);
    says_only_that_it_failed(&told, &DeviceError::Panicked);
}

#[tokio::test(start_paused = true)]
async fn a_device_that_does_not_open_and_stays_held_is_told_at_once_and_reported_at_the_exit() {
    let hub = Hub::new();
    let (device, faults) = stays_held();
    let steps = Steps::default();
    let alice = steps.of(client(hub.transport()).with_device(device));
    let mut room = in_room(alice, "alice").await;
    faults.reached().await;
    faults.let_go();
    loop {
        let event = room.next_event().await.expect("it lasts");
        let opened = matches!(event, RoomEvent::DeviceOpened { .. });
        assert!(!opened, "it never ran");
        if let RoomEvent::DeviceFailed { error, .. } = event {
            break assert_eq!(error, held());
        }
    }
    let slot = Slot::all().next().expect("there are slots");
    steps.until(Event::ReleaseFailed(slot)).await;
    let (report, _client) = room.exit().await;
    says_that_it_is_held(&report, &held());
}

/// Whatever the opening ends with that cannot mean that something is held, the exit stays clean.
#[tokio::test(start_paused = true)]
async fn a_device_that_cannot_be_opened_and_holds_nothing_leaves_a_clean_report() {
    let hub = Hub::new();
    let (device, faults) = microphone();
    faults.break_open(OpenFault::Fails(DeviceError::Busy { name: "mic".into() }));
    let mut room = in_room(client(hub.transport()).with_device(device), "alice").await;
    while !matches!(
        room.next_event().await.expect("it lasts"),
        RoomEvent::DeviceFailed { .. }
    ) {}
    let (report, _client) = room.exit().await;
    assert!(report.is_clean(), "{report}");
    assert_eq!(report.devices[0].line.outcome, Outcome::NotOwed);
}

#[tokio::test(start_paused = true)]
async fn stopping_a_device_that_opens_and_stays_held_keeps_its_slot() {
    let hub = Hub::new();
    let (device, faults) = stays_held();
    let mut room = in_room(client(hub.transport()), "alice").await;
    let slot = room.handle().start(device).await.expect("a free slot");
    faults.reached().await;
    room.handle().stop(slot).await.expect("it can be stopped");
    loop {
        if let RoomEvent::DeviceFailed { error, .. } = room.next_event().await.expect("it lasts") {
            break assert_eq!(error, held());
        }
    }
    let (other, _faults) = microphone();
    let elsewhere = room.handle().start(other).await.expect("another slot");
    assert_ne!(elsewhere, slot, "what is not returned keeps its place");
    let (report, _client) = room.exit().await;
    assert_eq!(report.devices[0].line.outcome, Outcome::Failed, "{report}");
}

#[tokio::test(start_paused = true)]
async fn a_preview_that_is_released_while_it_opens_and_stays_held_says_so() {
    let (device, faults) = stays_held();
    let preview = Preview::open(device);
    faults.reached().await;
    let releasing = preview.release();
    faults.let_go();
    assert_eq!(releasing.await, Err(held()));

    // The same when it had ended before anybody asked.
    let (device, faults) = stays_held();
    let preview = Preview::open(device);
    faults.reached().await;
    faults.let_go();
    assert_eq!(preview.opened().await, Err(held()));
    assert_eq!(preview.release().await, Err(held()));

    let preview = Preview::open(Panics(Arc::default()));
    assert_eq!(preview.release().await, Err(DeviceError::Panicked));
}

#[tokio::test(start_paused = true)]
async fn a_preview_that_is_handed_over_and_stays_held_is_said_to_be_by_that_stay() {
    let hub = Hub::new();
    for ended_before in [false, true] {
        let (device, faults) = stays_held();
        let preview = Preview::open(device);
        faults.reached().await;
        if ended_before {
            faults.let_go();
            preview.opened().await.expect_err("it never runs");
        }
        let alice = client(hub.transport()).with_preview(preview);
        let (told, report) = leaves_while_it_opens(alice, std::future::ready(())).await;
        says_that_it_is_held(&report, &held());
        says_only_that_it_failed(&told, &held());
    }
}

#[tokio::test(start_paused = true)]
async fn a_preview_whose_driver_did_not_answer_is_said_to_be_held_by_the_stay_that_gets_it() {
    let hub = Hub::new();
    let (device, faults) = microphone();
    faults.break_open(OpenFault::OpensLate);
    let preview = Preview::open(device);
    preview.opened().await.expect_err("it is late");
    // Until the driver has been given up.
    tokio::time::sleep(Duration::from_secs(120)).await;
    let alice = client(hub.transport()).with_preview(preview);
    let (told, report) = leaves_while_it_opens(alice, std::future::ready(())).await;
    assert_eq!(report.devices[0].line.outcome, Outcome::Failed, "{report}");
    let said = report.devices[0].line.error.as_deref().expect("why");
    assert!(said.contains("has not answered"), "{said}");
    for event in &told {
        assert!(matches!(event, RoomEvent::DeviceFailed { .. }), "{told:?}");
    }
    faults.let_go();
}

#[tokio::test(start_paused = true)]
async fn what_is_shared_and_stays_held_is_said_to_be_by_everybody_who_wanted_it() {
    let hub = Hub::new();
    let (device, faults) = stays_held();
    let shared = Shared::new(device);
    let mut rooms = Vec::new();
    for name in ["alice", "bob"] {
        let member = client(hub.transport()).with_device(shared.clone());
        rooms.push(in_room(member, name).await);
    }
    faults.reached().await;
    // Both wait for the one opening.
    tokio::time::sleep(Duration::from_millis(1)).await;
    faults.let_go();
    for room in rooms {
        let (report, _client) = room.exit().await;
        says_that_it_is_held(&report, &held());
        assert_eq!(report.devices[0].ownership, Ownership::Shared);
    }
}

/// A session that bears more patience than the runtime has with drivers hears of it all the same.
#[tokio::test(start_paused = true)]
async fn an_opening_that_is_given_up_is_not_said_to_hold_nothing() {
    let hub = Hub::new();
    for shared in [false, true] {
        let (device, faults) = microphone();
        faults.break_open(OpenFault::OpensLate);
        let patient = Policy {
            device: Duration::from_secs(300),
            ..Policy::default()
        };
        let alice = client(hub.transport()).with_policy(patient);
        let alice = if shared {
            alice.with_device(Shared::new(device))
        } else {
            alice.with_device(device)
        };
        let (_, report) = leaves_while_it_opens(alice, faults.reached()).await;
        assert!(!report.is_clean(), "{report}");
        faults.let_go();
    }
}
