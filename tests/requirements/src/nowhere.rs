//! Where nobody is.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};

use tokio::net::TcpSocket;

/// An address of this machine at which nobody listens: whoever calls there is refused.
///
/// A port that was free a moment ago may be somebody else's by the time of the call; this one is kept,
/// for as long as the value lives.
#[derive(Debug)]
pub struct Nowhere {
    address: SocketAddr,
    /// Bound, so that nobody else gets the port; it does not listen, so that it refuses.
    _socket: TcpSocket,
}

impl Nowhere {
    /// Takes a port that is free.
    ///
    /// # Errors
    ///
    /// The system's, where there is none or no more sockets.
    pub fn reserve() -> io::Result<Self> {
        let socket = TcpSocket::new_v4()?;
        socket.bind((Ipv4Addr::LOCALHOST, 0).into())?;
        Ok(Self {
            address: socket.local_addr()?,
            _socket: socket,
        })
    }

    /// The address.
    #[must_use]
    pub fn address(&self) -> SocketAddr {
        self.address
    }
}

#[cfg(test)]
mod tests {
    use std::io::ErrorKind;
    use std::net::{TcpListener, TcpStream};

    use super::Nowhere;

    #[test]
    fn whoever_calls_is_refused_and_nobody_else_gets_the_port() {
        let nowhere = Nowhere::reserve().expect("a free port");
        let refused = TcpStream::connect(nowhere.address()).expect_err("nobody listens");
        assert_eq!(refused.kind(), ErrorKind::ConnectionRefused);
        let taken = TcpListener::bind(nowhere.address()).expect_err("it is kept");
        assert_eq!(taken.kind(), ErrorKind::AddrInUse);
    }
}
