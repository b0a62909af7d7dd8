//! The session by itself: what is bounded is bounded.

use std::sync::Arc;
use std::time::Duration;

use exeunt_janus::translate::Id;
use exeunt_janus::translate::requests::{Body, Verb};
use exeunt_janus::translate::videoroom::Word;
use exeunt_janus::{Endpoint, JanusError, Session, SessionState};
use futures_util::StreamExt;
use futures_util::stream::FuturesUnordered;
use serde_json::json;
use tokio::sync::{Mutex, mpsc};

use crate::peer::{SESSION, serve, serve_and_hear, soon};

#[tokio::test]
async fn no_more_requests_wait_than_may() {
    let (url, _tasks) = serve(|mut peer| async move {
        peer.attaches(60, 0).await;
        peer.hears_out().await;
    })
    .await;
    let session = soon(Session::open(&Endpoint::new(&url).unwrap()))
        .await
        .unwrap();
    let (handle, _events) = soon(session.attach()).await.unwrap();
    let requests = (0..=Session::WAITING).map(|_| handle.ask(Body::Leave));
    let mut requests: FuturesUnordered<_> = requests.collect();
    let waiting = Session::WAITING;
    let first = soon(requests.next()).await;
    assert_eq!(first, Some(Err(JanusError::Busy { waiting })));
    // Whose futures are dropped make room.
    drop(requests);
    let closed = soon(session.close()).await;
    assert!(!closed, "nobody answers here");
}

#[tokio::test]
async fn whoever_takes_no_events_loses_the_connection_and_not_the_events() {
    let (url, _tasks) = serve(|mut peer| async move {
        peer.attaches(60, 0).await;
        for id in 0..=Session::EVENTS {
            peer.tells(json!({"videoroom": "event", "room": 7, "leaving": id}))
                .await;
        }
        peer.hears_out().await;
    })
    .await;
    let session = soon(Session::open(&Endpoint::new(&url).unwrap()))
        .await
        .unwrap();
    let (_handle, events) = soon(session.attach()).await.unwrap();
    let mut state = session.state();
    let lost = soon(state.wait_for(|state| *state != SessionState::Up)).await;
    assert!(matches!(*lost.unwrap(), SessionState::Lost { .. }));
    assert_eq!(events.len(), Session::EVENTS);
}

#[tokio::test]
async fn answers_in_any_order_reach_whom_they_are_for() {
    let (url, _tasks) = serve(|mut peer| async move {
        peer.attaches(60, 0).await;
        let mut asked = Vec::new();
        for _ in 0..3 {
            asked.push(
                peer.asked(|verb| matches!(verb, Verb::Message { .. }))
                    .await,
            );
        }
        for request in asked.iter().rev() {
            let exists = matches!(
                &request.verb,
                Verb::Message { body: Body::Exists { room }, .. } if room.to_string() == "2"
            );
            let data = json!({"videoroom": "success", "exists": exists});
            peer.answers_at_once(request, data).await;
        }
        peer.sees_off().await;
    })
    .await;
    let session = soon(Session::open(&Endpoint::new(&url).unwrap()))
        .await
        .unwrap();
    let (handle, _events) = soon(session.attach()).await.unwrap();
    let exists = |room| {
        handle.ask(Body::Exists {
            room: Id::Number(room),
        })
    };
    let (one, two, three) = soon(async { tokio::join!(exists(1), exists(2), exists(3)) }).await;
    assert_eq!(one, Ok(Word::Exists(false)));
    assert_eq!(two, Ok(Word::Exists(true)));
    assert_eq!(three, Ok(Word::Exists(false)));
    assert!(soon(session.close()).await);
    let closed = handle.ask(Body::Leave).await;
    assert!(matches!(closed, Err(JanusError::Down { .. })), "{closed:?}");
}

#[tokio::test]
async fn a_session_that_is_made_for_nobody_any_more_is_ended() {
    let (reached, mut reaching) = mpsc::channel(1);
    let (dropped, has_dropped) = mpsc::channel::<()>(1);
    let (ear, mut heard) = mpsc::channel(1);
    let has_dropped = Arc::new(Mutex::new(has_dropped));
    let (url, _tasks) = serve(move |mut peer| {
        let (reached, ear) = (reached.clone(), ear.clone());
        let has_dropped = Arc::clone(&has_dropped);
        async move {
            // A session that would outlive its socket by a minute.
            peer.says_what_it_is(60, 60).await;
            let create = peer.asked(|verb| *verb == Verb::Create).await;
            let _ = reached.send(()).await;
            let _ = has_dropped.lock().await.recv().await;
            peer.made(&create, SESSION).await;
            let destroy = peer.asked(|verb| *verb == Verb::Destroy).await;
            let _ = ear.send(destroy.session_id).await;
        }
    })
    .await;
    let endpoint = Endpoint::new(&url).unwrap();
    let opening = tokio::spawn(async move { Session::open(&endpoint).await.map(drop) });
    soon(reaching.recv()).await.unwrap();
    opening.abort();
    assert!(soon(opening).await.unwrap_err().is_cancelled());
    drop(dropped);
    assert_eq!(soon(heard.recv()).await.unwrap(), Some(SESSION));
}

#[tokio::test]
async fn the_handles_of_a_session_that_is_dropped_answer_at_once() {
    let (url, _tasks, mut asking) = serve_and_hear(|mut peer, asked| async move {
        peer.attaches(60, 0).await;
        peer.asked_for(|body| *body == Body::Leave).await;
        let _ = asked.send(()).await;
        peer.hears_out().await;
    })
    .await;
    // Whoever waits for an answer waits longer than this story.
    let endpoint = Endpoint::new(&url).unwrap();
    let endpoint = endpoint.answering_within(Duration::from_secs(3600));
    let session = soon(Session::open(&endpoint)).await.unwrap();
    let (handle, mut events) = soon(session.attach()).await.unwrap();
    let waits = handle.clone();
    let waiting = tokio::spawn(async move { waits.ask(Body::Leave).await });
    soon(asking.recv()).await.unwrap();
    drop(session);
    for answer in [
        soon(waiting).await.unwrap(),
        soon(handle.ask(Body::Leave)).await,
    ] {
        assert!(matches!(answer, Err(JanusError::Down { .. })), "{answer:?}");
    }
    assert_eq!(soon(events.recv()).await, None);
}
