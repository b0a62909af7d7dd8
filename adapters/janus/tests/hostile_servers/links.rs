//! Links that are lost, sessions that are gone, and getting them back.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use exeunt_janus::JanusTransport;
use exeunt_janus::translate::Id;
use exeunt_janus::translate::requests::{Body, Join, Request, StreamChoice, Verb};
use exeunt_port::{DepartureError, RemoteLeaveReason, RoomSignal};
use serde_json::{Value, json};
use tokio::sync::mpsc;
use tokio::task::JoinSet;

use crate::peer::{ALICE, Peer, SESSION, config, member, serve, soon, told, transport};

#[tokio::test]
async fn a_lost_socket_is_dead_where_sessions_cannot_be_claimed() {
    let (url, _tasks) = serve(|mut peer| async move {
        peer.lets_in(60, 0, json!([])).await;
        peer.cut();
    })
    .await;
    let (connection, mut side) = member(&transport(&url)).await;
    assert_eq!(told(&mut side).await, RoomSignal::LinkLost);
    assert_eq!(told(&mut side).await, RoomSignal::LinkDead);
    let left = soon(connection.announce_departure()).await;
    assert_eq!(left, Err(DepartureError::LinkDown));
    assert_eq!(soon(connection.close()).await, Ok(()));
}

#[tokio::test]
async fn a_session_that_timed_out_or_was_destroyed_is_a_dead_link() {
    for says_so in [true, false] {
        let (url, _tasks) = serve(move |mut peer| async move {
            peer.lets_in(1, 60, json!([])).await;
            if says_so {
                peer.says(json!({"janus": "timeout", "session_id": SESSION}))
                    .await;
            } else {
                // An admin's destroy_session is told by nothing but the answer to the next request.
                peer.hangs = true;
                let keepalive = peer.asked(|verb| *verb == Verb::Keepalive).await;
                assert_eq!(keepalive.session_id, Some(SESSION));
                peer.refuses(&keepalive, 458).await;
            }
            peer.hears_out().await;
        })
        .await;
        let (connection, mut side) = member(&transport(&url)).await;
        assert_eq!(told(&mut side).await, RoomSignal::LinkDead);
        assert!(soon(connection.announce_departure()).await.is_err());
        assert_eq!(soon(connection.close()).await, Ok(()));
    }
}

#[tokio::test]
async fn a_server_that_hangs_is_noticed_by_its_silence_to_a_keepalive() {
    let (url, _tasks) = serve(|mut peer| async move {
        peer.lets_in(1, 0, json!([])).await;
        peer.hears_out().await;
    })
    .await;
    // It bounds every answer on the way in as well, so it is long enough for a busy machine.
    let config = config(&url).answering_within(Duration::from_secs(3));
    let (_connection, mut side) = member(&JanusTransport::new(config)).await;
    assert_eq!(told(&mut side).await, RoomSignal::LinkLost);
    assert_eq!(told(&mut side).await, RoomSignal::LinkDead);
}

#[tokio::test]
async fn more_than_is_taken_in_one_message_is_a_lost_link() {
    let (url, _tasks) = serve(|mut peer| async move {
        peer.lets_in(60, 0, json!([])).await;
        let long = "x".repeat(exeunt_janus::translate::MAX_MESSAGE);
        peer.tells(json!({"videoroom": "event", "what": long}))
            .await;
        peer.hears_out().await;
    })
    .await;
    let (_connection, mut side) = member(&transport(&url)).await;
    assert_eq!(told(&mut side).await, RoomSignal::LinkLost);
}

/// A server that lets in on the first connection and cuts it, and does this on the later ones.
async fn cut_once<F: Future<Output = ()> + Send + 'static>(
    later: impl Fn(Peer, Request) -> F + Clone + Send + 'static,
) -> (String, JoinSet<()>, Arc<AtomicUsize>) {
    let connections = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&connections);
    let (url, tasks) = serve(move |mut peer| {
        let first = counted.fetch_add(1, Ordering::SeqCst) == 0;
        let later = later.clone();
        async move {
            if first {
                let others = json!([{"id": 2, "display": "bob"}, {"id": 3, "display": "carol"}]);
                peer.lets_in(60, 60, others).await;
                return peer.cut();
            }
            peer.says_what_it_is(60, 60).await;
            let claim = peer.asked(|verb| *verb == Verb::Claim).await;
            assert_eq!(claim.session_id, Some(SESSION));
            later(peer, claim).await;
        }
    })
    .await;
    (url, tasks, connections)
}

