//! Where clients and operators come in: by TCP, or by whatever else carries bytes both ways.

use std::io;

use exeunt_port::async_trait;
use exeunt_websocket::ByteStream;
use tokio::net::TcpListener;

/// Hands out the streams of bytes on which clients and operators come.
#[async_trait]
pub trait Accept: Send + 'static {
    /// Waits for the next one. After an error the service pauses for a moment and asks again.
    /// Dropping the future loses nothing.
    async fn accept(&mut self) -> io::Result<Box<dyn ByteStream>>;
}

#[async_trait]
impl Accept for TcpListener {
    async fn accept(&mut self) -> io::Result<Box<dyn ByteStream>> {
        let (stream, _peer) = Self::accept(self).await?;
        // A relayed packet must not wait for an acknowledgement of the one before.
        let _ = stream.set_nodelay(true);
        Ok(Box::new(stream))
    }
}
