//! The room-exit lifecycle of a real-time audio/video client, as a pure state machine.
//!
//! Whoever is in a room gets out of it exactly once, in bounded time, with the others told, the
//! camera and the microphone really off, and the truth about why.
//!
//! Events go in, effects come out; the machine itself does nothing, waits for nothing and knows no
//! clock. It has four states:
//!
//! | state | meaning |
//! | --- | --- |
//! | [`Idle`](State::Idle) | nothing was entered, nothing is owed |
//! | [`InRoom`](State::InRoom) | an exit is owed, from the request to enter on |
//! | [`Exiting`](State::Exiting) | the [`Ledger`] is being settled: departure, devices, transport |
//! | [`Exited`](State::Exited) | nothing is owed; the [`ExitReport`] is there |
//!
//! # Driving it
//!
//! ```
#![doc = include_str!("../examples/exit_by_hand.rs")]
//! ```
//!
//! # Guarantees
//!
#![doc = include_str!("../docs/guarantees.md")]
//!
//! # Transitions
//!
//! The whole table, computed from this code by a test that visits every reachable configuration, is
//! in `docs/transitions.md` beside the source.
//!
//! # Purity
//!
//! `no_std`, no allocation, no unsafe code, no clock, no randomness. It depends on `statig` (in its
//! trait form) and `arrayvec`. The feature `serde` only adds implementations.

#![no_std]

mod cause;
mod devices;
mod disposition;
mod effect;
mod epoch;
mod event;
mod ledger;
mod machine;
mod outcome;
mod policy;
mod report;
mod session;
mod time;

pub use cause::{Cause, Causes, Origin, Reason};
pub use devices::DeviceStage;
pub use disposition::{Disposition, Ignored, Rejected};
pub use effect::{Effect, Effects, MAX_EFFECTS, Reaction};
pub use epoch::Epoch;
pub use event::{Event, MAX_DEVICES, NoSuchSlot, Slot, Wait};
pub use ledger::{Closing, Departure, Ledger};
pub use machine::{Machine, Membership, State, Stay};
pub use outcome::Outcome;
pub use policy::Policy;
pub use report::{ExitReport, Settlement};
pub use session::{Session, Timeout};
pub use time::Instant;
