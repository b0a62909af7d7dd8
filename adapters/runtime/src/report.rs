//! The report of an exit, with names and receipts.

use std::fmt;
use std::time::Duration;

use exeunt_core::{Cause, Origin, Outcome, Reason, Settlement, Slot};
use exeunt_port::{DepartureReceipt, DeviceKind, RoomId, UserId};
use serde::{Deserialize, Serialize};

use crate::Ownership;
use crate::stay::Stay;

/// What there is to say when a stay is over. It prints well and serialises.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExitReport {
    /// Who left.
    pub user: UserId,
    /// Which room.
    pub room: RoomId,
    /// Over which transport.
    pub transport_name: String,
    /// Which stay of this client.
    pub stay: u32,
    /// Why, in the numbers of `onExitRoom`: TRTC's 0 to 2, ours from 100.
    pub reason: Reason,
    /// What ended the stay, as it was noticed first (G-2).
    pub cause: Cause,
    /// Who decided.
    pub origin: Origin,
    /// What else would have ended it.
    pub secondary: Vec<Cause>,
    /// What the transport said when the room could not be entered.
    pub enter_error: Option<String>,
    /// The server's code, where it was the server that did not let us in: TRTC's numbers where there
    /// is one. Trying again is of no use then.
    pub enter_refused: Option<i32>,
    /// How the others were told.
    pub departure: ExitLine,
    /// How many others were told, where the transport knows.
    pub receipt: Option<DepartureReceipt>,
    /// How the transport was closed.
    pub transport: ExitLine,
    /// How each device was let go of.
    pub devices: Vec<ReleasedDevice>,
    /// How long the exit took.
    pub took: Duration,
    /// How long it could have taken at most (G-6).
    pub bound: Duration,
    /// Captured frames that were dropped during the stay, because the room was not entered yet or the
    /// network was slower.
    pub frames_dropped: u64,
}

/// How one obligation was settled.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExitLine {
    /// How.
    pub outcome: Outcome,
    /// How long after the exit began.
    pub took: Duration,
    /// What the adapter said, if it was not content.
    pub error: Option<String>,
}

/// How one device was let go of.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReleasedDevice {
    /// Where it stood.
    pub slot: Slot,
    /// What it does.
    pub kind: DeviceKind,
    /// What it is called.
    pub name: String,
    /// Whose it is.
    #[serde(default)]
    pub ownership: Ownership,
    /// How many others used it on when this stay was done with it, where it is shared and so was not this
    /// stay's to release. Else 0. Of a device that was stopped in mid-room that is the number of then.
    #[serde(default)]
    pub other_users: usize,
    /// How.
    #[serde(flatten)]
    pub line: ExitLine,
}

impl ExitReport {
    /// The core's report, with the names and the words that the stay collected.
    pub(crate) fn new(core: &exeunt_core::ExitReport, bound: Duration, stay: &Stay) -> Self {
        let devices = core
            .devices()
            .filter_map(|(slot, settlement)| stay.places.released_device(slot, settlement));
        Self {
            user: stay.request.user.clone(),
            room: stay.request.room.clone(),
            transport_name: stay.transport_name.clone(),
            stay: core.epoch.number(),
            reason: core.reason(),
            cause: core.cause,
            origin: core.cause.origin(),
            secondary: core.secondary.iter().collect(),
            enter_error: stay.lines.enter_error.clone(),
            enter_refused: stay.lines.enter_refused,
            departure: ExitLine::new(core.departure, stay.lines.departure_error.clone()),
            receipt: stay.lines.receipt,
            transport: ExitLine::new(core.transport, stay.lines.transport_error.clone()),
            devices: devices.collect(),
            took: core.took,
            bound,
            frames_dropped: stay.frames_dropped(),
        }
    }

    /// Whether nothing at all is left behind: everybody told where that was owed, everything released.
    #[must_use]
    pub fn is_clean(&self) -> bool {
        let lines = self.devices.iter().map(|device| &device.line);
        lines
            .chain([&self.departure, &self.transport])
            .all(|line| line.outcome.is_clean())
    }

    /// How many adapters did not answer in time and had to be given up; they end when their driver
    /// or network lets go.
    #[must_use]
    pub fn given_up(&self) -> usize {
        let lines = self.devices.iter().map(|device| &device.line);
        let all = lines.chain([&self.departure, &self.transport]);
        all.filter(|line| line.outcome == Outcome::TimedOut).count()
    }
}

impl ExitLine {
    pub(crate) fn new(settlement: Settlement, error: Option<String>) -> Self {
        // What went well needs no excuse; an error that was overtaken by a kick is no error.
        let error = error.filter(|_| !settlement.outcome.is_clean());
        Self {
            outcome: settlement.outcome,
            took: settlement.took,
            error,
        }
    }
}

impl fmt::Display for ExitReport {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let number = self.reason.number();
        writeln!(
            formatter,
            "onExitRoom({number})  {} left room {} after {} (bound {})",
            self.user,
            self.room,
            milliseconds(self.took),
            milliseconds(self.bound)
        )?;
        let because = |cause: &Cause| format!("{cause:?}");
        write!(formatter, "  cause        {}", because(&self.cause))?;
        if !self.secondary.is_empty() {
            let others: Vec<_> = self.secondary.iter().map(because).collect();
            write!(formatter, ", then {}", others.join(", "))?;
        }
        writeln!(formatter)?;
        if let Some(error) = self
            .enter_error
            .as_ref()
            .filter(|_| self.reason == Reason::EnterFailed)
        {
            writeln!(formatter, "  entering     {error}")?;
        }
        write!(formatter, "  {:12} {}", "departure", self.departure)?;
        if let Some(told) = self.receipt.and_then(|receipt| receipt.peers_told) {
            write!(formatter, ", {told} told")?;
        }
        writeln!(formatter)?;
        for device in &self.devices {
            write!(
                formatter,
                "  {:12} {} ({})",
                device.kind, device.line, device.name
            )?;
            match (device.ownership, device.other_users) {
                (Ownership::Owned, _) => {}
                (Ownership::Lent, _) => write!(formatter, ", lent")?,
                (Ownership::Shared, 0) => write!(formatter, ", shared")?,
                (Ownership::Shared, 1) => write!(formatter, ", shared: 1 other used it on")?,
                (Ownership::Shared, more) => {
                    write!(formatter, ", shared: {more} others used it on")?;
                }
            }
            writeln!(formatter)?;
        }
        write!(
            formatter,
            "  {:12} {} ({})",
            "transport", self.transport, self.transport_name
        )
    }
}

impl fmt::Display for ExitLine {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            formatter,
            "{:9} {:>9}",
            self.outcome,
            milliseconds(self.took)
        )?;
        match &self.error {
            Some(error) => write!(formatter, "  {error}"),
            None => Ok(()),
        }
    }
}

fn milliseconds(duration: Duration) -> String {
    format!("{:.1} ms", duration.as_secs_f64() * 1000.0)
}
