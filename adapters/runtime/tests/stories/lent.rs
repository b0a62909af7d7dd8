//! Devices that stay the application's: used, gated, and left open.

use exeunt_loopback::{
    DeviceFaults, FaultyDevice, Hub, OpenFault, SilentSpeaker, SoundMeter, ToneMicrophone,
};
use exeunt_port::DeviceError;
use exeunt_runtime::{Client, Outcome, Ownership, Preview, Room, RoomEvent};

use crate::people::{client, in_room, user};

fn microphone() -> (Preview, DeviceFaults) {
    let device = FaultyDevice::new(ToneMicrophone::new(440));
    let faults = device.faults();
    (Preview::open(device), faults)
}

/// Somebody who listens.
async fn listener(hub: &Hub, name: &str) -> (Room, SoundMeter) {
    let speaker = SilentSpeaker::new();
    let meter = speaker.meter();
    let room = in_room(client(hub.transport()).with_device(speaker), name).await;
    (room, meter)
}

async fn until_returned(room: &mut Room) {
    while !matches!(
        room.next_event().await.expect("lasts"),
        RoomEvent::DeviceReturned { .. }
    ) {}
}

#[tokio::test(start_paused = true)]
async fn a_lent_microphone_is_silent_after_the_exit_and_open_for_the_next_stay() {
    let hub = Hub::new();
    let (_bob, meter) = listener(&hub, "bob").await;
    let (microphone, faults) = microphone();
    let own = microphone.frames();
    let mut alice: Client = client(hub.transport()).with_lent(microphone.lend());
    let (name, mut heard) = (user("alice"), 0);
    for _ in 0..2 {
        let mut room = in_room(alice, "alice").await;
        meter.until(&name, |now| now.packets >= heard + 50).await;
        room.handle().request_exit();
        until_returned(&mut room).await;
        let (report, client) = room.exit().await;
        assert_eq!(report.devices[0].line.outcome, Outcome::NotOwed, "{report}");
        assert_eq!(report.devices[0].ownership, Ownership::Lent);
        assert!(report.to_string().contains("lent"), "{report}");
        assert_eq!(faults.open_now(), 1, "it stays on (G-16)");
        // What was on its way may still arrive; then it is quiet.
        tokio::time::sleep(std::time::Duration::from_secs(1)).await;
        heard = meter.heard(&name).expect("she was heard").packets;
        tokio::time::sleep(std::time::Duration::from_secs(30)).await;
        assert_eq!(meter.heard(&name).expect("she was heard").packets, heard);
        while own.try_next().is_some() {}
        assert!(own.next().await.is_some(), "the application hears it");
        alice = client;
    }
    microphone.release().await.expect("it lets go");
    assert_eq!(faults.open_now(), 0);
}

#[tokio::test(start_paused = true)]
async fn two_rooms_at_a_time_use_what_is_lent_and_one_leaves_the_other_undisturbed() {
    let (first, second) = (Hub::new(), Hub::new());
    let (_bob, meter) = listener(&second, "bob").await;
    let (microphone, faults) = microphone();
    let one = client(first.transport()).with_lent(microphone.lend());
    let two = client(second.transport()).with_lent(microphone.lend());
    let one = in_room(one, "alice").await;
    let _two = in_room(two, "alice").await;
    let (report, _) = one.exit().await;
    assert!(report.is_clean());
    let heard = meter.heard(&user("alice")).map_or(0, |heard| heard.packets);
    meter
        .until(&user("alice"), |now| now.packets >= heard + 50)
        .await;
    assert_eq!(faults.open_now(), 1);
}

#[tokio::test(start_paused = true)]
async fn a_lent_device_is_lent_and_taken_back_in_mid_room() {
    let hub = Hub::new();
    let (microphone, faults) = microphone();
    let mut room = in_room(client(hub.transport()), "alice").await;
    for _ in 0..3 {
        let lent = room.handle().lend(microphone.lend()).await;
        let slot = lent.expect("a free slot");
        assert_eq!(slot.number(), 0);
        while !matches!(
            room.next_event().await.expect("lasts"),
            RoomEvent::DeviceOpened { .. }
        ) {}
        room.handle()
            .stop(slot)
            .await
            .expect("it can be given back");
        until_returned(&mut room).await;
        assert_eq!(faults.open_now(), 1);
    }
    let (report, _) = room.exit().await;
    assert!(report.devices.is_empty(), "it was not there any more");
}

