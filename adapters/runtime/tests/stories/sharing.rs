//! One camera for two sessions: opened by the first, released by the last, at every crossing.

use std::time::Duration;

use exeunt_core::Event;
use exeunt_loopback::{
    DeviceFaults, FaultyDevice, Hub, OpenFault, PictureCamera, ReleaseFault, SilentSpeaker,
    ToneMicrophone,
};
use exeunt_port::{Device, DeviceError, DeviceLink, FrameQueue};
use exeunt_runtime::{Client, Outcome, Ownership, Policy, Room, RoomEvent, Shared};
use tokio::time::timeout;

use crate::people::{Steps, client, in_room, request, user};

/// Longer than anything here takes in real time; a story that waits this long has failed.
const FAILED: Duration = Duration::from_secs(60);

fn camera() -> (Shared, DeviceFaults) {
    let device = FaultyDevice::new(PictureCamera::new());
    let faults = device.faults();
    (Shared::new(device), faults)
}

/// Somebody alone in a room of his own, with the camera.
fn with(camera: &Shared) -> Client {
    client(Hub::new().transport()).with_device(camera.clone())
}

async fn until_opened(room: &mut Room) {
    while !matches!(
        room.next_event().await.expect("lasts"),
        RoomEvent::DeviceOpened { .. }
    ) {}
}

/// In a room, with the camera on.
async fn on(camera: &Shared) -> Room {
    let mut room = with(camera).enter(request("alice"));
    until_opened(&mut room).await;
    room
}

