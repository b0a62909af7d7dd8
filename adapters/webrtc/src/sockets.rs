//! A peer connection's sockets.

use std::io;
use std::net::SocketAddr;
use std::task::Poll;

use tokio::io::ReadBuf;
use tokio::net::UdpSocket;

use crate::{Network, NetworkError};

/// One socket on each of the network's addresses.
#[derive(Debug)]
pub(crate) struct Sockets {
    sockets: Vec<(SocketAddr, UdpSocket)>,
    /// The one to be asked first, so that none starves the others.
    first: usize,
}

/// A datagram that came; its contents are in the buffer that was given.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Arrived {
    pub(crate) source: SocketAddr,
    pub(crate) destination: SocketAddr,
    pub(crate) length: usize,
}

impl Sockets {
    /// The longest datagram that is looked at, in bytes; WebRTC's are shorter than 1500.
    pub(crate) const LONGEST: usize = 2000;

    pub(crate) fn bind(network: &Network) -> Result<Self, NetworkError> {
        let sockets = network.bind()?.into_iter().map(|socket| {
            let address = socket.local_addr()?;
            Ok((address, UdpSocket::from_std(socket)?))
        });
        let sockets = sockets.collect::<io::Result<_>>();
        let sockets = sockets.map_err(|reason| NetworkError::Refused {
            what: "socket",
            detail: reason.to_string(),
        })?;
        Ok(Self { sockets, first: 0 })
    }

    pub(crate) fn addresses(&self) -> Vec<SocketAddr> {
        self.sockets.iter().map(|(address, _)| *address).collect()
    }

    /// Waits for a datagram on any of them. Dropping the future loses none.
    pub(crate) async fn receive(&mut self, buffer: &mut [u8]) -> io::Result<Arrived> {
        let number = self.sockets.len();
        std::future::poll_fn(|context| {
            for turn in 0..number {
                let at = (self.first + turn) % number;
                let (destination, socket) = &self.sockets[at];
                let mut read = ReadBuf::new(buffer);
                if let Poll::Ready(came) = socket.poll_recv_from(context, &mut read) {
                    self.first = (at + 1) % number;
                    return Poll::Ready(came.map(|source| Arrived {
                        source,
                        destination: *destination,
                        length: read.filled().len(),
                    }));
                }
            }
            Poll::Pending
        })
        .await
    }

    /// Hands a datagram to the system if it takes it at once.
    pub(crate) fn try_send(
        &self,
        source: SocketAddr,
        destination: SocketAddr,
        contents: &[u8],
    ) -> io::Result<()> {
        let own = self.sockets.iter().find(|(address, _)| *address == source);
        let (_, socket) = own.ok_or(io::ErrorKind::AddrNotAvailable)?;
        socket.try_send_to(contents, destination).map(drop)
    }
}
