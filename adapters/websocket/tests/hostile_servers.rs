//! Servers that do not do what they should, and a transport that ends all the same.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a story that cannot go on has failed, and says where"
)]

use std::future::pending;
use std::time::Duration;

use exeunt_conformance::Nowhere;
use exeunt_port::{
    CloseError, Codec, DepartureError, EnterError, EnterRequest, MediaFrame, RoomLink, RoomSide,
    RoomSignal, Transport as _,
};
use exeunt_websocket::WebSocketTransport;
use exeunt_websocket::wire::{ClientMessage, ServerMessage};
use futures_util::{SinkExt, StreamExt};
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::{WebSocketStream, accept_async};

#[path = "hostile_servers/storms.rs"]
mod storms;

/// Longer than anything here takes; a story that waits this long has failed.
async fn soon<T>(future: impl Future<Output = T>) -> T {
    timeout(Duration::from_secs(30), future)
        .await
        .expect("what is waited for does not happen")
}

/// A server that does this with every connection; it ends with the set of its tasks.
async fn server<F: Future<Output = ()> + Send + 'static>(
    serve: impl Fn(TcpStream) -> F + Send + 'static,
) -> (WebSocketTransport, JoinSet<()>) {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let url = format!("ws://{}/ws", listener.local_addr().unwrap());
    let mut tasks = JoinSet::new();
    tasks.spawn(async move {
        let mut connections = JoinSet::new();
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            connections.spawn(serve(stream));
        }
    });
    (WebSocketTransport::new(&url).unwrap(), tasks)
}

fn request() -> EnterRequest {
    EnterRequest {
        sdk_app_id: 1,
        ..EnterRequest::unsigned("alice", "standup").unwrap()
    }
}

fn entered(lease_ms: u64) -> ServerMessage {
    ServerMessage::Entered {
        stay: 1,
        secret: "secret".to_owned(),
        lease_ms,
        heartbeat_ms: lease_ms / 8,
        members: vec![],
    }
}

async fn says(socket: &mut WebSocketStream<TcpStream>, message: &ServerMessage) {
    // The client may be gone already, which is its right.
    let _ = socket.send(Message::text(message.encode())).await;
}

/// Lets a client in; it has said `enter`.
async fn let_in(stream: TcpStream, lease_ms: u64) -> WebSocketStream<TcpStream> {
    let mut socket = accept_async(stream).await.unwrap();
    let _enter = socket.next().await;
    says(&mut socket, &entered(lease_ms)).await;
    socket
}

async fn connect(
    transport: &WebSocketTransport,
) -> (
    Result<Box<dyn exeunt_port::Connection>, EnterError>,
    RoomSide,
) {
    let (link, side) = RoomLink::pair();
    (soon(transport.connect(request(), link)).await, side)
}

async fn refusal(transport: &WebSocketTransport) -> EnterError {
    connect(transport).await.0.err().unwrap()
}

#[tokio::test]
async fn nobody_at_the_address_is_unreachable() {
    let nowhere = Nowhere::reserve().unwrap();
    let url = format!("ws://{}/ws", nowhere.address());
    let error = refusal(&WebSocketTransport::new(&url).unwrap()).await;
    assert!(matches!(error, EnterError::Unreachable { .. }), "{error}");
}

#[tokio::test]
async fn a_server_of_another_kind_does_not_speak_the_protocol() {
    let (transport, _tasks) = server(|mut stream| async move {
        let _ = stream.write_all(b"SSH-2.0-OpenSSH_9.9\r\n\r\n").await;
        pending::<()>().await;
    })
    .await;
    let error = refusal(&transport).await;
    assert!(matches!(error, EnterError::Protocol { .. }), "{error}");
}

#[tokio::test]
async fn a_token_in_the_address_is_said_to_the_server_and_shown_to_nobody() {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let place = listener.local_addr().unwrap().to_string();
    // The path may be left out.
    for path in ["/ws", "/", ""] {
        let transport =
            WebSocketTransport::new(&format!("ws://{place}{path}?token=secret")).unwrap();
        let asked = async {
            let (stream, _) = listener.accept().await.unwrap();
            let mut lines = BufReader::new(stream).lines();
            lines.next_line().await.unwrap().unwrap()
        };
        let (asked, refused) = tokio::join!(soon(asked), refusal(&transport));
        assert_eq!(asked, "GET /ws?token=secret HTTP/1.1");
        for shown in [
            refused.to_string(),
            format!("{refused:?}"),
            format!("{transport:?}"),
        ] {
            assert!(shown.contains(&format!("ws://{place}/ws")), "{shown}");
            assert!(!shown.contains("secret"), "{shown}");
        }
    }
    for mistyped in ["http://x/ws?token=secret", "ws://user:secret@x/ws"] {
        let error = WebSocketTransport::new(mistyped).unwrap_err().to_string();
        assert!(!error.contains("secret"), "{error}");
    }
}

