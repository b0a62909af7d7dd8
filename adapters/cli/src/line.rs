//! What a participant says while it happens: one line each, as text or as JSON.

use std::time::{SystemTime, UNIX_EPOCH};

use exeunt_port::{DeviceKind, UserId};
use exeunt_runtime::{ExitReport, Policy, Step};
use serde::{Deserialize, Serialize};
use serde_json::Value;

/// One thing that happened to one participant.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Line {
    /// When, by the machine's wall clock, so that several processes can be laid side by side.
    pub(crate) unix_micros: u64,
    /// To whom.
    pub(crate) user: UserId,
    /// What.
    #[serde(flatten)]
    pub(crate) what: What,
}

/// What can happen to a participant.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub(crate) enum What {
    /// The session begins, under these deadlines.
    Began { policy: Policy, process: u32 },
    /// A callback, by TRTC's name where it has one.
    Callback { name: String, arguments: Vec<Value> },
    /// A device changed.
    Device {
        kind: DeviceKind,
        state: DeviceState,
        detail: String,
    },
    /// A step of the session.
    Step { step: Step },
    /// How many packets of sound and pictures of whom have been heard and seen so far.
    Heard {
        from: UserId,
        sound_packets: u64,
        pictures: u64,
    },
    /// The stay is over.
    Report { report: Box<ExitReport> },
}

/// What a device did.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum DeviceState {
    Open,
    Failed,
    Vanished,
    Released,
}

impl std::fmt::Display for DeviceState {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str(match self {
            Self::Open => "open",
            Self::Failed => "failed",
            Self::Vanished => "vanished",
            Self::Released => "released",
        })
    }
}

impl Line {
    pub(crate) fn now(user: &UserId, what: What) -> Self {
        Self {
            unix_micros: unix_micros(),
            user: user.clone(),
            what,
        }
    }

    pub(crate) fn callback(user: &UserId, name: &str, arguments: Vec<Value>) -> Self {
        Self::now(
            user,
            What::Callback {
                name: name.to_owned(),
                arguments,
            },
        )
    }

    /// The line as JSON.
    pub(crate) fn json(&self) -> String {
        // Plain data with string keys: there is nothing in it that JSON could not hold.
        serde_json::to_string(self).unwrap_or_default()
    }

    /// The line as text, for those kinds that a person wants to see as they come.
    pub(crate) fn text(&self) -> Option<String> {
        match &self.what {
            What::Callback { name, arguments } => {
                let arguments: Vec<_> = arguments.iter().map(plain).collect();
                Some(format!("{name}({})", arguments.join(", ")))
            }
            What::Device {
                kind,
                state,
                detail,
            } => Some(format!("{kind} {state}: {detail}")),
            What::Report { report } => Some(report.to_string()),
            What::Began { .. } | What::Step { .. } | What::Heard { .. } => None,
        }
    }
}

/// A JSON value as an argument is written.
pub(crate) fn plain(value: &Value) -> String {
    value
        .as_str()
        .map_or_else(|| value.to_string(), str::to_owned)
}

/// Microseconds since 1970.
pub(crate) fn unix_micros() -> u64 {
    let since = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .unwrap_or_default();
    u64::try_from(since.as_micros()).unwrap_or(u64::MAX)
}
