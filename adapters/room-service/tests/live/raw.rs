//! Clients that speak the wire protocol by hand, and not always well.

use std::time::Duration;

use exeunt_port::{EnterError, RoomSignal};
use exeunt_room_service::{Limits, RunningService};
use exeunt_websocket::wire::{ClientMessage, Refusal, ServerMessage};
use futures_util::{SinkExt, StreamExt};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::{WebSocketStream, client_async};

use crate::scene::{
    Member, enter, request, resume, service, service_limited, service_without_heartbeats, soon,
};

/// A WebSocket and nothing more.
pub(crate) struct RawClient(WebSocketStream<TcpStream>);

impl RawClient {
    pub(crate) async fn connect(service: &RunningService) -> Self {
        let stream = TcpStream::connect(service.local_addr()).await.unwrap();
        Self(soon(client_async(service.url(), stream)).await.unwrap().0)
    }

    /// Somebody who enters the room and does nothing more, not even heartbeats.
    pub(crate) async fn enter(service: &RunningService, name: &str) -> Self {
        Self::stay(service, name).await.0
    }

    /// The same, with the number and the secret of the stay, for whoever resumes it.
    pub(crate) async fn stay(service: &RunningService, name: &str) -> (Self, u64, String) {
        let mut client = Self::connect(service).await;
        client.says(&enter(name)).await;
        let entered = client.hears().await;
        let ServerMessage::Entered { stay, secret, .. } = entered else {
            panic!("{entered:?}")
        };
        (client, stay, secret)
    }

    pub(crate) async fn says(&mut self, text: &str) {
        soon(self.0.send(Message::text(text))).await.unwrap();
    }

    pub(crate) fn into_stream(self) -> TcpStream {
        self.0.into_inner()
    }

    pub(crate) async fn sends(&mut self, message: Message) {
        soon(self.0.send(message)).await.unwrap();
    }

    /// Sends what the service may hang up on before it has taken all of it.
    pub(crate) async fn tries_to_send(&mut self, message: Message) {
        let _ = soon(self.0.send(message)).await;
    }

    pub(crate) async fn hears(&mut self) -> ServerMessage {
        let message = soon(self.0.next()).await.unwrap().unwrap();
        ServerMessage::decode(message.to_text().unwrap()).unwrap()
    }

    /// The code with which the server closes; what it says before is skipped.
    pub(crate) async fn closed_with(&mut self) -> u16 {
        loop {
            if let Message::Close(frame) = soon(self.0.next()).await.unwrap().unwrap() {
                return frame.unwrap().code.into();
            }
        }
    }
}