#[tokio::test]
async fn an_answer_that_is_none_is_named_in_the_error() {
    for (answer, words) in [
        (Message::text("welcome"), "expected value"),
        (
            Message::text(ServerMessage::Left { told: 0 }.encode()),
            "expected entered or refused",
        ),
        (Message::binary(vec![0; 20]), "media before entering"),
        (
            Message::text(entered(0).encode()),
            "at least four heartbeats",
        ),
    ] {
        let (transport, _tasks) = server(move |stream| {
            let answer = answer.clone();
            async move {
                let mut socket = accept_async(stream).await.unwrap();
                let _enter = socket.next().await;
                let _ = socket.send(answer).await;
                pending::<()>().await;
            }
        })
        .await;
        let error = refusal(&transport).await;
        assert!(matches!(error, EnterError::Protocol { .. }), "{error}");
        assert!(error.to_string().contains(words), "{error}");
    }
}

#[tokio::test]
async fn abandoning_ends_the_entering_at_a_server_that_never_answers() {
    for shakes_hands in [false, true] {
        let (transport, _tasks) = server(move |stream| async move {
            if shakes_hands {
                let _open = accept_async(stream).await;
                pending::<()>().await;
            } else {
                let _open = stream;
                pending::<()>().await;
            }
        })
        .await;
        let (link, side) = RoomLink::pair();
        let entering = tokio::spawn(async move { transport.connect(request(), link).await });
        tokio::task::yield_now().await;
        side.abandon.cancel();
        assert_eq!(
            soon(entering).await.unwrap().err(),
            Some(EnterError::Abandoned)
        );
    }
}

#[tokio::test]
async fn a_server_that_never_reads_delays_no_close() {
    let (transport, _tasks) = server(|stream| async move {
        let _open = let_in(stream, 60_000).await;
        pending::<()>().await;
    })
    .await;
    let (connection, side) = connect(&transport).await;
    let connection = connection.unwrap();
    let frame = MediaFrame {
        codec: Codec::Jpeg,
        sequence: 0,
        captured_at_micros: 0,
        payload: vec![0; MediaFrame::MAX_PAYLOAD].into(),
    };
    // Once the queue drops frames the socket's buffers are full and a write is stuck.
    soon(async {
        while side.outbound.dropped() < 100 {
            side.outbound.push(frame.clone());
            tokio::task::yield_now().await;
        }
    })
    .await;
    side.outbound.close();
    let (announced, closed) = tokio::join!(
        biased;
        soon(connection.announce_departure()),
        soon(connection.close()),
    );
    assert_eq!(announced, Err(DepartureError::Closed));
    assert!(
        matches!(closed, Err(CloseError::Unilateral { .. })),
        "{closed:?}"
    );
}

#[tokio::test]
async fn a_server_that_only_sends_delays_no_close_either() {
    let (transport, _tasks) = server(|stream| async move {
        let mut socket = let_in(stream, 60_000).await;
        loop {
            says(&mut socket, &ServerMessage::Heartbeat).await;
            tokio::task::yield_now().await;
        }
    })
    .await;
    let (connection, _side) = connect(&transport).await;
    let closed = soon(connection.unwrap().close()).await;
    assert!(
        matches!(closed, Err(CloseError::Unilateral { .. })),
        "{closed:?}"
    );
}

#[tokio::test]
async fn a_kick_that_crosses_the_own_leave_is_told_and_settles_it() {
    let (transport, _tasks) = server(|stream| async move {
        let mut socket = let_in(stream, 60_000).await;
        while let Some(Ok(message)) = socket.next().await {
            if message
                .to_text()
                .is_ok_and(|text| ClientMessage::decode(text) == Ok(ClientMessage::Leave))
            {
                says(&mut socket, &ServerMessage::Kicked).await;
            }
        }
    })
    .await;
    let (connection, mut side) = connect(&transport).await;
    let connection = connection.unwrap();
    let announced = soon(connection.announce_departure()).await;
    assert_eq!(announced, Err(DepartureError::AlreadyOut));
    assert_eq!(soon(side.signals.recv()).await, Some(RoomSignal::Kicked));
    assert_eq!(soon(connection.close()).await, Ok(()));
}

