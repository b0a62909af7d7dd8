//! The real runtime, the real WebSocket transport and the real room service, on virtual time, over a
//! network that fails by seed. See the folder's `README.md`.

mod dice;
mod equipment;
mod facts;
mod hunt;
mod journal;
mod network;
mod operator;
mod panics;
mod person;
mod sabotage;
mod scenario;
mod verdict;
mod world;

pub use facts::Violation;
pub use hunt::{Hunt, hunt};
pub use sabotage::Sabotage;
pub use world::{Run, run};
