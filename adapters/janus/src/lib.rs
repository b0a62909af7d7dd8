//! Transport to Janus's `VideoRoom` over its WebSocket API, and the admin's side of it.
//!
//! [`JanusTransport`] enters rooms of a Janus; the same call as over any other transport, with sound and
//! pictures over WebRTC (`exeunt-webrtc`). Without the feature `transport` (on by default) there are the
//! protocol alone, [`Session`] and [`Handle`], and what the admin needs; then nothing of WebRTC is compiled.
//!
#![cfg_attr(feature = "transport", doc = "```no_run")]
#![cfg_attr(not(feature = "transport"), doc = "```ignore")]
//! use exeunt_janus::{JanusConfig, JanusTransport, RoomMaking};
//! use exeunt_port::{EnterRequest, RoomLink, Transport};
//!
//! # async fn example() -> Result<(), Box<dyn std::error::Error>> {
//! let config = JanusConfig::new("ws://192.0.2.2:8188")?
//!     .making_rooms(RoomMaking::default().with_admin_key("of janus.plugin.videoroom.jcfg"));
//! let transport = JanusTransport::new(config);
//! let (link, _side) = RoomLink::pair();
//! let request = EnterRequest::unsigned("alice", "standup")?;
//! let connection = transport.connect(request, link).await?;
//! connection.announce_departure().await?;
//! connection.close().await?;
//! # Ok(())
//! # }
//! ```
//!
//! How Janus has to be configured, and what each setting changes, is in the crate's `README.md`; which id of
//! Janus's stands for which user and room in [`translate::identity`].
//!
//! # What it keeps, and how
//!
//! | guarantee | how |
//! | --- | --- |
//! | G-2 | `kicked` is a kick, `destroyed` a dismissal, a session that is gone (`timeout`, 458) a dead link, 436 on entering a refusal: the identity is in use, and nobody is replaced |
//! | G-4, G-5 | an abandoned connect says `leave` if `join` had gone out, and ends its session, also one that Janus is just making; an exit stops every claim, and nothing is published any more |
//! | G-6, G-7 | every request is bounded; `close` ends within 800 ms of its call, whatever Janus does: the own peer connections, which Janus leaves open, the handle, the session and the socket |
//! | G-16 | who was removed does not end his handle before `VideoRoom` is through with it: it would crash, and with it every other room |
//! | G-9 | 426, 458 and 459 in answer to a `leave` mean that we are out already |
//! | G-10 | a handle is good for one membership and a stay has one of its own; answers are matched by transaction, events by handle, and what belongs to neither changes nothing |
//! | G-12 | the departure is confirmed by Janus before anything is closed; how many others it told it does not say. After a silent death it tells them when the socket is cut, the session has timed out, or was not claimed |
//! | G-14 | the gate is shut at the peer connection itself; a departure shuts it as well |
//! | G-15 | a stay is one task, one of its session's socket, and those of its peer connections; `close` awaits them and dropping the connection aborts them |
//! | G-17 | a `keepalive` goes out thrice in the session's time; without any answer the link is lost, and dead once Janus no longer keeps the session |
//!
//! What it cannot know: how many were told, and whether somebody else left by himself or fell silent, since
//! Janus tells both alike.

pub mod admin;
pub mod translate;

#[cfg(feature = "transport")]
mod attending;
#[cfg(feature = "transport")]
mod config;
#[cfg(feature = "transport")]
mod connection;
mod endpoint;
#[cfg(feature = "transport")]
mod entering;
mod error;
mod handle;
#[cfg(feature = "transport")]
mod media;
#[cfg(feature = "transport")]
mod recovering;
mod roster;
mod secret;
mod session;
mod socket;
#[cfg(feature = "transport")]
mod transport;

#[cfg(feature = "transport")]
pub use config::{JanusConfig, RoomMaking};
pub use endpoint::Endpoint;
pub use error::{JanusError, code};
pub use exeunt_signalling::{Trust, TrustError};
pub use handle::{Handle, HandleEvents};
pub use roster::{Other, Roster};
pub use secret::Secret;
pub use session::{Lifetime, Session, SessionState};
#[cfg(feature = "transport")]
pub use transport::JanusTransport;
