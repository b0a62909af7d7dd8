//! The devices of one stay: what each slot holds, and what each fact about it leads to.
//!
//! The answers are the same in the room and on the way out; what differs is only which stages a
//! slot can be in: an exit leaves nothing Opening or Open behind.

use crate::{Effect, Event, Ignored, MAX_DEVICES, Outcome, Reaction, Rejected, Slot};

/// What a slot holds, in the order in which a device lives.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
pub enum DeviceStage {
    /// Nothing was asked of it.
    #[default]
    Absent,
    /// Open, and the application's: it will not be released (G-16).
    Lent,
    /// Asked to open.
    Opening,
    /// Open, and this stay's to release.
    Open,
    /// Asked to release.
    Releasing {
        /// Whether an opening may still complete, which would then be undone (G-4).
        opening: bool,
    },
    /// Nothing is owed any more.
    Settled(Outcome),
}

/// What all slots hold.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub(crate) struct Devices([DeviceStage; MAX_DEVICES]);

impl Devices {
    pub(crate) fn stage(&self, slot: Slot) -> DeviceStage {
        self.0[slot.index()]
    }

    fn set(&mut self, slot: Slot, stage: DeviceStage) {
        self.0[slot.index()] = stage;
    }

    /// Whether no device is owed a release.
    pub(crate) fn are_settled(&self) -> bool {
        self.0.iter().all(|stage| match stage {
            DeviceStage::Absent | DeviceStage::Lent | DeviceStage::Settled(_) => true,
            DeviceStage::Opening | DeviceStage::Open | DeviceStage::Releasing { .. } => false,
        })
    }

    /// Asks for the release of everything this stay owns, whatever stage it is in (G-3).
    /// What is being released already is waited for and not asked twice.
    pub(crate) fn release_all(&mut self, reaction: &mut Reaction) {
        for slot in Slot::all() {
            match self.stage(slot) {
                DeviceStage::Opening => self.release(slot, true, reaction),
                DeviceStage::Open => self.release(slot, false, reaction),
                DeviceStage::Absent
                | DeviceStage::Lent
                | DeviceStage::Releasing { .. }
                | DeviceStage::Settled(_) => {}
            }
        }
    }

    fn release(&mut self, slot: Slot, opening: bool, reaction: &mut Reaction) {
        self.set(slot, DeviceStage::Releasing { opening });
        reaction.emit(Effect::ReleaseDevice(slot));
    }

    // ---- requests, in the room only ---------------------------------------------------------

    pub(crate) fn requested(&mut self, slot: Slot, reaction: &mut Reaction) {
        match self.stage(slot) {
            DeviceStage::Opening | DeviceStage::Open => reaction.ignore(Ignored::AlreadySo),
            DeviceStage::Absent
            | DeviceStage::Lent
            | DeviceStage::Releasing { .. }
            | DeviceStage::Settled(_) => {
                if self.is_free(slot, reaction) {
                    self.set(slot, DeviceStage::Opening);
                    reaction.emit(Effect::OpenDevice(slot));
                }
            }
        }
    }

    pub(crate) fn adopted(&mut self, slot: Slot, reaction: &mut Reaction) {
        if self.is_free(slot, reaction) {
            self.set(slot, DeviceStage::Open);
        }
    }

    pub(crate) fn lent(&mut self, slot: Slot, reaction: &mut Reaction) {
        if self.is_free(slot, reaction) {
            self.set(slot, DeviceStage::Lent);
        }
    }

    /// Whether a device may come into the slot. A device that has not answered its release keeps the
    /// slot, or its late answer would be taken for the new one's.
    fn is_free(&self, slot: Slot, reaction: &mut Reaction) -> bool {
        let obstacle = match self.stage(slot) {
            DeviceStage::Absent
            | DeviceStage::Settled(
                Outcome::Done | Outcome::NotOwed | Outcome::Vanished | Outcome::Impossible,
            ) => return true,
            DeviceStage::Lent | DeviceStage::Opening | DeviceStage::Open => Rejected::SlotTaken,
            DeviceStage::Releasing { .. } => Rejected::DeviceReleasing,
            DeviceStage::Settled(Outcome::Failed | Outcome::TimedOut) => {
                Rejected::DeviceNotReturned
            }
        };
        reaction.reject(obstacle);
        false
    }

    pub(crate) fn stop_requested(&mut self, slot: Slot, reaction: &mut Reaction) {
        match self.stage(slot) {
            DeviceStage::Opening => self.release(slot, true, reaction),
            DeviceStage::Open => self.release(slot, false, reaction),
            // The application takes back what is its own.
            DeviceStage::Lent => self.set(slot, DeviceStage::Absent),
            DeviceStage::Absent | DeviceStage::Releasing { .. } | DeviceStage::Settled(_) => {
                reaction.ignore(Ignored::AlreadySo);
            }
        }
    }

    // ---- facts, wherever a stay is ------------------------------------------------------------

