//! What a process of the lab says, a JSON object a line.

use std::io::Write;
use std::time::{SystemTime, UNIX_EPOCH};

use serde_json::{Value, json};

/// The wall clock in microseconds, which all processes of the machine share.
pub(crate) fn now_micros() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    u64::try_from(since.unwrap_or_default().as_micros()).unwrap_or(u64::MAX)
}

/// Says what happened, with when.
pub(crate) fn tell(event: &str, detail: Value) {
    tell_at(now_micros(), event, detail);
}

/// Says what happened then.
pub(crate) fn tell_at(at: u64, event: &str, detail: Value) {
    let mut line = json!({ "event": event, "at": at });
    if let (Some(line), Value::Object(detail)) = (line.as_object_mut(), detail) {
        line.extend(detail);
    }
    // Whoever reads this may have heard enough.
    let _ = writeln!(std::io::stdout(), "{line}");
}

/// A line that a process has said.
#[derive(Clone, Debug)]
pub(crate) struct Line(Value);

impl Line {
    /// Anything that is no JSON, a panic's message for instance, is an event of its own.
    pub(crate) fn read(text: &str) -> Self {
        Self(
            serde_json::from_str(text)
                .unwrap_or_else(|_| json!({ "event": "noise", "text": text })),
        )
    }

    pub(crate) fn is(&self, event: &str) -> bool {
        self.0["event"] == event
    }

    /// A text of it; empty where there is none.
    pub(crate) fn text(&self, key: &str) -> &str {
        self.0[key].as_str().unwrap_or_default()
    }

    /// A number of it; 0 where there is none.
    pub(crate) fn number(&self, key: &str) -> u64 {
        self.0[key].as_u64().unwrap_or_default()
    }

    pub(crate) fn value(&self, key: &str) -> &Value {
        &self.0[key]
    }
}

impl std::fmt::Display for Line {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        self.0.fmt(formatter)
    }
}
