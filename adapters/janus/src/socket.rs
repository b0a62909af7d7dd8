//! A WebSocket of Janus's kind: how it is opened and how it is closed.

use std::io;
use std::net::IpAddr;
use std::time::Duration;

use futures_util::{SinkExt, StreamExt};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::Error;
use tokio_tungstenite::tungstenite::client::ClientRequestBuilder;
use tokio_tungstenite::tungstenite::protocol::{CloseFrame, Message, WebSocketConfig};
use tokio_tungstenite::{WebSocketStream, client_async_with_config};

use crate::endpoint::Endpoint;
use crate::error::JanusError;
use crate::translate::MAX_MESSAGE;

/// How long the other side has to take part in a goodbye.
pub(crate) const GOODBYE: Duration = Duration::from_millis(250);
/// Without it Janus lets nobody talk.
const SUBPROTOCOL: &str = "janus-protocol";

/// Bytes both ways, in order: TCP, or TLS over it.
pub(crate) trait ByteStream: AsyncRead + AsyncWrite + Send + Unpin {}

impl<S: AsyncRead + AsyncWrite + Send + Unpin> ByteStream for S {}

pub(crate) type Socket = WebSocketStream<Box<dyn ByteStream>>;

/// Opens a WebSocket within the endpoint's patience, and says from which address of ours. Dropping the
/// future leaves nothing behind.
pub(crate) async fn dial(endpoint: &Endpoint) -> Result<(Socket, Option<IpAddr>), JanusError> {
    let within = endpoint.patience;
    let dialled = timeout(within, open(endpoint)).await;
    dialled.unwrap_or_else(|_| {
        Err(JanusError::Unreachable {
            endpoint: endpoint.to_string(),
            detail: format!("no connection within {within:?}"),
        })
    })
}

async fn open(endpoint: &Endpoint) -> Result<(Socket, Option<IpAddr>), JanusError> {
    let unreachable = |detail: String| JanusError::Unreachable {
        endpoint: endpoint.to_string(),
        detail,
    };
    let (stream, here) = stream_to(endpoint)
        .await
        .map_err(|error| unreachable(error.to_string()))?;
    let config = WebSocketConfig::default()
        .max_message_size(Some(MAX_MESSAGE))
        .max_frame_size(Some(MAX_MESSAGE))
        // One message is written at a time, beside answers to pings.
        .max_write_buffer_size(4 * MAX_MESSAGE);
    let request =
        ClientRequestBuilder::new(endpoint.address.url().clone()).with_sub_protocol(SUBPROTOCOL);
    match client_async_with_config(request, stream, Some(config)).await {
        Ok((socket, _response)) => Ok((socket, here)),
        Err(Error::Io(error)) => Err(unreachable(error.to_string())),
        Err(error) => Err(JanusError::Protocol {
            request: "open a WebSocket",
            detail: error.to_string(),
        }),
    }
}

async fn stream_to(endpoint: &Endpoint) -> io::Result<(Box<dyn ByteStream>, Option<IpAddr>)> {
    let stream = TcpStream::connect(endpoint.address.host_and_port()).await?;
    // A leave must not wait for the acknowledgement of what went before.
    stream.set_nodelay(true)?;
    let here = stream.local_addr().ok().map(|address| address.ip());
    let stream: Box<dyn ByteStream> = Box::new(stream);
    match &endpoint.encryption {
        None => Ok((stream, here)),
        Some(encryption) => Ok((encryption.over(stream).await?, here)),
    }
}

/// Takes leave of the other side within 250 ms, then drops the socket. Answers whether it took part.
pub(crate) async fn say_goodbye(mut socket: Socket) -> bool {
    let goodbye = async {
        // An error means that the other side is gone or has closed first: read on and see.
        let _ = socket.send(Message::Close(None)).await;
        while let Some(Ok(message)) = socket.next().await {
            if message.is_close() {
                break;
            }
        }
    };
    timeout(GOODBYE, goodbye).await.is_ok()
}

/// How a socket that says nothing more has ended.
pub(crate) fn described(said: Option<Result<Option<CloseFrame>, Error>>) -> String {
    match said {
        Some(Ok(Some(frame))) => format!(
            "Janus closed the connection ({}): {}",
            u16::from(frame.code),
            frame.reason
        ),
        Some(Ok(None)) => "Janus closed the connection".to_owned(),
        Some(Err(error)) => error.to_string(),
        None => "the connection was cut".to_owned(),
    }
}
