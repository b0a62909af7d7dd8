//! A toy SDK with words of its own that embeds `exeunt-core`, without a runtime.
//!
//! [`ToySdk`] has what an RTC SDK has: `join_channel`, `leave_channel`, a camera and a microphone, an
//! [`Engine`] that does the work, and callbacks. Inside is a [`Session`](exeunt_core::Session): every
//! call and every callback of the engine is one event, every effect one call of the engine or one
//! callback of the application's. `tests/` proves that its exit keeps the guarantees, in ten lines.
//!
#![doc = include_str!("../README.md")]

mod engine;
mod sdk;

pub use engine::{Callbacks, Engine, Joined};
pub use sdk::{Capture, LeaveReason, ToySdk};
