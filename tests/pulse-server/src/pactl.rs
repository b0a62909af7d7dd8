//! What the server tells about its clients: the view from outside.

use std::process::Command;

use serde_json::Value;

use crate::ServerError;

/// Something that a program records or plays.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stream {
    /// The server's number of it.
    pub index: u64,
    /// The server's name of the source or sink it uses, such as `mic`.
    pub device: String,
    /// The program's process.
    pub process: Option<u32>,
}

/// The streams of this sort that belong to programs; the server's own modules have some as well.
pub(crate) fn streams(
    sort: &str,
    devices: &str,
    device: &str,
    env: &[(&'static str, String)],
) -> Result<Vec<Stream>, ServerError> {
    let streams = ask(sort, env)?;
    let devices = ask(devices, env)?;
    Ok(streams
        .iter()
        .filter_map(|stream| of_program(stream, device, &devices))
        .collect())
}

fn of_program(stream: &Value, device: &str, devices: &[Value]) -> Option<Stream> {
    if stream["driver"] != "protocol-native.c" {
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
    })
}

fn ask(sort: &str, env: &[(&'static str, String)]) -> Result<Vec<Value>, ServerError> {
    let output = Command::new("pactl")
        .args(["--format=json", "list", sort])
        .envs(env.iter().map(|(name, value)| (name, value)))
        .env("LC_ALL", "C.UTF-8")
        .output()
        .map_err(ServerError::system("pactl"))?;
    let nonsense = || ServerError::Answer {
        answer: String::from_utf8_lossy(if output.stdout.is_empty() {
            &output.stderr
        } else {
            &output.stdout
        })
        .into_owned(),
    };
    serde_json::from_slice(&output.stdout).map_err(|_| nonsense())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{Stream, of_program};

    #[test]
    fn a_program_is_told_from_a_module_of_the_server() {
        let devices = [json!({ "index": 4, "name": "mic" })];
        let program = json!({
            "index": 7, "driver": "protocol-native.c", "source": 4,
            "properties": { "application.process.id": "1234" },
        });
        let module =
            json!({ "index": 1, "driver": "module-remap-source.c", "source": 4, "properties": {} });
        let expected = Stream {
            index: 7,
            device: "mic".to_owned(),
            process: Some(1234),
        };
        assert_eq!(of_program(&program, "source", &devices), Some(expected));
        assert_eq!(of_program(&module, "source", &devices), None);
    }
}
