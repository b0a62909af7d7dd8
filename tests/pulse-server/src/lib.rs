//! A private sound server without hardware, for tests: real sound, a real server, and faults on demand.
//!
//! [`PulseServer::start`] runs `pulseaudio`, and [`PulseServer::start_as`] PipeWire with its pulse
//! server, in a folder of its own, with a microphone that can be [fed](PulseServer::feed) and a
//! speaker that can be listened to. It disturbs no other server of this machine and works for root as
//! well. It ends when it is dropped, and also when this process dies before it could drop it.
//!
//! ```no_run
//! use exeunt_pulse_server::PulseServer;
//!
//! # fn main() -> Result<(), Box<dyn std::error::Error>> {
//! let mut server = PulseServer::start()?;
//! server.feed("speech.wav".as_ref())?;
//! let client = std::process::Command::new("record").envs(server.env()).spawn()?;
//! for stream in server.source_outputs()? {
//!     println!("{stream:?}");
//! }
//! # Ok(())
//! # }
//! ```

mod error;
mod feed;
mod listener;
mod make;
mod onlooker;
mod pactl;
mod place;
#[cfg(unix)]
mod prompter;
mod server;
mod watch;

pub use error::ServerError;
pub use make::Make;
pub use onlooker::{Onlooker, Stream};
pub use place::Place;
#[cfg(unix)]
pub use prompter::Prompter;
pub use server::{Plugged, PulseServer};
pub use watch::{Change, Watch};
