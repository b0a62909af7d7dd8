//! A WebSocket over a stream of bytes: how it is opened, what is said on it, how it is closed.

use std::time::Duration;

use exeunt_port::{CloseError, EnterError};
use futures_util::{SinkExt, StreamExt};
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::error::ProtocolError;
use tokio_tungstenite::tungstenite::http::{Response, StatusCode};
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode as CloseNumber;
use tokio_tungstenite::tungstenite::protocol::{CloseFrame, Message, WebSocketConfig};
use tokio_tungstenite::{WebSocketStream, client_async_with_config, tungstenite};

use crate::dial::{ByteStream, Server};
use crate::wire::{ClientMessage, CloseCode, MAX_DOWNSTREAM, MAX_SERVER_CONTROL, MAX_UPSTREAM};

/// How long the other side has to take part in a goodbye.
pub(crate) const GOODBYE: Duration = Duration::from_millis(250);

pub(crate) type Socket = WebSocketStream<Box<dyn ByteStream>>;

/// How much is repeated of what a server says that refuses to be spoken to, in characters.
const MAX_WORDS: usize = 200;

/// Opens a WebSocket. Bounded only by the caller; dropping the future leaves nothing behind.
pub(crate) async fn dial(server: &Server) -> Result<Socket, EnterError> {
    let endpoint = server.to_string();
    let unreachable = |detail: String| EnterError::Unreachable {
        endpoint: endpoint.clone(),
        detail,
    };
    let stream = server
        .dial()
        .await
        .map_err(|error| unreachable(error.to_string()))?;
    let config = WebSocketConfig::default()
        .max_message_size(Some(MAX_DOWNSTREAM.max(MAX_SERVER_CONTROL)))
        .max_frame_size(Some(MAX_DOWNSTREAM.max(MAX_SERVER_CONTROL)))
        // One message is written at a time, beside answers to pings.
        .max_write_buffer_size(4 * MAX_UPSTREAM);
    match client_async_with_config(server.address.url(), stream, Some(config)).await {
        Ok((socket, _response)) => Ok(socket),
        Err(tungstenite::Error::Io(error)) => Err(unreachable(error.to_string())),
        Err(tungstenite::Error::Http(response))
            if response.status() == StatusCode::SERVICE_UNAVAILABLE =>
        {
            Err(unreachable(
                "the server takes no more connections (HTTP 503)".to_owned(),
            ))
        }
        // It hangs up on addresses that come too often.
        Err(tungstenite::Error::Protocol(ProtocolError::HandshakeIncomplete)) => {
            Err(unreachable("the server hung up".to_owned()))
        }
        Err(tungstenite::Error::Http(response)) => Err(EnterError::Protocol {
            endpoint,
            detail: refused(&response),
        }),
        Err(error) => Err(EnterError::Protocol {
            endpoint,
            detail: error.to_string(),
        }),
    }
}

/// The status with which a server refuses to be spoken to, and its words, as far as they have come.
fn refused(response: &Response<Option<Vec<u8>>>) -> String {
    let words = response.body().as_deref().unwrap_or_default();
    let words: String = String::from_utf8_lossy(words)
        .escape_debug()
        .take(MAX_WORDS)
        .collect();
    format!("HTTP {}: {words}", response.status())
}

/// The message in its WebSocket form.
pub(crate) fn text(message: &ClientMessage) -> Message {
    Message::text(message.encode())
}

/// Takes leave of the other side within [`GOODBYE`], then drops the socket.
pub(crate) async fn say_goodbye(mut socket: Socket) -> Result<(), CloseError> {
    let goodbye = async {
        let code = CloseNumber::from(CloseCode::Normal.number());
        let frame = CloseFrame {
            code,
            reason: CloseCode::Normal.reason().into(),
        };
        // An error means that the other side is gone or has closed first: read on and see.
        let _ = socket.send(Message::Close(Some(frame))).await;
        while let Some(Ok(message)) = socket.next().await {
            if message.is_close() {
                break;
            }
        }
    };
    timeout(GOODBYE, goodbye)
        .await
        .map_err(|_| CloseError::Unilateral {
            detail: format!("no close frame came back within {} ms", GOODBYE.as_millis()),
        })
}

/// What the other side's close frame says.
pub(crate) fn described(frame: Option<&CloseFrame>) -> String {
    match frame {
        Some(frame) => {
            format!(
                "the server closed the connection ({}): {}",
                u16::from(frame.code),
                frame.reason
            )
        }
        None => "the server closed the connection without a reason".to_owned(),
    }
}
