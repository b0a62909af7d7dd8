//! Who gets in at the door, before anything is said in a room.

use std::io;
use std::net::IpAddr;
use std::time::Duration;

use exeunt_port::async_trait;
use exeunt_room_service::{Accept, Accepted, Config, Limits, RoomService, RunningService};
use exeunt_websocket::wire::ServerMessage;
use futures_util::{SinkExt, StreamExt};
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream, duplex};
use tokio::net::TcpStream;
use tokio::sync::mpsc;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::http::HeaderValue;
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{WebSocketStream, client_async};

use crate::scene::{enter, service_with, soon};

/// A door at which people come from the addresses that they say.
struct Door(mpsc::Receiver<Accepted>);

#[async_trait]
impl Accept for Door {
    async fn accept(&mut self) -> io::Result<Accepted> {
        match self.0.recv().await {
            Some(accepted) => Ok(accepted),
            None => std::future::pending().await,
        }
    }
}

async fn comes(door: &mpsc::Sender<Accepted>, address: &str) -> DuplexStream {
    let (client, server) = duplex(4096);
    let address: IpAddr = address.parse().unwrap();
    let accepted = Accepted {
        stream: Box::new(server),
        address: Some(address),
    };
    door.send(accepted).await.ok().unwrap();
    client
}

/// Sends the rest of a request, and reads how the answer begins.
async fn answered(client: &mut DuplexStream, rest: &str) -> String {
    soon(client.write_all(rest.as_bytes())).await.unwrap();
    let mut begin = [0; 12];
    soon(client.read_exact(&mut begin)).await.unwrap();
    String::from_utf8_lossy(&begin).into_owned()
}

#[tokio::test]
async fn half_sent_requests_from_one_address_leave_places_for_the_others() {
    let limits = Limits {
        requests: 3,
        requests_per_address: 2,
        ..Limits::default()
    };
    let config = Config {
        limits,
        ..Config::development()
    };
    let (door, people) = mpsc::channel(8);
    let service = RoomService::behind(Door(people), config).unwrap().spawn();
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

/// A socket from this address, with the name of this machine.
async fn socket_from(
    door: &mpsc::Sender<Accepted>,
    address: &str,
) -> Result<WebSocketStream<DuplexStream>, Error> {
    let stream = comes(door, address).await;
    let shaken = soon(client_async("ws://127.0.0.1/ws", stream)).await?;
    Ok(shaken.0)
}

async fn enters(socket: &mut WebSocketStream<DuplexStream>, name: &str) {
    soon(socket.send(Message::text(enter(name)))).await.unwrap();
    let heard = soon(socket.next()).await.unwrap().unwrap();
    let heard = ServerMessage::decode(heard.to_text().unwrap());
    assert!(
        matches!(heard, Ok(ServerMessage::Entered { .. })),
        "{heard:?}"
    );
}

fn behind(limits: Limits) -> (RunningService, mpsc::Sender<Accepted>) {
    let (door, people) = mpsc::channel(8);
    let config = Config {
        limits,
        ..Config::development()
    };
    let service = RoomService::behind(Door(people), config).unwrap().spawn();
    (service, door)
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
