//! A door at which people come from the addresses that they say, without a network.

use std::io;
use std::net::IpAddr;

use exeunt_port::async_trait;
use exeunt_room_service::{Accept, Accepted, Config, Limits, RoomService, RunningService};
use exeunt_websocket::wire::ServerMessage;
use futures_util::{SinkExt, StreamExt};
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream, duplex};
use tokio::sync::mpsc;
use tokio_tungstenite::tungstenite::{Error, Message};
use tokio_tungstenite::{WebSocketStream, client_async};

use crate::scene::{enter, soon};

/// A door at which people come from the addresses that they say.
pub(crate) struct Door(pub(crate) mpsc::Receiver<Accepted>);

#[async_trait]
impl Accept for Door {
    async fn accept(&mut self) -> io::Result<Accepted> {
        match self.0.recv().await {
            Some(accepted) => Ok(accepted),
            None => std::future::pending().await,
        }
    }
}

pub(crate) async fn comes(door: &mpsc::Sender<Accepted>, address: &str) -> DuplexStream {
    let (client, server) = duplex(4096);
    let address: IpAddr = address.parse().unwrap();
    let accepted = Accepted {
        stream: Box::new(server),
        address: Some(address),
    };
    door.send(accepted).await.ok().unwrap();
    client
}

/// Sends the rest of a request, and reads how the answer begins.
pub(crate) async fn answered(client: &mut DuplexStream, rest: &str) -> String {
    soon(client.write_all(rest.as_bytes())).await.unwrap();
    let mut begin = [0; 12];
    soon(client.read_exact(&mut begin)).await.unwrap();
    String::from_utf8_lossy(&begin).into_owned()
}

/// A socket from this address, with the name of this machine.
pub(crate) async fn socket_from(
    door: &mpsc::Sender<Accepted>,
    address: &str,
) -> Result<WebSocketStream<DuplexStream>, Error> {
    let stream = comes(door, address).await;
    let shaken = soon(client_async("ws://127.0.0.1/ws", stream)).await?;
    Ok(shaken.0)
}

pub(crate) async fn enters(socket: &mut WebSocketStream<DuplexStream>, name: &str) {
    soon(socket.send(Message::text(enter(name)))).await.unwrap();
    let heard = soon(socket.next()).await.unwrap().unwrap();
    let heard = ServerMessage::decode(heard.to_text().unwrap());
    assert!(
        matches!(heard, Ok(ServerMessage::Entered { .. })),
        "{heard:?}"
    );
}

pub(crate) fn behind(limits: Limits) -> (RunningService, mpsc::Sender<Accepted>) {
    let (door, people) = mpsc::channel(8);
    let config = Config {
        limits,
        ..Config::development()
    };
    let service = RoomService::behind(Door(people), config).unwrap().spawn();
    (service, door)
}
