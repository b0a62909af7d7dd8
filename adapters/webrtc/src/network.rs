//! Where a peer connection's sockets are.

use std::io;
use std::net::{IpAddr, SocketAddr, UdpSocket};

use thiserror::Error;

/// The local addresses on which a peer connection has its sockets: one UDP socket on each, at a port
/// that the system chooses. They are its host candidates; STUN and TURN servers are not used.
///
/// ```
/// use std::net::Ipv4Addr;
/// use exeunt_webrtc::Network;
///
/// let network = Network::at(Ipv4Addr::LOCALHOST.into());
/// assert_eq!(network.addresses(), [Ipv4Addr::LOCALHOST]);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Network {
    addresses: Vec<IpAddr>,
}

impl Network {
    /// The most addresses that one peer connection binds; further ones are left out.
    pub const MAX_ADDRESSES: usize = 8;

    /// One local address.
    #[must_use]
    pub fn at(address: IpAddr) -> Self {
        Self {
            addresses: vec![address],
        }
    }

    /// The local address from which this machine reaches a server; see [`local_address_towards`].
    pub fn towards(server: SocketAddr) -> Result<Self, NetworkError> {
        local_address_towards(server).map(Self::at)
    }

    /// One more local address, unless it is there already or there are
    /// [`MAX_ADDRESSES`](Self::MAX_ADDRESSES).
    #[must_use]
    pub fn also_at(mut self, address: IpAddr) -> Self {
        if !self.addresses.contains(&address) && self.addresses.len() < Self::MAX_ADDRESSES {
            self.addresses.push(address);
        }
        self
    }

    /// The local addresses.
    #[must_use]
    pub fn addresses(&self) -> &[IpAddr] {
        &self.addresses
    }

    /// Binds a socket on each address.
    pub(crate) fn bind(&self) -> Result<Vec<UdpSocket>, NetworkError> {
        self.addresses
            .iter()
            .map(|&address| {
                if address.is_unspecified() {
                    return Err(NetworkError::Bind {
                        address,
                        detail: "it names no place to be reached at".to_owned(),
                    });
                }
                let bound = UdpSocket::bind((address, 0)).and_then(|socket| {
                    socket.set_nonblocking(true)?;
                    Ok(socket)
                });
                bound.map_err(|reason| NetworkError::Bind {
                    address,
                    detail: reason.to_string(),
                })
            })
            .collect()
    }
}

/// The local address that the system's routes choose for a server. Nothing is sent; it does not say
/// that the server answers.
///
/// ```
/// use exeunt_webrtc::local_address_towards;
///
/// let here = local_address_towards("127.0.0.1:8188".parse()?)?;
/// assert!(here.is_loopback());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
pub fn local_address_towards(server: SocketAddr) -> Result<IpAddr, NetworkError> {
    let unbound: SocketAddr = if server.is_ipv4() {
        ([0, 0, 0, 0], 0).into()
    } else {
        ([0_u16; 8], 0).into()
    };
    let address = || -> io::Result<IpAddr> {
        let socket = UdpSocket::bind(unbound)?;
        socket.connect(server)?;
        Ok(socket.local_addr()?.ip())
    };
    address().map_err(|reason| NetworkError::NoRoute {
        server,
        detail: reason.to_string(),
    })
}

/// Why a peer connection has no network.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum NetworkError {
    /// No socket can be had on this address; mostly because no interface of this machine has it.
    #[error("no UDP socket on {address}: {detail}; it has to be an address of this machine")]
    Bind {
        /// The address.
        address: IpAddr,
        /// What the system said.
        detail: String,
    },
    /// No route leads to the server.
    #[error("no route to {server}: {detail}")]
    NoRoute {
        /// The server.
        server: SocketAddr,
        /// What the system said.
        detail: String,
    },
    /// Neither sound nor pictures are to be published.
    #[error("there is nothing to publish: neither sound nor pictures")]
    NothingToPublish,
    /// The system does not let us have what a peer connection needs beside a socket.
    #[error("the system refused a peer connection its {what}: {detail}")]
    Refused {
        /// A thread, or the socket's registration with the runtime.
        what: &'static str,
        /// What the system said.
        detail: String,
    },
}