/// Gives the session back, and answers whom the room has.
async fn answers_claim(peer: &mut Peer, claim: &Request, participants: Value) {
    peer.says(json!({"janus": "success", "transaction": claim.transaction}))
        .await;
    let list = peer
        .asked_for(|body| matches!(body, Body::ListParticipants { .. }))
        .await;
    let listed = json!({"videoroom": "participants", "room": 7, "participants": participants});
    peer.answers_at_once(&list, listed).await;
}

/// Answers whom the room has, and then whatever ends things.
async fn shows(mut peer: Peer, claim: Request, participants: Value) {
    answers_claim(&mut peer, &claim, participants).await;
    peer.tells(json!({"videoroom": "event", "room": 7, "joining": {"id": 5, "display": "erin"}}))
        .await;
    peer.sees_off().await;
}

#[tokio::test]
async fn a_session_that_is_claimed_is_the_same_stay_and_what_was_missed_is_told() {
    let (url, _tasks, _) = cut_once(|peer, claim| async move {
        let now = json!([
            {"id": ALICE, "display": "alice"}, {"id": 3, "display": "carol"},
            {"id": 4, "display": "dave"},
        ]);
        shows(peer, claim, now).await;
    })
    .await;
    let (connection, mut side) = member(&transport(&url)).await;
    let entered = |name: &str| RoomSignal::RemoteUserEntered(name.parse().unwrap());
    for expected in [
        entered("bob"),
        entered("carol"),
        RoomSignal::LinkLost,
        RoomSignal::LinkRecovered,
        RoomSignal::RemoteUserLeft("bob".parse().unwrap(), RemoteLeaveReason::Left),
        entered("dave"),
        // The handle is the same, and its events go on.
        entered("erin"),
    ] {
        assert_eq!(told(&mut side).await, expected);
    }
    assert_eq!(soon(connection.close()).await, Ok(()));
}

#[tokio::test]
async fn who_was_removed_while_the_link_was_down_hears_it_when_it_is_back() {
    let (url, _tasks, _) = cut_once(|peer, claim| shows(peer, claim, json!([]))).await;
    let (connection, mut side) = member(&transport(&url)).await;
    soon(async { while told(&mut side).await != RoomSignal::Kicked {} }).await;
    let left = soon(connection.announce_departure()).await;
    assert_eq!(left, Err(DepartureError::AlreadyOut));
}

#[tokio::test]
async fn a_session_that_is_gone_when_it_is_claimed_is_a_dead_link() {
    let (url, _tasks, _) = cut_once(|mut peer, claim| async move {
        peer.refuses(&claim, 458).await;
        peer.hears_out().await;
    })
    .await;
    let (_connection, mut side) = member(&transport(&url)).await;
    soon(async { while told(&mut side).await != RoomSignal::LinkDead {} }).await;
}

#[tokio::test]
async fn a_session_that_is_said_to_be_kept_for_ever_is_claimed_like_any() {
    let connections = AtomicUsize::new(0);
    let (url, _tasks) = serve(move |mut peer| {
        let first = connections.fetch_add(1, Ordering::SeqCst) == 0;
        async move {
            if first {
                peer.lets_in(u64::MAX, u64::MAX, json!([])).await;
                return peer.cut();
            }
            peer.says_what_it_is(u64::MAX, u64::MAX).await;
            let claim = peer.asked(|verb| *verb == Verb::Claim).await;
            peer.refuses(&claim, 458).await;
            peer.hears_out().await;
        }
    })
    .await;
    let (connection, mut side) = member(&transport(&url)).await;
    assert_eq!(told(&mut side).await, RoomSignal::LinkLost);
    assert_eq!(told(&mut side).await, RoomSignal::LinkDead);
    assert_eq!(soon(connection.close()).await, Ok(()));
}

