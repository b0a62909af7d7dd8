//! Hunts for a counter-example to the exit guarantees, in your own wrapper too.
//!
//! One generator of hostile worlds ([`histories`] for proptest, [`play`] for a fuzzer) makes
//! [`History`]s: an application that asks for anything at any time, and a world that answers in any
//! order, late, twice, wrongly, without a word, or for a stay that is long over. [`check`] plays one to
//! anything that implements [`Wrapper`], compares what it does with a [`Reference`], the exit once more
//! in a few obvious lines, and looks at the world afterwards: is a camera still on?
//!
//! ```
//! use exeunt_core::{Policy, Session};
//! use proptest::prelude::*;
//!
//! proptest! {
//!     # #![proptest_config(ProptestConfig::with_cases(20))]
//!     # /*
//!     #[test]
//!     # */
//!     fn my_exit_keeps_the_guarantees(history in exeunt_scenario::histories()) {
//!         exeunt_scenario::check(&history, Session::new(history.policy))?
//!     }
//! }
//! # my_exit_keeps_the_guarantees();
//! ```
//!
//! A failure is shrunk by proptest and printed as a [`Violation`]: the guarantee, what was found, and
//! the transcript of what happened.
//!
#![doc = include_str!("../README.md")]

mod check;
mod history;
mod invariants;
mod play;
mod reference;
mod run;
mod violation;
mod world;
mod wrapper;

pub use check::{check, compare, tell};
pub use history::{Answer, History, Step};
pub use play::{ROLL, histories, play};
pub use reference::{Reference, Verdict};
pub use violation::{Guarantee, Line, Transcript, Violation};
pub use wrapper::Wrapper;
