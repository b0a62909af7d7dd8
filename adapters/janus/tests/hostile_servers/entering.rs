//! Entering, where the server does not play along.

use std::time::Duration;

use exeunt_conformance::Nowhere;
use exeunt_janus::translate::requests::{Body, Join, Verb};
use exeunt_janus::{JanusTransport, RoomMaking, code};
use exeunt_port::{EnterError, RoomLink, RoomSide, Transport as _};
use serde_json::json;
use tokio::task::{JoinHandle, JoinSet};

use crate::peer::{
    ALICE, Peer, config, connect, joined, left, member, refusal, request, serve, serve_and_hear,
    soon, transport,
};

#[tokio::test]
async fn the_event_that_lets_us_in_may_come_before_its_ack() {
    let (url, _tasks) = serve(|mut peer| async move {
        peer.attaches(60, 0).await;
        let join = peer.asked_to_join().await;
        peer.answers(&join, joined(&json!([]))).await;
        peer.takes(&join).await;
        let leave = peer.asked_to_leave().await;
        peer.answers(&leave, left()).await;
        peer.takes(&leave).await;
        peer.sees_off().await;
    })
    .await;
    let (connection, _side) = member(&transport(&url)).await;
    let receipt = soon(connection.announce_departure()).await.unwrap();
    assert_eq!(receipt.peers_told, None);
    assert_eq!(soon(connection.close()).await, Ok(()));
}

/// The code and the words with which entering is refused.
async fn refused(transport: &JanusTransport) -> (i32, String) {
    let error = refusal(transport).await;
    let EnterError::Refused { code, message } = error else {
        panic!("{error}");
    };
    (code, message)
}

#[tokio::test]
async fn an_error_inside_of_a_success_is_an_error() {
    let (url, _tasks) = serve(|mut peer| async move {
        peer.attaches(60, 0).await;
        let join = peer.asked_to_join().await;
        let absent = json!({"videoroom": "event", "error_code": 426, "error": "No such room (7)"});
        peer.answers(&join, absent).await;
        let create = peer.asked_for(|body| matches!(body, Body::Create(_))).await;
        let forbidden = json!({"videoroom": "event", "error_code": 433, "error": "Unauthorized"});
        peer.answers_at_once(&create, forbidden).await;
        peer.sees_off().await;
    })
    .await;
    let making = JanusTransport::new(config(&url).making_rooms(RoomMaking::default()));
    let (code, words) = refused(&making).await;
    assert_eq!(code, code::FORBIDDEN);
    assert!(words.contains("admin key"), "{words}");
}

#[tokio::test]
async fn every_refusal_has_its_code_and_says_what_it_means() {
    for (refused_with, words) in [
        (code::UNAUTHORIZED, "api secret or token"),
        (code::NO_SUCH_ROOM, "not there"),
        (code::INVALID_ELEMENT, "numbers or strings"),
        (code::ROOM_FULL, "all the publishers"),
        (code::FORBIDDEN, "pin"),
        (code::ID_IN_USE, "in use"),
        (499, "by script"),
    ] {
        let (url, _tasks) = serve(move |mut peer| async move {
            peer.attaches(60, 0).await;
            let join = peer.asked_to_join().await;
            let refusal = json!({
                "videoroom": "event", "error_code": refused_with, "error": "by script"
            });
            peer.answers(&join, refusal).await;
            while let Some(request) = peer.next().await {
                peer.refuses(&request, 400).await;
            }
        })
        .await;
        let (code, said) = refused(&transport(&url)).await;
        assert_eq!(code, refused_with);
        assert!(said.contains(words), "{said}");
    }
}

#[tokio::test]
async fn an_identity_whose_number_another_name_has_is_told_whose_it_is() {
    let (url, _tasks) = serve(|mut peer| async move {
        peer.attaches(60, 0).await;
        let join = peer.asked_to_join().await;
        let Verb::Message {
            body: Body::Join(Join::Publisher { id, .. }),
            ..
        } = &join.verb
        else {
            unreachable!("that was asked for");
        };
        let id = id.clone();
        let in_use = json!({"videoroom": "event", "error_code": 436, "error": "User ID exists"});
        peer.answers(&join, in_use).await;
        let list = peer
            .asked_for(|body| matches!(body, Body::ListParticipants { .. }))
            .await;
        let zoe = json!([{"id": id, "display": "zoe", "publisher": true}]);
        let listed = json!({"videoroom": "participants", "room": 7, "participants": zoe});
        peer.answers_at_once(&list, listed).await;
        peer.sees_off().await;
    })
    .await;
    let error = refusal(&transport(&url)).await;
    assert!(error.to_string().contains("zoe has the number"), "{error}");
}

