//! A real Janus on a network of its own, and a foreign participant in its rooms.
//!
//! Janus offers every address but loopback for media, so on a machine's own network a test would open
//! ports that others reach. Here the whole test process moves into a network namespace first, and every
//! Janus that it starts gets a further one, joined to it by a pair of virtual interfaces whose traffic
//! can be [cut](Link::cut). No port of the machine is touched, and when the process ends, whichever way,
//! the kernel takes namespaces, interfaces and everything that runs in them away.
//!
//! A test binary has `harness = false` and begins with [`Network::own`]:
//!
//! ```no_run
//! use exeunt_janus_lab::{JanusServer, Network, Settings, VideoRoom, trial};
//! use libtest_mimic::{Arguments, run};
//!
//! let network = Network::own();
//! let trials = vec![trial("a room is there", &network, &[], |network| {
//!     let server = JanusServer::start(network, Settings::default())?;
//!     server.create_room(&VideoRoom::new(1234))?;
//!     println!("{}", server.signalling_url());
//!     Ok(())
//! })];
//! run(&Arguments::from_args(), trials).exit();
//! ```
//!
//! It needs Linux, `janus`, and `unshare`, `nsenter` and `ip`, which every distribution has. No root: as
//! anybody else it becomes root of a user namespace. Where one of them is missing, or namespaces are not
//! permitted, the trials are listed by name as not run, with the reason; with `FULL=1` they fail.

mod admin;
mod configuration;
mod error;
mod guest;
mod link;
mod network;
mod page;
mod room;
mod server;
mod settings;
mod tap;
mod trial;
mod visitor;

pub use admin::{Admin, Load};
pub use error::LabError;
pub use guest::{Guest, GuestError};
pub use link::{Link, Traffic, Way};
pub use network::{Network, NoNetwork};
pub use room::VideoRoom;
pub use server::JanusServer;
pub use settings::Settings;
pub use tap::{Marker, Tap};
pub use trial::trial;
pub use visitor::{Received, Sent, Visitor};

pub use exeunt_browser::BrowserError;
