//! A WebSocket over a stream of bytes: how it is opened, what is said on it, how it is closed.

use exeunt_port::{CloseError, EnterError};
use exeunt_signalling::{GOODBYE, Socket};
use tokio_tungstenite::tungstenite;
use tokio_tungstenite::tungstenite::error::ProtocolError;
use tokio_tungstenite::tungstenite::http::{Response, StatusCode};
use tokio_tungstenite::tungstenite::protocol::frame::coding::CloseCode as CloseNumber;
use tokio_tungstenite::tungstenite::protocol::{CloseFrame, Message};

use crate::dial::Server;
use crate::wire::{ClientMessage, CloseCode};

/// How much is repeated of what a server says that refuses to be spoken to, in characters.
const MAX_WORDS: usize = 200;

/// Opens a WebSocket. Bounded only by the caller; dropping the future leaves nothing behind.
pub(crate) async fn dial(server: &Server) -> Result<Socket, EnterError> {
    let endpoint = server.to_string();
    let unreachable = |detail: String| EnterError::Unreachable {
        endpoint: endpoint.clone(),
        detail,
    };
    match server.open().await {
        Ok(socket) => Ok(socket),
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
pub(crate) async fn say_goodbye(socket: Socket) -> Result<(), CloseError> {
    let words = CloseFrame {
        code: CloseNumber::from(CloseCode::Normal.number()),
        reason: CloseCode::Normal.reason().into(),
    };
    if exeunt_signalling::say_goodbye(socket, Some(words)).await {
        return Ok(());
    }
    let detail = format!("no close frame came back within {} ms", GOODBYE.as_millis());
    Err(CloseError::Unilateral { detail })
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