#[tokio::test]
async fn nobody_claims_a_session_once_the_stay_is_abandoned() {
    let (claims, mut claimed) = mpsc::channel(4);
    let (url, _tasks, _) = cut_once(move |mut peer, _claim| {
        let claims = claims.clone();
        async move {
            // It hangs: the recovery is on its way when the exit begins.
            let _ = claims.send(()).await;
            peer.hears_out().await;
            let _ = claims.send(()).await;
        }
    })
    .await;
    let (connection, mut side) = member(&transport(&url)).await;
    soon(claimed.recv()).await.unwrap();
    side.abandon.cancel();
    let left = soon(connection.announce_departure()).await;
    assert_eq!(left, Err(DepartureError::LinkDown));
    assert_eq!(soon(connection.close()).await, Ok(()));
    // The attempt has gone with the stay.
    soon(claimed.recv()).await.unwrap();
    while let Ok(signal) = side.signals.try_recv() {
        assert_ne!(signal, RoomSignal::LinkRecovered);
    }
}

#[tokio::test]
async fn who_began_to_send_while_the_link_was_down_is_received_when_it_is_back() {
    let (ear, mut heard) = mpsc::channel(1);
    let (url, _tasks, _) = cut_once(move |mut peer, claim| {
        let ear = ear.clone();
        async move {
            let now = json!([
                {"id": ALICE, "display": "alice", "publisher": false},
                {"id": 2, "display": "bob", "publisher": true},
                {"id": 3, "display": "carol", "publisher": false},
            ]);
            answers_claim(&mut peer, &claim, now).await;
            let attach = peer.asked(|verb| matches!(verb, Verb::Attach { .. })).await;
            peer.made(&attach, 23).await;
            let join = peer.asked_for(|body| matches!(body, Body::Join(_))).await;
            let _ = ear.send(join.verb).await;
            peer.hears_out().await;
        }
    })
    .await;
    let (_connection, _side) = member(&transport(&url)).await;
    let join = soon(heard.recv()).await.unwrap();
    let Verb::Message {
        body: Body::Join(Join::Subscriber { streams, .. }),
        ..
    } = join
    else {
        panic!("{join:?} is no subscription");
    };
    // Nobody says what he sends, so it is everything.
    let everything = StreamChoice {
        feed: Id::Number(2),
        mid: None,
    };
    assert_eq!(streams, [everything]);
}

#[tokio::test]
async fn a_publication_whose_answer_went_with_the_link_is_asked_for_anew() {
    let (asks, mut asked) = mpsc::channel(4);
    let connections = AtomicUsize::new(0);
    let (url, _tasks) = serve(move |mut peer| {
        let asks = asks.clone();
        let first = connections.fetch_add(1, Ordering::SeqCst) == 0;
        async move {
            let publishes = |body: &Body| matches!(body, Body::Publish(_));
            if first {
                peer.lets_in(60, 60, json!([])).await;
                peer.asked_for(publishes).await;
                let _ = asks.send("published").await;
                return peer.cut();
            }
            peer.says_what_it_is(60, 60).await;
            let claim = peer.asked(|verb| *verb == Verb::Claim).await;
            let now = json!([{"id": ALICE, "display": "alice", "publisher": false}]);
            answers_claim(&mut peer, &claim, now).await;
            // What there may be of the unanswered one ends first.
            let hangup = peer.asked(|verb| *verb == Verb::Hangup).await;
            let _ = asks.send("hung up").await;
            peer.says(json!({"janus": "success", "transaction": hangup.transaction}))
                .await;
            peer.asked_for(publishes).await;
            let _ = asks.send("published anew").await;
            peer.hears_out().await;
        }
    })
    .await;
    let (_connection, _side) = member(&transport(&url)).await;
    for expected in ["published", "hung up", "published anew"] {
        assert_eq!(soon(asked.recv()).await, Some(expected));
    }
}
