//! One slot, one device after another within a stay: what an earlier one says late is not the next one's.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use exeunt_core::Slot;
use exeunt_loopback::{DeviceFaults, FaultyDevice, Hub, OpenFault, ReleaseFault, ToneMicrophone};
use exeunt_port::{
    Device, DeviceError, DeviceKind, DeviceLink, DeviceSignal, OpenDevice, async_trait,
};
use exeunt_runtime::{ExitReport, Outcome, Room, RoomEvent};
use tokio::time::sleep;

use crate::people::{client, in_room};

fn microphone() -> (FaultyDevice<ToneMicrophone>, DeviceFaults) {
    let device = FaultyDevice::new(ToneMicrophone::new(440));
    let faults = device.faults();
    (device, faults)
}

fn unplugged() -> DeviceError {
    DeviceError::Vanished {
        name: "first".into(),
        detail: "unplugged".into(),
    }
}

/// Waits until the application hears that a device failed, in these words.
async fn fails(room: &mut Room, words: &str) {
    loop {
        let event = room.next_event().await.expect("it lasts");
        if let RoomEvent::DeviceFailed { error, .. } = event
            && error.to_string().contains(words)
        {
            return;
        }
    }
}

async fn until(room: &mut Room, is_it: impl Fn(&RoomEvent) -> bool) {
    while !is_it(&room.next_event().await.expect("it lasts")) {}
}

fn is_open(event: &RoomEvent) -> bool {
    matches!(event, RoomEvent::DeviceOpened { .. })
}

fn outcome(report: &ExitReport, slot: Slot) -> Outcome {
    let mut devices = report.devices.iter();
    let device = devices.find(|device| device.slot == slot);
    device.expect("it has a line").line.outcome
}

#[tokio::test(start_paused = true)]
async fn the_slot_of_a_device_that_hangs_in_its_release_is_given_to_nobody_until_it_answers() {
    let mut room = in_room(client(Hub::new().transport()), "alice").await;
    let (first, first_faults) = microphone();
    first_faults.break_release(ReleaseFault::Hangs);
    let slot = room.handle().start(first).await.expect("a free slot");
    until(&mut room, is_open).await;
    room.handle().stop(slot).await.expect("it can be stopped");
    fails(&mut room, "has not let go within").await;

    let (second, second_faults) = microphone();
    let other = room.handle().start(second).await.expect("a free slot");
    assert_ne!(slot, other, "what hangs there still answers for it");
    until(&mut room, is_open).await;
    first_faults.heal();
    first_faults.let_go();
    first_faults.until_open(0).await;
    sleep(Duration::from_secs(1)).await;
    assert_eq!(second_faults.open_now(), 1, "that was not its release");

    let (third, third_faults) = microphone();
    let again = room.handle().start(third).await.expect("a free slot");
    assert_eq!(slot, again, "now it is free");
    until(&mut room, is_open).await;
    let (report, _) = room.exit().await;
    assert_eq!(outcome(&report, slot), Outcome::Done, "{report}");
    assert_eq!(outcome(&report, other), Outcome::Done, "{report}");
    assert_eq!(second_faults.open_now() + third_faults.open_now(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_device_that_opens_long_after_it_was_given_up_is_undone_and_the_next_one_stays_on() {
    let mut room = in_room(client(Hub::new().transport()), "alice").await;
    let (first, first_faults) = microphone();
    first_faults.break_open(OpenFault::OpensLate);
    room.handle().start(first).await.expect("a free slot");
    fails(&mut room, "has not opened within").await;
    fails(&mut room, "has not let go within").await;

    let (second, second_faults) = microphone();
    let other = room.handle().start(second).await.expect("a free slot");
    until(&mut room, is_open).await;
    first_faults.heal();
    first_faults.let_go();
    sleep(Duration::from_secs(1)).await;
    assert_eq!(first_faults.open_now(), 0, "it came too late (G-4)");
    assert_eq!(second_faults.open_now(), 1, "it is still on");

    let (report, _) = room.exit().await;
    assert_eq!(outcome(&report, other), Outcome::Done, "{report}");
    assert_eq!(second_faults.open_now(), 0);
}

/// A device that keeps its link when it is released.
#[derive(Clone, Default)]
struct Keeps(Arc<Mutex<Option<DeviceLink>>>);

struct Kept;

#[async_trait]
impl Device for Keeps {
    fn kind(&self) -> DeviceKind {
        DeviceKind::Microphone
    }

    fn name(&self) -> String {
        "keeps".to_owned()
    }

    async fn open(&self, link: DeviceLink) -> Result<Box<dyn OpenDevice>, DeviceError> {
        *self.0.lock().expect("no panics") = Some(link);
        Ok(Box::new(Kept))
    }
}

#[async_trait]
impl OpenDevice for Kept {
    fn description(&self) -> String {
        "kept".to_owned()
    }

    async fn release(self: Box<Self>) -> Result<(), DeviceError> {
        Ok(())
    }
}

#[tokio::test(start_paused = true)]
async fn what_a_released_device_says_when_another_one_has_its_slot_is_heard_by_nobody() {
    let mut room = in_room(client(Hub::new().transport()), "alice").await;
    let first = Keeps::default();
    let slot = room.handle().start(first.clone()).await.expect("a slot");
    until(&mut room, is_open).await;
    room.handle().stop(slot).await.expect("it can be stopped");
    until(&mut room, |event| {
        matches!(event, RoomEvent::DeviceReleased { .. })
    })
    .await;
    let (second, second_faults) = microphone();
    let again = room.handle().start(second).await.expect("a free slot");
    assert_eq!(slot, again, "the same slot");
    until(&mut room, is_open).await;

    let link = first.0.lock().expect("no panics").take();
    let link = link.expect("it was opened");
    link.signal(DeviceSignal::Vanished(unplugged()));
    link.signal(DeviceSignal::Failed(unplugged()));
    sleep(Duration::from_secs(1)).await;
    assert_eq!(second_faults.open_now(), 1, "it is still on");
    let (report, _) = room.exit().await;
    assert_eq!(outcome(&report, slot), Outcome::Done, "{report}");
    assert_eq!(report.devices[0].line.error, None);
}
