//! What became of an event.

/// What became of an event: nothing vanishes silently.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
pub enum Disposition {
    /// It counted.
    Applied,
    /// It came too late to count, and what it acquired is being let go of again (G-4).
    Undone,
    /// It changes nothing; that is in order.
    Ignored(Ignored),
    /// It makes no sense here; whoever sent it should know.
    Rejected(Rejected),
}

/// Why an event changes nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
pub enum Ignored {
    /// It belongs to an earlier stay (G-10).
    StaleEpoch,
    /// It is so already.
    AlreadySo,
    /// That obligation has been settled, by another fact or by its deadline.
    AlreadySettled,
    /// Nothing is recovered, begun or ended any more: an exit is under way (G-5).
    ExitUnderWay,
    /// The stay is over, and this holds nothing.
    AlreadyExited,
    /// There is no stay.
    NotInRoom,
    /// The link is not up yet; the deadline for entering watches over it.
    NotEntered,
    /// Nobody asked for it.
    NotAskedFor,
    /// That deadline has not been reached, or nobody waits for it.
    NotDue,
}

/// Why an event makes no sense.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
pub enum Rejected {
    /// Enter while in a room: leave first.
    StillInRoom,
    /// Enter, or another request, while an exit is under way: wait for its end (G-11).
    StillExiting,
    /// A device was asked for outside a room.
    NotInRoom,
    /// The slot's device is still being released; wait for that.
    DeviceReleasing,
    /// The slot's device did not answer its release; it may still be held.
    DeviceNotReturned,
    /// Another device is in the slot.
    SlotTaken,
    /// A stay of this number has not begun, or a new one was to begin under an old number.
    WrongEpoch,
    /// A fact that contradicts an earlier one.
    Contradiction,
}
