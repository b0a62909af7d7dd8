//! A wire that can be cut: a TCP relay between a transport and its server.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};

use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::{JoinHandle, JoinSet};

/// A relay on a free port of 127.0.0.1, for worlds whose server speaks TCP: put one before the server
/// for each user, and [`World::cut`](crate::World::cut), [`freeze`](crate::World::freeze) and
/// [`mend`](crate::World::mend) are a line each. Dropping it cuts it.
///
/// ```
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> std::io::Result<()> {
/// use exeunt_conformance::TcpWire;
/// use tokio::io::AsyncReadExt;
/// use tokio::net::{TcpListener, TcpStream};
///
/// let server = TcpListener::bind("127.0.0.1:0").await?;
/// let wire = TcpWire::before(server.local_addr()?).await?;
/// let mut client = TcpStream::connect(wire.address()).await?;
/// let _accepted = server.accept().await?;
/// wire.cut();
/// assert_eq!(client.read(&mut [0]).await.unwrap_or(0), 0);
/// # Ok(())
/// # }
/// ```
#[derive(Debug)]
pub struct TcpWire {
    address: SocketAddr,
    state: watch::Sender<State>,
    accepting: JoinHandle<()>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Whole,
    Frozen,
    Cut,
}

impl TcpWire {
    /// A wire to this server, which is whole.
    pub async fn before(server: SocketAddr) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?;
        let (state, watched) = watch::channel(State::Whole);
        let accepting = tokio::spawn(accept(listener, server, watched));
        Ok(Self {
            address,
            state,
            accepting,
        })
    }

    /// Where the transport is to connect to.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Connections end, and new ones end at once.
    pub fn cut(&self) {
        self.state.send_replace(State::Cut);
    }

    /// Connections stay up and carry nothing, either way.
    pub fn freeze(&self) {
        self.state.send_replace(State::Frozen);
    }

    /// Everything is carried again; connections that were cut stay cut.
    pub fn mend(&self) {
        self.state.send_replace(State::Whole);
    }
}

impl Drop for TcpWire {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

async fn accept(listener: TcpListener, server: SocketAddr, state: watch::Receiver<State>) {
    let mut carried = JoinSet::new();
    loop {
        tokio::select! {
            Some(_ended) = carried.join_next() => {}
            accepted = listener.accept() => {
                // Whoever could not be accepted finds the wire cut.
                if let Ok((client, _)) = accepted {
                    carried.spawn(carry(client, server, state.clone()));
                }
            }
        }
    }
}

async fn carry(client: TcpStream, server: SocketAddr, state: watch::Receiver<State>) {
    let mut until_cut = state.clone();
    let both_ways = async {
        let server = TcpStream::connect(server).await?;
        // What is said is to arrive as it was said, not when the next word comes.
        client.set_nodelay(true)?;
        server.set_nodelay(true)?;
        let (from_client, to_client) = client.into_split();
        let (from_server, to_server) = server.into_split();
        let there = pump(from_client, to_server, state.clone());
        let back = pump(from_server, to_client, state);
        tokio::try_join!(there, back)
    };
    tokio::select! {
        // An error is an end of the connection: both sockets go.
        _ended = both_ways => {}
        _cut = until_cut.wait_for(|state| *state == State::Cut) => {}
    }
}

/// Carries one direction until its end, and hands the end on.
async fn pump(
    mut from: impl AsyncRead + Unpin,
    mut to: impl AsyncWrite + Unpin,
    mut state: watch::Receiver<State>,
) -> io::Result<()> {
    let mut buffer = vec![0; 64 * 1024];
    loop {
        let length = from.read(&mut buffer).await?;
        until_whole(&mut state).await?;
        if length == 0 {
            return to.shutdown().await;
        }
        to.write_all(&buffer[..length]).await?;
    }
}

async fn until_whole(state: &mut watch::Receiver<State>) -> io::Result<()> {
    match state.wait_for(|state| *state == State::Whole).await {
        Ok(_whole) => Ok(()),
        // The wire was dropped.
        Err(_) => Err(io::ErrorKind::ConnectionAborted.into()),
    }
}
