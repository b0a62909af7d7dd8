//! The operator's side of a server that loses it.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use exeunt_janus::Endpoint;
use exeunt_janus::admin::{Admin, AdminKeys};
use exeunt_janus::translate::requests::{Body, Verb};
use serde_json::json;
use tokio::sync::Notify;

use crate::peer::{HANDLE, SESSION, serve, soon};

#[tokio::test]
async fn who_asks_while_a_lost_connection_closes_is_answered_over_the_next_one() {
    let closing = Arc::new(Notify::new());
    let close = Arc::new(Notify::new());
    let connections = Arc::new(AtomicUsize::new(0));
    let by_script = (Arc::clone(&closing), Arc::clone(&close), connections);
    let (url, _tasks) = serve(move |mut peer| {
        let (closing, close, connections) = by_script.clone();
        async move {
            peer.attaches(60, 0).await;
            let exists = peer.asked_for(|body| matches!(body, Body::Exists { .. }));
            let exists = exists.await;
            let no = json!({"videoroom": "success", "exists": false});
            peer.answers_at_once(&exists, no).await;
            if connections.fetch_add(1, Ordering::SeqCst) == 0 {
                peer.says(json!({"janus": "detached", "session_id": SESSION, "sender": HANDLE}))
                    .await;
                let destroy = peer.asked(|verb| *verb == Verb::Destroy).await;
                closing.notify_one();
                close.notified().await;
                let transaction = &destroy.transaction;
                peer.says(json!({"janus": "success", "transaction": transaction}))
                    .await;
            } else {
                let list = peer.asked_for(|body| matches!(body, Body::List { .. }));
                let list = list.await;
                let none = json!({"videoroom": "success", "list": []});
                peer.answers_at_once(&list, none).await;
            }
            peer.sees_off().await;
        }
    })
    .await;
    let admin = Admin::start(Endpoint::new(&url).unwrap(), AdminKeys::default());
    soon(closing.notified()).await;
    let mut asking = Box::pin(admin.rooms());
    assert!(futures_util::poll!(&mut asking).is_pending());
    close.notify_one();
    let answered = soon(asking).await.unwrap();
    assert!(answered.answer.rooms.is_empty());
    assert_eq!(answered.connection, 2);
}
