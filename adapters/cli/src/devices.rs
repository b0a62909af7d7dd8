//! `exeunt devices`: what the machine has, and what of it is free.

use std::collections::BTreeMap;

use exeunt_cpal::AudioDevice;
use exeunt_nokhwa::CameraDevice;
use serde_json::{Value, json};

use crate::machine::WITHIN;
use crate::output;

/// One device, as it is listed.
struct Listed {
    kind: String,
    name: String,
    free: Option<bool>,
    host: String,
    detail: String,
    json: Value,
}

pub(crate) async fn run(json: bool) {
    let (audio, cameras) = tokio::join!(exeunt_cpal::list(WITHIN), exeunt_nokhwa::list());
    let mut listed = Vec::new();
    let mut silent = Vec::new();
    match audio {
        Ok(devices) => listed.extend(devices.into_iter().map(Listed::from)),
        Err(error) => silent.push(("sound", error.to_string())),
    }
    match cameras {
        Ok(cameras) => listed.extend(cameras.into_iter().map(Listed::from)),
        Err(error) => silent.push(("cameras", error.to_string())),
    }
    if json {
        for device in listed {
            output::line(device.json);
        }
        for (what, why) in silent {
            output::line(json!({ "type": "unknown", "what": what, "why": why }));
        }
    } else {
        print(&listed, &silent);
    }
}

fn print(listed: &[Listed], silent: &[(&str, String)]) {
    let width = |of: fn(&Listed) -> &str| {
        let widths = listed.iter().map(|device| of(device).chars().count());
        widths.max().unwrap_or(0)
    };
    let (name_width, host_width) = (width(|device| &device.name), width(|device| &device.host));
    for Listed {
        kind,
        name,
        free,
        host,
        detail,
        ..
    } in listed
    {
        let free = match free {
            Some(true) => "free",
            Some(false) => "in use",
            None if host.starts_with("Pulse") || host.starts_with("Pipe") => "shared",
            None => "unknown",
        };
        output::line(format_args!(
            "{kind:10}  {name:name_width$}  {free:7}  {host:host_width$}  {detail}"
        ));
    }
    for kind in ["microphone", "speaker", "camera"] {
        let asked = if kind == "camera" { "cameras" } else { "sound" };
        let unanswered = silent.iter().any(|(what, _)| *what == asked);
        if !unanswered && listed.iter().all(|device| device.kind != kind) {
            output::line(format_args!("{kind:10}  none"));
        }
    }
    for (what, why) in silent {
        output::line(format_args!("{what:10}  {why}"));
    }
    output::line(
        "always there: --microphone tone, --speaker silent, --camera picture, and files: file:PATH.wav, file:PATH.y4m",
    );
}

impl From<AudioDevice> for Listed {
    fn from(device: AudioDevice) -> Self {
        let config = device.config.as_ref().map(|config| {
            let channels = match config.channels {
                1 => "mono".to_owned(),
                2 => "stereo".to_owned(),
                more => format!("{more} channels"),
            };
            format!(
                "{} Hz, {channels}, {}",
                config.sample_rate, config.sample_format
            )
        });
        let default = device.is_default.then(|| "the default".to_owned());
        let detail: Vec<_> = [default, config].into_iter().flatten().collect();
        Self {
            kind: device.kind.to_string(),
            detail: detail.join(", "),
            free: device.is_free,
            json: json!({
                "type": "device", "kind": device.kind, "name": device.name, "id": device.id,
                "host": device.host, "default": device.is_default, "free": device.is_free,
                "config": device.config,
            }),
            name: device.name,
            host: device.host,
        }
    }
}

impl From<CameraDevice> for Listed {
    fn from(camera: CameraDevice) -> Self {
        // A camera offers dozens of sizes; people want to know how large it gets.
        let mut largest: BTreeMap<String, (u32, u32)> = BTreeMap::new();
        for format in &camera.formats {
            let size = largest.entry(format.fourcc.clone()).or_default();
            *size = (*size).max((format.width, format.height));
        }
        let sizes: Vec<_> = largest
            .iter()
            .map(|(fourcc, (width, height))| format!("{fourcc} to {width}x{height}"))
            .collect();
        let formats: Vec<_> = camera
            .formats
            .iter()
            .map(|format| {
                json!({ "fourcc": format.fourcc, "width": format.width, "height": format.height })
            })
            .collect();
        Self {
            kind: "camera".to_owned(),
            detail: sizes.join(", "),
            free: camera.free,
            json: json!({
                "type": "device", "kind": "camera", "name": camera.name, "id": camera.node,
                "free": camera.free, "formats": formats,
            }),
            name: camera.name,
            host: camera.node,
        }
    }
}
