//! The transport: enters rooms of one room service.

use async_trait::async_trait;
use exeunt_port::{Connection, EnterError, EnterRequest, RoomLink, Transport};

use crate::address::Address;
use crate::connection::WebSocketConnection;
use crate::entering::enter;

/// Enters rooms of an Exeunt room service.
///
/// Cheap to clone; one transport serves any number of stays.
#[derive(Clone, Debug)]
pub struct WebSocketTransport {
    address: Address,
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
            address: Address::parse(url)?,
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
        let (socket, stay) = enter(&self.address, request, &link).await?;
        let connection = WebSocketConnection::start(self.address.clone(), socket, stay, link);
        Ok(Box::new(connection))
    }
}
