//! Leaving and closing, where the server does not play along.

use std::time::Duration;

use exeunt_janus::JanusTransport;
use exeunt_janus::translate::requests::{Body, Request, Verb};
use exeunt_port::{CloseError, DepartureError, DepartureReceipt, RoomSide, RoomSignal};
use serde_json::json;

use crate::peer::{
    Peer, asks_who_is_there, config, destroyed, kicked, left, member, serve, serve_and_hear, soon,
    told, transport,
};

#[tokio::test]
async fn a_leave_is_confirmed_before_the_handle_the_session_and_the_socket_end() {
    let (url, _tasks, mut heard) = serve_and_hear(|mut peer, ear| async move {
        peer.lets_in(60, 0, json!([])).await;
        let leave = peer.asked_to_leave().await;
        peer.takes(&leave).await;
        peer.answers(&leave, left()).await;
        let _ = ear.send(peer.sees_off().await).await;
    })
    .await;
    let (connection, _side) = member(&transport(&url)).await;
    assert!(soon(connection.announce_departure()).await.is_ok());
    assert_eq!(soon(connection.close()).await, Ok(()));
    let mut ended = soon(heard.recv()).await.unwrap();
    ended.retain(|verb| {
        let Verb::Message { body, .. } = verb else {
            return true;
        };
        // It may have begun to publish before it left.
        !matches!(body, Body::Publish(_))
    });
    assert_eq!(ended, [Verb::Detach, Verb::Destroy]);
    // Whoever leaves once more is out already.
    let again = soon(connection.announce_departure()).await;
    assert_eq!(again, Err(DepartureError::AlreadyOut));
}

/// The answer to the departure of somebody whose server takes his leave so, before it sees him off.
async fn departure<F: Future<Output = Peer> + Send + 'static>(
    takes_leave: impl Fn(Peer, Request) -> F + Clone + Send + 'static,
) -> (Result<DepartureReceipt, DepartureError>, RoomSide) {
    let (url, _tasks) = serve(move |mut peer| {
        let takes_leave = takes_leave.clone();
        async move {
            peer.lets_in(60, 0, json!([])).await;
            let leave = peer.asked_to_leave().await;
            takes_leave(peer, leave).await.sees_off().await;
        }
    })
    .await;
    let (connection, side) = member(&transport(&url)).await;
    let answer = soon(connection.announce_departure()).await;
    assert_eq!(soon(connection.close()).await, Ok(()));
    (answer, side)
}

#[tokio::test]
async fn no_such_room_session_or_handle_after_a_leave_means_already_out() {
    for code in [426, 458, 459] {
        let (answer, _) = departure(move |mut peer, leave| async move {
            peer.refuses(&leave, code).await;
            peer
        })
        .await;
        assert_eq!(answer, Err(DepartureError::AlreadyOut), "{code}");
    }
}

#[tokio::test]
async fn another_error_is_not_taken_for_a_departure() {
    let (answer, _) = departure(|mut peer, leave| async move {
        peer.refuses(&leave, 499).await;
        peer
    })
    .await;
    assert!(
        matches!(answer, Err(DepartureError::Refused { .. })),
        "{answer:?}"
    );
}

#[tokio::test]
async fn an_answer_that_confirms_nothing_is_not_taken_for_a_departure() {
    let (answer, _) = departure(|mut peer, leave| async move {
        peer.answers(&leave, json!({"videoroom": "event"})).await;
        peer
    })
    .await;
    assert!(
        matches!(answer, Err(DepartureError::Refused { .. })),
        "{answer:?}"
    );
}

#[tokio::test]
async fn a_kick_that_crosses_our_leave_is_told_and_settles_it() {
    let (answer, mut side) = departure(|mut peer, leave| async move {
        peer.tells(kicked()).await;
        peer.refuses(&leave, 426).await;
        peer
    })
    .await;
    assert_eq!(answer, Err(DepartureError::AlreadyOut));
    assert_eq!(told(&mut side).await, RoomSignal::Kicked);
}

