//! A room service: clients over a WebSocket each, operators over TRTC's server API.
//!
//! The other end of an exit, for development, tests and small deployments: clients enter with a
//! [`UserSig`](user_sig) over a WebSocket (`exeunt-websocket` is their transport, and its `README.md`
//! describes the protocol), operators kick users and dismiss rooms with TRTC's server API.
//!
//! ```
//! use exeunt_room_service::{Config, RoomService};
//!
//! # #[tokio::main(flavor = "current_thread")]
//! # async fn main() -> Result<(), exeunt_room_service::ServeError> {
//! let service = RoomService::bind(Config::development()).await?.spawn();
//! println!("enter rooms at {}", service.url());
//! service.stop().await;
//! # Ok(())
//! # }
//! ```
//!
//! The rooms may also be those of a Janus ([`JanusBackend`]): they are entered there, and operated from
//! here with the same calls, webhooks and console.
//!
//! # What it keeps, and how
//!
//! | guarantee | how |
//! | --- | --- |
//! | G-2 | kicked, dismissed, replaced, stopped are told apart, even to a client that was away meanwhile |
//! | G-3 | every stay ends in one place, [`rooms::Rooms`], which tells the others exactly once |
//! | G-6 | stopping is bounded; so are all queues, messages, rooms and connections ([`Limits`]) |
//! | G-10 | stays, sockets and a client's attempts are numbered; what comes late for an old one changes nothing |
//! | G-12 | `left` says how many were told; who dies without a goodbye is announced by its lease |
//! | G-15 | a socket's task ends with the socket, and everything with the service |

pub mod backend;
pub mod private_map;
pub mod query_signature;
pub mod rooms;
pub mod tc3;
pub mod user_sig;

mod accept;
mod bans;
mod claim;
mod client_socket;
mod clock;
mod config;
mod console;
mod door;
mod hall;
mod history;
mod janus_backend;
mod keyed_hash;
mod metrics;
mod operating;
mod operator_token;
mod origin;
mod outbox;
mod places;
mod rates;
mod recent;
mod reception;
mod room_description;
mod running;
mod serve_error;
mod server_api;
mod server_api_client;
mod service;
mod this_machine;
mod tls;
mod token_bucket;
mod watched;
mod webhooks;

pub use accept::{Accept, Accepted};
pub use claim::ClaimError;
pub use config::{
    Config, DEVELOPMENT_OPERATOR_TOKEN, DEVELOPMENT_SDK_APP_ID, DEVELOPMENT_SECRET_ID,
    DEVELOPMENT_SECRET_KEY, DEVELOPMENT_USER_SIG_KEY, Limits, Secret,
};
pub use janus_backend::{JanusBackend, JanusRooms};
pub use room_description::{
    BanDescription, DepartureDescription, MemberDescription, ReceiptDescription,
    RemovalDescription, RoomDescription,
};
pub use running::RunningService;
pub use serve_error::ServeError;
pub use server_api_client::{KickTerms, ServerApiClient, ServerApiError};
pub use service::RoomService;
pub use tls::{TlsIdentity, TlsIdentityError};
pub use webhooks::{Webhook, WebhookError, WebhookReach, WebhookRetry};
