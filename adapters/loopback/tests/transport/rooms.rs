//! Entering, leaving, being removed, falling silent.

use std::time::Duration;

use bytes::Bytes;
use exeunt_loopback::{Hub, HubError};
use exeunt_port::{
    DepartureError, DepartureReceipt, EnterError, MediaFrame, RemoteFrame, RemoteLeaveReason,
    RoomLink, RoomSignal, Transport,
};
use tokio::time::Instant;

use crate::member::{Member, entered, frame, left, request, standup, user};

#[tokio::test]
async fn who_enters_and_who_is_there_learn_of_each_other() {
    let hub = Hub::new();
    let mut alice = Member::enter(&hub, "alice").await;
    let mut bob = Member::enter(&hub, "bob").await;
    assert_eq!(alice.told().await, entered("bob"));
    assert_eq!(bob.told().await, entered("alice"));
    let rooms = hub.rooms();
    assert_eq!(rooms.len(), 1);
    assert_eq!(rooms[0].members, [user("alice"), user("bob")]);
}

#[tokio::test]
async fn the_number_and_the_name_of_the_same_digits_are_different_rooms() {
    let hub = Hub::new();
    let transport = hub.transport();
    let mut connections = Vec::new();
    for room in ["7", "\"7\""] {
        let request = exeunt_port::EnterRequest::unsigned("alice", room).expect("valid ids");
        connections.push(
            transport
                .connect(request, RoomLink::pair().0)
                .await
                .expect("let in"),
        );
    }
    assert_eq!(hub.rooms().len(), 2);
}

#[tokio::test]
async fn an_announced_departure_is_told_to_every_other_and_counted() {
    let hub = Hub::new();
    let mut alice = Member::enter(&hub, "alice").await;
    let mut bob = Member::enter(&hub, "bob").await;
    let carol = Member::enter(&hub, "carol").await;
    let receipt = carol.connection.announce_departure().await;
    assert_eq!(
        receipt,
        Ok(DepartureReceipt {
            peers_told: Some(2)
        })
    );
    carol.connection.close().await.expect("closes");
    for other in [&mut alice, &mut bob] {
        while other.told().await != left("carol", RemoteLeaveReason::Left) {}
        assert!(other.knows_all().await, "once");
    }
    assert_eq!(
        carol.connection.announce_departure().await,
        Err(DepartureError::Closed)
    );
}

#[tokio::test]
async fn a_departure_is_announced_once() {
    let hub = Hub::new();
    let alice = Member::enter(&hub, "alice").await;
    alice
        .connection
        .announce_departure()
        .await
        .expect("announced");
    assert_eq!(
        alice.connection.announce_departure().await,
        Err(DepartureError::AlreadyOut)
    );
    assert!(hub.rooms().is_empty(), "a room without members is gone");
}

#[tokio::test]
async fn a_frame_reaches_all_the_others_and_not_its_sender() {
    let hub = Hub::new();
    let alice = Member::enter(&hub, "alice").await;
    let bob = Member::enter(&hub, "bob").await;
    let carol = Member::enter(&hub, "carol").await;
    assert!(alice.side.outbound.push(frame(7)));
    let expected = RemoteFrame {
        user: user("alice"),
        frame: frame(7),
    };
    assert_eq!(bob.side.inbound.next().await, Some(expected.clone()));
    assert_eq!(carol.side.inbound.next().await, Some(expected));
    assert_eq!(alice.side.inbound.try_next(), None);
}

#[tokio::test]
async fn a_frame_beyond_the_bound_is_not_carried() {
    let hub = Hub::new();
    let alice = Member::enter(&hub, "alice").await;
    let bob = Member::enter(&hub, "bob").await;
    let payload = Bytes::from(vec![0; MediaFrame::MAX_PAYLOAD + 1]);
    alice.side.outbound.push(MediaFrame {
        payload,
        ..frame(1)
    });
    alice.side.outbound.push(frame(2));
    assert_eq!(
        bob.side
            .inbound
            .next()
            .await
            .map(|remote| remote.frame.sequence),
        Some(2)
    );
}

