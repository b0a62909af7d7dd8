//! Who gets in at the door, before anything is said in a room.

use std::time::Duration;

use exeunt_room_service::{Config, DEVELOPMENT_OPERATOR_TOKEN, Limits};
use exeunt_websocket::wire::ServerMessage;
use futures_util::{SinkExt, StreamExt};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_tungstenite::client_async;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::http::HeaderValue;
use tokio_tungstenite::tungstenite::{Error, Message};

use crate::entrance::{answered, behind, comes, enters, socket_from};
use crate::scene::{enter, service_with, soon};

#[tokio::test]
async fn half_sent_requests_from_one_address_leave_places_for_the_others() {
    let (service, door) = behind(Limits {
        requests: 3,
        requests_per_address: 2,
        ..Limits::default()
    });
    let mut slow = Vec::new();
    for _ in 0..2 {
        let mut client = comes(&door, "192.0.2.1").await;
        soon(client.write_all(b"GET / HTTP/1.1\r\nHost:"))
            .await
            .unwrap();
        slow.push(client);
    }
    for _ in 0..10 {
        let mut one_more = comes(&door, "192.0.2.1").await;
        let read = soon(one_more.read(&mut [0; 1])).await;
        assert_eq!(read.unwrap(), 0, "it is hung up on");
    }
    let mut other = comes(&door, "192.0.2.2").await;
    let whole = "GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
    assert_eq!(answered(&mut other, whole).await, "HTTP/1.1 200");
    // The slow ones had their places all the time, and give them back when they are done.
    for mut client in slow {
        let rest = " x\r\nConnection: close\r\n\r\n";
        assert_eq!(answered(&mut client, rest).await, "HTTP/1.1 200");
        let mut end = Vec::new();
        soon(client.read_to_end(&mut end)).await.unwrap();
    }
    soon(async {
        loop {
            let mut again = comes(&door, "192.0.2.1").await;
            let _ = again.write_all(whole.as_bytes()).await;
            if matches!(again.read(&mut [0; 1]).await, Ok(1)) {
                break;
            }
        }
    })
    .await;
    soon(service.stop()).await;
}

#[tokio::test]
async fn a_browser_on_a_foreign_page_is_not_let_in_and_everybody_else_is() {
    let config = Config {
        allowed_origins: vec!["https://app.example".to_owned()],
        ..Config::development()
    };
    let service = service_with(config).await;
    let own = format!("http://{}", service.local_addr());
    for (origin, is_let_in) in [
        (None, true),
        (Some(own.as_str()), true),
        (Some("https://app.example"), true),
        (Some("https://evil.example"), false),
        (Some("null"), false),
    ] {
        let mut request = service.url().into_client_request().unwrap();
        if let Some(origin) = origin {
            let origin = HeaderValue::from_str(origin).unwrap();
            request.headers_mut().insert("origin", origin);
        }
        let stream = TcpStream::connect(service.local_addr()).await.unwrap();
        match soon(client_async(request, stream)).await {
            Ok((mut socket, _)) => {
                assert!(is_let_in, "{origin:?}");
                soon(socket.send(Message::text(enter("alice"))))
                    .await
                    .unwrap();
                let heard = soon(socket.next()).await.unwrap().unwrap();
                let heard = ServerMessage::decode(heard.to_text().unwrap());
                assert!(matches!(heard, Ok(ServerMessage::Entered { .. })));
            }
            Err(Error::Http(response)) => {
                assert!(!is_let_in, "{origin:?}");
                assert_eq!(response.status(), 403);
            }
            Err(error) => panic!("{origin:?}: {error}"),
        }
    }
}

#[tokio::test]
async fn sockets_that_never_enter_keep_out_those_of_their_own_address_only() {
    let (_service, door) = behind(Limits {
        requests_per_address: 2,
        time_to_enter: Duration::from_secs(3600),
        ..Limits::default()
    });
    let mut first = socket_from(&door, "192.0.2.1").await.unwrap();
    let second = socket_from(&door, "192.0.2.1").await.unwrap();
    // They are no requests any more, and hold their places all the same.
    for _ in 0..10 {
        let hung_up_on = socket_from(&door, "192.0.2.1").await;
        assert!(hung_up_on.is_err());
    }
    let mut other = socket_from(&door, "192.0.2.2").await.unwrap();
    enters(&mut other, "bob").await;
    // Who has entered needs no place at the door any more, nor does who has gone.
    enters(&mut first, "alice").await;
    let mut third = socket_from(&door, "192.0.2.1").await.unwrap();
    assert!(socket_from(&door, "192.0.2.1").await.is_err());
    drop(second);
    let mut fourth = soon(async {
        loop {
            if let Ok(socket) = socket_from(&door, "192.0.2.1").await {
                break socket;
            }
        }
    })
    .await;
    enters(&mut third, "carol").await;
    enters(&mut fourth, "dave").await;
}

#[tokio::test]
async fn one_address_has_so_many_clients_and_further_ones_are_told_so() {
    let (_service, door) = behind(Limits {
        connections_per_address: 1,
        ..Limits::default()
    });
    let mut alice = socket_from(&door, "192.0.2.1").await.unwrap();
    enters(&mut alice, "alice").await;
    let Err(Error::Http(refused)) = socket_from(&door, "192.0.2.1").await else {
        panic!("one client too many")
    };
    assert_eq!(refused.status(), 503);
    let mut bob = socket_from(&door, "192.0.2.2").await.unwrap();
    enters(&mut bob, "bob").await;
    drop(alice);
    let mut again = soon(async {
        loop {
            if let Ok(socket) = socket_from(&door, "192.0.2.1").await {
                break socket;
            }
        }
    })
    .await;
    enters(&mut again, "alice").await;
}

#[tokio::test]
async fn an_address_that_comes_too_often_is_turned_away_and_the_others_are_not() {
    let (_service, door) = behind(Limits {
        // So few that none fills in while this lasts.
        requests_per_second_per_address: 1,
        ..Limits::default()
    });
    let again = "GET /health HTTP/1.1\r\nHost: x\r\n\r\n";
    let mut often = comes(&door, "192.0.2.1").await;
    let mut whole = String::new();
    // On one connection: it is told so, and then hung up on.
    for _ in 0..50 {
        if often.write_all(again.as_bytes()).await.is_err() {
            break;
        }
    }
    soon(often.read_to_string(&mut whole)).await.unwrap();
    assert!(whole.starts_with("HTTP/1.1 200"), "{whole}");
    assert!(whole.contains("HTTP/1.1 429"), "{whole}");
    let answers = whole.matches("HTTP/1.1 ").count();
    assert!(answers < 50, "{answers}");
    // On many connections: it is hung up on at once.
    soon(async { while socket_from(&door, "192.0.2.1").await.is_ok() {} }).await;
    let mut other = socket_from(&door, "192.0.2.2").await.unwrap();
    enters(&mut other, "bob").await;
    // And the operator can see it.
    let mut operator = comes(&door, "192.0.2.3").await;
    let asked = format!(
        "GET /metrics HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\
         Authorization: Bearer {DEVELOPMENT_OPERATOR_TOKEN}\r\n\r\n"
    );
    operator.write_all(asked.as_bytes()).await.unwrap();
    let mut metrics = String::new();
    soon(operator.read_to_string(&mut metrics)).await.unwrap();
    let counted = "exeunt_turned_away_total{why=\"address comes too often\"} ";
    assert!(metrics.contains(counted), "{metrics}");
}
