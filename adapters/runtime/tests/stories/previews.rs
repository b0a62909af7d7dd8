//! Devices that the application opened before the room: shown, handed over, dropped.

use exeunt_core::Event;
use exeunt_loopback::{
    ConnectFault, DeviceFaults, FaultyDevice, Hub, OpenFault, PictureCamera, ReleaseFault,
    ToneMicrophone,
};
use exeunt_port::{DeviceError, EnterError};
use exeunt_runtime::{
    Departures, DeviceRefused, Outcome, Ownership, Policy, Preview, Reason, RoomEvent,
};
use tokio::time::Instant;

use crate::people::{Steps, client, end, in_room, request, standup, user};

pub(crate) fn microphone() -> (FaultyDevice<ToneMicrophone>, DeviceFaults) {
    let device = FaultyDevice::new(ToneMicrophone::new(440));
    let faults = device.faults();
    (device, faults)
}

async fn open() -> (Preview, DeviceFaults) {
    let (device, faults) = microphone();
    let preview = Preview::open(device);
    preview.opened().await.expect("it opens");
    (preview, faults)
}

fn unplugged() -> DeviceError {
    DeviceError::Vanished {
        name: "mic".into(),
        detail: "unplugged".into(),
    }
}

#[tokio::test(start_paused = true)]
async fn a_preview_shows_its_pictures_before_and_in_the_room_and_the_exit_releases_it() {
    let hub = Hub::new();
    let device = FaultyDevice::new(PictureCamera::new());
    let faults = device.faults();
    let preview = Preview::open(device);
    assert_ne!(preview.opened().await.expect("it opens"), "");
    let mirror = preview.frames();
    assert!(mirror.next().await.is_some());

    let mut bob = in_room(client(hub.transport()), "bob").await;
    let steps = Steps::default();
    let alice = steps.of(client(hub.transport()).with_preview(preview));
    let mut room = in_room(alice, "alice").await;
    assert!(mirror.next().await.is_some(), "she still sees herself");
    let seen = bob.remote_frames().next().await.expect("bob sees her");
    assert_eq!(seen.user, user("alice"));
    assert_eq!(faults.open_now(), 1, "it was not opened twice");
    while let Some(event) = bob.next_event().await {
        if matches!(event, RoomEvent::RemoteUserEntered(_)) {
            break;
        }
    }
    room.handle().request_exit();
    while let Some(event) = room.next_event().await {
        if let RoomEvent::Exited(report) = event {
            assert_eq!(report.devices[0].line.outcome, Outcome::Done, "{report}");
            assert_eq!(report.devices[0].ownership, Ownership::Owned);
        }
    }
    assert_eq!(faults.open_now(), 0);
    assert_eq!(mirror.next().await, None, "the mirror is dark (G-14)");
    let slot = exeunt_core::Slot::all().next().expect("there are slots");
    assert!(
        steps
            .all()
            .iter()
            .any(|step| step.event == Event::DeviceAdopted(slot))
    );
    // What was released is not opened again.
    let (_, alice) = room.exit().await;
    let (report, _) = in_room(alice, "alice").await.exit().await;
    assert!(report.devices.is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_preview_whose_room_cannot_be_entered_is_released_by_that_exit() {
    let hub = Hub::new();
    for still_opening in [false, true] {
        let transport = hub.transport();
        let error = EnterError::Unreachable {
            endpoint: "loopback".into(),
            detail: "no server".into(),
        };
        transport
            .faults()
            .break_connect(ConnectFault::Fails(error.clone()));
        let (device, faults) = microphone();
        if still_opening {
            faults.break_open(OpenFault::Hangs);
        }
        let preview = Preview::open(device);
        if still_opening {
            faults.reached().await;
        } else {
            preview.opened().await.expect("it opens");
        }
        let room = client(transport)
            .with_preview(preview)
            .enter(request("alice"));
        let (report, _client) = end(room).await;
        assert_eq!(report.reason, Reason::EnterFailed);
        let expected = if still_opening {
            Outcome::NotOwed
        } else {
            Outcome::Done
        };
        assert_eq!(report.devices[0].line.outcome, expected, "{report}");
        assert_eq!(faults.open_now(), 0);
    }
}

#[tokio::test(start_paused = true)]
async fn a_preview_that_still_opens_can_be_handed_over_and_opens_in_the_room() {
    let hub = Hub::new();
    let (device, faults) = microphone();
    faults.break_open(OpenFault::Hangs);
    let preview = Preview::open(device);
    faults.reached().await;
    let mut room = in_room(client(hub.transport()).with_preview(preview), "alice").await;
    faults.let_go();
    while !matches!(
        room.next_event().await.expect("lasts"),
        RoomEvent::DeviceOpened { .. }
    ) {}
    let (report, _) = room.exit().await;
    assert_eq!(report.devices[0].line.outcome, Outcome::Done);
    assert_eq!(faults.open_now(), 0);
}

#[tokio::test(start_paused = true)]
async fn leaving_while_a_preview_still_opens_undoes_it_however_late_it_opens() {
    let hub = Hub::new();
    let (device, faults) = microphone();
    faults.break_open(OpenFault::OpensLate);
    let preview = Preview::open(device);
    faults.reached().await;
    let steps = Steps::default();
    let alice = steps.of(client(hub.transport()).with_preview(preview));
    let (report, _client) = in_room(alice, "alice").await.exit().await;
    assert_eq!(report.devices[0].line.outcome, Outcome::TimedOut);
    assert_eq!(report.given_up(), 1);
    faults.let_go();
    // It opens, and is released (G-4).
    steps
        .until(Event::DeviceReleased(report.devices[0].slot))
        .await;
    assert_eq!(faults.open_now(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_preview_that_is_dropped_is_released_in_the_background_and_can_be_awaited() {
    let departures = Departures::new();
    let (preview, faults) = open().await;
    let preview = preview.tracked_by(&departures);
    assert_eq!(departures.outstanding(), 1);
    faults.break_release(ReleaseFault::Hangs);
    let began = Instant::now();
    drop(preview);
    assert_eq!(
        began.elapsed(),
        std::time::Duration::ZERO,
        "nothing blocks (G-8)"
    );
    faults.reached().await;
    faults.let_go();
    assert!(departures.settled(Policy::default().total()).await);
    assert_eq!(faults.open_now(), 0);

    // A client that never enters has the same effect.
    let (preview, faults) = open().await;
    let preview = preview.tracked_by(&departures);
    drop(client(Hub::new().transport()).with_preview(preview));
    assert!(departures.settled(Policy::default().total()).await);
    assert_eq!(faults.open_now(), 0);
}

#[tokio::test(start_paused = true)]
async fn releasing_a_preview_is_bounded_and_goes_on_when_nobody_waits() {
    let (preview, faults) = open().await;
    preview.release().await.expect("it lets go");
    assert_eq!(faults.open_now(), 0);

    let departures = Departures::new();
    let (preview, faults) = open().await;
    let preview = preview.tracked_by(&departures);
    faults.break_release(ReleaseFault::Hangs);
    let began = Instant::now();
    let error = preview.release().await.expect_err("its driver hangs");
    assert!(
        error.to_string().contains("has not let go within"),
        "{error}"
    );
    assert_eq!(began.elapsed(), Policy::default().device);
    // Whoever ends his process is not held up either.
    assert!(departures.settled(Policy::default().device).await);
    faults.let_go();
    faults.until_open(0).await;

    let (preview, faults) = open().await;
    drop(preview.release());
    faults.until_open(0).await;
}

#[tokio::test(start_paused = true)]
async fn a_preview_that_cannot_be_opened_says_why_and_so_does_the_room_that_gets_it() {
    let hub = Hub::new();
    let (device, faults) = microphone();
    let busy = DeviceError::Busy { name: "mic".into() };
    faults.break_open(OpenFault::Fails(busy.clone()));
    let preview = Preview::open(device);
    assert_eq!(preview.opened().await, Err(busy.clone()));
    assert_eq!(preview.broken().await, busy);
    let mut room = in_room(client(hub.transport()), "alice").await;
    room.handle().adopt(preview).await.expect("a free slot");
    loop {
        if let RoomEvent::DeviceFailed { error, .. } = room.next_event().await.expect("lasts") {
            assert_eq!(error, busy);
            break;
        }
    }
    let (report, _) = room.exit().await;
    assert!(report.is_clean(), "{report}");
}

#[tokio::test(start_paused = true)]
async fn a_preview_that_never_opens_is_told_so_within_its_deadline() {
    let (device, faults) = microphone();
    faults.break_open(OpenFault::OpensLate);
    let preview = Preview::open(device);
    let began = Instant::now();
    let error = preview.opened().await.expect_err("it never answers");
    assert_eq!(began.elapsed(), Policy::default().opening);
    assert!(
        error.to_string().contains("has not opened within"),
        "{error}"
    );
    let releasing = preview.release();
    faults.let_go();
    releasing
        .await
        .expect("it opens for nobody, and is released");
    assert_eq!(faults.open_now(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_preview_that_vanishes_is_let_go_of_and_told_before_and_in_the_room() {
    let (preview, faults) = open().await;
    faults.vanish(unplugged());
    assert_eq!(preview.broken().await, unplugged());
    faults.until_open(0).await;
    preview.release().await.expect("what has gone is released");

    let hub = Hub::new();
    let (preview, faults) = open().await;
    let mut room = in_room(client(hub.transport()).with_preview(preview), "alice").await;
    faults.vanish(unplugged());
    loop {
        if let RoomEvent::DeviceVanished { error, .. } = room.next_event().await.expect("lasts") {
            assert_eq!(error, unplugged());
            break;
        }
    }
    let (report, _) = room.exit().await;
    assert_eq!(report.devices[0].line.outcome, Outcome::Vanished);
}

#[tokio::test(start_paused = true)]
async fn a_preview_that_has_vanished_before_it_is_handed_over_is_told_so_in_the_room() {
    let hub = Hub::new();
    let (preview, faults) = open().await;
    faults.vanish(unplugged());
    preview.broken().await;
    let mut room = in_room(client(hub.transport()), "alice").await;
    room.handle().adopt(preview).await.expect("a free slot");
    loop {
        if let RoomEvent::DeviceVanished { error, .. } = room.next_event().await.expect("lasts") {
            assert_eq!(error, unplugged());
            break;
        }
    }
    let (report, _) = room.exit().await;
    assert!(report.is_clean(), "{report}");
}

#[tokio::test(start_paused = true)]
async fn a_preview_is_adopted_and_stopped_in_mid_room() {
    let hub = Hub::new();
    let mut room = in_room(client(hub.transport()), "alice").await;
    for _ in 0..3 {
        let (preview, faults) = open().await;
        let slot = room.handle().adopt(preview).await.expect("a free slot");
        assert_eq!(slot.number(), 0);
        room.handle().stop(slot).await.expect("it can be stopped");
        while !matches!(
            room.next_event().await.expect("lasts"),
            RoomEvent::DeviceReleased { .. }
        ) {}
        assert_eq!(faults.open_now(), 0);
    }
}

#[tokio::test(start_paused = true)]
async fn a_preview_that_comes_too_late_for_its_stay_is_released_all_the_same() {
    let hub = Hub::new();
    let room = in_room(client(hub.transport()), "alice").await;
    let handle = room.handle();
    let (_report, _client) = room.exit().await;
    let (preview, faults) = open().await;
    assert_eq!(handle.adopt(preview).await, Err(DeviceRefused::NotInRoom));
    faults.until_open(0).await;
}

#[tokio::test(start_paused = true)]
async fn a_room_that_is_dropped_with_a_preview_releases_it() {
    let hub = Hub::new();
    let departures = Departures::new();
    let (preview, faults) = open().await;
    let alice = client(hub.transport())
        .with_preview(preview)
        .tracked_by(&departures);
    drop(alice.enter(request("alice")));
    assert!(departures.settled(Policy::default().total()).await);
    assert_eq!(faults.open_now(), 0);
    assert!(hub.rooms().iter().all(|room| room.room != standup()));
}

#[tokio::test(start_paused = true)]
async fn a_driver_that_never_answers_keeps_no_task_for_ever() {
    let tasks = || {
        tokio::runtime::Handle::current()
            .metrics()
            .num_alive_tasks()
    };
    let hub = Hub::new();
    let before = tasks();
    let (opening, opening_faults) = microphone();
    opening_faults.break_open(OpenFault::OpensLate);
    let (stuck, stuck_faults) = microphone();
    let alice = client(hub.transport())
        .with_device(opening)
        .with_device(stuck);
    let room = in_room(alice, "alice").await;
    stuck_faults.until_open(1).await;
    stuck_faults.break_release(ReleaseFault::Hangs);
    let (report, client) = room.exit().await;
    assert_eq!(report.given_up(), 2, "{report}");
    drop(client);
    tokio::time::sleep(std::time::Duration::from_secs(120)).await;
    // What is left are the drivers' own: one holds an opening, one a release.
    assert_eq!(tasks() - before, 2);
    opening_faults.let_go();
    stuck_faults.let_go();
    opening_faults.until_open(0).await;
    stuck_faults.until_open(0).await;
    tokio::time::sleep(std::time::Duration::from_secs(1)).await;
    assert_eq!(tasks(), before);
}
