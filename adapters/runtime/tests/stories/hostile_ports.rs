//! Ports that fail, hang and panic: each becomes a fact, and the exit ends within its bound.

use exeunt_core::{Disposition, Event};
use exeunt_loopback::{
    AnnounceFault, CloseFault, ConnectFault, FaultyDevice, Hub, OpenFault, ReleaseFault,
    SilentSpeaker, ToneMicrophone,
};
use exeunt_port::{CloseError, DepartureError, DeviceError};
use exeunt_runtime::{DeviceRefused, Outcome, Policy, Reason, RoomEvent};

use crate::people::{Steps, bystander, client, end, in_room, request, sees};

#[tokio::test(start_paused = true)]
async fn a_transport_that_never_answers_is_given_up_within_the_bound() {
    let hub = Hub::new();
    let transport = hub.transport();
    transport.faults().break_announce(AnnounceFault::Hangs);
    transport.faults().break_close(CloseFault::Hangs);
    let room = in_room(client(transport), "alice").await;
    let (report, _) = room.exit().await;
    assert_eq!(report.departure.outcome, Outcome::TimedOut);
    assert_eq!(report.transport.outcome, Outcome::TimedOut);
    assert_eq!(report.given_up(), 2);
    assert_eq!(report.took, Policy::default().total());
}

#[tokio::test(start_paused = true)]
async fn a_transport_that_fails_is_told_so_and_skips_nothing() {
    let hub = Hub::new();
    let transport = hub.transport();
    let faults = transport.faults();
    faults.break_announce(AnnounceFault::Fails(DepartureError::LinkDown));
    let detail = "the peer had gone".to_owned();
    faults.break_close(CloseFault::Fails(CloseError::Unilateral { detail }));
    let room = in_room(
        client(transport).with_device(ToneMicrophone::new(440)),
        "bob",
    )
    .await;
    let (report, _) = room.exit().await;
    assert_eq!(report.departure.outcome, Outcome::Failed);
    assert_eq!(report.departure.error.as_deref(), Some("the link is down"));
    assert_eq!(report.transport.outcome, Outcome::Failed);
    let unilateral = "closed without the other side: the peer had gone";
    assert_eq!(report.transport.error.as_deref(), Some(unilateral));
    assert_eq!(report.devices[0].line.outcome, Outcome::Done);
}

#[tokio::test(start_paused = true)]
async fn a_connection_that_is_given_up_is_cut_off_so_that_nobody_stays_as_a_ghost() {
    let hub = Hub::new();
    let mut others = bystander(&hub).await;
    let transport = hub.transport();
    transport.faults().break_announce(AnnounceFault::Hangs);
    transport.faults().break_close(CloseFault::Hangs);
    let room = in_room(client(transport), "heidi").await;
    let (report, _client) = room.exit().await;
    assert_eq!(report.given_up(), 2);
    // Nobody said goodbye, so the lease tells the others (G-12).
    assert_eq!(sees(&mut others).await, "+heidi");
    assert_eq!(sees(&mut others).await, "-heidi 1");
}

#[tokio::test(start_paused = true)]
async fn whoever_asks_for_a_device_during_the_exit_is_refused_and_does_not_wait() {
    let hub = Hub::new();
    let device = FaultyDevice::new(SilentSpeaker::new());
    let faults = device.faults();
    faults.break_release(ReleaseFault::Hangs);
    let room = in_room(client(hub.transport()).with_device(device), "ivan").await;
    faults.until_open(1).await;
    let handle = room.handle();
    let began = tokio::time::Instant::now();
    handle.request_exit();
    let refused = handle.start(SilentSpeaker::new()).await;
    assert_eq!(refused, Err(DeviceRefused::NotInRoom));
    assert_eq!(began.elapsed(), std::time::Duration::ZERO);
    let (report, _) = room.exit().await;
    assert_eq!(report.devices[0].line.outcome, Outcome::TimedOut);
}

#[tokio::test(start_paused = true)]
async fn what_an_earlier_device_of_the_slot_complained_of_is_not_the_next_ones() {
    let hub = Hub::new();
    let mut room = in_room(client(hub.transport()), "judy").await;
    let busy = FaultyDevice::new(SilentSpeaker::new());
    let error = DeviceError::Busy {
        name: "first".into(),
    };
    busy.faults().break_open(OpenFault::Fails(error));
    let first = room.handle().start(busy).await.expect("a free slot");
    while !matches!(
        room.next_event().await,
        Some(RoomEvent::DeviceFailed { .. })
    ) {}
    let stuck = FaultyDevice::new(SilentSpeaker::new());
    stuck.faults().break_release(ReleaseFault::Hangs);
    let second = room.handle().start(stuck).await.expect("a free slot");
    assert_eq!(first, second);
    while !matches!(
        room.next_event().await,
        Some(RoomEvent::DeviceOpened { .. })
    ) {}
    let (report, _) = room.exit().await;
    assert_eq!(report.devices[0].line.outcome, Outcome::TimedOut);
    assert_eq!(report.devices[0].line.error, None);
}

