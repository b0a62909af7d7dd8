//! What the room tells: once for each arrival and departure, whatever Janus says of it and how often.

use exeunt_janus::translate::requests::{Body, Join, Verb};
use exeunt_port::{RemoteLeaveReason, RoomSignal, UserId};
use serde_json::json;

use crate::peer::{HANDLE, config, kicked, member, serve, serve_and_hear, soon, told, transport};

fn user(name: &str) -> UserId {
    name.parse().unwrap()
}

fn entered(name: &str) -> RoomSignal {
    RoomSignal::RemoteUserEntered(user(name))
}

fn left(name: &str, reason: RemoteLeaveReason) -> RoomSignal {
    RoomSignal::RemoteUserLeft(user(name), reason)
}

#[tokio::test]
async fn each_arrival_and_departure_is_told_once() {
    let (url, _tasks) = serve(|mut peer| async move {
        peer.lets_in(60, 0, json!([{"id": 2, "display": "bob"}])).await;
        let carol = json!({"id": 3, "display": "carol"});
        for data in [
            json!({"videoroom": "event", "room": 7, "joining": carol}),
            json!({"videoroom": "event", "room": 7, "publishers": [
                {"id": 3, "display": "carol", "streams": [{"type": "audio", "mid": "0", "codec": "opus"}]}
            ]}),
            json!({"videoroom": "event", "room": 7, "unpublished": 2}),
            json!({"videoroom": "event", "room": 7, "unpublished": 2}),
            json!({"videoroom": "event", "room": 7, "leaving": 2}),
            json!({"videoroom": "event", "room": 7, "leaving": 2}),
            json!({"videoroom": "event", "room": 7, "kicked": 3}),
            // Somebody who was never announced: rooms without notify_joining.
            json!({"videoroom": "event", "room": 7, "leaving": 99}),
            json!({"videoroom": "event", "room": 7, "joining": {"id": 4}}),
        ] {
            peer.tells(data).await;
        }
        peer.sees_off().await;
    })
    .await;
    let (_connection, mut side) = member(&transport(&url)).await;
    for expected in [
        entered("bob"),
        entered("carol"),
        left("bob", RemoteLeaveReason::Left),
        left("carol", RemoteLeaveReason::Kicked),
        entered("janus-4"),
    ] {
        assert_eq!(told(&mut side).await, expected);
    }
    assert!(side.signals.try_recv().is_err());
}

#[tokio::test]
async fn a_kick_and_a_dismissal_are_told_as_such_and_are_final() {
    for (data, signal) in [
        (kicked(), RoomSignal::Kicked),
        (
            json!({"videoroom": "destroyed", "room": 7}),
            RoomSignal::Dismissed,
        ),
    ] {
        let (url, _tasks) = serve(move |mut peer| {
            let data = data.clone();
            async move {
                // A session that could be claimed: nobody does.
                peer.lets_in(60, 60, json!([])).await;
                peer.tells(data.clone()).await;
                peer.tells(data).await;
                peer.says(json!({"janus": "hangup", "sender": HANDLE, "reason": "Close PC"}))
                    .await;
                peer.sees_off().await;
            }
        })
        .await;
        let (connection, mut side) = member(&transport(&url)).await;
        assert_eq!(told(&mut side).await, signal);
        assert!(soon(connection.announce_departure()).await.is_err());
        assert_eq!(soon(connection.close()).await, Ok(()));
        assert!(side.signals.try_recv().is_err());
    }
}

#[tokio::test]
async fn closing_over_a_link_that_is_down_says_that_it_is() {
    let (url, _tasks) = serve(|mut peer| async move {
        peer.lets_in(60, 0, json!([])).await;
        peer.tells(kicked()).await;
        peer.cut();
    })
    .await;
    let (connection, mut side) = member(&transport(&url)).await;
    assert_eq!(told(&mut side).await, RoomSignal::Kicked);
    let error = soon(connection.close()).await.unwrap_err();
    assert!(error.to_string().contains("is down"), "{error}");
}

#[tokio::test]
async fn what_happens_to_a_handle_that_is_not_ours_changes_nothing() {
    let (url, _tasks) = serve(|mut peer| async move {
        peer.lets_in(60, 0, json!([])).await;
        peer.tells_handle(HANDLE + 1, kicked()).await;
        peer.tells(
            json!({"videoroom": "event", "room": 7, "joining": {"id": 2, "display": "bob"}}),
        )
        .await;
        peer.sees_off().await;
    })
    .await;
    let (_connection, mut side) = member(&transport(&url)).await;
    assert_eq!(told(&mut side).await, entered("bob"));
}

#[tokio::test]
async fn keys_are_said_with_every_request_and_the_pin_on_joining() {
    let (url, _tasks, mut heard) = serve_and_hear(|mut peer, ear| async move {
        peer.attaches(60, 0).await;
        let join = peer.asked_to_join().await;
        peer.answers(&join, crate::peer::joined(&json!([]))).await;
        let _ = ear.send(join).await;
        while let Some(request) = peer.next().await {
            let _ = ear.send(request).await;
        }
    })
    .await;
    let config = config(&url)
        .with_api_secret("api")
        .with_token("token")
        .with_pin("pin")
        .with_participant_token("guest");
    let (connection, _side) = member(&exeunt_janus::JanusTransport::new(config)).await;
    let _ = soon(connection.close()).await;
    let join = soon(heard.recv()).await.unwrap();
    let Verb::Message {
        body: Body::Join(Join::Publisher {
            ref pin, ref token, ..
        }),
        ..
    } = join.verb
    else {
        unreachable!("that was asked for");
    };
    assert_eq!(*pin, Some("pin".into()));
    assert_eq!(*token, Some("guest".into()));
    let mut requests = vec![join];
    while let Some(request) = soon(heard.recv()).await {
        requests.push(request);
        if matches!(requests.last().map(|last| &last.verb), Some(Verb::Destroy)) {
            break;
        }
    }
    for request in requests {
        assert_eq!(request.apisecret, Some("api".into()), "{request:?}");
        assert_eq!(request.token, Some("token".into()), "{request:?}");
        assert!(!format!("{request:?}").contains("api\""), "{request:?}");
    }
}
