//! What the transports over a WebSocket share: reaching the server, and the handle to a stay there.
//!
//! A transport differs from the next one in what it says to its server. Where that server is, whom it
//! believes when the server says who it is, and what the runtime holds of a stay is always the same, and
//! stands here. A [`Protocol`] has what its addresses and its WebSocket look like; a [`Destination`] is a
//! server that speaks it.
//!
//! ```no_run
//! use exeunt_signalling::{Destination, Protocol, say_goodbye, tcp};
//!
//! const ROOMS: Protocol = Protocol {
//!     address: "ws://HOST:PORT/rooms, or wss:// with TLS",
//!     port: 80,
//!     tls_port: 443,
//!     path: "/rooms",
//!     sub_protocol: None,
//!     longest_read: 1 << 20,
//!     longest_written: 1 << 18,
//! };
//!
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! let destination = Destination::new("wss://rooms.example", &ROOMS)?;
//! let (host, port) = destination.host_and_port();
//! let stream = tcp(host, port).await?;
//! let socket = destination.open(Box::new(stream)).await?;
//! let taken_part = say_goodbye(socket, None).await;
//! # Ok(())
//! # }
//! ```
//!
//! # What it keeps, and how
//!
//! | guarantee | how |
//! | --- | --- |
//! | G-5 | [`Membership::exit_begun`] ends every recovery, and [`Membership::stay_down`] begins none |
//! | G-6 | a goodbye takes [`GOODBYE`] at most; [`Pauses`] grow, so that nobody storms a server in trouble; an exit waits for nobody who is to be [told](Membership::tell) something |
//! | G-7 | dropping any future here leaves nothing behind |
//! | G-9 | all who announce the departure get one answer; who announces it after the end is told how the stay ended |
//! | G-15 | a stay is one task, which [`StayConnection`]'s `close` awaits and dropping it aborts |
//!
//! A user's name, a password and a query may be secrets: an address is displayed without them, in errors and
//! logs as well. What was mistyped for one goes through [`without_secrets`] before it is repeated.

mod address;
mod connection;
mod destination;
mod membership;
mod pauses;
mod protocol;
mod socket;
mod stream;
mod trust;
mod without_secrets;

pub use connection::StayConnection;
pub use destination::Destination;
pub use membership::{Announcer, Membership};
pub use pauses::Pauses;
pub use protocol::Protocol;
pub use socket::{GOODBYE, Socket, say_goodbye};
pub use stream::{ByteStream, tcp};
pub use trust::{Trust, TrustError};
pub use without_secrets::without_secrets;
