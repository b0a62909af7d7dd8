//! A WebSocket of Janus's kind: how it is opened and how it has ended.

use std::net::IpAddr;

use exeunt_signalling::{Destination, Socket, tcp};
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::Error;
use tokio_tungstenite::tungstenite::protocol::CloseFrame;

use crate::endpoint::Endpoint;
use crate::error::JanusError;

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
    match opened(&endpoint.destination).await {
        Ok(opened) => Ok(opened),
        Err(Error::Io(error)) => Err(JanusError::Unreachable {
            endpoint: endpoint.to_string(),
            detail: error.to_string(),
        }),
        Err(error) => Err(JanusError::Protocol {
            request: "open a WebSocket",
            detail: error.to_string(),
        }),
    }
}

async fn opened(janus: &Destination) -> Result<(Socket, Option<IpAddr>), Error> {
    let (host, port) = janus.host_and_port();
    let stream = tcp(host, port).await?;
    let here = stream.local_addr().ok().map(|address| address.ip());
    Ok((janus.open(Box::new(stream)).await?, here))
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
