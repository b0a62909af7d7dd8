//! The task that owns a session and carries its effects out.
//!
//! ```no_run
//! # async fn example(transport: impl exeunt_port::Transport, microphone: impl exeunt_port::Device)
//! # -> Result<(), exeunt_port::EnterError> {
//! use exeunt_port::EnterRequest;
//! use exeunt_runtime::{Client, RoomEvent};
//!
//! let client = Client::new(transport).with_device(microphone);
//! let mut room = client.enter(EnterRequest::unsigned("alice", "standup")?);
//! while let Some(event) = room.next_event().await {
//!     if let RoomEvent::RemoteUserLeft(user, reason) = event {
//!         println!("onRemoteUserLeaveRoom({user}, {})", u8::from(reason));
//!         break;
//!     }
//! }
//! // The client comes back when nothing is owed any more: entering again, or tearing it down,
//! // before that does not compile.
//! let (report, client) = room.exit().await;
//! println!("{report}");
//! # drop(client); Ok(())
//! # }
//! ```
//!
//! * [`Client`] is somebody outside of every room. [`Client::enter`] turns it into a [`Room`],
//!   [`Room::exit`] turns that back into the client (G-11 by type).
//! * A [`Room`] that is dropped leaves in the background (G-7); [`Departures`] lets a process that
//!   ends wait for that, with a bound.
//! * [`RoomHandle`] is for everybody else who may want to leave: it can be cloned and called from
//!   anywhere, callbacks included (G-8). Concurrent exits are one exit with one report (G-9).
//! * A port that panics, hangs or drops what it was asked becomes a fact of the session (G-7).
//! * A driver that never answers keeps nothing for ever: a minute after its deadline its call is
//!   dropped, and the adapter undoes what still comes of it (G-7, G-15). The report counts it
//!   ([`ExitReport::given_up`]).
//! * Every step is traced, and can be observed, recorded as a [`Transcript`] and replayed (G-18).

//!
//! # Whose a device is
//!
//! | the device | is given with | in the exit |
//! | --- | --- | --- |
//! | is the stay's | [`Client::with_device`], [`RoomHandle::start`] | is released (G-3) |
//! | was opened before, as a [`Preview`] | [`Client::with_preview`], [`RoomHandle::adopt`] | is released (G-3) |
//! | is the application's, which [lends](Preview::lend) it | [`Client::with_lent`], [`RoomHandle::lend`] | falls silent and stays open (G-16) |
//! | is [`Shared`] by several sessions | as the stay's own | falls silent; the last session releases it (G-16) |
//!
//! Whatever it is, [`RoomHandle::stop`] ends its use in mid-room, its frames stop with the exit's first
//! step (G-14), and its line of the report says whose it was ([`Ownership`]).

mod actor;
mod client;
mod custody;
mod departures;
mod equipment;
mod event;
mod places;
mod ports;
mod preview;
mod report;
mod room;
mod shared;
mod stay;
mod transcript;

pub use client::Client;
pub use departures::Departures;
pub use equipment::Ownership;
pub use event::{RoomEvent, Step, StepState};
pub use preview::{Lent, Preview};
pub use report::{ExitLine, ExitReport, ReleasedDevice};
pub use room::{DeviceRefused, Room, RoomHandle};
pub use shared::Shared;
pub use transcript::{Replayed, Transcript, TranscriptError};

pub use exeunt_core::{Cause, Origin, Outcome, Policy, Reason, Slot};
pub use exeunt_port::{
    DepartureReceipt, Device, DeviceError, DeviceKind, EnterError, EnterRequest, FrameQueue,
    RemoteFrame, RemoteLeaveReason, RoomId, Transport, UserId,
};