#[tokio::test]
async fn garbage_and_what_nobody_knows_change_nothing() {
    async fn nonsense(peer: &mut Peer) {
        for text in [
            "welcome",
            "{}",
            "[]",
            "{\"janus\":7}",
            "{\"janus\":\"ack\"",
            "",
        ] {
            peer.says_text(text.to_owned()).await;
        }
        for message in [
            json!({"janus": "event", "sender": 999, "plugindata": {"data": left()}}),
            json!({"janus": "event", "plugindata": {"data": left()}}),
            json!({"janus": "success", "transaction": "nobody's", "data": {"id": 5}}),
            json!({"janus": "success", "transaction": "4711", "data": {"id": 5}}),
            json!({"janus": "of a later version", "transaction": "1"}),
            json!({"janus": "timeout", "session_id": 999}),
            json!({"janus": "webrtcup", "sender": 22}),
            json!({"janus": "error"}),
        ] {
            peer.says(message).await;
        }
        peer.says_binary().await;
    }
    let (url, _tasks) = serve(|mut peer| async move {
        nonsense(&mut peer).await;
        peer.attaches(60, 0).await;
        nonsense(&mut peer).await;
        let join = peer.asked_to_join().await;
        nonsense(&mut peer).await;
        peer.answers(&join, joined(&json!([]))).await;
        nonsense(&mut peer).await;
        peer.tells(json!({"videoroom": "talking", "room": 7, "id": ALICE}))
            .await;
        let leave = peer.asked_to_leave().await;
        nonsense(&mut peer).await;
        peer.answers(&leave, left()).await;
        peer.sees_off().await;
    })
    .await;
    let (connection, mut side) = member(&transport(&url)).await;
    assert!(soon(connection.announce_departure()).await.is_ok());
    assert_eq!(soon(connection.close()).await, Ok(()));
    assert!(side.signals.try_recv().is_err(), "nothing happened");
}

#[tokio::test]
async fn an_answer_that_is_none_is_named_in_the_error() {
    let (url, _tasks) = serve(|mut peer| async move {
        peer.attaches(60, 0).await;
        let join = peer.asked_to_join().await;
        peer.answers(&join, json!({"videoroom": "joined", "room": {}}))
            .await;
        peer.hears_out().await;
    })
    .await;
    let error = refusal(&transport(&url)).await;
    assert!(matches!(error, EnterError::Protocol { .. }), "{error}");
}

#[tokio::test]
async fn nobody_at_the_address_is_unreachable() {
    let nowhere = Nowhere::reserve().unwrap();
    let url = format!("ws://{}", nowhere.address());
    let error = refusal(&transport(&url)).await;
    assert!(matches!(error, EnterError::Unreachable { .. }), "{error}");
    assert!(error.to_string().contains("refused"), "{error}");
}

#[tokio::test]
async fn a_server_of_another_kind_does_not_speak_the_protocol() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("ws://{}", listener.local_addr().unwrap());
    let mut tasks = JoinSet::new();
    tasks.spawn(async move {
        loop {
            // A WebSocket without Janus's protocol.
            let (stream, _) = listener.accept().await.unwrap();
            let _ = tokio_tungstenite::accept_async(stream).await;
        }
    });
    let error = refusal(&transport(&url)).await;
    assert!(matches!(error, EnterError::Protocol { .. }), "{error}");
}

/// How far a server goes before it hangs, or cuts the connection.
#[derive(Clone, Copy, Debug)]
enum Until {
    Nothing,
    Info,
    Create,
    Attach,
}

impl Until {
    const ALL: [Self; 4] = [Self::Nothing, Self::Info, Self::Create, Self::Attach];

    /// Goes so far, and takes in what is asked next.
    async fn go(self, peer: &mut Peer) {
        match self {
            Self::Nothing => drop(peer.next().await),
            Self::Info => {
                peer.says_what_it_is(60, 0).await;
                peer.next().await;
            }
            Self::Create => {
                peer.says_what_it_is(60, 0).await;
                let create = peer.asked(|verb| *verb == Verb::Create).await;
                peer.made(&create, 1).await;
                peer.next().await;
            }
            Self::Attach => {
                peer.attaches(60, 0).await;
                drop(peer.asked_to_join().await);
            }
        }
    }
}

