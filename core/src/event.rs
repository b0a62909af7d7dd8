//! What goes into the machine.

/// How many devices one stay can have.
pub const MAX_DEVICES: usize = 8;

/// One device of a stay, by its place: 0 to 7. What stands in the place is the embedder's choice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(try_from = "u8", into = "u8"))]
pub struct Slot(u8);

/// A number that is no slot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NoSuchSlot(pub u8);

impl core::fmt::Display for NoSuchSlot {
    fn fmt(&self, formatter: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        write!(
            formatter,
            "{} is no device slot; 0 to {} are",
            self.0,
            MAX_DEVICES - 1
        )
    }
}

impl core::error::Error for NoSuchSlot {}

impl Slot {
    /// The slot of this number, if there is one.
    ///
    /// ```
    /// use exeunt_core::Slot;
    ///
    /// assert!(Slot::new(7).is_some());
    /// assert!(Slot::new(8).is_none());
    /// ```
    #[must_use]
    pub const fn new(number: u8) -> Option<Self> {
        if (number as usize) < MAX_DEVICES {
            Some(Self(number))
        } else {
            None
        }
    }

    /// Its number.
    #[must_use]
    pub const fn number(self) -> u8 {
        self.0
    }

    /// All slots in order.
    pub fn all() -> impl Iterator<Item = Self> {
        (0..).map_while(Self::new)
    }

    pub(crate) const fn index(self) -> usize {
        self.0 as usize
    }
}

impl TryFrom<u8> for Slot {
    type Error = NoSuchSlot;

    fn try_from(number: u8) -> Result<Self, NoSuchSlot> {
        Self::new(number).ok_or(NoSuchSlot(number))
    }
}

impl From<Slot> for u8 {
    fn from(slot: Slot) -> Self {
        slot.0
    }
}

impl core::fmt::Display for Slot {
    fn fmt(&self, formatter: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        self.0.fmt(formatter)
    }
}

/// What a session can be waiting for. Each wait has a bound in [`Policy`](crate::Policy) (G-17).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
pub enum Wait {
    /// For the server to let us in.
    Entering,
    /// For the link to come back.
    Recovering,
    /// For the departure to be confirmed, or the abandoned connect to answer first.
    Departure,
    /// For the transport to close.
    Transport,
    /// For a device to open.
    Opening(Slot),
    /// For a device to be released.
    Releasing(Slot),
}

/// What goes into the machine: requests of the application, and facts in the past tense.
///
/// The enum is complete on purpose: a driver that does not know an event should not compile.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
pub enum Event {
    // ---- requests of the application --------------------------------------------------------
    /// Enter a room: begins a stay, and from now on an exit is owed.
    EnterRequested,
    /// Leave the room.
    ExitRequested,
    /// Open a device; this stay will release it.
    DeviceRequested(Slot),
    /// Take over a device that is open already (a preview); this stay will release it.
    DeviceAdopted(Slot),
    /// Use an open device that stays the application's: it is gated but never released (G-16).
    DeviceLent(Slot),
    /// Release a device, or give back a lent one, and stay in the room.
    DeviceStopRequested(Slot),

    // ---- facts of the transport -------------------------------------------------------------
    /// The server has let us in.
    Entered,
    /// The server has not let us in, and does not count us in.
    EnterFailed,
    /// An operator removed us.
    Kicked,
    /// An operator dismissed the room.
    Dismissed,
    /// The same user entered from elsewhere.
    Replaced,
    /// The server is stopping.
    ServerStopped,
    /// The link is down; the transport tries to get it back.
    LinkLost,
    /// The link is back, and so are we.
    LinkRecovered,
    /// The link is down for good.
    LinkDead,
    /// The server has confirmed our departure.
    DepartureConfirmed,
    /// Our departure could not be announced.
    DepartureFailed,
    /// When our departure was announced the server did not count us in any more: the others know.
    AlreadyOut,
    /// The transport is closed and holds nothing any more.
    TransportClosed,
    /// The transport could not be closed as it should: it was given up, and nobody confirms that
    /// nothing is left of it.
    CloseFailed,

    // ---- facts of a device ------------------------------------------------------------------
    /// The device is open, or at least held: one that is of no use is told as [`Self::DeviceFailed`] next.
    ///
    /// Whoever uses a slot twice in one stay tells its uses apart: that the device of an earlier use has
    /// opened, failed or vanished is not handed in. How its release went may be, however late.
    DeviceOpened(Slot),
    /// The device could not be opened, or it broke down while it was open.
    DeviceFailed(Slot),
    /// The operating system's handle of the device is gone (G-13): the answer to its release.
    DeviceReleased(Slot),
    /// The device's release went wrong; it may still be held.
    ReleaseFailed(Slot),
    /// The device itself has gone.
    DeviceVanished(Slot),

    // ---- time -------------------------------------------------------------------------------
    /// This wait has lasted as long as it may.
    DeadlineReached(Wait),
}
