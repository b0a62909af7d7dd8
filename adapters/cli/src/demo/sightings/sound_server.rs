//! What the sound server shows: the streams of a process, as `pactl` lists them. PipeWire's server
//! answers the same question. Without `pactl` there is nothing to be seen.

use std::process::{Command, Stdio};
use std::time::Duration;

use exeunt_port::DeviceKind;
use serde_json::Value;

use super::{Look, Watched};
use crate::line::unix_micros;

/// How often is looked; a look starts two processes and takes about 12 ms.
pub(super) const EVERY: Duration = Duration::from_millis(15);

pub(super) fn look(people: &[Watched]) -> Vec<Look> {
    let began = unix_micros();
    let streams = streams();
    let seen = people.iter().map(|watched| {
        let streams = streams.as_ref()?.iter();
        let own = streams
            .filter(|(process, kind)| *process == watched.process && watched.own.contains(kind));
        Some((began, own.map(|(_, kind)| *kind).collect()))
    });
    seen.collect()
}

/// Whose streams there are. Nothing if one of the two questions was not answered: half an answer
/// would show a device as gone that is not.
fn streams() -> Option<Vec<(u32, DeviceKind)>> {
    let mut streams = owners(&ask("source-outputs")?, DeviceKind::Microphone);
    streams.extend(owners(&ask("sink-inputs")?, DeviceKind::Speaker));
    Some(streams)
}

fn ask(sort: &str) -> Option<Vec<Value>> {
    let answered = Command::new("pactl")
        .args(["--format=json", "list", sort])
        .env("LC_ALL", "C.UTF-8")
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .output()
        .ok()?;
    if !answered.status.success() {
        return None;
    }
    serde_json::from_slice(&answered.stdout).ok()
}

/// The processes that these streams belong to. The server's own streams belong to none.
fn owners(streams: &[Value], kind: DeviceKind) -> Vec<(u32, DeviceKind)> {
    let process = |stream: &Value| {
        let process = stream["properties"]["application.process.id"].as_str()?;
        process.parse().ok()
    };
    let processes = streams.iter().filter_map(process);
    processes.map(|process| (process, kind)).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{DeviceKind, owners};

    #[test]
    fn a_stream_is_its_programs_and_the_servers_own_are_nobodys() {
        let streams = [
            json!({ "index": 0, "properties": { "media.name": "Remapped Stream" } }),
            json!({ "index": 1, "properties": { "application.process.id": "4711" } }),
        ];
        let owned = owners(&streams, DeviceKind::Microphone);
        assert_eq!(owned, [(4711, DeviceKind::Microphone)]);
    }
}
