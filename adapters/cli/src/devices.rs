//! `exeunt devices`: what the machine has, and what of it is free.

use std::time::Duration;

use serde_json::json;

use crate::failure::Failure;

/// A sound system that does not answer within this is said not to.
pub(crate) const WITHIN: Duration = Duration::from_secs(5);

pub(crate) async fn run(json: bool) -> Result<(), Failure> {
    let (audio, cameras) = tokio::join!(exeunt_cpal::list(WITHIN), exeunt_nokhwa::list());
    match audio {
        Ok(devices) => {
            for device in devices {
                let config = device.config.as_ref().map(|config| {
                    let (rate, channels) = (config.sample_rate, config.channels);
                    format!("{rate} Hz, {channels} channels, {}", config.sample_format)
                });
                say(
                    json,
                    &device.kind.to_string(),
                    &device.name,
                    &device.host,
                    device.is_default,
                    config,
                    device.is_free,
                );
            }
        }
        Err(error) => complain(json, "sound", &error.to_string()),
    }
    match cameras {
        Ok(cameras) => {
            for camera in cameras {
                let formats: Vec<_> = camera
                    .formats
                    .iter()
                    .map(|format| format!("{} {}x{}", format.fourcc, format.width, format.height))
                    .collect();
                say(
                    json,
                    "camera",
                    &camera.name,
                    &camera.node,
                    false,
                    Some(formats.join("; ")),
                    camera.free,
                );
            }
        }
        Err(error) => complain(json, "cameras", &error.to_string()),
    }
    if !json {
        println!(
            "always there: a tone for a microphone, a test picture for a camera, WAV and Y4M files for either"
        );
    }
    Ok(())
}

fn say(
    json: bool,
    kind: &str,
    name: &str,
    host: &str,
    is_default: bool,
    config: Option<String>,
    free: Option<bool>,
) {
    if json {
        println!(
            "{}",
            json!({ "type": "device", "kind": kind, "name": name, "host": host, "default": is_default, "config": config, "free": free })
        );
        return;
    }
    let free = match free {
        Some(true) => "free",
        Some(false) => "in use",
        None => "free or shared",
    };
    let default = if is_default { ", default" } else { "" };
    println!(
        "{kind:10} {name} ({host}{default}) {free}  {}",
        config.unwrap_or_default()
    );
}

fn complain(json: bool, what: &str, why: &str) {
    if json {
        println!("{}", json!({ "type": "unknown", "what": what, "why": why }));
    } else {
        println!("{what}: {why}");
    }
}