#[tokio::test]
async fn what_is_no_entering_is_refused_with_a_number_and_words() {
    let service = service().await;
    let enter = enter("alice");
    for (said, refusal) in [
        ("hello".to_owned(), Refusal::NoParameters),
        (r#"{"type":"leave"}"#.to_owned(), Refusal::NoParameters),
        (
            enter.replace("\"protocol\":1", "\"protocol\":9"),
            Refusal::Protocol,
        ),
        (enter.replace("\"standup\"", "0"), Refusal::RoomId),
        (enter.replace("\"alice\"", "\"al ice\""), Refusal::UserId),
        (
            r#"{"type":"resume","stay":1,"secret":"x","attempt":1}"#.to_owned(),
            Refusal::StayUnknown,
        ),
    ] {
        let mut client = RawClient::connect(&service).await;
        client.says(&said).await;
        let heard = client.hears().await;
        let ServerMessage::Refused { code, message } = heard else {
            panic!("{heard:?}")
        };
        assert_eq!(code, refusal.code(), "{said}: {message}");
        assert_eq!(client.closed_with().await, 4403);
    }
}

#[tokio::test]
async fn who_breaks_the_protocol_is_cut_off_and_may_resume() {
    let service = service().await;
    for wrong in [
        Message::text("nonsense"),
        Message::binary(vec![1, 2, 3]),
        Message::binary(vec![0; 2 << 20]),
        Message::text(enter("alice")),
    ] {
        let (mut client, stay, secret) = RawClient::stay(&service, "alice").await;
        // What is too large may not even be taken to its end.
        client.tries_to_send(wrong).await;
        assert_eq!(client.closed_with().await, 4400);
        let mut again = RawClient::connect(&service).await;
        again.says(&resume(stay, &secret, 1)).await;
        assert!(matches!(again.hears().await, ServerMessage::Resumed { .. }));
    }
}

#[tokio::test]
async fn a_flood_of_messages_is_cut_off() {
    let limits = Limits {
        control_per_second: 2,
        ..Limits::default()
    };
    let service = service_limited(limits).await;
    let mut client = RawClient::enter(&service, "alice").await;
    for _ in 0..50 {
        client.says(&ClientMessage::Heartbeat.encode()).await;
    }
    assert_eq!(client.closed_with().await, 4429);
}

#[tokio::test]
async fn who_does_not_enter_in_time_is_cut_off() {
    let limits = Limits {
        time_to_enter: Duration::from_millis(50),
        ..Limits::default()
    };
    let service = service_limited(limits).await;
    let mut client = RawClient::connect(&service).await;
    assert_eq!(client.closed_with().await, 4408);
}

#[tokio::test]
async fn one_connection_too_many_is_told_so_and_has_its_place_when_another_has_gone() {
    let limits = Limits {
        connections: 1,
        ..Limits::default()
    };
    let service = service_limited(limits).await;
    let alice = Member::enter(service.url(), "alice").await;
    let refused = Member::try_enter(service.url(), request("bob")).await.err();
    let Some(EnterError::Unreachable { detail, .. }) = refused else {
        panic!("{refused:?}")
    };
    assert!(detail.contains("503"), "{detail}");
    alice.leaves().await.unwrap();
    alice.closes().await.unwrap();
    soon(async {
        while Member::try_enter(service.url(), request("bob"))
            .await
            .is_err()
        {
            tokio::task::yield_now().await;
        }
    })
    .await;
}

#[tokio::test]
async fn who_does_not_read_is_cut_off_and_the_others_are_not_held_up() {
    let limits = Limits {
        waiting_control: 3,
        ..Limits::default()
    };
    let service = service_without_heartbeats(limits).await;
    let mut alice = RawClient::enter(&service, "alice").await;
    let bob = Member::enter(service.url(), "bob").await;
    let payload: bytes::Bytes = vec![0; 1 << 20].into();
    let picture = |sequence| exeunt_port::MediaFrame {
        codec: exeunt_port::Codec::Jpeg,
        sequence,
        captured_at_micros: 0,
        payload: payload.clone(),
    };
    // Alice reads nothing, until her socket's buffers are full and her queue overflows: every
    // arrival and departure of Carol is a message that waits.
    let mut carol = Member::enter(service.url(), "carol").await;
    let mut sequence = 0;
    soon(async {
        loop {
            bob.side.outbound.push(picture(sequence));
            sequence += 1;
            carol.leaves().await.unwrap();
            carol.closes().await.unwrap();
            carol = Member::enter(service.url(), "carol").await;
            let rooms = crate::scene::call(&service, |client| client.describe_rooms(0));
            let (_, rooms) = rooms.await.unwrap_or_default();
            let members = rooms.iter().flat_map(|room| &room.members);
            if members
                .into_iter()
                .any(|member| member.user_id.as_str() == "alice" && !member.connected)
            {
                break;
            }
        }
    })
    .await;
    assert_eq!(
        carol.hears().await,
        RoomSignal::RemoteUserEntered("alice".parse().unwrap())
    );
    // What was said before she was cut off may still be read, or is lost with the socket.
    while let Some(Ok(_)) = soon(alice.0.next()).await {}
}
