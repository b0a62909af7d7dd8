//! A server: where it is, what is spoken there, and how it shows who it is.

use std::fmt;

use exeunt_port::EnterError;
use tokio_tungstenite::tungstenite::client::ClientRequestBuilder;
use tokio_tungstenite::tungstenite::protocol::WebSocketConfig;
use tokio_tungstenite::{client_async_with_config, tungstenite};

use crate::address::Address;
use crate::protocol::Protocol;
use crate::socket::Socket;
use crate::stream::ByteStream;
use crate::trust::{Encryption, Trust};

/// A server that speaks a [`Protocol`]: its address, and for `wss://` whom to believe when it says who it is.
///
/// Displayed without the address's query, in which proxies take tokens: what is displayed ends up in logs.
#[derive(Clone)]
pub struct Destination {
    address: Address,
    protocol: &'static Protocol,
    /// For `wss://`.
    encryption: Option<Encryption>,
}

impl Destination {
    /// The server at this address: scheme `ws` or `wss`, a host, and perhaps a port, a path and a query;
    /// everything else is an [`EnterError::Address`]. Nothing is connected yet.
    ///
    /// With `wss://` it has to show a certificate for its name that the system's authorities have signed;
    /// [`trusting`](Self::trusting) says whom to believe otherwise.
    pub fn new(address: &str, protocol: &'static Protocol) -> Result<Self, EnterError> {
        let destination = Self {
            address: Address::parse(address, protocol)?,
            protocol,
            encryption: None,
        };
        if destination.address.is_encrypted() {
            destination.trusting(&Trust::system())
        } else {
            Ok(destination)
        }
    }

    /// Believes these when they say who the server is. Makes no difference for `ws://`.
    pub fn trusting(mut self, trust: &Trust) -> Result<Self, EnterError> {
        if self.address.is_encrypted() {
            self.encryption = Some(Encryption::of(&self.address, trust)?);
        }
        Ok(self)
    }

    /// The host's name or number, without brackets, and the port.
    #[must_use]
    pub fn host_and_port(&self) -> (&str, u16) {
        self.address.host_and_port()
    }

    /// Opens a WebSocket over a stream to [`host_and_port`](Self::host_and_port), within TLS for `wss://`.
    /// Bounded only by the caller; dropping the future closes the stream (G-7). An error of the stream or of
    /// TLS is an `Io`.
    pub async fn open(&self, stream: Box<dyn ByteStream>) -> Result<Socket, tungstenite::Error> {
        let stream = match &self.encryption {
            None => stream,
            Some(encryption) => encryption.over(stream).await?,
        };
        let mut request = ClientRequestBuilder::new(self.address.url().clone());
        if let Some(sub_protocol) = self.protocol.sub_protocol {
            request = request.with_sub_protocol(sub_protocol);
        }
        let config = WebSocketConfig::default()
            .max_message_size(Some(self.protocol.longest_read))
            .max_frame_size(Some(self.protocol.longest_read))
            // One message is written at a time, beside answers to pings.
            .max_write_buffer_size(4 * self.protocol.longest_written);
        let (socket, _response) = client_async_with_config(request, stream, Some(config)).await?;
        Ok(socket)
    }
}

impl fmt::Display for Destination {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.address.fmt(formatter)
    }
}

impl fmt::Debug for Destination {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.address.fmt(formatter)
    }
}