#[tokio::test]
async fn a_server_that_goes_in_the_middle_is_unreachable() {
    for until in Until::ALL {
        let (url, _tasks) = serve(move |mut peer| async move {
            until.go(&mut peer).await;
            peer.cut();
        })
        .await;
        let error = refusal(&transport(&url)).await;
        let is_it = matches!(error, EnterError::Unreachable { .. });
        assert!(is_it, "{until:?}: {error}");
    }
}

#[tokio::test]
async fn a_server_that_hangs_is_waited_for_no_longer_than_was_said() {
    for until in Until::ALL {
        let (url, _tasks) = serve(move |mut peer| async move {
            until.go(&mut peer).await;
            peer.hears_out().await;
        })
        .await;
        let config = config(&url).answering_within(Duration::from_millis(100));
        let error = refusal(&JanusTransport::new(config)).await;
        assert!(
            error.to_string().contains("within 100ms"),
            "{until:?}: {error}"
        );
    }
}

/// Somebody who is entering, and how that ends if it fails.
fn connecting(url: &str) -> (JoinHandle<Option<EnterError>>, RoomSide) {
    let (link, side) = RoomLink::pair();
    let transport = transport(url);
    let connecting = async move { transport.connect(request(), link).await.err() };
    (tokio::spawn(connecting), side)
}

#[tokio::test]
async fn entering_that_is_abandoned_while_the_server_hangs_ends_at_once() {
    for until in Until::ALL {
        let (url, _tasks, mut reaching) = serve_and_hear(move |mut peer, reached| async move {
            until.go(&mut peer).await;
            let _ = reached.send(()).await;
            peer.hears_out().await;
        })
        .await;
        let (connecting, side) = connecting(&url);
        soon(reaching.recv()).await.unwrap();
        side.abandon.cancel();
        let error = soon(connecting).await.unwrap();
        assert_eq!(error, Some(EnterError::Abandoned), "{until:?}");
    }
}

#[tokio::test]
async fn a_join_that_is_answered_after_it_was_abandoned_is_left_again() {
    let (url, _tasks, mut heard) = serve_and_hear(|mut peer, ear| async move {
        peer.attaches(60, 0).await;
        let join = peer.asked_to_join().await;
        let _ = ear.send(Vec::new()).await;
        let leave = peer.asked_to_leave().await;
        peer.answers(&join, joined(&json!([]))).await;
        peer.answers(&leave, left()).await;
        let _ = ear.send(peer.sees_off().await).await;
    })
    .await;
    let (connecting, side) = connecting(&url);
    soon(heard.recv()).await.expect("it is asked to join");
    side.abandon.cancel();
    let error = soon(connecting).await.unwrap();
    assert_eq!(error, Some(EnterError::Abandoned));
    let ended = soon(heard.recv()).await.unwrap();
    assert!(ended.contains(&Verb::Destroy), "{ended:?}");
}

#[tokio::test]
async fn a_join_whose_future_is_dropped_ends_its_session() {
    let (url, _tasks, mut heard) = serve_and_hear(|mut peer, ear| async move {
        // A session that would outlive its socket by a minute.
        peer.attaches(60, 60).await;
        drop(peer.asked_to_join().await);
        let _ = ear.send(Vec::new()).await;
        let _ = ear.send(peer.sees_off().await).await;
    })
    .await;
    let (connecting, _side) = connecting(&url);
    soon(heard.recv()).await.expect("it is asked to join");
    connecting.abort();
    assert_eq!(soon(heard.recv()).await.unwrap(), [Verb::Destroy]);
}

#[tokio::test]
async fn a_senseless_answer_to_the_join_is_followed_by_a_leave() {
    let (url, _tasks, mut heard) = serve_and_hear(|mut peer, ear| async move {
        peer.attaches(60, 0).await;
        let join = peer.asked_to_join().await;
        // We may be in, for all that is known.
        peer.answers(&join, json!({"videoroom": "event", "configured": "ok"}))
            .await;
        let _ = ear.send(peer.asked_to_leave().await).await;
        peer.hears_out().await;
    })
    .await;
    let (answer, _side) = connect(&transport(&url)).await;
    let error = answer.err().unwrap();
    assert!(matches!(error, EnterError::Protocol { .. }), "{error}");
    assert!(soon(heard.recv()).await.is_some());
}
