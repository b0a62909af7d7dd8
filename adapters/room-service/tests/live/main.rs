//! The real service on a free loopback port, and real clients: stories from both ends of the wire.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a story that cannot go on has failed, and says where"
)]

mod api;
mod attacks;
mod backend;
mod doors;
mod encrypted;
mod encrypted_webhooks;
mod entrance;
mod foreign_pages;
mod forms;
mod kicks;
mod life;
mod links;
mod log;
mod log_lines;
mod operating;
mod proxy;
mod raw;
mod scene;
mod secrets;
mod stories;
mod taking_time;
mod webhooks;
