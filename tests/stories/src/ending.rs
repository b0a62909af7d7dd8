//! How somebody's stay and process ended.

use std::process::ExitStatus;

use exeunt_port::{DeviceKind, UserId};
use exeunt_requirements::LATENESS;
use exeunt_runtime::{ExitReport, Outcome, Reason, ReleasedDevice};

use crate::process::transcript;
use crate::{Line, StoryFailure};

/// How somebody's stay and process ended.
#[derive(Clone, Debug)]
pub struct Ending {
    /// The report of the exit.
    pub report: ExitReport,
    /// All that the process said.
    pub said: Vec<Line>,
    /// The exit status of the process; `None` if a signal ended it.
    pub status: Option<i32>,
}

impl Ending {
    pub(crate) fn new(
        user: UserId,
        said: Vec<Line>,
        status: ExitStatus,
    ) -> Result<Self, StoryFailure> {
        match said.iter().find_map(Line::report) {
            Some(report) => Ok(Self {
                report,
                said,
                status: status.code(),
            }),
            None => Err(StoryFailure::Exit {
                said: transcript(user.as_str(), &said),
                user,
                wrong: format!("the process ended without a report, with {status} (G-1)"),
            }),
        }
    }

    /// The first line that says this.
    #[must_use]
    pub fn line(&self, wanted: impl Fn(&Line) -> bool) -> Option<&Line> {
        self.said.iter().find(|line| wanted(line))
    }

    /// How the device of this kind was let go of.
    pub fn device(&self, kind: DeviceKind) -> Result<&ReleasedDevice, StoryFailure> {
        let mut devices = self.report.devices.iter();
        devices
            .find(|device| device.kind == kind)
            .ok_or_else(|| self.wrong(format!("the report knows of no {kind}")))
    }

    /// Claims that the device of this kind was let go of like this.
    pub fn device_was(&self, kind: DeviceKind, outcome: Outcome) -> Result<(), StoryFailure> {
        let found = self.device(kind)?.line.outcome;
        self.claim(found == outcome, || {
            format!("{kind}: {found} instead of {outcome}")
        })
    }

    /// Claims that the others were told, or not, like this.
    pub fn departure_was(&self, outcome: Outcome) -> Result<(), StoryFailure> {
        let found = self.report.departure.outcome;
        self.claim(found == outcome, || {
            format!("the departure: {found} instead of {outcome}")
        })
    }

    /// Claims that nothing is left behind.
    pub fn was_clean(&self) -> Result<(), StoryFailure> {
        self.claim(self.report.is_clean(), || {
            format!("something is left behind:\n{}", self.report)
        })
    }

    /// Claims what holds for every exit: exactly one `onExitRoom`, with this reason (G-1, G-2); nothing
    /// after it but the report (G-14); in time (G-6).
    pub fn is_an_exit_for(&self, reason: Reason) -> Result<(), StoryFailure> {
        let report = &self.report;
        self.claim(report.reason == reason, || {
            format!(
                "the reason is {:?} instead of {reason:?} (G-2)",
                report.reason
            )
        })?;
        let exits: Vec<_> = self
            .said
            .iter()
            .filter_map(|line| line.callback("onExitRoom"))
            .collect();
        self.claim(
            matches!(exits[..], [[number]] if *number == reason.number()),
            || {
                format!(
                    "instead of one onExitRoom({}): {exits:?} (G-1)",
                    reason.number()
                )
            },
        )?;
        let after = self
            .said
            .iter()
            .skip_while(|line| line.callback("onExitRoom").is_none());
        // Steps may follow: what comes late is undone, and that is a step as well (G-4).
        let told = ["callback", "device", "heard", "report"];
        let kinds: Vec<_> = after
            .map(Line::kind)
            .filter(|kind| told.contains(kind))
            .collect();
        self.claim(kinds == ["callback", "report"], || {
            format!("from onExitRoom on it told {kinds:?} instead of that and the report (G-14)")
        })?;
        self.claim(report.took <= report.bound + LATENESS, || {
            format!(
                "the exit took {:?}, more than {:?} and {LATENESS:?} (G-6)",
                report.took, report.bound
            )
        })
    }

    /// Claims that the exit status is 0 if the stay ended as somebody wanted it to, and another one
    /// otherwise. A signal is no status: whoever is asked to end ends by himself.
    pub(crate) fn status_fits_the_reason(&self) -> Result<(), StoryFailure> {
        let reason = self.report.reason;
        let fits = self
            .status
            .is_some_and(|status| (status == 0) == ends_well(reason));
        self.claim(fits, || {
            format!("the exit status is {:?} after {reason:?}", self.status)
        })
    }

    fn claim(&self, holds: bool, otherwise: impl FnOnce() -> String) -> Result<(), StoryFailure> {
        if holds {
            Ok(())
        } else {
            Err(self.wrong(otherwise()))
        }
    }

    fn wrong(&self, wrong: String) -> StoryFailure {
        let user = self.report.user.clone();
        StoryFailure::Exit {
            said: transcript(user.as_str(), &self.said),
            user,
            wrong,
        }
    }
}

/// Whether a stay that ended for this reason is what somebody wanted.
fn ends_well(reason: Reason) -> bool {
    match reason {
        Reason::LocalExit | Reason::Kicked | Reason::Dismissed => true,
        Reason::ConnectionLost | Reason::EnterFailed | Reason::Replaced | Reason::ServerStopped => {
            false
        }
    }
}
