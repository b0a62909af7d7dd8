//! How the bytes get to the server: by TCP, or by whatever else carries bytes both ways.

use std::fmt;
use std::io;
use std::sync::Arc;

use async_trait::async_trait;
use exeunt_port::EnterError;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;

use crate::address::Address;
use crate::trust::{Encryption, Trust};

/// Bytes both ways, in order: a TCP connection, a TLS session over one, a Unix socket, a simulation.
///
/// Dropping it closes it. Everything that tokio can read and write is one.
pub trait ByteStream: AsyncRead + AsyncWrite + Send + Unpin {}

impl<S: AsyncRead + AsyncWrite + Send + Unpin> ByteStream for S {}

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
        let stream = TcpStream::connect((host, port)).await?;
        // A leave or a 20 ms packet must not wait for an acknowledgement of the one before.
        stream.set_nodelay(true)?;
        Ok(Box::new(stream))
    }
}

/// Where the server is and how it is reached.
#[derive(Clone)]
pub(crate) struct Server {
    pub(crate) address: Address,
    dial: Arc<dyn Dial>,
    /// For `wss://`.
    encryption: Option<Encryption>,
}

impl Server {
    pub(crate) fn by_tcp(url: &str) -> Result<Self, EnterError> {
        Self::reached_by(url, Arc::new(Tcp))
    }

    pub(crate) fn reached_by(url: &str, dial: Arc<dyn Dial>) -> Result<Self, EnterError> {
        let server = Self {
            address: Address::parse(url)?,
            dial,
            encryption: None,
        };
        if server.address.is_encrypted() {
            server.trusting(&Trust::system())
        } else {
            Ok(server)
        }
    }

    /// Believes these when they say who the server is.
    pub(crate) fn trusting(mut self, trust: &Trust) -> Result<Self, EnterError> {
        if self.address.is_encrypted() {
            self.encryption = Some(Encryption::of(&self.address, trust)?);
        }
        Ok(self)
    }

    pub(crate) async fn dial(&self) -> io::Result<Box<dyn ByteStream>> {
        let (host, port) = self.address.host_and_port();
        let stream = self.dial.dial(host, port).await?;
        match &self.encryption {
            None => Ok(stream),
            Some(encryption) => encryption.over(stream).await,
        }
    }
}

impl fmt::Display for Server {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.address.fmt(formatter)
    }
}

impl fmt::Debug for Server {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.address.fmt(formatter)
    }
}