#[tokio::test(start_paused = true)]
async fn a_lent_device_that_still_opens_or_cannot_be_opened_holds_up_no_exit() {
    let hub = Hub::new();
    let device = FaultyDevice::new(ToneMicrophone::new(440));
    let faults = device.faults();
    faults.break_open(OpenFault::Hangs);
    let microphone = Preview::open(device);
    faults.reached().await;
    let alice = client(hub.transport()).with_lent(microphone.lend());
    let (report, alice) = in_room(alice, "alice").await.exit().await;
    assert_eq!(report.devices[0].line.outcome, Outcome::NotOwed);
    assert_eq!(report.took, std::time::Duration::ZERO);
    faults.let_go();
    microphone.opened().await.expect("nobody has abandoned it");
    drop(microphone);
    faults.until_open(0).await;

    // What is lent, and not there any more, is told in every stay.
    let mut room = in_room(alice, "alice").await;
    room.handle().request_exit();
    let (report, _) = room.exit().await;
    assert_eq!(report.devices[0].line.outcome, Outcome::Vanished);

    let device = FaultyDevice::new(ToneMicrophone::new(440));
    let busy = DeviceError::Busy { name: "mic".into() };
    device.faults().break_open(OpenFault::Fails(busy.clone()));
    let microphone = Preview::open(device);
    let bob = client(hub.transport()).with_lent(microphone.lend());
    room = bob.enter(crate::people::request("bob"));
    loop {
        let event = room.next_event().await.expect("lasts");
        if let RoomEvent::DeviceFailed { error, .. } = event {
            assert_eq!(error, busy);
            break;
        }
        if let RoomEvent::DeviceVanished { error, .. } = event {
            assert_eq!(error, busy);
            break;
        }
    }
    assert!(room.exit().await.0.is_clean());
}

#[tokio::test(start_paused = true)]
async fn a_lent_device_that_vanishes_or_is_released_by_its_owner_is_told_and_owes_nothing() {
    let hub = Hub::new();
    for unplugged in [true, false] {
        let (microphone, faults) = microphone();
        microphone.opened().await.expect("it opens");
        let alice = client(hub.transport()).with_lent(microphone.lend());
        let mut room = in_room(alice, "alice").await;
        if unplugged {
            faults.vanish(DeviceError::Vanished {
                name: "mic".into(),
                detail: "unplugged".into(),
            });
        } else {
            microphone.release().await.expect("it is the application's");
        }
        while !matches!(
            room.next_event().await.expect("lasts"),
            RoomEvent::DeviceVanished { .. }
        ) {}
        let (report, _) = room.exit().await;
        assert_eq!(report.devices[0].line.outcome, Outcome::Vanished);
        assert_eq!(report.devices[0].ownership, Ownership::Lent);
        assert_eq!(faults.open_now(), 0);
    }
}

#[tokio::test(start_paused = true)]
async fn a_lent_speaker_plays_the_room_and_falls_silent_with_the_exit() {
    let hub = Hub::new();
    let speaker = SilentSpeaker::new();
    let meter = speaker.meter();
    let speaker = Preview::open(speaker);
    let bob = in_room(client(hub.transport()).with_lent(speaker.lend()), "bob").await;
    let tone = client(hub.transport()).with_device(ToneMicrophone::new(440));
    let _alice = in_room(tone, "alice").await;
    meter
        .until(&user("alice"), |heard| heard.packets >= 50)
        .await;
    let (_report, _bob) = bob.exit().await;
    tokio::time::sleep(std::time::Duration::from_secs(1)).await;
    let heard = meter.heard(&user("alice")).expect("she was heard").packets;
    tokio::time::sleep(std::time::Duration::from_secs(30)).await;
    assert_eq!(meter.heard(&user("alice")).expect("heard").packets, heard);
    speaker.release().await.expect("it lets go");
}
