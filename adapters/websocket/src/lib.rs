//! Transport to the Exeunt room service over a WebSocket.
//!
//! [`WebSocketTransport`] enters rooms of a room service (`exeunt serve`, or `exeunt-room-service`
//! embedded in a program of yours). [`wire`] has the protocol's types, which the server shares; the
//! crate's `README.md` describes the protocol for other languages.
//!
//! ```no_run
//! use exeunt_port::{EnterRequest, RoomLink, Transport};
//! use exeunt_websocket::WebSocketTransport;
//!
//! # async fn example(user_sig: String) -> Result<(), Box<dyn std::error::Error>> {
//! let transport = WebSocketTransport::new("ws://127.0.0.1:7000/ws")?;
//! let (link, _side) = RoomLink::pair();
//! let request = EnterRequest {
//!     sdk_app_id: 1_400_000_000,
//!     user: "alice".parse()?,
//!     room: "standup".parse()?,
//!     user_sig,
//! };
//! let connection = transport.connect(request, link).await?;
//! let receipt = connection.announce_departure().await?;
//! println!("{:?} others were told", receipt.peers_told);
//! connection.close().await?;
//! # Ok(())
//! # }
//! ```
//!
//! # What it keeps, and how
//!
//! | guarantee | how |
//! | --- | --- |
//! | G-4, G-5 | an abandoned connect says `leave` if `enter` had gone out; an exit stops every resume |
//! | G-6, G-7 | `close` ends within 250 ms of its call; a peer that never reads delays media only |
//! | G-10 | a stay has a number and a secret; a resume is for that stay or for none; attempts to enter and to resume are numbered, and what comes late is refused |
//! | G-12 | the departure is confirmed by the server, with the number of those told, before the close |
//! | G-15 | a stay is one task, which `close` awaits and dropping the connection aborts |
//! | G-17 | silence for half a lease of heartbeats is a lost link; a lost link is dead once the lease has run out |

pub mod wire;

mod caller;
mod connection;
mod conversation;
mod dial;
mod entering;
mod resuming;
mod socket;
mod stay;
mod transport;

pub use dial::Dial;
pub use exeunt_signalling::{ByteStream, Trust, TrustError, without_secrets};
pub use transport::WebSocketTransport;
