//! Runtimes that are shut down under a stay.

use exeunt_loopback::{Hub, SilentSpeaker};
use exeunt_runtime::{Cause, Outcome, Reason, RoomEvent};
use tokio::runtime::{Builder, Runtime};

use crate::people::{client, in_room};

fn runtime() -> Runtime {
    Builder::new_current_thread()
        .enable_time()
        .build()
        .expect("a runtime")
}

#[test]
fn a_runtime_that_is_shut_down_under_a_stay_leaves_a_report_behind() {
    let under = runtime();
    let hub = Hub::new();
    let mut room = under.block_on(async {
        let alice = client(hub.transport()).with_device(SilentSpeaker::new());
        let mut room = in_room(alice, "alice").await;
        while !matches!(
            room.next_event().await,
            Some(RoomEvent::DeviceOpened { .. })
        ) {}
        room
    });
    drop(under);
    let report = runtime().block_on(async {
        while let Some(event) = room.next_event().await {
            if let RoomEvent::Exited(report) = event {
                return report;
            }
        }
        panic!("the end is not told")
    });
    assert_eq!(report.cause, Cause::TransportClosed);
    assert_eq!(report.departure.outcome, Outcome::Impossible);
    assert_eq!(report.devices[0].line.outcome, Outcome::Failed);
    assert!(!report.is_clean());
}

#[test]
fn an_exit_that_was_asked_for_before_the_shutdown_keeps_its_reason() {
    let under = runtime();
    let hub = Hub::new();
    let room = under.block_on(in_room(client(hub.transport()), "bob"));
    let handle = room.handle();
    drop(room);
    drop(under);
    let report = runtime().block_on(handle.report());
    assert_eq!(report.reason, Reason::LocalExit);
}

#[test]
fn a_client_that_outlives_its_runtime_enters_in_the_next_one() {
    let hub = Hub::new();
    let first = runtime();
    let room = first.block_on(in_room(client(hub.transport()), "carol"));
    drop(first);
    let second = runtime();
    let (_, carol) = second.block_on(room.exit());
    let report = second.block_on(async {
        let room = in_room(carol, "carol").await;
        room.exit().await.0
    });
    assert!(report.is_clean(), "{report}");
}

#[test]
fn a_stay_that_the_runtime_never_got_to_begin_ends_as_well() {
    let hub = Hub::new();
    let under = runtime();
    let entered = under.enter();
    let room = client(hub.transport()).enter(crate::people::request("dave"));
    drop(entered);
    drop(under);
    let (report, _) = runtime().block_on(room.exit());
    assert_eq!(report.reason, Reason::EnterFailed);
}