#[tokio::test]
async fn no_frame_follows_a_kick_and_none_is_received() {
    let hub = Hub::new();
    let mut alice = Member::enter(&hub, "alice").await;
    let bob = Member::enter(&hub, "bob").await;
    hub.kick(&standup(), &user("alice"))
        .expect("alice is there");
    while alice.told().await != RoomSignal::Kicked {}
    alice.side.outbound.push(frame(1));
    bob.side.outbound.push(frame(2));
    assert!(alice.knows_all().await);
    assert_eq!(bob.side.inbound.try_next(), None);
    assert_eq!(alice.side.inbound.try_next(), None);
}

#[tokio::test]
async fn a_kick_is_told_to_the_kicked_and_to_the_others() {
    let hub = Hub::new();
    let mut alice = Member::enter(&hub, "alice").await;
    let mut bob = Member::enter(&hub, "bob").await;
    hub.kick(&standup(), &user("bob")).expect("bob is there");
    assert_eq!(bob.told().await, entered("alice"));
    assert_eq!(bob.told().await, RoomSignal::Kicked);
    assert_eq!(alice.told().await, entered("bob"));
    assert_eq!(alice.told().await, left("bob", RemoteLeaveReason::Kicked));
    assert_eq!(
        bob.connection.announce_departure().await,
        Err(DepartureError::AlreadyOut)
    );
    bob.connection.close().await.expect("closes");
}

#[tokio::test]
async fn a_kick_for_an_old_stay_does_not_touch_the_new_one() {
    let hub = Hub::new();
    let mut old = Member::enter(&hub, "bob").await;
    hub.kick(&standup(), &user("bob")).expect("bob is there");
    let mut new = Member::enter(&hub, "bob").await;
    assert_eq!(old.told().await, RoomSignal::Kicked);
    drop(old);
    assert!(new.knows_all().await, "nobody speaks of the old stay");
    assert_eq!(hub.rooms()[0].members, [user("bob")]);
}

#[tokio::test]
async fn an_operator_who_asks_for_what_is_not_there_is_told_so() {
    let hub = Hub::new();
    let nowhere = HubError::NoSuchRoom { room: standup() };
    assert_eq!(hub.kick(&standup(), &user("bob")), Err(nowhere.clone()));
    assert_eq!(hub.dismiss(&standup()), Err(nowhere));
    let _alice = Member::enter(&hub, "alice").await;
    let error = hub
        .kick(&standup(), &user("bob"))
        .expect_err("bob is not there");
    assert_eq!(error.to_string(), "bob is not in room \"standup\"");
}

#[tokio::test]
async fn a_dismissal_is_told_to_everybody_and_the_room_is_gone() {
    let hub = Hub::new();
    let mut alice = Member::enter(&hub, "alice").await;
    let mut bob = Member::enter(&hub, "bob").await;
    assert_eq!(hub.dismiss(&standup()), Ok(2));
    for member in [&mut alice, &mut bob] {
        while member.told().await != RoomSignal::Dismissed {}
        assert!(member.knows_all().await, "nothing comes after a dismissal");
    }
    assert!(hub.rooms().is_empty());
}

#[tokio::test]
async fn the_same_user_from_elsewhere_replaces_his_earlier_stay() {
    let hub = Hub::new();
    let mut alice = Member::enter(&hub, "alice").await;
    let mut old = Member::enter(&hub, "bob").await;
    let mut new = Member::enter(&hub, "bob").await;
    assert_eq!(old.told().await, entered("alice"));
    assert_eq!(old.told().await, RoomSignal::Replaced);
    assert_eq!(new.told().await, entered("alice"));
    assert_eq!(alice.told().await, entered("bob"));
    assert_eq!(alice.told().await, left("bob", RemoteLeaveReason::Kicked));
    assert_eq!(alice.told().await, entered("bob"));
    assert_eq!(
        old.connection.announce_departure().await,
        Err(DepartureError::AlreadyOut)
    );
    drop(old);
    assert!(
        alice.knows_all().await,
        "the old stay's end is not the new one's"
    );
}

