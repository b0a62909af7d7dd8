//! The transport: enters rooms of one room service.

use std::sync::Arc;

use async_trait::async_trait;
use exeunt_port::{Connection, EnterError, EnterRequest, RoomLink, Transport};

use crate::address::Address;
use crate::connection::WebSocketConnection;
use crate::dial::{Dial, Server};
use crate::entering::enter;

/// Enters rooms of an Exeunt room service.
///
/// Cheap to clone; one transport serves any number of stays.
#[derive(Clone, Debug)]
pub struct WebSocketTransport {
    server: Server,
}

impl WebSocketTransport {
    /// A transport to the room service at this address, for instance `ws://127.0.0.1:7000/ws`.
    ///
    /// Nothing is connected yet. The address may leave out the port (80) and the path (`/ws`).
    /// Another scheme than `ws` is an [`EnterError::Address`].
    ///
    /// ```
    /// use exeunt_websocket::WebSocketTransport;
    ///
    /// assert!(WebSocketTransport::new("ws://127.0.0.1:7000").is_ok());
    /// assert!(WebSocketTransport::new("https://127.0.0.1:7000").is_err());
    /// ```
    pub fn new(url: &str) -> Result<Self, EnterError> {
        Ok(Self {
            server: Server::by_tcp(Address::parse(url)?),
        })
    }

    /// The same, reaching the server by other means than TCP: a Unix socket, a tunnel, a simulated
    /// network. The address is said to the server as its name all the same.
    pub fn dialling_with(url: &str, dial: impl Dial) -> Result<Self, EnterError> {
        Ok(Self {
            server: Server::reached_by(Address::parse(url)?, Arc::new(dial)),
        })
    }
}

#[async_trait]
impl Transport for WebSocketTransport {
    // The port's signature leaves the lifetime open; ours is static.
    #[allow(
        clippy::unnecessary_literal_bound,
        reason = "the trait fixes the signature"
    )]
    fn name(&self) -> &str {
        "websocket"
    }

    async fn connect(
        &self,
        request: EnterRequest,
        link: RoomLink,
    ) -> Result<Box<dyn Connection>, EnterError> {
        let (socket, stay) = enter(&self.server, request, &link).await?;
        let connection = WebSocketConnection::start(self.server.clone(), socket, stay, link);
        Ok(Box::new(connection))
    }
}
