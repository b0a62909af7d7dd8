//! Receiving, where the server does not play along.

use exeunt_janus::translate::Id;
use exeunt_janus::translate::requests::{Body, Join, Request, StreamChoice, Verb};
use serde_json::{Value, json};

use crate::peer::{HANDLE, Peer, member, serve_and_hear, soon, transport};

/// The handle with which the client receives.
const RECEIVING: u64 = HANDLE + 1;

/// Somebody who sends a stream of this name.
fn sends(id: u64, mid: &str) -> Value {
    let stream = json!({"type": "audio", "mid": mid, "codec": "opus"});
    json!({"videoroom": "event", "room": 7, "publishers": [{"id": id, "streams": [stream]}]})
}

fn choice(id: u64, mid: &str) -> StreamChoice {
    StreamChoice {
        feed: Id::Number(id),
        mid: Some(mid.to_owned()),
    }
}

/// Lets the client in, and lets it receive what number 2 sends. Nothing is offered: there are no media.
async fn is_heard(peer: &mut Peer) {
    peer.lets_in(60, 0, json!([])).await;
    peer.tells(sends(2, "0")).await;
    let attach = peer.asked(|verb| matches!(verb, Verb::Attach { .. })).await;
    peer.made(&attach, RECEIVING).await;
    let join = peer
        .asked_for(|body| matches!(body, Body::Join(Join::Subscriber { .. })))
        .await;
    let stream = json!({"mid": "0", "type": "audio", "feed_id": 2, "feed_mid": "0"});
    peer.answers(&join, json!({"videoroom": "attached", "streams": [stream]}))
        .await;
}

/// What is changed about the subscription next. Beginning another one is no change of it.
async fn changed(peer: &mut Peer) -> (Request, Vec<StreamChoice>, Vec<StreamChoice>) {
    let is_change = |verb: &Verb| {
        let is_update = matches!(
            verb,
            Verb::Message {
                body: Body::Update { .. },
                ..
            }
        );
        is_update || matches!(verb, Verb::Attach { .. } | Verb::Detach)
    };
    let asked = peer.asked(is_change).await;
    let Verb::Message {
        body: Body::Update {
            subscribe,
            unsubscribe,
        },
        ..
    } = asked.verb.clone()
    else {
        panic!("the subscription is given up: {:?}", asked.verb);
    };
    (asked, subscribe, unsubscribe)
}

#[tokio::test]
async fn a_change_that_is_only_noted_down_ends_no_subscription() {
    let (url, _tasks, mut heard) = serve_and_hear(|mut peer, ear| async move {
        is_heard(&mut peer).await;
        peer.tells(sends(3, "0")).await;
        let (update, subscribe, _) = changed(&mut peer).await;
        assert_eq!(subscribe, [choice(3, "0")]);
        peer.answers(&update, json!({"videoroom": "updating", "room": 7}))
            .await;
        peer.tells(sends(4, "0")).await;
        let (_, subscribe, _) = changed(&mut peer).await;
        let _ = ear.send(subscribe).await;
        peer.sees_off().await;
    })
    .await;
    let (_connection, _side) = member(&transport(&url)).await;
    let subscribe = soon(heard.recv()).await.expect("the script has failed");
    assert!(subscribe.contains(&choice(4, "0")), "{subscribe:?}");
}

#[tokio::test]
async fn a_change_that_is_refused_for_one_feed_is_made_as_far_as_it_goes() {
    let (url, _tasks, mut heard) = serve_and_hear(|mut peer, ear| async move {
        is_heard(&mut peer).await;
        // Another stream in the place of the one: both are one change.
        peer.tells(sends(2, "1")).await;
        let (update, subscribe, unsubscribe) = changed(&mut peer).await;
        assert_eq!(subscribe, [choice(2, "1")]);
        assert_eq!(unsubscribe, [choice(2, "0")]);
        let refusal = json!({"videoroom": "event", "error_code": 428, "error": "by script"});
        peer.answers(&update, refusal).await;
        for _ in 0..2 {
            let (update, subscribe, unsubscribe) = changed(&mut peer).await;
            peer.answers(&update, json!({"videoroom": "updated", "streams": []}))
                .await;
            let _ = ear.send((subscribe, unsubscribe)).await;
        }
        peer.sees_off().await;
    })
    .await;
    let (_connection, _side) = member(&transport(&url)).await;
    let mut next = async || soon(heard.recv()).await.expect("the script has failed");
    assert_eq!(next().await, (Vec::new(), vec![choice(2, "0")]));
    assert_eq!(next().await, (vec![choice(2, "1")], Vec::new()));
}