#[tokio::test(start_paused = true)]
async fn a_dropped_connection_times_out_after_the_lease() {
    let lease = Duration::from_secs(5);
    let hub = Hub::with_lease(lease);
    let mut alice = Member::enter(&hub, "alice").await;
    let bob = Member::enter(&hub, "bob").await;
    let dropped = Instant::now();
    drop(bob);
    assert_eq!(
        hub.rooms()[0].members.len(),
        2,
        "the server does not know yet"
    );
    assert_eq!(alice.told().await, entered("bob"));
    assert_eq!(alice.told().await, left("bob", RemoteLeaveReason::TimedOut));
    assert!(dropped.elapsed() >= lease, "not before the lease is over");
    assert_eq!(hub.rooms()[0].members, [user("alice")]);
}

#[tokio::test(start_paused = true)]
async fn closing_without_a_goodbye_is_a_silent_death_too() {
    let hub = Hub::new();
    let mut alice = Member::enter(&hub, "alice").await;
    let bob = Member::enter(&hub, "bob").await;
    bob.connection.close().await.expect("closes");
    bob.connection.close().await.expect("closes again");
    drop(bob);
    assert_eq!(alice.told().await, entered("bob"));
    assert_eq!(alice.told().await, left("bob", RemoteLeaveReason::TimedOut));
    assert!(alice.knows_all().await, "once");
}

#[tokio::test(start_paused = true)]
async fn who_comes_back_within_the_lease_is_not_timed_out_by_it() {
    let hub = Hub::new();
    let mut alice = Member::enter(&hub, "alice").await;
    drop(Member::enter(&hub, "bob").await);
    let _back = Member::enter(&hub, "bob").await;
    tokio::time::sleep(2 * hub.lease()).await;
    for expected in [
        entered("bob"),
        left("bob", RemoteLeaveReason::Kicked),
        entered("bob"),
    ] {
        assert_eq!(alice.told().await, expected);
    }
    assert!(
        alice.knows_all().await,
        "the old lease is nobody's any more"
    );
}

#[tokio::test]
async fn a_closed_connection_holds_nothing_of_its_stay() {
    let hub = Hub::new();
    let mut alice = Member::enter(&hub, "alice").await;
    alice
        .connection
        .announce_departure()
        .await
        .expect("announced");
    alice.connection.close().await.expect("closes");
    drop(alice.connection);
    assert_eq!(
        alice.side.signals.recv().await,
        None,
        "every handle to the link is gone"
    );
}

#[tokio::test]
async fn a_runtime_that_ends_leaves_no_member_behind() {
    let hub = Hub::new();
    let elsewhere = hub.clone();
    tokio::task::spawn_blocking(move || {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_time()
            .build();
        let runtime = runtime.expect("a runtime");
        drop(runtime.block_on(Member::enter(&elsewhere, "bob")));
    })
    .await
    .expect("it ends");
    assert!(hub.rooms().is_empty());
}

#[tokio::test]
async fn a_stopped_hub_says_so_and_lets_nobody_in() {
    let hub = Hub::new();
    let mut alice = Member::enter(&hub, "alice").await;
    hub.stop();
    assert_eq!(alice.told().await, RoomSignal::ServerStopped);
    let refused = hub
        .transport()
        .connect(request("bob"), RoomLink::pair().0)
        .await;
    assert!(matches!(
        refused.err(),
        Some(EnterError::Unreachable { .. })
    ));
}

#[tokio::test]
async fn a_member_who_does_not_listen_holds_up_nobody() {
    let hub = Hub::new();
    let mut alice = Member::enter(&hub, "alice").await;
    let deaf = Member::enter(&hub, "deaf").await;
    assert_eq!(alice.told().await, entered("deaf"));
    let mut heard = Vec::new();
    while heard.last() != Some(&left("deaf", RemoteLeaveReason::TimedOut)) {
        let visitor = Member::enter(&hub, "visitor").await;
        visitor
            .connection
            .announce_departure()
            .await
            .expect("announced");
        visitor.connection.close().await.expect("closes");
        heard.push(alice.told().await);
        assert!(heard.len() < 10_000, "the deaf one is never cut off");
    }
    assert_eq!(
        deaf.connection.announce_departure().await,
        Err(DepartureError::AlreadyOut)
    );
}
