//! What goes wrong with the transport, on command.

use std::time::Duration;

use exeunt_loopback::{AnnounceFault, CloseFault, ConnectFault, Hub, LoopbackTransport};
use exeunt_port::{
    CloseError, Connection, DepartureError, EnterError, RemoteLeaveReason, RoomLink, RoomSignal,
    Transport,
};

use crate::member::{Member, entered, frame, left, request, user};

fn broken(hub: &Hub, fault: ConnectFault) -> LoopbackTransport {
    let transport = hub.transport();
    transport.faults().break_connect(fault);
    transport
}

#[tokio::test]
async fn a_failing_connect_leaves_nobody_in_the_room() {
    let hub = Hub::new();
    let transport = broken(&hub, ConnectFault::Fails(EnterError::Abandoned));
    let failed = transport
        .connect(request("alice"), RoomLink::pair().0)
        .await;
    assert_eq!(failed.err(), Some(EnterError::Abandoned));
    assert!(hub.rooms().is_empty());
    transport.faults().heal();
    transport
        .connect(request("alice"), RoomLink::pair().0)
        .await
        .expect("healed");
}

#[tokio::test]
async fn a_hanging_connect_ends_when_it_is_abandoned() {
    let hub = Hub::new();
    let transport = broken(&hub, ConnectFault::Hangs);
    let (link, side) = RoomLink::pair();
    let (failed, ()) = tokio::join!(transport.connect(request("alice"), link), async {
        transport.faults().reached().await;
        side.abandon.cancel();
    });
    assert_eq!(failed.err(), Some(EnterError::Abandoned));
    assert!(hub.rooms().is_empty());
}

#[tokio::test]
async fn a_hanging_connect_succeeds_when_it_is_let_go() {
    let hub = Hub::new();
    let transport = broken(&hub, ConnectFault::Hangs);
    let (succeeded, ()) = tokio::join!(
        transport.connect(request("alice"), RoomLink::pair().0),
        async {
            transport.faults().reached().await;
            transport.faults().let_go();
        }
    );
    let _connection = succeeded.expect("let in");
    assert_eq!(hub.rooms().len(), 1);
}

#[tokio::test]
async fn a_connect_that_ignores_being_abandoned_succeeds_late_and_can_be_undone() {
    let hub = Hub::new();
    let mut witness = Member::enter(&hub, "witness").await;
    let transport = broken(&hub, ConnectFault::SucceedsLate);
    let (link, side) = RoomLink::pair();
    let (late, ()) = tokio::join!(transport.connect(request("alice"), link), async {
        transport.faults().reached().await;
        side.abandon.cancel();
        assert!(witness.knows_all().await);
        transport.faults().let_go();
    });
    let late = late.expect("it succeeds all the same");
    assert_eq!(witness.told().await, entered("alice"));
    late.announce_departure().await.expect("announced");
    late.close().await.expect("closes");
    assert_eq!(witness.told().await, left("alice", RemoteLeaveReason::Left));
}

#[tokio::test]
async fn a_dropped_connect_leaves_nothing_behind() {
    let hub = Hub::new();
    let transport = broken(&hub, ConnectFault::SucceedsLate);
    let (link, mut side) = RoomLink::pair();
    tokio::select! {
        _ = transport.connect(request("alice"), link) => unreachable!("it is held"),
        () = transport.faults().reached() => {}
    }
    transport.faults().let_go();
    assert_eq!(
        side.signals.recv().await,
        None,
        "the link is dropped with the future"
    );
    assert!(hub.rooms().is_empty());
}

#[tokio::test]
async fn a_connect_that_panics_leaves_the_transport_usable() {
    let hub = Hub::new();
    let transport = broken(&hub, ConnectFault::Panics);
    let panicking = transport.clone();
    let crash = tokio::spawn(async move {
        panicking
            .connect(request("alice"), RoomLink::pair().0)
            .await
            .err()
    });
    assert!(crash.await.expect_err("it panics").is_panic());
    transport.faults().heal();
    transport
        .connect(request("alice"), RoomLink::pair().0)
        .await
        .expect("healed");
}

#[tokio::test]
async fn a_failed_announcement_tells_nobody() {
    let hub = Hub::new();
    let mut witness = Member::enter(&hub, "witness").await;
    let alice = Member::enter(&hub, "alice").await;
    assert_eq!(witness.told().await, entered("alice"));
    alice
        .faults()
        .break_announce(AnnounceFault::Fails(DepartureError::LinkDown));
    assert_eq!(
        alice.connection.announce_departure().await,
        Err(DepartureError::LinkDown)
    );
    assert!(witness.knows_all().await);
}

