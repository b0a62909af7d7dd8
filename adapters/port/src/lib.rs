//! What an Exeunt adapter implements, and what passes through it.
//!
//! An adapter carries effects out on something real: a network, a microphone, a camera.
//! It knows nothing of the states of a session; it does what it is asked and says what happened.
//!
//! * A **transport** implements [`Transport`]: it enters a room and hands back a [`Connection`],
//!   which can announce the departure and close. What the room tells meanwhile goes through the
//!   [`RoomLink`] that it got.
//! * A **device** implements [`Device`]: it opens and hands back an [`OpenDevice`], which can be
//!   released. What it captures, plays and suffers goes through its [`DeviceLink`].
//!
//! Each stay in a room has a [`Connection`] of its own and each opening an [`OpenDevice`] of its own.
//! So nothing that comes late can be taken for something newer (G-10): a connect that succeeds
//! after its stay is over hands its connection to that old stay, which announces and closes it.
//!
//! # What every adapter owes
//!
//! | obligation | guarantee |
//! | --- | --- |
//! | a future answers, or can be dropped at any await without leaving anything behind | G-7 |
//! | dropping a [`Connection`] or an [`OpenDevice`] lets go of what it holds, without blocking | G-3 |
//! | blocking calls run on a thread of their own, which reports through a channel | G-6, G-8 |
//! | [`OpenDevice::release`] returns `Ok` only when the operating system's handle is gone | G-13 |
//! | [`RoomLink::abandoned`] and [`DeviceLink::abandoned`] end what is being started | G-4, G-5 |
//! | after `release` or `close` returned, the adapter calls nothing and holds nothing | G-14, G-15 |
//!
//! `exeunt-conformance` checks them.

mod device;
mod frame;
mod identity;
mod playback;
mod queue;
mod transport;

pub use device::{
    Device, DeviceError, DeviceKind, DeviceLink, DeviceSide, DeviceSignal, OpenDevice,
};
pub use frame::{Codec, MediaFrame, RemoteFrame};
pub use identity::{InvalidRoomId, InvalidUserId, RoomId, RoomName, RoomNumber, UserId};
pub use playback::{PlaybackQueue, PlaybackUse, PlaybackUsed};
pub use queue::FrameQueue;
pub use transport::{
    CloseError, Connection, DepartureError, DepartureReceipt, EnterError, EnterRequest,
    RemoteLeaveReason, RoomLink, RoomSide, RoomSignal, Transport,
};

pub use async_trait::async_trait;
