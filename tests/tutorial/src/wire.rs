//! What goes over the wire: words in `MessagePack`, each behind its length.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use exeunt_port::{MediaFrame, RemoteFrame, RoomId, RoomSignal, UserId};
use futures_util::{SinkExt, StreamExt};
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use tokio::net::TcpStream;
use tokio_util::codec::{Framed, LengthDelimitedCodec};

/// What a client says.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) enum Said {
    /// Who enters which room, by which key.
    Enter(UserId, RoomId, String),
    /// The pass of a stay whose link was lost, and how many signals were heard in it.
    Resume(String, u64),
    /// How many signals were heard so far; to be said back.
    Beat(u64),
    Frame(MediaFrame),
    Leave,
}

/// What the server says.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) enum Answer {
    /// The stay's pass, and after how long a silence the server ends the stay.
    Entered(String, Duration),
    Refused(i32, String),
    Beat,
    Frame(RemoteFrame),
    /// Kept until it was heard, so that a lost link loses none.
    Signal(RoomSignal),
    /// What ended the stay, in its last signal.
    Over(RoomSignal),
    /// To how many others the departure was told.
    Left(u32),
}

pub(crate) type Wire = Framed<TcpStream, LengthDelimitedCodec>;

pub(crate) fn pack(word: &impl Serialize) -> io::Result<Bytes> {
    Ok(rmp_serde::to_vec(word).map_err(io::Error::other)?.into())
}

pub(crate) fn unpack<W: DeserializeOwned>(packet: Option<io::Result<BytesMut>>) -> io::Result<W> {
    let packet = packet.ok_or(io::ErrorKind::UnexpectedEof)??;
    rmp_serde::from_slice(&packet).map_err(io::Error::other)
}

/// Dials, says the first word and hears the answer.
pub(crate) async fn call(server: SocketAddr, word: Said) -> io::Result<(Answer, Wire)> {
    let socket = TcpStream::connect(server).await?;
    // What is said is to leave at once (G-12).
    socket.set_nodelay(true)?;
    let mut wire = Framed::new(socket, LengthDelimitedCodec::new());
    wire.send(pack(&word)?).await?;
    Ok((unpack(wire.next().await)?, wire))
}
