//! Who uses a sound server's devices, as `pactl` tells. PipeWire's server answers the same questions.

use std::process::Stdio;
use std::time::Duration;

use exeunt_port::DeviceKind;
use serde_json::Value;
use tokio::process::Command;

use super::Holder;

/// A server that has stopped answers nobody; the list is not to wait for it.
const WITHIN: Duration = Duration::from_secs(2);

/// The streams of a sound server, or nothing where `pactl` or the server does not answer.
#[derive(Debug, Default)]
pub(super) struct SoundStreams {
    microphones: Option<Vec<Stream>>,
    speakers: Option<Vec<Stream>>,
}

/// A stream of one process on one device.
#[derive(Debug, PartialEq, Eq)]
struct Stream {
    /// The device's name at the server.
    device: String,
    holder: Holder,
}

impl SoundStreams {
    pub(super) async fn look() -> Self {
        let (sources, outputs, sinks, inputs) = tokio::join!(
            ask("sources"),
            ask("source-outputs"),
            ask("sinks"),
            ask("sink-inputs"),
        );
        let both = |devices: Option<Vec<Value>>, streams: Option<Vec<Value>>, key| {
            Some(on_devices(&devices?, &streams?, key))
        };
        Self {
            microphones: both(sources, outputs, "source"),
            speakers: both(sinks, inputs, "sink"),
        }
    }

    /// Who uses this device; `None` if that is not to be seen.
    pub(super) fn of(&self, kind: DeviceKind, device: &str) -> Option<Vec<Holder>> {
        let streams = match kind {
            DeviceKind::Microphone => self.microphones.as_ref()?,
            DeviceKind::Speaker => self.speakers.as_ref()?,
            DeviceKind::Camera => return None,
        };
        let here = streams.iter().filter(|stream| stream.device == device);
        let mut holders: Vec<Holder> = here.map(|stream| stream.holder.clone()).collect();
        holders.sort_by_key(|holder| holder.process);
        holders.dedup();
        Some(holders)
    }
}

/// What `pactl` lists of this sort.
async fn ask(sort: &str) -> Option<Vec<Value>> {
    let asked = Command::new("pactl")
        .args(["--format=json", "list", sort])
        .env("LC_ALL", "C.UTF-8")
        .stdin(Stdio::null())
        .stderr(Stdio::null())
        .kill_on_drop(true)
        .output();
    let answered = tokio::time::timeout(WITHIN, asked).await.ok()?.ok()?;
    if !answered.status.success() {
        return None;
    }
    serde_json::from_slice(&answered.stdout).ok()
}

/// The streams that belong to processes, with the names of their devices. The server's own streams
/// belong to none.
fn on_devices(devices: &[Value], streams: &[Value], key: &str) -> Vec<Stream> {
    let stream = |stream: &Value| {
        let place = stream[key].as_u64()?;
        let device = devices
            .iter()
            .find(|device| device["index"].as_u64() == Some(place))?;
        let properties = &stream["properties"];
        let process = properties["application.process.id"].as_str()?;
        let name = ["application.process.binary", "application.name"]
            .iter()
            .find_map(|key| properties[key].as_str());
        Some(Stream {
            device: device["name"].as_str()?.to_owned(),
            holder: Holder {
                process: process.parse().ok()?,
                name: name.unwrap_or_default().to_owned(),
            },
        })
    };
    streams.iter().filter_map(stream).collect()
}

#[cfg(test)]
mod tests {
    use exeunt_port::DeviceKind;
    use serde_json::json;

    use super::{Holder, SoundStreams, on_devices};

    #[test]
    fn a_stream_is_its_programs_on_its_device_and_the_servers_own_are_nobodys() {
        let sources = [
            json!({ "index": 3, "name": "mic" }),
            json!({ "index": 4, "name": "headset" }),
        ];
        let program =
            json!({ "application.process.id": "4711", "application.process.binary": "exeunt" });
        let outputs = [
            json!({ "source": 3, "properties": program }),
            json!({ "source": 3, "properties": program }),
            json!({ "source": 4, "properties": { "media.name": "Remapped Stream" } }),
            json!({ "source": 9, "properties": program }),
        ];
        let streams = SoundStreams {
            microphones: Some(on_devices(&sources, &outputs, "source")),
            speakers: None,
        };
        let holder = Holder {
            process: 4711,
            name: "exeunt".to_owned(),
        };
        let of = |device| streams.of(DeviceKind::Microphone, device);
        assert_eq!(of("mic"), Some(vec![holder]));
        assert_eq!(of("headset"), Some(Vec::new()));
        assert_eq!(streams.of(DeviceKind::Speaker, "mic"), None);
    }
}
