//! The transport: enters rooms of one room service.

use std::sync::Arc;

use async_trait::async_trait;
use exeunt_port::{Connection, EnterError, EnterRequest, RoomLink, Transport};
use exeunt_signalling::Trust;

use crate::caller::Caller;
use crate::connection::start;
use crate::dial::{Dial, Server};
use crate::entering::enter;
use crate::wire::{Enter, Role};

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
    role: Role,
}

impl WebSocketTransport {
    /// A transport to the room service at this address, for instance `ws://127.0.0.1:7000/ws`.
    ///
    /// Nothing is connected yet. The address may leave out the port (80, or 443 for `wss`) and the
    /// path (`/ws`); a query is said to the server and to nobody else. With `wss://` the server has to
    /// show a certificate for its name that the system's authorities have signed;
    /// [`trusting`](Self::trusting) says whom to believe otherwise. Another scheme than these two is an
    /// [`EnterError::Address`].
    ///
    /// ```
    /// use exeunt_websocket::WebSocketTransport;
    ///
    /// assert!(WebSocketTransport::new("ws://127.0.0.1:7000").is_ok());
    /// assert!(WebSocketTransport::new("https://127.0.0.1:7000").is_err());
    /// ```
    pub fn new(url: &str) -> Result<Self, EnterError> {
        Ok(Self::to(Server::by_tcp(url)?))
    }

    /// The same, reaching the server by other means than TCP: a Unix socket, a tunnel, a simulated
    /// network. The address is said to the server as its name all the same, and for `wss://` TLS is
    /// spoken over what was dialled.
    pub fn dialling_with(url: &str, dial: impl Dial) -> Result<Self, EnterError> {
        Ok(Self::to(Server::reached_by(url, Arc::new(dial))?))
    }

    /// The same, believing these when they say who the server is. Makes no difference for `ws://`.
    ///
    /// ```no_run
    /// use exeunt_websocket::{Trust, WebSocketTransport};
    ///
    /// # fn example() -> Result<(), Box<dyn std::error::Error>> {
    /// let trust = Trust::system().and(&std::fs::read("our-authority.pem")?)?;
    /// let transport = WebSocketTransport::new("wss://rooms.example")?.trusting(&trust)?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn trusting(self, trust: &Trust) -> Result<Self, EnterError> {
        Ok(Self {
            server: self.server.trusting(trust)?,
            caller: self.caller,
            role: self.role,
        })
    }

    /// The same client, entering as this from now on. It makes a difference in live rooms only: there an
    /// audience member sees and hears, sends nothing, and is announced to nobody.
    #[must_use]
    pub fn entering_as(mut self, role: Role) -> Self {
        self.role = role;
        self
    }

    fn to(server: Server) -> Self {
        Self {
            server,
            caller: Arc::new(Caller::new()),
            role: Role::default(),
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
        let request = Enter {
            role: self.role,
            ..Enter::new(request, client_id, attempt)
        };
        let (socket, stay) = enter(&self.server, request, &link).await?;
        Ok(Box::new(start(self.server.clone(), socket, stay, link)))
    }
}
