//! A wire between client and service that can be cut, stopped and held up.

use std::net::SocketAddr;

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinSet;

/// What the wire does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wire {
    /// Carries everything.
    Whole,
    /// Is cut: connections end, and new ones end at once.
    Cut,
    /// Stays up and carries nothing, either way: half-open.
    Stopped,
    /// Carries the handshake and what the client says, but nothing more of what the server answers.
    Mute,
}

pub(crate) struct Proxy {
    address: SocketAddr,
    wire: watch::Sender<Wire>,
    _accepting: JoinSet<()>,
}

impl Proxy {
    pub(crate) async fn before(server: SocketAddr, wire: Wire) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
        let address = listener.local_addr().unwrap();
        let (wire, state) = watch::channel(wire);
        let mut accepting = JoinSet::new();
        accepting.spawn(async move {
            let mut connections = JoinSet::new();
            loop {
                let (client, _) = listener.accept().await.unwrap();
                connections.spawn(carry(client, server, state.clone()));
            }
        });
        Self {
            address,
            wire,
            _accepting: accepting,
        }
    }

    pub(crate) fn url(&self) -> String {
        format!("ws://{}/ws", self.address)
    }

    pub(crate) fn set(&self, wire: Wire) {
        self.wire.send_replace(wire);
    }
}

async fn carry(client: TcpStream, server: SocketAddr, state: watch::Receiver<Wire>) {
    let mut until_cut = state.clone();
    let carried = async {
        let Ok(server) = TcpStream::connect(server).await else {
            return;
        };
        let (from_client, to_client) = client.into_split();
        let (from_server, to_server) = server.into_split();
        tokio::select! {
            () = pump(from_client, to_server, state.clone(), &[Wire::Whole, Wire::Mute]) => {}
            () = pump(from_server, to_client, state, &[Wire::Whole]) => {}
        }
    };
    tokio::select! {
        () = carried => {}
        _ = until_cut.wait_for(|wire| *wire == Wire::Cut) => {}
    }
}

async fn pump(
    mut from: impl AsyncRead + Unpin,
    mut to: impl AsyncWrite + Unpin,
    mut state: watch::Receiver<Wire>,
    carrying: &[Wire],
) {
    let mut buffer = vec![0; 64 * 1024];
    let mut handshake = true;
    while let Ok(length @ 1..) = from.read(&mut buffer).await {
        let may_pass = |wire: &Wire| carrying.contains(wire) || (handshake && *wire == Wire::Mute);
        if state.wait_for(may_pass).await.is_err() || to.write_all(&buffer[..length]).await.is_err()
        {
            return;
        }
        handshake = false;
    }
}
