//! Transport to Janus's VideoRoom over its WebSocket API, and the admin's side of it.

pub mod admin;
pub mod translate;

mod address;
mod endpoint;
mod error;
mod handle;
mod secret;
mod session;
mod socket;
mod trust;

pub use endpoint::Endpoint;
pub use error::{JanusError, code};
pub use handle::{Handle, HandleEvents};
pub use secret::Secret;
pub use session::{Lifetime, Session, SessionState};
pub use trust::{Trust, TrustError};
