//! Whole stories of leaving a room, with several crates, processes and servers at once.
//!
//! The people are processes of the real `exeunt` program, which is built when the first of them is
//! started. Each says what happens to it, a JSON line each, and a story waits for lines, never for
//! time:
//!
//! ```no_run
//! use exeunt_runtime::Reason;
//! use exeunt_stories::{Person, Service};
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let service = Service::start()?;
//! let mut alice = Person::named("alice")?.enter(&service.url())?;
//! alice.until_entered()?;
//! alice.type_in("q")?;
//! let ending = alice.exited(Reason::LocalExit)?;
//! assert!(ending.report.is_clean());
//! # Ok(())
//! # }
//! ```
//!
//! [`Person::exited`] checks what holds for every exit (G-1, G-2, G-6), so that a story has to tell
//! only what is its own. Everything that a story starts ends with it, also when it fails.

mod ending;
mod failure;
mod footprint;
mod held_file;
mod line;
mod operator;
mod patience;
mod person;
mod process;
mod program;
mod service;
mod signal;
mod silent_door;

pub use ending::Ending;
pub use failure::StoryFailure;
pub use footprint::Footprint;
pub use held_file::HeldFile;
pub use line::Line;
pub use operator::operator;
pub use patience::{PATIENCE, now_micros, until};
pub use person::{Entering, Person, ROOM};
pub use service::Service;
pub use signal::Signal;
pub use silent_door::SilentDoor;

/// The example in the project's README compiles.
#[cfg(doctest)]
#[doc = include_str!("../../../README.md")]
struct Readme;

/// So does the one in the adapters' page.
#[cfg(doctest)]
#[doc = include_str!("../../../adapters/README.md")]
struct AdaptersReadme;
