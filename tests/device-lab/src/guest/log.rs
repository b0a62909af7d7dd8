//! The guest's log, on its console.

use std::fmt::Display;
use std::io::Write;

/// Says something, with the time since the machine's start.
pub(crate) fn say(what: &impl Display) {
    let uptime = std::fs::read_to_string("/proc/uptime").unwrap_or_default();
    let seconds = uptime.split(' ').next().unwrap_or_default();
    let text = what.to_string().replace('\n', "\n          ");
    // A console that takes nothing more has nobody who reads it.
    let _ = writeln!(std::io::stdout(), "[{seconds:>7}] {text}");
}
