//! Where clients and operators come in: by TCP, or by whatever else carries bytes both ways.

use std::io;
use std::net::IpAddr;

use exeunt_port::async_trait;
use exeunt_websocket::ByteStream;
use tokio::net::TcpListener;

/// Hands out the streams of bytes on which clients and operators come.
#[async_trait]
pub trait Accept: Send + 'static {
    /// Waits for the next one. After an error the service pauses for a moment and asks again.
    /// Dropping the future loses nothing.
    async fn accept(&mut self) -> io::Result<Accepted>;
}

/// Somebody who has come.
pub struct Accepted {
    /// What is said, both ways.
    pub stream: Box<dyn ByteStream>,
    /// From where, if that is known and tells one from another. The connections of one address are
    /// limited ([`Limits::requests_per_address`](crate::Limits)).
    pub address: Option<IpAddr>,
}

#[async_trait]
impl Accept for TcpListener {
    async fn accept(&mut self) -> io::Result<Accepted> {
        let (stream, peer) = Self::accept(self).await?;
        // A relayed packet must not wait for an acknowledgement of the one before.
        let _ = stream.set_nodelay(true);
        Ok(Accepted {
            stream: Box::new(stream),
            address: Some(peer.ip()),
        })
    }
}
