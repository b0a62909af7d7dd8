//! The transport: enters rooms of one room service.

use std::sync::Arc;

use async_trait::async_trait;
use exeunt_port::{Connection, EnterError, EnterRequest, RoomLink, Transport};

use crate::address::Address;
use crate::caller::Caller;
use crate::connection::WebSocketConnection;
use crate::dial::{Dial, Server};
use crate::entering::enter;
use crate::wire::Enter;

/// Enters rooms of an Exeunt room service.
///
/// Cheap to clone; one transport serves any number of stays.
///
/// A transport and its clones are one client to the server: of two attempts of the same user to enter the
/// same room, the one that was begun later has the stay, in whatever order they arrive, and the other is
/// refused ([`Refusal::Overtaken`](crate::wire::Refusal)). Two transports that were made apart are two
/// clients, of which the one that arrives last has it. So keep one for as long as the application runs.
#[derive(Clone, Debug)]
pub struct WebSocketTransport {
    server: Server,
    caller: Arc<Caller>,
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
        Ok(Self::to(Server::by_tcp(Address::parse(url)?)))
    }

    /// The same, reaching the server by other means than TCP: a Unix socket, a tunnel, a simulated
    /// network. The address is said to the server as its name all the same.
    pub fn dialling_with(url: &str, dial: impl Dial) -> Result<Self, EnterError> {
        let address = Address::parse(url)?;
        Ok(Self::to(Server::reached_by(address, Arc::new(dial))))
    }

    fn to(server: Server) -> Self {
        Self {
            server,
            caller: Arc::new(Caller::new()),
        }
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
        let (client_id, attempt) = self.caller.next_attempt();
        let request = Enter::new(request, client_id, attempt);
        let (socket, stay) = enter(&self.server, request, &link).await?;
        let connection = WebSocketConnection::start(self.server.clone(), socket, stay, link);
        Ok(Box::new(connection))
    }
}
