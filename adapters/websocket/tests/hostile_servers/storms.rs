//! Servers that take a stay back and lose it again, that let in and talk nonsense, that say too much.

use std::io;
use std::time::Duration;

use async_trait::async_trait;
use exeunt_port::{Codec, EnterError, MediaFrame, RemoteFrame, RemoteLeaveReason, RoomSignal};
use exeunt_websocket::wire::{ClientMessage, ServerMessage, encode_downstream};
use exeunt_websocket::{ByteStream, Dial, WebSocketTransport};
use futures_util::{SinkExt, StreamExt};
use tokio::io::{DuplexStream, duplex};
use tokio::sync::mpsc;
use tokio::time::Instant;
use tokio_tungstenite::accept_async;
use tokio_tungstenite::tungstenite::Message;

use super::{connect, entered, let_in, refusal, says, server, soon};

/// Leads to a server that lets in, takes every resume, and hangs up. In memory: a paused clock does not wait
/// for what the kernel still has on its way.
struct HangingUp;

#[async_trait]
impl Dial for HangingUp {
    async fn dial(&self, _host: &str, _port: u16) -> io::Result<Box<dyn ByteStream>> {
        let (client, server) = duplex(64 * 1024);
        drop(tokio::spawn(answer_and_hang_up(server)));
        Ok(Box::new(client))
    }
}

async fn answer_and_hang_up(stream: DuplexStream) {
    let Ok(mut socket) = accept_async(stream).await else {
        return;
    };
    let Some(Ok(first)) = socket.next().await else {
        return;
    };
    let answer = match ClientMessage::decode(first.to_text().unwrap()) {
        Ok(ClientMessage::Resume { .. }) => ServerMessage::Resumed {
            members: vec![],
            departed: vec![],
        },
        _ => entered(60_000),
    };
    // The client may be gone already; and the connection is cut.
    let _ = socket.send(Message::text(answer.encode())).await;
}

#[tokio::test(start_paused = true)]
async fn a_server_that_takes_every_resume_and_hangs_up_is_not_stormed() {
    let transport = WebSocketTransport::dialling_with("ws://rooms.example/ws", HangingUp).unwrap();
    let (connection, mut side) = connect(&transport).await;
    let begun = Instant::now();
    for _ in 0..20 {
        assert_eq!(soon(side.signals.recv()).await, Some(RoomSignal::LinkLost));
        let recovered = soon(side.signals.recv()).await;
        assert_eq!(recovered, Some(RoomSignal::LinkRecovered));
    }
    let taken = begun.elapsed();
    assert!(
        taken > Duration::from_secs(10),
        "20 resumes within {taken:?} of the paused clock"
    );
    assert_eq!(soon(connection.unwrap().close()).await, Ok(()));
}

#[tokio::test]
async fn who_is_let_in_with_nonsense_leaves_all_the_same() {
    let (ear, mut heard) = mpsc::channel(4);
    let (transport, _tasks) = server(move |stream| {
        let ear = ear.clone();
        async move {
            // A lease of nothing cannot be kept, but the server counts us in.
            let mut socket = let_in(stream, 0).await;
            if let Some(Ok(message)) = socket.next().await {
                let _ = ear
                    .send(ClientMessage::decode(message.to_text().unwrap()))
                    .await;
            }
        }
    })
    .await;
    let error = refusal(&transport).await;
    assert!(matches!(error, EnterError::Protocol { .. }), "{error}");
    assert_eq!(soon(heard.recv()).await, Some(Ok(ClientMessage::Leave)));
}

#[tokio::test]
async fn frames_of_somebody_who_has_left_or_was_never_there_are_not_handed_on() {
    let frame = |sequence| MediaFrame {
        codec: Codec::Opus,
        sequence,
        captured_at_micros: 0,
        payload: vec![7; 60].into(),
    };
    let from = move |name: &str, sequence| RemoteFrame {
        user: name.parse().unwrap(),
        frame: frame(sequence),
    };
    let (transport, _tasks) = server(move |stream| async move {
        let mut socket = let_in(stream, 60_000).await;
        let bob = "bob".parse().unwrap();
        for (sequence, message) in [
            ServerMessage::Heartbeat,
            ServerMessage::UserEntered {
                user_id: "bob".parse().unwrap(),
                stay: 2,
            },
            ServerMessage::UserLeft {
                user_id: bob,
                stay: 2,
                reason: RemoteLeaveReason::Left,
            },
        ]
        .iter()
        .enumerate()
        {
            says(&mut socket, message).await;
            let remote = from("bob", u32::try_from(sequence).unwrap());
            let media = Message::Binary(encode_downstream(&remote).unwrap());
            socket.send(media).await.unwrap();
        }
        says(&mut socket, &ServerMessage::Kicked).await;
        while let Some(Ok(_)) = socket.next().await {}
    })
    .await;
    let (_connection, mut side) = connect(&transport).await;
    while soon(side.signals.recv()).await != Some(RoomSignal::Kicked) {}
    assert_eq!(side.inbound.try_next(), Some(from("bob", 1)));
    assert_eq!(side.inbound.try_next(), None);
}
