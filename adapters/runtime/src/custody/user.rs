//! One who uses a device in custody.

use std::sync::Arc;

use exeunt_port::{DeviceError, PlaybackUsed};
use tokio::task::AbortHandle;

use super::{Custody, Keeper};

/// One who uses a device in custody. Dropping it is leaving.
pub(crate) struct User {
    custody: Arc<Custody>,
    number: u64,
    playing: Option<Playing>,
}

/// What a user has a speaker play. Dropping it ends that: what of it has not been played is not played
/// any more, wherever it waits (G-14).
pub(super) struct Playing {
    passing: AbortHandle,
    _used: PlaybackUsed,
}

impl Playing {
    pub(super) fn new(passing: AbortHandle, used: PlaybackUsed) -> Self {
        Self {
            passing,
            _used: used,
        }
    }
}

impl Drop for Playing {
    fn drop(&mut self) {
        self.passing.abort();
    }
}

/// What a user leaves behind.
pub(crate) enum Left {
    /// Others who still use it.
    Others(usize),
    /// A device that is being let go of.
    Ending,
}

impl User {
    pub(super) fn new(custody: Arc<Custody>, number: u64, playing: Option<Playing>) -> Self {
        Self {
            custody,
            number,
            playing,
        }
    }

    /// Waits until the device is open, or cannot be opened; what was opened.
    pub(crate) async fn opened(&self) -> Result<String, DeviceError> {
        self.custody.opened_for().await
    }

    /// Waits until nothing is held any more.
    pub(crate) async fn ended(&self) -> Result<(), DeviceError> {
        self.custody.ended().await
    }

    pub(crate) fn custody(&self) -> &Arc<Custody> {
        &self.custody
    }

    /// Wants the opening no more. `false` if nobody else does either: then the opening is abandoned,
    /// and what opens all the same is this user's to release (G-4).
    pub(crate) fn give_up_opening(&mut self) -> bool {
        drop(self.playing.take());
        let mut users = self.custody.users();
        if users.links.len() > 1 {
            users.links.remove(&self.number);
            return true;
        }
        users.closed = true;
        self.custody.abandoned.cancel();
        false
    }

    /// Uses it no more. The last one lets go of what the last one is to let go of.
    pub(crate) fn leave(&mut self) -> Left {
        drop(self.playing.take());
        let custody = &self.custody;
        let mut users = custody.users();
        let used = users.links.remove(&self.number).is_some();
        if custody.keeper == Keeper::LastUser && used && users.links.is_empty() {
            users.closed = true;
            custody.let_go.cancel();
        }
        if users.closed {
            Left::Ending
        } else {
            Left::Others(users.links.len())
        }
    }
}

impl Drop for User {
    fn drop(&mut self) {
        self.leave();
    }
}
