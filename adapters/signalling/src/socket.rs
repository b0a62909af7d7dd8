//! A WebSocket over a stream of bytes, and how it is closed.

use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use tokio::time::timeout;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::protocol::{CloseFrame, Message};

use crate::stream::ByteStream;

/// How long the other side has to take part in a goodbye.
pub const GOODBYE: Duration = Duration::from_millis(250);

/// A WebSocket, on our side of it.
pub type Socket = WebSocketStream<Box<dyn ByteStream>>;

/// Takes leave of the other side within [`GOODBYE`], with these words, then drops the socket. Answers whether
/// it took part.
pub async fn say_goodbye(mut socket: Socket, words: Option<CloseFrame>) -> bool {
    let goodbye = async {
        // An error means that the other side is gone or has closed first: read on and see.
        let _ = socket.send(Message::Close(words)).await;
        while let Some(Ok(message)) = socket.next().await {
            if message.is_close() {
                break;
            }
        }
    };
    timeout(GOODBYE, goodbye).await.is_ok()
}