#[tokio::test]
async fn a_server_that_forgot_the_stay_makes_the_link_dead_at_once() {
    let (transport, _tasks) = server(|stream| async move {
        let mut socket = accept_async(stream).await.unwrap();
        let first = socket.next().await.unwrap().unwrap();
        let first = ClientMessage::decode(first.to_text().unwrap());
        let answer = if matches!(first, Ok(ClientMessage::Enter(_))) {
            entered(60_000)
        } else {
            ServerMessage::Refused {
                code: 2,
                message: "who are you?".to_owned(),
            }
        };
        // And the connection is cut.
        says(&mut socket, &answer).await;
    })
    .await;
    let (connection, mut side) = connect(&transport).await;
    let connection = connection.unwrap();
    assert_eq!(soon(side.signals.recv()).await, Some(RoomSignal::LinkLost));
    assert_eq!(soon(side.signals.recv()).await, Some(RoomSignal::LinkDead));
    assert_eq!(soon(connection.close()).await, Ok(()));
}

#[tokio::test]
async fn a_server_that_talks_nonsense_in_mid_stay_is_a_lost_link() {
    let (transport, _tasks) = server(|stream| async move {
        let mut socket = let_in(stream, 60_000).await;
        let _ = socket.send(Message::text("nonsense")).await;
        pending::<()>().await;
    })
    .await;
    let (connection, mut side) = connect(&transport).await;
    let _connection = connection.unwrap();
    assert_eq!(soon(side.signals.recv()).await, Some(RoomSignal::LinkLost));
}

#[tokio::test]
async fn a_stay_that_nobody_listens_to_can_be_closed_all_the_same() {
    let (transport, _tasks) = server(|stream| async move {
        let mut socket = let_in(stream, 60_000).await;
        for number in 0..400_u64 {
            let user_id = format!("user{number}").parse().unwrap();
            let stay = number;
            says(&mut socket, &ServerMessage::UserEntered { user_id, stay }).await;
        }
        while let Some(Ok(_)) = socket.next().await {}
    })
    .await;
    let (connection, side) = connect(&transport).await;
    // The channel of signals is full, and the task waits for somebody to read it.
    soon(async {
        while side.signals.len() < side.signals.max_capacity() {
            tokio::task::yield_now().await;
        }
    })
    .await;
    assert_eq!(soon(connection.unwrap().close()).await, Ok(()));
}

#[tokio::test]
async fn no_frame_follows_the_leave() {
    let (ear, mut heard) = tokio::sync::mpsc::unbounded_channel();
    let (transport, _tasks) = server(move |stream| {
        let ear = ear.clone();
        async move {
            let mut socket = let_in(stream, 60_000).await;
            while let Some(Ok(message)) = socket.next().await {
                let _ = ear.send(message);
            }
        }
    })
    .await;
    let (connection, side) = connect(&transport).await;
    let connection = connection.unwrap();
    let frame = MediaFrame {
        codec: Codec::Opus,
        sequence: 0,
        captured_at_micros: 0,
        payload: vec![7; 60].into(),
    };
    side.outbound.push(frame.clone());
    assert!(soon(heard.recv()).await.unwrap().is_binary());
    // The server never confirms, so the stay waits with an open gate and frames in its queue.
    let announcing = connection.announce_departure();
    let sending = async {
        loop {
            side.outbound.push(frame.clone());
            let message = soon(heard.recv()).await.unwrap();
            if let Message::Text(text) = message {
                break text;
            }
            assert!(message.is_binary(), "{message:?}");
        }
    };
    let leave = tokio::select! {
        leave = sending => leave,
        announced = announcing => panic!("{announced:?}"),
    };
    assert_eq!(ClientMessage::decode(&leave), Ok(ClientMessage::Leave));
    side.outbound.push(frame);
    assert_eq!(soon(connection.close()).await, Ok(()));
    assert!(soon(heard.recv()).await.unwrap().is_close());
}
