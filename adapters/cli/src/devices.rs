//! `exeunt devices`: what the machine has, what it offers, and who uses it.

mod sound_streams;
mod words;

use exeunt_cpal::AudioDevice;
use exeunt_nokhwa::{CameraDevice, PixelFormat};
use serde::Serialize;
use serde_json::{Value, json};

use self::sound_streams::SoundStreams;
use self::words::{audio_offers, camera_offers, usage};
use crate::machine::WITHIN;
use crate::output;

/// One device, as it is listed.
struct Listed {
    kind: String,
    /// Its name, how else it may be called, who offers it, whether it is the default.
    title: String,
    /// What there is to be said of it, a line each.
    lines: Vec<String>,
    json: Value,
}

/// A process that has a device open.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub(crate) struct Holder {
    pub(crate) process: u32,
    pub(crate) name: String,
}

pub(crate) async fn run(json: bool) {
    let (audio, cameras, streams) = tokio::join!(
        exeunt_cpal::list(WITHIN),
        exeunt_nokhwa::list(),
        SoundStreams::look(),
    );
    let mut listed = Vec::new();
    let mut silent = Vec::new();
    match audio {
        Ok(devices) => listed.extend(devices.iter().map(|one| Listed::audio(one, &streams))),
        Err(error) => silent.push(("sound", error.to_string())),
    }
    match cameras {
        Ok(cameras) => listed.extend(cameras.iter().map(Listed::camera)),
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
    for device in listed {
        output::line(format_args!("{:10}  {}", device.kind, device.title));
        for line in &device.lines {
            output::line(format_args!("{:10}    {line}", ""));
        }
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

/// Whether a sound server stands between the programs and the device.
fn is_of_server(device: &AudioDevice) -> bool {
    matches!(device.host.as_str(), "PulseAudio" | "PipeWire")
}

impl Listed {
    fn audio(device: &AudioDevice, streams: &SoundStreams) -> Self {
        let shared = is_of_server(device);
        let held_by = if shared {
            streams.of(device.kind, &device.id)
        } else if device.is_free.is_some() {
            let holder = |holder: &exeunt_cpal::AudioHolder| Holder {
                process: holder.process,
                name: holder.name.clone(),
            };
            Some(device.held_by.iter().map(holder).collect())
        } else {
            None
        };
        let title = words::title(&device.name, &device.id, device.is_default);
        let title = format!("{title}, {}", device.host);
        let mut lines = vec![usage(device.is_free, shared, held_by.as_deref())];
        lines.extend(audio_offers(device, shared));
        Self {
            kind: device.kind.to_string(),
            title,
            lines,
            json: json!({
                "type": "device", "kind": device.kind, "name": device.name, "id": device.id,
                "host": device.host, "default": device.is_default, "free": device.is_free,
                "held_by": held_by, "config": device.config, "formats": device.formats,
            }),
        }
    }

    fn camera(camera: &CameraDevice) -> Self {
        let holders: Vec<Holder> = camera
            .held_by
            .iter()
            .map(|holder| Holder {
                process: holder.process,
                name: holder.name.clone(),
            })
            .collect();
        // Nobody seen is not nobody.
        let held_by = (camera.free.is_some() || !holders.is_empty()).then_some(holders);
        let mut lines = vec![usage(camera.free, false, held_by.as_deref())];
        let (formats, problem) = match &camera.formats {
            Ok(formats) => {
                lines.extend(camera_offers(formats));
                (formats.as_slice(), None)
            }
            Err(error) => {
                lines.push(error.to_string());
                (&[][..], Some(error.to_string()))
            }
        };
        let formats: Vec<_> = formats
            .iter()
            .map(|format| {
                json!({
                    "fourcc": format.fourcc, "pixels": format.pixels.map(PixelFormat::name),
                    "width": format.width, "height": format.height, "rates": format.rates,
                })
            })
            .collect();
        Self {
            kind: "camera".to_owned(),
            title: words::title(&camera.name, &camera.node, camera.is_default),
            lines,
            json: json!({
                "type": "device", "kind": "camera", "name": camera.name, "id": camera.node,
                "default": camera.is_default, "free": camera.free, "held_by": held_by,
                "formats": formats, "problem": problem,
            }),
        }
    }
}
