//! The side of the lab that runs on this machine.

mod archive;
mod boots;
mod error;
mod machine;
mod parts;
mod program;

pub use boots::{Boot, Boots};
pub use error::LabError;
pub use machine::{Ended, Machine};
pub use parts::Parts;
