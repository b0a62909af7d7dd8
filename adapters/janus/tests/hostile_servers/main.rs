//! Servers that speak Janus's protocol and do not do what they should, and a transport that ends all the
//! same. A real Janus is in the conformance test; here is what a real one does rarely, or never.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a story that cannot go on has failed, and says where"
)]

mod entering;
mod leaving;
mod links;
mod operating;
mod peer;
mod receiving;
mod sessions;
mod telling;
