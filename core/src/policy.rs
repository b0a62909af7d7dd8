//! How long each wait may last, and so how long an exit may.

use core::time::Duration;

use crate::Wait;

/// The deadline of every wait (G-17). Each is a bound, not a delay: what answers is not waited for.
///
/// ```
/// use core::time::Duration;
/// use exeunt_core::Policy;
///
/// assert_eq!(Policy::default().total(), Duration::from_millis(2500));
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
pub struct Policy {
    /// From the request to enter until the server has let us in. Default 10 s.
    pub entering: Duration,
    /// From the loss of the link until it is back. Default 30 s.
    pub recovering: Duration,
    /// From the request to open a device until it is open; people answer permission prompts
    /// meanwhile. Default 30 s.
    pub opening: Duration,
    /// From the announcement of the departure until it is confirmed, a connect that has to be
    /// abandoned first included. Default 1.5 s.
    pub departure: Duration,
    /// From the request to release a device until the system's handle is gone. Default 2 s.
    pub device: Duration,
    /// From the request to close the transport until it is closed. Default 1 s.
    pub transport: Duration,
}

impl Policy {
    /// The defaults.
    pub const DEFAULT: Self = Self {
        entering: Duration::from_secs(10),
        recovering: Duration::from_secs(30),
        opening: Duration::from_secs(30),
        departure: Duration::from_millis(1500),
        device: Duration::from_secs(2),
        transport: Duration::from_secs(1),
    };

    /// The bound of the whole exit: however dead the network and however stuck the devices, this
    /// long after the exit began the session is Exited (G-6).
    #[must_use]
    pub fn total(&self) -> Duration {
        // The transport closes after the announcement; devices wait for neither.
        self.departure
            .saturating_add(self.transport)
            .max(self.device)
    }

    /// The bound of one wait.
    #[must_use]
    pub const fn bound(&self, wait: Wait) -> Duration {
        match wait {
            Wait::Entering => self.entering,
            Wait::Recovering => self.recovering,
            Wait::Departure => self.departure,
            Wait::Transport => self.transport,
            Wait::Opening(_) => self.opening,
            Wait::Releasing(_) => self.device,
        }
    }
}

impl Default for Policy {
    fn default() -> Self {
        Self::DEFAULT
    }
}