#[tokio::test]
async fn a_close_gives_up_an_announcement_that_hangs() {
    let hub = Hub::new();
    let alice = Member::enter(&hub, "alice").await;
    alice.faults().break_announce(AnnounceFault::Hangs);
    let (announced, closed) = tokio::join!(alice.connection.announce_departure(), async {
        alice.faults().reached().await;
        alice.connection.close().await
    });
    assert_eq!(announced, Err(DepartureError::Closed));
    assert_eq!(closed, Ok(()));
}

#[tokio::test]
async fn a_lost_confirmation_does_not_untell_the_others() {
    let hub = Hub::new();
    let mut witness = Member::enter(&hub, "witness").await;
    let alice = Member::enter(&hub, "alice").await;
    alice.faults().break_announce(AnnounceFault::Unconfirmed);
    let (announced, ()) = tokio::join!(alice.connection.announce_departure(), async {
        assert_eq!(witness.told().await, entered("alice"));
        assert_eq!(witness.told().await, left("alice", RemoteLeaveReason::Left));
        alice.connection.close().await.expect("closes");
    });
    assert_eq!(announced, Err(DepartureError::Closed));
}

#[tokio::test]
async fn a_failing_close_gives_up_what_it_held() {
    let hub = Hub::new();
    let mut alice = Member::enter(&hub, "alice").await;
    let error = CloseError::Unilateral {
        detail: "as asked".to_owned(),
    };
    alice.faults().break_close(CloseFault::Fails(error.clone()));
    assert_eq!(alice.connection.close().await, Err(error));
    drop(alice.connection);
    assert_eq!(alice.side.signals.recv().await, None);
}

#[tokio::test]
async fn a_close_that_never_answers_can_be_given_up() {
    let hub = Hub::new();
    let mut alice = Member::enter(&hub, "alice").await;
    alice.faults().break_close(CloseFault::Hangs);
    tokio::select! {
        _ = alice.connection.close() => unreachable!("it is held"),
        () = alice.faults().reached() => {}
    }
    drop(alice.connection);
    assert_eq!(
        alice.side.signals.recv().await,
        None,
        "dropping it lets go of everything"
    );
}

#[tokio::test]
async fn announcing_and_closing_panic_on_command() {
    let hub = Hub::new();
    let Member {
        side: _side,
        connection,
        transport,
    } = Member::enter(&hub, "alice").await;
    let connection: std::sync::Arc<dyn Connection> = connection.into();
    transport.faults().break_announce(AnnounceFault::Panics);
    transport.faults().break_close(CloseFault::Panics);
    let panicking = std::sync::Arc::clone(&connection);
    let crash = tokio::spawn(async move { panicking.announce_departure().await });
    assert!(crash.await.expect_err("it panics").is_panic());
    let crash = tokio::spawn(async move { connection.close().await });
    assert!(crash.await.expect_err("it panics").is_panic());
}

/// Alice, and a witness of whom she has been told.
async fn alice_and_witness() -> (Hub, Member, Member) {
    let hub = Hub::new();
    let mut alice = Member::enter(&hub, "alice").await;
    let witness = Member::enter(&hub, "witness").await;
    assert_eq!(alice.told().await, entered("witness"));
    (hub, alice, witness)
}

#[tokio::test(start_paused = true)]
async fn a_link_that_comes_back_in_time_goes_on_where_it_was() {
    let (hub, mut alice, mut witness) = alice_and_witness().await;
    assert_eq!(alice.faults().lose_link(), 1);
    assert_eq!(alice.told().await, RoomSignal::LinkLost);
    assert_eq!(
        alice.connection.announce_departure().await,
        Err(DepartureError::LinkDown)
    );

    let late = Member::enter(&hub, "late").await;
    alice.side.outbound.push(frame(1));
    witness.side.outbound.push(frame(2));
    assert!(alice.knows_all().await, "nothing comes through");
    assert_eq!(alice.side.inbound.try_next(), None);
    assert_eq!(
        late.side.inbound.next().await.map(|remote| remote.user),
        Some(user("witness"))
    );

    assert_eq!(alice.faults().recover_link(), 1);
    assert_eq!(alice.told().await, RoomSignal::LinkRecovered);
    assert_eq!(alice.told().await, entered("late"));
    tokio::time::sleep(2 * hub.lease()).await;
    assert!(alice.knows_all().await);
    assert_eq!(witness.told().await, entered("alice"));
    assert_eq!(witness.told().await, entered("late"));
    assert!(witness.knows_all().await, "nobody timed out");
    alice.side.outbound.push(frame(3));
    let after = witness
        .side
        .inbound
        .next()
        .await
        .map(|remote| remote.frame.sequence);
    assert_eq!(
        after,
        Some(3),
        "what was said while the link was down is lost"
    );
}

