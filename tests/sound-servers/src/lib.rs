//! What the tests of this crate share: a process that has a place for a sound server and can stand still
//! to be looked at, and a tone to be heard there.
//!
//! The tests themselves: `tests/exits` is every way out of a room, and everything that befalls a
//! sound server meanwhile; `tests/conformance.rs` is the suite of `exeunt-conformance` over both
//! devices; `benches/time_to_off` is how long it takes until a device is off.

mod again;
mod standing_still;
mod tone;

pub use again::{again, place};
pub use standing_still::{go_on, stand_still, stands_still};
pub use tone::{ToneError, tone};
