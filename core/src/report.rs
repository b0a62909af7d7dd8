//! What there is to say when a stay is over.

use core::time::Duration;

use crate::{Cause, Causes, Epoch, MAX_DEVICES, Outcome, Reason, Slot};

/// How an obligation was settled, and how long after the exit began.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Settlement {
    /// How.
    pub outcome: Outcome,
    /// From the beginning of the exit; zero for what was settled before it.
    pub took: Duration,
}

/// What `onExitRoom` is called with: why the stay ended and how everything it owed was settled.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct ExitReport {
    /// Which stay.
    pub epoch: Epoch,
    /// What ended it: the first cause (G-2).
    pub cause: Cause,
    /// What else would have ended it.
    pub secondary: Causes,
    /// How the others were told.
    pub departure: Settlement,
    /// How the transport was closed.
    pub transport: Settlement,
    /// How each device was let go of; `None` for slots that held none.
    pub devices: [Option<Settlement>; MAX_DEVICES],
    /// How long the whole exit took; at most [`Policy::total`](crate::Policy::total) (G-6).
    pub took: Duration,
}

impl ExitReport {
    /// The reason that `onExitRoom` gives.
    #[must_use]
    pub const fn reason(&self) -> Reason {
        self.cause.reason()
    }

    /// The devices of the stay, with how each was let go of.
    pub fn devices(&self) -> impl Iterator<Item = (Slot, Settlement)> {
        Slot::all()
            .zip(self.devices)
            .filter_map(|(slot, settlement)| Some((slot, settlement?)))
    }

    /// Whether nothing at all is left behind: everybody told where that was owed, everything released.
    #[must_use]
    pub fn is_clean(&self) -> bool {
        self.departure.outcome.is_clean()
            && self.transport.outcome.is_clean()
            && self
                .devices()
                .all(|(_, settlement)| settlement.outcome.is_clean())
    }
}
