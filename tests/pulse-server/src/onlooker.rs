//! What the server tells about its clients: the view from outside.

use serde_json::Value;

use crate::pactl::Pactl;
use crate::{Place, ServerError};

/// Something that a program records or plays.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stream {
    /// The server's number of it.
    pub index: u64,
    /// The server's name of the source or sink it uses, such as `mic`.
    pub device: String,
    /// The program's process.
    pub process: Option<u32>,
    /// Whether the program has it pause, or has not started it yet, if the server says. One that does
    /// not pause may be without sound all the same, where its device gives none.
    pub corked: Option<bool>,
}

/// Somebody who looks at a server from outside: what is recorded and played at this moment. Blocks
/// while the server has stopped.
#[derive(Clone, Debug)]
pub struct Onlooker(Pactl);

impl Onlooker {
    /// Of the server at this place, also one that is started there later.
    #[must_use]
    pub fn at(place: &Place) -> Self {
        Self(Pactl::of(place))
    }

    /// What is being recorded, by programs; the server's own modules have some streams as well.
    pub fn source_outputs(&self) -> Result<Vec<Stream>, ServerError> {
        self.streams("source-outputs", "sources", "source")
    }

    /// What is being played, by programs, but not into the microphone.
    pub fn sink_inputs(&self) -> Result<Vec<Stream>, ServerError> {
        let mut streams = self.streams("sink-inputs", "sinks", "sink")?;
        streams.retain(|stream| stream.device != "micfeed");
        Ok(streams)
    }

    /// What this process records and plays.
    pub fn streams_of(&self, process: u32) -> Result<Vec<Stream>, ServerError> {
        let mut streams = self.source_outputs()?;
        streams.extend(self.sink_inputs()?);
        streams.retain(|stream| stream.process == Some(process));
        Ok(streams)
    }

    fn streams(&self, sort: &str, devices: &str, device: &str) -> Result<Vec<Stream>, ServerError> {
        let streams = self.0.list(sort)?;
        let devices = self.0.list(devices)?;
        Ok(streams
            .iter()
            .filter_map(|stream| of_program(stream, device, &devices))
            .collect())
    }
}

fn of_program(stream: &Value, device: &str, devices: &[Value]) -> Option<Stream> {
    // PipeWire's own streams have no client.
    let is_a_programs = match stream["driver"].as_str() {
        Some("protocol-native.c") => true,
        Some("PipeWire") => !stream["client"].is_null(),
        Some(_) | None => false,
    };
    if !is_a_programs {
        return None;
    }
    let found = devices
        .iter()
        .find(|known| known["index"] == stream[device]);
    let process = stream["properties"]["application.process.id"].as_str();
    Some(Stream {
        index: stream["index"].as_u64()?,
        device: found
            .and_then(|known| known["name"].as_str())
            .unwrap_or_default()
            .to_owned(),
        process: process.and_then(|process| process.parse().ok()),
        corked: stream["corked"].as_bool(),
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{Stream, of_program};

    #[test]
    fn a_program_is_told_from_a_module_of_the_server() {
        let devices = [json!({ "index": 4, "name": "mic" })];
        let expected = Stream {
            index: 7,
            device: "mic".to_owned(),
            process: Some(1234),
            corked: Some(true),
        };
        for (driver, client) in [("protocol-native.c", "88"), ("PipeWire", "88")] {
            let program = json!({
                "index": 7, "driver": driver, "source": 4, "client": client, "corked": true,
                "properties": { "application.process.id": "1234" },
            });
            assert_eq!(
                of_program(&program, "source", &devices),
                Some(expected.clone())
            );
        }
        for driver in ["module-remap-source.c", "PipeWire"] {
            let module = json!({
                "index": 1, "driver": driver, "source": 4, "client": null, "properties": {},
            });
            assert_eq!(of_program(&module, "source", &devices), None);
        }
    }
}
