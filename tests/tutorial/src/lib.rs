//! Rooms over plain TCP: the transport that `adapters/README.md` writes, and a server for it.

mod rooms;
mod stays;
mod transport;
mod wire;

pub use rooms::TcpRooms;
pub use transport::TcpTransport;