#[tokio::test(start_paused = true)]
async fn deadlines_of_nothing_and_of_forever_are_kept_like_any_other() {
    let hub = Hub::new();
    let at_once = Policy {
        departure: std::time::Duration::ZERO,
        device: std::time::Duration::ZERO,
        transport: std::time::Duration::ZERO,
        ..Policy::default()
    };
    let forever = Policy {
        entering: std::time::Duration::MAX,
        recovering: std::time::Duration::MAX,
        opening: std::time::Duration::MAX,
        departure: std::time::Duration::MAX,
        device: std::time::Duration::MAX,
        transport: std::time::Duration::MAX,
    };
    for policy in [at_once, forever] {
        let karl = client(hub.transport())
            .with_policy(policy)
            .with_device(SilentSpeaker::new());
        let (report, _) = in_room(karl, "karl").await.exit().await;
        assert_eq!(report.took, std::time::Duration::ZERO);
    }
}

#[tokio::test(start_paused = true)]
async fn a_transport_that_panics_is_a_fact_like_any_other() {
    let hub = Hub::new();
    let transport = hub.transport();
    transport.faults().break_announce(AnnounceFault::Panics);
    transport.faults().break_close(CloseFault::Panics);
    let room = in_room(client(transport), "carol").await;
    let (report, _) = room.exit().await;
    assert_eq!(report.departure.outcome, Outcome::Failed);
    assert_eq!(report.reason, Reason::LocalExit);

    let transport = hub.transport();
    transport.faults().break_connect(ConnectFault::Panics);
    let (report, _) = end(client(transport).enter(request("dave"))).await;
    assert_eq!(report.reason, Reason::EnterFailed);
}

#[tokio::test(start_paused = true)]
async fn devices_that_hang_fail_or_panic_on_release_hold_up_nothing_but_their_own_line() {
    let hub = Hub::new();
    let mut erin = client(hub.transport());
    let error = DeviceError::Backend {
        name: "mic".into(),
        detail: "stuck".into(),
    };
    let faults = [
        ReleaseFault::Hangs,
        ReleaseFault::Fails(error),
        ReleaseFault::Panics,
    ];
    for fault in faults {
        let device = FaultyDevice::new(SilentSpeaker::new());
        device.faults().break_release(fault);
        erin = erin.with_device(device);
    }
    let opened = erin.enter(request("erin"));
    let room = until_open(opened, 3).await;
    let (report, _) = room.exit().await;
    let outcomes: Vec<_> = report
        .devices
        .iter()
        .map(|device| device.line.outcome)
        .collect();
    assert_eq!(
        outcomes,
        [Outcome::TimedOut, Outcome::Failed, Outcome::Failed]
    );
    assert_eq!(report.departure.outcome, Outcome::Done);
    assert_eq!(report.took, Policy::default().device);
}

#[tokio::test(start_paused = true)]
async fn a_device_that_opens_long_after_the_exit_is_released_all_the_same() {
    let hub = Hub::new();
    let device = FaultyDevice::new(ToneMicrophone::new(440));
    let faults = device.faults();
    faults.break_open(OpenFault::OpensLate);
    let steps = Steps::default();
    let frank = steps.of(client(hub.transport()).with_device(device));
    let room = in_room(frank, "frank").await;
    faults.reached().await;
    let (report, _client) = room.exit().await;
    assert_eq!(report.devices[0].line.outcome, Outcome::TimedOut);
    assert_eq!(faults.open_now(), 0);
    faults.let_go();
    let microphone = report.devices[0].slot;
    steps.until(Event::DeviceReleased(microphone)).await;
    let undone = steps
        .all()
        .into_iter()
        .find(|step| step.event == Event::DeviceOpened(microphone));
    assert_eq!(
        undone.map(|step| step.disposition),
        Some(Disposition::Undone)
    );
    assert_eq!(faults.open_now(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_device_that_fails_or_panics_on_opening_leaves_the_stay_as_it_is() {
    let hub = Hub::new();
    let mut grace = client(hub.transport());
    let error = DeviceError::Busy { name: "mic".into() };
    for fault in [OpenFault::Fails(error), OpenFault::Panics] {
        let device = FaultyDevice::new(ToneMicrophone::new(440));
        device.faults().break_open(fault);
        grace = grace.with_device(device);
    }
    let mut room = grace.enter(request("grace"));
    let mut failed = 0;
    while failed < 2 {
        if let RoomEvent::DeviceFailed { .. } = room.next_event().await.expect("it lasts") {
            failed += 1;
        }
    }
    let (report, _) = room.exit().await;
    let outcomes = report.devices.iter().map(|device| device.line.outcome);
    // Who fails says that he holds nothing. Who panics says nothing (G-13).
    let expected = [Outcome::NotOwed, Outcome::Failed];
    assert_eq!(outcomes.collect::<Vec<_>>(), expected, "{report}");
    assert_eq!(report.departure.outcome, Outcome::Done);
}

/// Waits until this many devices are open.
async fn until_open(mut room: exeunt_runtime::Room, wanted: usize) -> exeunt_runtime::Room {
    let mut open = 0;
    while open < wanted {
        if let RoomEvent::DeviceOpened { .. } = room.next_event().await.expect("it lasts") {
            open += 1;
        }
    }
    room
}
