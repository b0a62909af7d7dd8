//! How stays end when everybody behaves.

use exeunt_loopback::Hub;
use exeunt_runtime::{Cause, Outcome, Reason, RoomEvent};

use crate::people::{bystander, client, end, in_room, sees, standup, user};

#[tokio::test(start_paused = true)]
async fn leaving_tells_the_others_and_gives_the_client_back_for_another_stay() {
    let hub = Hub::new();
    let mut others = bystander(&hub).await;
    let mut alice = client(hub.transport());
    for stay in 1..=3 {
        let room = in_room(alice, "alice").await;
        assert_eq!(sees(&mut others).await, "+alice");
        let (report, back) = room.exit().await;
        assert_eq!(sees(&mut others).await, "-alice 0");
        assert_eq!((report.reason, report.stay), (Reason::LocalExit, stay));
        assert_eq!(
            report.receipt.and_then(|receipt| receipt.peers_told),
            Some(1)
        );
        assert!(report.is_clean(), "{report}");
        alice = back;
    }
}

#[tokio::test(start_paused = true)]
async fn a_kick_ends_the_stay_with_1_and_leaving_afterwards_changes_nothing() {
    let hub = Hub::new();
    let mut others = bystander(&hub).await;
    let bob = in_room(client(hub.transport()), "bob").await;
    let handle = bob.handle();
    hub.kick(&standup(), &user("bob")).expect("bob is there");
    let (report, _) = end(bob).await;
    assert_eq!(report.reason.number(), 1);
    assert_eq!(handle.exit().await, report);
    assert_eq!(sees(&mut others).await, "+bob");
    assert_eq!(sees(&mut others).await, "-bob 2");
}

#[tokio::test(start_paused = true)]
async fn a_dismissal_ends_everybodys_stay_with_2_and_the_room_is_gone() {
    let hub = Hub::new();
    let first = in_room(client(hub.transport()), "carol").await;
    let second = in_room(client(hub.transport()), "dave").await;
    hub.dismiss(&standup()).expect("the room is there");
    for room in [first, second] {
        let (report, _) = end(room).await;
        assert_eq!(report.reason.number(), 2);
        assert_eq!(report.departure.outcome, Outcome::NotOwed);
    }
    assert!(hub.rooms().is_empty());
}

#[tokio::test(start_paused = true)]
async fn the_same_user_from_elsewhere_ends_the_earlier_stay_as_replaced() {
    let hub = Hub::new();
    let earlier = in_room(client(hub.transport()), "erin").await;
    let _later = in_room(client(hub.transport()), "erin").await;
    assert_eq!(end(earlier).await.0.reason, Reason::Replaced);
}

#[tokio::test(start_paused = true)]
async fn a_link_that_comes_back_keeps_the_stay_and_one_that_does_not_ends_it_as_lost() {
    let hub = Hub::new();
    let transport = hub.transport();
    let faults = transport.faults();
    let frank = in_room(client(transport), "frank").await;
    faults.lose_link();
    faults.recover_link();
    faults.lose_link();
    let (report, _) = end(frank).await;
    assert_eq!(report.cause, Cause::RecoveringTimedOut);
    assert_eq!(report.reason.number(), 100);
    assert_eq!(report.departure.outcome, Outcome::Impossible);
}

#[tokio::test(start_paused = true)]
async fn concurrent_exits_are_one_exit_with_one_report() {
    let hub = Hub::new();
    let room = in_room(client(hub.transport()), "grace").await;
    let (left, right) = (room.handle(), room.handle());
    let (first, second, (third, _)) = tokio::join!(left.exit(), right.exit(), room.exit());
    assert!(std::sync::Arc::ptr_eq(&first, &second));
    assert!(std::sync::Arc::ptr_eq(&first, &third));
}

#[tokio::test(start_paused = true)]
async fn a_loss_that_the_transport_repeats_is_told_once() {
    let hub = Hub::new();
    let transport = hub.transport();
    let faults = transport.faults();
    let mut heidi = in_room(client(transport), "heidi").await;
    faults.repeat_signals(2);
    faults.lose_link();
    faults.recover_link();
    faults.lose_link();
    let mut told = Vec::new();
    while told.last() != Some(&"exited") {
        let event = heidi.next_event().await.expect("the exit is the last");
        if matches!(event, RoomEvent::ConnectionLost) {
            told.push("lost");
        } else if matches!(event, RoomEvent::ConnectionRecovered) {
            told.push("recovered");
        } else if matches!(event, RoomEvent::Exited(_)) {
            told.push("exited");
        }
    }
    assert_eq!(told, ["lost", "recovered", "lost", "exited"]);
}
