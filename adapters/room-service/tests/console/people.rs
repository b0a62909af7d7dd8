//! Members: a WebSocket each, read as it goes.

use std::time::Duration;

use exeunt_port::{Codec, EnterRequest, MediaFrame};
use exeunt_room_service::user_sig::{Claims, sign};
use exeunt_room_service::{DEVELOPMENT_SDK_APP_ID, DEVELOPMENT_USER_SIG_KEY, RunningService};
use exeunt_websocket::wire::{ClientId, ClientMessage, Enter, ServerMessage, encode_upstream};
use futures_util::stream::SplitSink;
use futures_util::{SinkExt, StreamExt};
use tokio::net::TcpStream;
use tokio::sync::mpsc;
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::{WebSocketStream, client_async};

const FAILED: Duration = Duration::from_secs(60);

/// Somebody in a room.
pub(crate) struct Person {
    sink: SplitSink<WebSocketStream<TcpStream>, Message>,
    heard: mpsc::UnboundedReceiver<Message>,
}

impl Person {
    pub(crate) async fn enter(service: &RunningService, room: &str, name: &str) -> Self {
        let stream = TcpStream::connect(service.local_addr()).await.unwrap();
        let (socket, _) = client_async(service.url(), stream).await.unwrap();
        let (mut sink, mut stream) = socket.split();
        let (said, heard) = mpsc::unbounded_channel();
        tokio::spawn(async move {
            while let Some(Ok(message)) = stream.next().await {
                let enters = message
                    .to_text()
                    .is_ok_and(|text| text.contains("user_entered"));
                // Who enters matters to nobody here.
                if !enters && said.send(message).is_err() {
                    return;
                }
            }
        });
        let user = name.parse().unwrap();
        let claims = Claims::new(DEVELOPMENT_SDK_APP_ID, user, 1_700_000_000, 3_153_600_000);
        let request = EnterRequest {
            sdk_app_id: DEVELOPMENT_SDK_APP_ID,
            user: claims.user.clone(),
            room: room.parse().unwrap(),
            user_sig: sign(DEVELOPMENT_USER_SIG_KEY, &claims),
        };
        let enter = ClientMessage::Enter(Enter::new(request, ClientId::random(), 1)).encode();
        sink.send(Message::text(enter)).await.unwrap();
        let mut person = Self { sink, heard };
        let entered = person.hears().await;
        assert!(
            entered.to_text().unwrap().contains("\"entered\""),
            "{entered}"
        );
        person
    }

    async fn hears(&mut self) -> Message {
        timeout(FAILED, self.heard.recv())
            .await
            .expect("a message")
            .expect("a connection")
    }

    pub(crate) async fn sends_sound(&mut self) {
        let frame = MediaFrame {
            codec: Codec::Opus,
            sequence: 0,
            captured_at_micros: 0,
            payload: vec![7; 60].into(),
        };
        let message = Message::Binary(encode_upstream(&frame).unwrap());
        self.sink.send(message).await.unwrap();
    }

    /// Sends a packet of sound a moment, without end.
    pub(crate) async fn goes_on_speaking(&mut self) {
        let mut moments = tokio::time::interval(Duration::from_millis(200));
        loop {
            moments.tick().await;
            self.sends_sound().await;
        }
    }

    /// The code with which the service closes the connection.
    pub(crate) async fn is_out(&mut self) -> u16 {
        loop {
            if let Message::Close(frame) = self.hears().await {
                return frame.unwrap().code.into();
            }
        }
    }

    /// Who left, and why in TRTC's numbers.
    pub(crate) async fn learns_of_departure(&mut self) -> (String, u8) {
        loop {
            if let Message::Text(text) = self.hears().await
                && let Ok(ServerMessage::UserLeft {
                    user_id, reason, ..
                }) = ServerMessage::decode(&text)
            {
                return (user_id.to_string(), reason.into());
            }
        }
    }
}
