//! The stream of bytes under a WebSocket: TCP, or whatever else carries bytes both ways.

use std::io;

use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;

/// Bytes both ways, in order: a TCP connection, a TLS session over one, a Unix socket, a simulation.
///
/// Dropping it closes it. Everything that tokio can read and write is one.
pub trait ByteStream: AsyncRead + AsyncWrite + Send + Unpin {}

impl<S: AsyncRead + AsyncWrite + Send + Unpin> ByteStream for S {}

/// Opens a TCP connection to this host (a name or a number, without brackets) and port. Bounded only by the
/// caller; dropping the future leaves nothing behind (G-7).
pub async fn tcp(host: &str, port: u16) -> io::Result<TcpStream> {
    let stream = TcpStream::connect((host, port)).await?;
    // A leave or a 20 ms packet must not wait for an acknowledgement of the one before.
    stream.set_nodelay(true)?;
    Ok(stream)
}