    pub(crate) fn opened(&mut self, slot: Slot, reaction: &mut Reaction) {
        match self.stage(slot) {
            DeviceStage::Opening => self.set(slot, DeviceStage::Open),
            // The opening lost the race against the release: undone on arrival (G-4).
            DeviceStage::Releasing { opening: true } => {
                self.release(slot, false, reaction);
                reaction.undo();
            }
            DeviceStage::Lent | DeviceStage::Open | DeviceStage::Releasing { opening: false } => {
                reaction.ignore(Ignored::AlreadySo);
            }
            // Nobody waits for this device any more; holding it would be the leak (G-4).
            DeviceStage::Absent | DeviceStage::Settled(_) => undo_opening(slot, reaction),
        }
    }

    pub(crate) fn failed(&mut self, slot: Slot, reaction: &mut Reaction) {
        match self.stage(slot) {
            // It never opened, so nothing is held.
            DeviceStage::Opening | DeviceStage::Releasing { opening: true } => {
                self.set(slot, DeviceStage::Settled(Outcome::NotOwed));
            }
            // Broken, but still held.
            DeviceStage::Open => self.release(slot, false, reaction),
            // Its release is under way; whether that goes wrong is said by itself.
            DeviceStage::Releasing { opening: false } => reaction.ignore(Ignored::AlreadySo),
            DeviceStage::Absent | DeviceStage::Lent => reaction.ignore(Ignored::NotAskedFor),
            DeviceStage::Settled(_) => reaction.ignore(Ignored::AlreadySettled),
        }
    }

    /// A release counts when it was asked for, also after its deadline. One that nobody asked for may be
    /// the late answer to an earlier use of the slot: it is not believed, or the camera would stay on
    /// with a clean report (G-13).
    pub(crate) fn released(&mut self, slot: Slot, reaction: &mut Reaction) {
        match self.stage(slot) {
            DeviceStage::Open => self.release(slot, false, reaction),
            DeviceStage::Opening | DeviceStage::Lent => reaction.ignore(Ignored::NotAskedFor),
            DeviceStage::Absent | DeviceStage::Releasing { .. } | DeviceStage::Settled(_) => {
                self.gone(slot, Outcome::Done, reaction);
            }
        }
    }

    /// A release that went wrong settles what was asked for, and no more: the device may still be held,
    /// and one that nobody asked for is an answer to an earlier use of the slot.
    pub(crate) fn release_failed(&mut self, slot: Slot, reaction: &mut Reaction) {
        match self.stage(slot) {
            DeviceStage::Releasing { .. } => {
                self.set(slot, DeviceStage::Settled(Outcome::Failed));
            }
            DeviceStage::Absent | DeviceStage::Lent | DeviceStage::Opening | DeviceStage::Open => {
                reaction.ignore(Ignored::NotAskedFor);
            }
            DeviceStage::Settled(_) => reaction.ignore(Ignored::AlreadySettled),
        }
    }

    /// A device that has gone needs no release (G-13).
    pub(crate) fn vanished(&mut self, slot: Slot, reaction: &mut Reaction) {
        self.gone(slot, Outcome::Vanished, reaction);
    }

    fn gone(&mut self, slot: Slot, outcome: Outcome, reaction: &mut Reaction) {
        match self.stage(slot) {
            DeviceStage::Lent
            | DeviceStage::Opening
            | DeviceStage::Open
            | DeviceStage::Releasing { .. }
            // The driver let go after all.
            | DeviceStage::Settled(Outcome::Failed | Outcome::TimedOut) => {
                self.set(slot, DeviceStage::Settled(outcome));
            }
            DeviceStage::Absent => reaction.ignore(Ignored::NotAskedFor),
            DeviceStage::Settled(
                Outcome::Done | Outcome::NotOwed | Outcome::Vanished | Outcome::Impossible,
            ) => reaction.ignore(Ignored::AlreadySettled),
        }
    }

    pub(crate) fn opening_timed_out(&mut self, slot: Slot, reaction: &mut Reaction) {
        match self.stage(slot) {
            // A timeout is not a cancellation: the opening may still complete (G-4).
            DeviceStage::Opening => self.release(slot, true, reaction),
            DeviceStage::Absent
            | DeviceStage::Lent
            | DeviceStage::Open
            | DeviceStage::Releasing { .. }
            | DeviceStage::Settled(_) => {
                reaction.ignore(Ignored::NotDue);
            }
        }
    }

    pub(crate) fn releasing_timed_out(&mut self, slot: Slot, reaction: &mut Reaction) {
        match self.stage(slot) {
            DeviceStage::Releasing { .. } => {
                self.set(slot, DeviceStage::Settled(Outcome::TimedOut));
            }
            DeviceStage::Absent
            | DeviceStage::Lent
            | DeviceStage::Opening
            | DeviceStage::Open
            | DeviceStage::Settled(_) => reaction.ignore(Ignored::NotDue),
        }
    }
}

/// Lets go of a device that opened for a stay that no longer wants it, also after its end (G-4).
pub(crate) fn undo_opening(slot: Slot, reaction: &mut Reaction) {
    reaction.emit(Effect::ReleaseDevice(slot));
    reaction.undo();
}

/// What a late fact about a device means once the stay is over: the report stands, but nothing is kept.
pub(crate) fn after_exit(stage: DeviceStage, event: Event, slot: Slot, reaction: &mut Reaction) {
    if matches!(event, Event::DeviceOpened(_)) && stage != DeviceStage::Lent {
        undo_opening(slot, reaction);
    } else {
        reaction.ignore(Ignored::AlreadyExited);
    }
}
