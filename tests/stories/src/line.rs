//! One line that a process said.

use exeunt_port::{DeviceKind, UserId};
use exeunt_runtime::{ExitReport, Step};
use serde_json::Value;

/// One line that a process said: a JSON object with a `type`, or else something for a person to read.
#[derive(Clone, Debug)]
pub struct Line {
    text: String,
    value: Value,
}

impl Line {
    pub(crate) fn new(text: String) -> Self {
        let value = serde_json::from_str(&text).unwrap_or_default();
        Self { text, value }
    }

    /// As it was said.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// What kind of line it is: `began`, `callback`, `device`, `step`, `heard`, `report`, `failure`,
    /// `serving`; empty for what is for a person.
    #[must_use]
    pub fn kind(&self) -> &str {
        self.value["type"].as_str().unwrap_or_default()
    }

    /// What it says under this name.
    #[must_use]
    pub fn get(&self, name: &str) -> &Value {
        &self.value[name]
    }

    /// When it was said, in microseconds since 1970.
    #[must_use]
    pub fn at_micros(&self) -> u64 {
        self.value["unix_micros"].as_u64().unwrap_or_default()
    }

    /// The arguments of the callback of this name, if it is one.
    #[must_use]
    pub fn callback(&self, name: &str) -> Option<&[Value]> {
        let is_it = self.kind() == "callback" && self.value["name"] == name;
        is_it.then(|| self.value["arguments"].as_array().map(Vec::as_slice))?
    }

    /// Whether it is `onRemoteUserEnterRoom` for this user.
    #[must_use]
    pub fn says_entered(&self, user: &UserId) -> bool {
        matches!(self.callback("onRemoteUserEnterRoom"), Some([who]) if *who == user.as_str())
    }

    /// The reason of `onRemoteUserLeaveRoom` for this user, if it is that.
    #[must_use]
    pub fn says_left(&self, user: &UserId) -> Option<u64> {
        match self.callback("onRemoteUserLeaveRoom")? {
            [who, reason] if *who == user.as_str() => reason.as_u64(),
            _ => None,
        }
    }

    /// Whether a device of this kind became this: `open`, `failed`, `vanished`, `released`.
    #[must_use]
    pub fn says_device(&self, kind: DeviceKind, state: &str) -> bool {
        self.kind() == "device"
            && self.value["kind"] == kind.to_string()
            && self.value["state"] == state
    }

    /// The step of the session, if it is one.
    #[must_use]
    pub fn step(&self) -> Option<Step> {
        serde_json::from_value(self.value.get("step")?.clone()).ok()
    }

    /// The report of the exit, if it is one.
    #[must_use]
    pub fn report(&self) -> Option<ExitReport> {
        serde_json::from_value(self.value.get("report")?.clone()).ok()
    }
}
