//! How the bytes get to the server: by TCP, or by whatever else carries bytes both ways.

use std::fmt;
use std::io;
use std::sync::Arc;

use async_trait::async_trait;
use exeunt_port::EnterError;
use exeunt_signalling::{ByteStream, Destination, Protocol, Socket, Trust, tcp};
use tokio_tungstenite::tungstenite;

use crate::wire::{MAX_DOWNSTREAM, MAX_SERVER_CONTROL, MAX_UPSTREAM, PATH};

/// What the room service fixes.
const PROTOCOL: Protocol = Protocol {
    address: "ws://HOST:PORT/ws, or wss:// with TLS (port, 80 or 443, and path /ws may be left out)",
    port: 80,
    tls_port: 443,
    path: PATH,
    sub_protocol: None,
    longest_read: if MAX_DOWNSTREAM > MAX_SERVER_CONTROL {
        MAX_DOWNSTREAM
    } else {
        MAX_SERVER_CONTROL
    },
    longest_written: MAX_UPSTREAM,
};

/// How a [`WebSocketTransport`](crate::WebSocketTransport) reaches its server. TCP unless
/// [`dialling_with`](crate::WebSocketTransport::dialling_with) says otherwise.
#[async_trait]
pub trait Dial: Send + Sync + 'static {
    /// Opens a stream to this host (a name or a number, without brackets) and port. Bounded only by
    /// the caller; dropping the future leaves nothing behind (G-7). It is called again whenever a
    /// lost link is to be had back.
    async fn dial(&self, host: &str, port: u16) -> io::Result<Box<dyn ByteStream>>;
}

/// Dials by TCP.
struct Tcp;

#[async_trait]
impl Dial for Tcp {
    async fn dial(&self, host: &str, port: u16) -> io::Result<Box<dyn ByteStream>> {
        Ok(Box::new(tcp(host, port).await?))
    }
}

/// Where the server is and how it is reached.
#[derive(Clone)]
pub(crate) struct Server {
    destination: Destination,
    dial: Arc<dyn Dial>,
}

impl Server {
    pub(crate) fn by_tcp(url: &str) -> Result<Self, EnterError> {
        Self::reached_by(url, Arc::new(Tcp))
    }

    pub(crate) fn reached_by(url: &str, dial: Arc<dyn Dial>) -> Result<Self, EnterError> {
        let destination = Destination::new(url, &PROTOCOL)?;
        Ok(Self { destination, dial })
    }

    /// Believes these when they say who the server is.
    pub(crate) fn trusting(mut self, trust: &Trust) -> Result<Self, EnterError> {
        self.destination = self.destination.trusting(trust)?;
        Ok(self)
    }

    pub(crate) async fn open(&self) -> Result<Socket, tungstenite::Error> {
        let (host, port) = self.destination.host_and_port();
        let stream = self.dial.dial(host, port).await?;
        self.destination.open(stream).await
    }
}

impl fmt::Display for Server {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.destination.fmt(formatter)
    }
}

impl fmt::Debug for Server {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, formatter)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn port_and_path_may_be_left_out() {
        let server = Server::by_tcp("ws://rooms.example").unwrap();
        assert_eq!(server.to_string(), "ws://rooms.example/ws");
        assert_eq!(server.destination.host_and_port(), ("rooms.example", 80));
        let server = Server::by_tcp("wss://rooms.example").unwrap();
        assert_eq!(server.destination.host_and_port(), ("rooms.example", 443));
    }

    #[test]
    fn what_is_no_address_is_told_what_one_looks_like() {
        let error = Server::by_tcp("https://x").unwrap_err();
        assert!(error.to_string().contains("ws://HOST:PORT/ws"), "{error}");
    }
}
