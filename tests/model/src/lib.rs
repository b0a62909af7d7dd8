//! Core, transport and rooms together over a bad network, in every reachable state.
//!
//! The real session of `exeunt-core`, the real `Rooms` of `exeunt-room-service`, and between them small
//! copies of what the runtime, the WebSocket transport and the server's shell do, as a model for
//! [stateright](https://docs.rs/stateright). [`Survey::of`] visits every state of a [`Scope`] and answers
//! how many there are, or a [`CounterExample`] in words to one of the five [`Law`]s.
//!
//! ```
//! use exeunt_model::{Flaw, Law, Scope, Survey};
//!
//! let sound = Survey::of(Scope::PAIR, 1, |_| {});
//! assert!(sound.counter_examples.is_empty(), "{sound}");
//!
//! let scope = Scope { enters: &[0, 0], inside: &[0, 1], losses: 1, ..Scope::PAIR };
//! let flawed = Survey::of(scope.with(Flaw::LeaseExpiryUnannounced), 1, |_| {});
//! assert_eq!(flawed.counter_examples[0].law, Law::Told);
//! ```
//!
//! What is modelled, how, and what was found stands in the crate's `README.md`.

mod action;
mod breach;
mod client;
mod configurations;
mod network;
mod play;
#[allow(
    dead_code,
    reason = "the real file is compiled in for what it says about missed departures; the rest of it \
              belongs to sockets and timers"
)]
#[path = "../../../adapters/websocket/src/stay.rs"]
mod real_stay;
mod rest;
mod scope;
mod service;
mod shared;
mod shorter;
mod survey;
mod transport;
mod words;
mod world;

pub use action::Action;
pub use breach::{Breach, Law};
pub use configurations::{AT_LENGTH, EVERY_TIME, FLAWED, UNKNOWABLE};
pub use play::Play;
pub use scope::{Flaw, Scope};
pub use survey::{CounterExample, Survey};
pub use transport::Heeding;
pub use words::describe;
pub use world::{Owner, World};

/// Where `stay.rs` of the transport finds the wire's types.
mod wire {
    pub(crate) use exeunt_websocket::wire::{Departed, Member};
}