#[tokio::test]
async fn whoever_is_dismissed_lets_janus_finish_before_he_ends_his_handle() {
    let (url, _tasks, mut heard) = serve_and_hear(|mut peer, ear| async move {
        peer.lets_in(60, 0, json!([])).await;
        peer.tells(destroyed()).await;
        let _ = ear.send(peer.sees_off().await).await;
    })
    .await;
    let (connection, mut side) = member(&transport(&url)).await;
    assert_eq!(told(&mut side).await, RoomSignal::Dismissed);
    assert_eq!(soon(connection.close()).await, Ok(()));
    let ended = soon(heard.recv()).await.unwrap();
    let place = |wanted: fn(&Verb) -> bool| ended.iter().position(wanted);
    let asked = place(asks_who_is_there);
    assert!(asked.is_some(), "{ended:?}");
    assert!(asked < place(|verb| *verb == Verb::Detach), "{ended:?}");
    assert!(asked < place(|verb| *verb == Verb::Destroy), "{ended:?}");
}

#[tokio::test]
async fn a_janus_that_never_finishes_a_dismissal_does_not_hold_up_the_exit() {
    let (url, _tasks, mut heard) = serve_and_hear(|mut peer, ear| async move {
        peer.lets_in(60, 0, json!([])).await;
        peer.tells(destroyed()).await;
        for wanted in [Verb::Detach, Verb::Destroy] {
            let _ = ear
                .send(peer.asked(|verb| *verb == wanted).await.verb)
                .await;
        }
        peer.hears_out().await;
    })
    .await;
    // An answer to a request would be waited for longer than this story lasts.
    let config = config(&url).answering_within(Duration::from_secs(3600));
    let (connection, mut side) = member(&JanusTransport::new(config)).await;
    assert_eq!(told(&mut side).await, RoomSignal::Dismissed);
    let closed = soon(connection.close()).await;
    assert!(
        matches!(closed, Err(CloseError::Unilateral { .. })),
        "{closed:?}"
    );
    // Nothing was left out for want of that answer.
    assert_eq!(soon(heard.recv()).await, Some(Verb::Detach));
    assert_eq!(soon(heard.recv()).await, Some(Verb::Destroy));
}

#[tokio::test]
async fn two_departures_at_once_are_one_leave_and_two_answers() {
    let (url, _tasks, mut heard) = serve_and_hear(|mut peer, ear| async move {
        peer.lets_in(60, 0, json!([])).await;
        let leave = peer.asked_to_leave().await;
        peer.answers(&leave, left()).await;
        let _ = ear.send(peer.sees_off().await).await;
    })
    .await;
    let (connection, _side) = member(&transport(&url)).await;
    let (first, second) = soon(async {
        tokio::join!(
            connection.announce_departure(),
            connection.announce_departure()
        )
    })
    .await;
    assert!(first.is_ok() && second.is_ok(), "{first:?} {second:?}");
    assert_eq!(soon(connection.close()).await, Ok(()));
    let leaves = |verb: &&Verb| {
        matches!(
            verb,
            Verb::Message {
                body: Body::Leave,
                ..
            }
        )
    };
    assert_eq!(
        soon(heard.recv())
            .await
            .unwrap()
            .iter()
            .filter(leaves)
            .count(),
        0
    );
}

#[tokio::test]
async fn closing_gives_up_a_leave_that_is_never_confirmed() {
    let (url, _tasks) = serve(|mut peer| async move {
        peer.lets_in(60, 0, json!([])).await;
        peer.hears_out().await;
    })
    .await;
    // Whoever waited for the answer would wait longer than this story.
    let config = config(&url).answering_within(Duration::from_secs(3600));
    let (connection, _side) = member(&JanusTransport::new(config)).await;
    let (left, closed) =
        soon(async { tokio::join!(connection.announce_departure(), connection.close()) }).await;
    assert_eq!(left, Err(DepartureError::Closed));
    assert!(
        matches!(closed, Err(CloseError::Unilateral { .. })),
        "{closed:?}"
    );
}

#[tokio::test]
async fn a_connection_that_is_dropped_is_cut_without_a_goodbye() {
    let (url, _tasks, mut heard) = serve_and_hear(|mut peer, ear| async move {
        peer.lets_in(60, 0, json!([])).await;
        let _ = ear.send(peer.sees_off().await).await;
    })
    .await;
    let (connection, _side) = member(&transport(&url)).await;
    drop(connection);
    let said = soon(heard.recv()).await.unwrap();
    let goodbye = said
        .iter()
        .any(|verb| matches!(verb, Verb::Destroy | Verb::Detach));
    assert!(!goodbye, "{said:?}");
}
