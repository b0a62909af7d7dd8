//! Devices in a stay: silence, late opening, vanishing, starting and stopping.

use exeunt_loopback::{FaultyDevice, Hub, OpenFault, SilentSpeaker, ToneMicrophone};
use exeunt_port::{DeviceError, DeviceKind};
use exeunt_runtime::{DeviceRefused, Outcome, RoomEvent};

use crate::people::{client, in_room, request, user};

#[tokio::test(start_paused = true)]
async fn what_one_says_the_other_hears_and_after_the_exit_nothing() {
    let hub = Hub::new();
    let speaker = SilentSpeaker::new();
    let meter = speaker.meter();
    let _bob = in_room(client(hub.transport()).with_device(speaker), "bob").await;
    let alice = in_room(
        client(hub.transport()).with_device(ToneMicrophone::new(440)),
        "alice",
    )
    .await;
    let alice_id = user("alice");
    meter.until(&alice_id, |heard| heard.packets >= 50).await;

    let (report, _client) = alice.exit().await;
    assert!(report.is_clean());
    // What was on its way may still arrive; then it is quiet, however long one listens.
    tokio::time::sleep(std::time::Duration::from_secs(1)).await;
    let heard = meter.heard(&alice_id).expect("she was heard").packets;
    tokio::time::sleep(std::time::Duration::from_secs(60)).await;
    assert_eq!(
        meter.heard(&alice_id).expect("she was heard").packets,
        heard
    );
}

#[tokio::test(start_paused = true)]
async fn leaving_while_a_device_opens_lets_it_go_and_waits_for_nothing() {
    let hub = Hub::new();
    let device = FaultyDevice::new(ToneMicrophone::new(440));
    let faults = device.faults();
    faults.break_open(OpenFault::Hangs);
    let room = in_room(client(hub.transport()).with_device(device), "carol").await;
    faults.reached().await;
    let (report, _) = room.exit().await;
    assert_eq!(report.devices[0].line.outcome, Outcome::NotOwed);
    assert_eq!(report.took, std::time::Duration::ZERO);
    assert_eq!(faults.open_now(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_device_that_vanishes_is_told_and_released_and_the_stay_goes_on() {
    let hub = Hub::new();
    let device = FaultyDevice::new(ToneMicrophone::new(440));
    let faults = device.faults();
    let mut room = in_room(client(hub.transport()).with_device(device), "dave").await;
    faults.until_open(1).await;
    faults.vanish(DeviceError::Vanished {
        name: "mic".into(),
        detail: "unplugged".into(),
    });
    loop {
        if let RoomEvent::DeviceVanished { kind, error, .. } =
            room.next_event().await.expect("lasts")
        {
            assert_eq!(kind, DeviceKind::Microphone);
            assert!(error.to_string().contains("unplugged"));
            break;
        }
    }
    let (report, _) = room.exit().await;
    assert_eq!(report.devices[0].line.outcome, Outcome::Vanished);
    assert!(report.is_clean());
}

#[tokio::test(start_paused = true)]
async fn devices_can_be_started_and_stopped_in_mid_room_and_the_slot_is_free_again() {
    let hub = Hub::new();
    let mut room = in_room(client(hub.transport()), "erin").await;
    let handle = room.handle();
    for _ in 0..3 {
        let slot = handle
            .start(ToneMicrophone::new(440))
            .await
            .expect("a free slot");
        assert_eq!(slot.number(), 0);
        handle.stop(slot).await.expect("it can be stopped");
        loop {
            if let RoomEvent::DeviceReleased { .. } = room.next_event().await.expect("lasts") {
                break;
            }
        }
    }
    let (report, _) = room.exit().await;
    assert!(report.is_clean());
    let refused = handle.start(ToneMicrophone::new(440)).await;
    assert_eq!(refused, Err(DeviceRefused::NotInRoom));
}

#[tokio::test(start_paused = true)]
async fn a_ninth_device_is_refused_and_the_eight_are_released() {
    let hub = Hub::new();
    let mut frank = client(hub.transport());
    for _ in 0..8 {
        frank = frank.with_device(SilentSpeaker::new());
    }
    let mut room = frank
        .with_device(SilentSpeaker::new())
        .enter(request("frank"));
    loop {
        if let RoomEvent::DeviceRefused { kind, why, .. } =
            room.next_event().await.expect("it lasts")
        {
            assert_eq!(kind, DeviceKind::Speaker);
            assert_eq!(why, DeviceRefused::NoFreeSlot);
            break;
        }
    }
    assert!(room.entered().await);
    let refused = room.handle().start(SilentSpeaker::new()).await;
    assert_eq!(refused, Err(DeviceRefused::NoFreeSlot));
    let (report, _) = room.exit().await;
    assert_eq!(report.devices.len(), 8);
    assert!(report.is_clean());
}

#[tokio::test(start_paused = true)]
async fn a_device_that_does_not_open_in_time_is_told_and_the_stay_goes_on() {
    let hub = Hub::new();
    let device = FaultyDevice::new(ToneMicrophone::new(440));
    device.faults().break_open(OpenFault::OpensLate);
    let mut room = in_room(client(hub.transport()).with_device(device), "grace").await;
    let mut said = Vec::new();
    while said.len() < 2 {
        if let RoomEvent::DeviceFailed { error, .. } = room.next_event().await.expect("it lasts") {
            said.push(error.to_string());
        }
    }
    assert!(said[0].contains("has not opened within 30s"), "{said:?}");
    assert!(said[1].contains("has not let go within 2s"), "{said:?}");
    let (report, _) = room.exit().await;
    assert_eq!(report.devices[0].line.outcome, Outcome::TimedOut);
}
