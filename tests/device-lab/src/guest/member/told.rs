//! What the application hears, as lines.

use exeunt_runtime::{DeviceError, DeviceKind, ExitReport, RoomEvent};
use serde_json::{Value, json};

/// An event's name and what there is to say of it.
pub(super) fn told(event: &RoomEvent) -> (&'static str, Value) {
    match event {
        RoomEvent::Entered(_) => ("entered", json!({})),
        RoomEvent::DeviceOpened {
            kind, description, ..
        } => ("opened", json!({ "kind": kind, "what": description })),
        RoomEvent::DeviceFailed { kind, error, .. } => ("failed", lost(*kind, error)),
        RoomEvent::DeviceVanished { kind, error, .. } => ("vanished", lost(*kind, error)),
        RoomEvent::DeviceReleased { kind, .. } => ("released", json!({ "kind": kind })),
        RoomEvent::DeviceReturned { kind, .. } => ("returned", json!({ "kind": kind })),
        RoomEvent::Exited(report) => (
            "exited",
            json!({
                "reason": report.reason.number(),
                "clean": report.is_clean(),
                "given_up": report.given_up(),
                "took_ms": u64::try_from(report.took.as_millis()).unwrap_or(u64::MAX),
                // When the last device's release was confirmed to us, after the exit's beginning.
                "off_us": off_micros(report),
                "bound_ms": u64::try_from(report.bound.as_millis()).unwrap_or(u64::MAX),
                "report": report.to_string(),
            }),
        ),
        RoomEvent::RemoteUserEntered(_)
        | RoomEvent::RemoteUserLeft(..)
        | RoomEvent::ConnectionLost
        | RoomEvent::ConnectionRecovered
        | RoomEvent::DeviceRefused { .. }
        | _ => ("other", json!({ "what": format!("{event:?}") })),
    }
}

fn off_micros(report: &ExitReport) -> u64 {
    let off = report.devices.iter().map(|device| device.line.took).max();
    u64::try_from(off.unwrap_or_default().as_micros()).unwrap_or(u64::MAX)
}

fn lost(kind: DeviceKind, error: &DeviceError) -> Value {
    let debug = format!("{error:?}");
    let name = debug.split([' ', '{', '(']).next().unwrap_or_default();
    json!({ "kind": kind, "error": name, "detail": error.to_string() })
}