#[tokio::test(start_paused = true)]
async fn a_link_that_comes_back_too_late_is_dead() {
    let (_hub, mut alice, mut witness) = alice_and_witness().await;
    alice.faults().lose_link();
    while witness.told().await != left("alice", RemoteLeaveReason::TimedOut) {}
    alice.faults().recover_link();
    assert_eq!(alice.told().await, RoomSignal::LinkLost);
    assert_eq!(alice.told().await, RoomSignal::LinkDead);
}

#[tokio::test]
async fn a_kick_behind_a_lost_link_is_heard_when_it_is_back() {
    let hub = Hub::new();
    let mut alice = Member::enter(&hub, "alice").await;
    alice.faults().lose_link();
    hub.kick(&crate::member::standup(), &user("alice"))
        .expect("alice is there");
    assert_eq!(alice.told().await, RoomSignal::LinkLost);
    assert!(alice.knows_all().await);
    alice.faults().recover_link();
    assert_eq!(alice.told().await, RoomSignal::Kicked);
}

#[tokio::test]
async fn nothing_is_recovered_once_the_stay_is_abandoned() {
    let hub = Hub::new();
    let mut alice = Member::enter(&hub, "alice").await;
    alice.faults().lose_link();
    assert_eq!(alice.told().await, RoomSignal::LinkLost);
    alice.side.abandon.cancel();
    assert_eq!(alice.faults().recover_link(), 0);
    assert!(alice.knows_all().await);
}

#[tokio::test(start_paused = true)]
async fn a_dead_link_says_so_and_the_others_hear_a_timeout() {
    let (_hub, mut alice, mut witness) = alice_and_witness().await;
    assert_eq!(alice.faults().kill_link(), 1);
    assert_eq!(alice.faults().recover_link(), 0, "dead is dead");
    while alice.told().await != RoomSignal::LinkDead {}
    while witness.told().await != left("alice", RemoteLeaveReason::TimedOut) {}
    alice.connection.close().await.expect("closes");
}

#[tokio::test(start_paused = true)]
async fn a_connection_that_closes_by_itself_holds_nothing_any_more() {
    let (_hub, mut alice, mut witness) = alice_and_witness().await;
    assert_eq!(alice.faults().close_by_itself(), 1);
    assert_eq!(alice.told().await, RoomSignal::Closed);
    assert_eq!(
        alice.connection.announce_departure().await,
        Err(DepartureError::LinkDown)
    );
    assert_eq!(alice.connection.close().await, Ok(()));
    while witness.told().await != left("alice", RemoteLeaveReason::TimedOut) {}
    assert_eq!(alice.faults().lose_link(), 0, "there is no link to lose");
}

#[tokio::test]
async fn signals_are_doubled_and_invented_on_command() {
    let hub = Hub::new();
    let mut alice = Member::enter(&hub, "alice").await;
    let faults = alice.faults();
    faults.repeat_signals(2);
    hub.dismiss(&crate::member::standup()).expect("it is there");
    for _ in 0..3 {
        assert_eq!(alice.told().await, RoomSignal::Dismissed);
    }
    faults.heal();
    assert_eq!(faults.say(&RoomSignal::Kicked), 1);
    assert_eq!(alice.told().await, RoomSignal::Kicked);
    assert!(alice.knows_all().await);
}

#[tokio::test(start_paused = true)]
async fn a_hanging_announcement_is_carried_out_when_it_is_let_go() {
    let hub = Hub::new();
    let alice = Member::enter(&hub, "alice").await;
    alice.faults().break_announce(AnnounceFault::Hangs);
    let announced = tokio::time::timeout(
        Duration::from_secs(60),
        alice.connection.announce_departure(),
    );
    assert!(announced.await.is_err(), "it never answers by itself");
    assert_eq!(hub.rooms().len(), 1, "and has told nobody");
    let (announced, ()) = tokio::join!(alice.connection.announce_departure(), async {
        alice.faults().reached().await;
        alice.faults().let_go();
    });
    assert_eq!(announced.map(|receipt| receipt.peers_told), Ok(Some(0)));
}