#[tokio::test(start_paused = true)]
async fn two_sessions_share_a_camera_that_is_opened_once_and_released_by_the_last() {
    let (camera, faults) = camera();
    let hubs = [Hub::new(), Hub::new()];
    let viewers = [
        in_room(client(hubs[0].transport()), "bob").await,
        in_room(client(hubs[1].transport()), "bob").await,
    ];
    let mut rooms = Vec::new();
    for hub in &hubs {
        let alice = client(hub.transport()).with_device(camera.clone());
        rooms.push(in_room(alice, "alice").await);
    }
    for viewer in &viewers {
        let frame = viewer.remote_frames().next().await;
        assert_eq!(frame.expect("bob sees her").user, user("alice"));
    }
    assert_eq!(faults.open_now(), 1);

    let mut first = rooms.remove(0);
    first.handle().request_exit();
    while !matches!(
        first.next_event().await.expect("lasts"),
        RoomEvent::DeviceReturned { .. }
    ) {}
    let (report, _) = first.exit().await;
    let line = &report.devices[0];
    assert_eq!(
        (line.line.outcome, line.ownership, line.other_users),
        (Outcome::NotOwed, Ownership::Shared, 1)
    );
    assert!(report.is_clean());
    assert!(
        report.to_string().contains("shared: 1 other used it on"),
        "{report}"
    );
    assert_eq!(faults.open_now(), 1, "the other one still uses it");
    let seen = viewers[1].remote_frames();
    while seen.try_next().is_some() {}
    assert!(seen.next().await.is_some(), "the other room still sees her");

    let (report, _) = rooms.remove(0).exit().await;
    let line = &report.devices[0];
    assert_eq!(
        (line.line.outcome, line.ownership, line.other_users),
        (Outcome::Done, Ownership::Shared, 0)
    );
    assert_eq!(faults.open_now(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_session_that_opens_while_the_last_one_releases_waits_and_opens_anew() {
    let (camera, faults) = camera();
    let first = on(&camera).await;
    faults.break_release(ReleaseFault::Hangs);
    let mut exit = Box::pin(first.exit());
    tokio::select! {
        _ = &mut exit => unreachable!("its release is held"),
        () = faults.reached() => {}
    }
    let mut second = with(&camera).enter(request("bob"));
    assert!(second.entered().await);
    assert_eq!(faults.open_now(), 1, "not opened a second time");
    faults.heal();
    faults.let_go();
    let (report, _) = exit.await;
    assert_eq!(report.devices[0].line.outcome, Outcome::Done);
    until_opened(&mut second).await;
    assert_eq!(faults.open_now(), 1);
    let (report, _) = second.exit().await;
    assert_eq!(report.devices[0].line.outcome, Outcome::Done);
    assert_eq!(faults.open_now(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_release_that_never_answers_times_out_for_the_last_and_for_whoever_waits_behind() {
    let (camera, faults) = camera();
    let (first, second) = (on(&camera).await, on(&camera).await);
    faults.break_release(ReleaseFault::Hangs);
    let (report, _) = first.exit().await;
    assert_eq!(report.devices[0].line.outcome, Outcome::NotOwed);
    let (report, _) = second.exit().await;
    assert_eq!(report.devices[0].line.outcome, Outcome::TimedOut);
    assert_eq!(report.took, Policy::default().device);
    // Behind it nobody gets the camera, and nobody's exit waits for it.
    let third = in_room(with(&camera), "carol").await;
    let (report, _) = third.exit().await;
    assert_eq!(report.devices[0].line.outcome, Outcome::NotOwed);
    assert_eq!(report.took, Duration::ZERO);
    faults.heal();
    faults.let_go();
    faults.until_open(0).await;
    let (report, _) = on(&camera).await.exit().await;
    assert_eq!(report.devices[0].line.outcome, Outcome::Done);
}

#[tokio::test(start_paused = true)]
async fn a_hung_opening_that_one_gives_up_still_opens_for_the_other() {
    let (camera, faults) = camera();
    faults.break_open(OpenFault::Hangs);
    let first = in_room(with(&camera), "alice").await;
    let mut second = in_room(with(&camera), "bob").await;
    faults.reached().await;
    let (report, _) = first.exit().await;
    assert_eq!(report.devices[0].line.outcome, Outcome::NotOwed);
    assert_eq!(report.took, Duration::ZERO, "it waits for nobody");
    faults.let_go();
    until_opened(&mut second).await;
    let (report, _) = second.exit().await;
    assert_eq!(report.devices[0].line.outcome, Outcome::Done);
    assert_eq!(faults.open_now(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_hung_opening_that_all_give_up_is_abandoned_and_undone_when_it_opens_after_all() {
    let (camera, faults) = camera();
    faults.break_open(OpenFault::OpensLate);
    let steps = Steps::default();
    let first = in_room(with(&camera), "alice").await;
    let second = in_room(steps.of(with(&camera)), "bob").await;
    faults.reached().await;
    let (report, _) = first.exit().await;
    assert_eq!(report.devices[0].line.outcome, Outcome::NotOwed);
    let (report, _client) = second.exit().await;
    assert_eq!(report.devices[0].line.outcome, Outcome::TimedOut);
    assert_eq!(faults.open_now(), 0);
    faults.let_go();
    steps
        .until(Event::DeviceReleased(report.devices[0].slot))
        .await;
    assert_eq!(faults.open_now(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_shared_camera_that_vanishes_has_vanished_for_all_and_opens_anew_for_the_next() {
    let (camera, faults) = camera();
    let mut rooms = vec![on(&camera).await, on(&camera).await];
    faults.vanish(DeviceError::Vanished {
        name: "camera".into(),
        detail: "unplugged".into(),
    });
    for room in &mut rooms {
        while !matches!(
            room.next_event().await.expect("lasts"),
            RoomEvent::DeviceVanished { .. }
        ) {}
        while !matches!(
            room.next_event().await.expect("lasts"),
            RoomEvent::DeviceReleased { .. }
        ) {}
    }
    let next = on(&camera).await;
    for room in rooms {
        let (report, _) = room.exit().await;
        assert_eq!(report.devices[0].line.outcome, Outcome::Vanished);
    }
    assert_eq!(faults.open_now(), 1, "the next one's");
    let (report, _) = next.exit().await;
    assert_eq!(report.devices[0].line.outcome, Outcome::Done);
}

#[tokio::test(start_paused = true)]
async fn an_opening_that_fails_fails_for_all_who_wait_for_it_and_can_be_tried_again() {
    let (camera, faults) = camera();
    let error = DeviceError::Busy {
        name: "camera".into(),
    };
    faults.break_open(OpenFault::Fails(error.clone()));
    let rooms = [
        with(&camera).enter(request("alice")),
        with(&camera).enter(request("bob")),
    ];
    for mut room in rooms {
        loop {
            if let RoomEvent::DeviceFailed { error: told, .. } =
                room.next_event().await.expect("lasts")
            {
                assert_eq!(told, error);
                break;
            }
        }
        assert!(room.exit().await.0.is_clean());
    }
    faults.heal();
    let (report, _) = on(&camera).await.exit().await;
    assert_eq!(report.devices[0].line.outcome, Outcome::Done);
}

#[tokio::test(start_paused = true)]
async fn a_session_that_is_dropped_leaves_the_camera_to_the_other() {
    let (camera, faults) = camera();
    let (first, second) = (on(&camera).await, on(&camera).await);
    let handle = first.handle();
    drop(first);
    assert_eq!(handle.report().await.devices[0].other_users, 1);
    assert_eq!(faults.open_now(), 1);
    drop(second);
    faults.until_open(0).await;
}

#[tokio::test(start_paused = true)]
async fn a_shared_device_is_started_and_stopped_in_mid_room() {
    let (camera, faults) = camera();
    let other = on(&camera).await;
    let mut room = in_room(client(Hub::new().transport()), "bob").await;
    for _ in 0..3 {
        let slot = room.handle().start(camera.clone()).await.expect("a slot");
        until_opened(&mut room).await;
        room.handle().stop(slot).await.expect("it can be stopped");
        while !matches!(
            room.next_event().await.expect("lasts"),
            RoomEvent::DeviceReturned { .. }
        ) {}
        assert_eq!(faults.open_now(), 1);
    }
    drop(other);
    faults.until_open(0).await;
    let (report, _) = room.exit().await;
    assert_eq!(report.devices[0].line.outcome, Outcome::NotOwed);
}

#[tokio::test(start_paused = true)]
async fn a_slow_session_loses_its_own_oldest_frames_and_nobody_elses() {
    let microphone = Shared::new(ToneMicrophone::new(440));
    let (link, slow) = DeviceLink::pair(FrameQueue::bounded(2));
    let _first = microphone.open(link).await.expect("it opens");
    let (link, quick) = DeviceLink::pair(FrameQueue::bounded(2));
    let _second = microphone.open(link).await.expect("it opens");
    let mut last = None;
    for _ in 0..20 {
        let frame = quick.captured.next().await.expect("it goes on");
        assert!(last.is_none_or(|last| frame.sequence == last + 1));
        last = Some(frame.sequence);
    }
    assert!(slow.captured.dropped() >= 17);
    assert_eq!(quick.captured.dropped(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_shared_speaker_plays_both_rooms_and_stops_for_each_by_itself() {
    let device = SilentSpeaker::new();
    let meter = device.meter();
    let speaker = Shared::new(device);
    let (mut listening, mut speaking) = (Vec::new(), Vec::new());
    for name in ["alice", "carol"] {
        let hub = Hub::new();
        listening.push(
            in_room(
                client(hub.transport()).with_device(speaker.clone()),
                "listener",
            )
            .await,
        );
        let tone = client(hub.transport()).with_device(ToneMicrophone::new(440));
        speaking.push(in_room(tone, name).await);
    }
    for name in ["alice", "carol"] {
        meter.until(&user(name), |heard| heard.packets >= 20).await;
    }
    let (report, _) = listening.remove(0).exit().await;
    assert_eq!(report.devices[0].line.outcome, Outcome::NotOwed);
    tokio::time::sleep(Duration::from_secs(1)).await;
    let heard = |name| meter.heard(&user(name)).expect("heard").packets;
    let (alice, carol) = (heard("alice"), heard("carol"));
    tokio::time::sleep(Duration::from_secs(10)).await;
    assert_eq!(heard("alice"), alice);
    assert!(heard("carol") > carol + 100);
}

#[test]
fn a_runtime_that_is_shut_down_under_a_shared_device_has_let_it_vanish_for_the_others() {
    let runtime = || {
        tokio::runtime::Builder::new_multi_thread()
            .worker_threads(1)
            .enable_all()
            .build()
            .expect("a runtime")
    };
    let (camera, faults) = camera();
    let (first, second) = (runtime(), runtime());
    let _room = first.block_on(on(&camera));
    let mut other = second.block_on(on(&camera));
    drop(first);
    second.block_on(async {
        while !matches!(
            other.next_event().await.expect("lasts"),
            RoomEvent::DeviceVanished { .. }
        ) {}
        // The clock here is the real one, which a busy machine stretches: that the exit comes to its end
        // is what counts, however late the deadline is noticed at which it gives the camera up.
        let (report, _) = timeout(FAILED, other.exit()).await.expect("an end");
        assert!(!report.devices[0].line.outcome.is_clean(), "{report}");
    });
    assert_eq!(faults.open_now(), 0);
}
