//! Opens a camera and tells in JSON lines what becomes of it.
//!
//! ```text
//! cargo run -p exeunt-nokhwa --example capture -- --list
//! cargo run -p exeunt-nokhwa --example capture -- --camera /dev/video0 --frames 30 --cycles 3
//! ```
//!
//! Each cycle opens the camera, takes frames and releases it. The exit code is 0 if every cycle ended
//! with a release that was confirmed, 1 otherwise.

use std::io::Write;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::{Duration, Instant};

use clap::Parser;
use exeunt_nokhwa::{CameraFormat, FormatRequest, NokhwaCamera, list, stuck_threads};
use exeunt_port::{
    Device, DeviceError, DeviceLink, DeviceSide, DeviceSignal, FrameQueue, MediaFrame,
};
use serde_json::{Value, json};

/// Frames that may wait for being printed.
const WAITING: usize = 8;

/// Captures from a camera and tells what happens, in JSON lines.
#[derive(Debug, Parser)]
struct Arguments {
    /// List the cameras instead.
    #[arg(long)]
    list: bool,
    /// Name, part of the name, index or node; the first camera if left out.
    #[arg(long)]
    camera: Option<String>,
    /// Wanted width in pixels.
    #[arg(long, default_value_t = 640)]
    width: u32,
    /// Wanted height in pixels.
    #[arg(long, default_value_t = 480)]
    height: u32,
    /// Wanted pictures a second.
    #[arg(long, default_value_t = 30)]
    rate: u32,
    /// What the camera has to offer, such as 1280x720@30:mjpeg.
    #[arg(long)]
    require: Option<FormatRequest>,
    /// Milliseconds without a picture until the camera counts as vanished.
    #[arg(long, default_value_t = 2000)]
    watchdog: u64,
    /// Release after so many frames.
    #[arg(long, default_value_t = 30)]
    frames: u32,
    /// Release after so many milliseconds, whatever came until then.
    #[arg(long)]
    milliseconds: Option<u64>,
    /// How many times to open and release.
    #[arg(long, default_value_t = 1)]
    cycles: u32,
    /// Print a line for each frame.
    #[arg(long)]
    each: bool,
    /// Write the last frame of each cycle to this file.
    #[arg(long)]
    save: Option<PathBuf>,
}

#[tokio::main]
async fn main() -> ExitCode {
    let arguments = Arguments::parse();
    if arguments.list {
        return list_cameras().await;
    }
    let camera = arguments
        .camera
        .as_ref()
        .map_or_else(NokhwaCamera::default_device, NokhwaCamera::named);
    let camera = camera
        .size(arguments.width, arguments.height)
        .rate(arguments.rate)
        .require(arguments.require.unwrap_or_default())
        .watchdog(Duration::from_millis(arguments.watchdog));
    let mut confirmed = true;
    for cycle in 0..arguments.cycles {
        confirmed &= run(&camera, &arguments, cycle).await;
    }
    if confirmed {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}

/// One cycle; answers whether the camera was opened and its release confirmed.
async fn run(camera: &NokhwaCamera, arguments: &Arguments, cycle: u32) -> bool {
    let (link, mut side) = DeviceLink::pair(FrameQueue::bounded(WAITING));
    let began = Instant::now();
    let open = match camera.open(link).await {
        Ok(open) => open,
        Err(error) => {
            say(
                "refused",
                cycle,
                began,
                json!({ "error": error_of(&error) }),
            );
            return false;
        }
    };
    say(
        "opened",
        cycle,
        began,
        json!({ "camera": open.description() }),
    );

    let last = watch(&mut side, arguments, cycle).await;
    if let (Some(path), Some(frame)) = (&arguments.save, last)
        && let Err(error) = std::fs::write(path, &frame.payload)
    {
        say(
            "unsaved",
            cycle,
            began,
            json!({ "error": error.to_string() }),
        );
    }

    side.silence();
    let began = Instant::now();
    let released = open.release().await;
    let counts = camera.counts();
    let detail = json!({
        "confirmed": released.is_ok(),
        "error": released.as_ref().err().map(error_of),
        "captured": counts.captured,
        "damaged": counts.damaged,
        "too_large": counts.too_large,
        "descriptors": entries("/proc/self/fd"),
        "threads": entries("/proc/self/task"),
        "stuck_threads": stuck_threads(),
    });
    say("released", cycle, began, detail);
    released.is_ok()
}

/// Takes frames until there were enough or the camera is lost; answers the last one.
async fn watch(side: &mut DeviceSide, arguments: &Arguments, cycle: u32) -> Option<MediaFrame> {
    let began = Instant::now();
    let (mut count, mut last) = (0, None);
    let bound = arguments
        .milliseconds
        .map_or(Duration::MAX, Duration::from_millis);
    let enough = tokio::time::sleep(bound);
    tokio::pin!(enough);
    while count < arguments.frames {
        tokio::select! {
            Some(signal) = side.signals.recv() => {
                let (event, error) = match signal {
                    DeviceSignal::Vanished(error) => ("vanished", error),
                    DeviceSignal::Failed(error) => ("failed", error),
                };
                let detail = json!({
                    "error": error_of(&error),
                    "frames": count,
                    "descriptors": entries("/proc/self/fd"),
                });
                say(event, cycle, began, detail);
                return last;
            }
            Some(frame) = side.captured.next() => {
                count += 1;
                if arguments.each {
                    let detail = json!({
                        "sequence": frame.sequence,
                        "captured_at_micros": frame.captured_at_micros,
                        "bytes": frame.payload.len(),
                    });
                    say("frame", cycle, began, detail);
                }
                last = Some(frame);
            }
            () = &mut enough => break,
            else => return last,
        }
    }
    let bytes = last.as_ref().map(|frame| frame.payload.len());
    say(
        "frames",
        cycle,
        began,
        json!({ "frames": count, "last_bytes": bytes }),
    );
    last
}

async fn list_cameras() -> ExitCode {
    let cameras = match list().await {
        Ok(cameras) => cameras,
        Err(error) => {
            print(&json!({ "event": "unlisted", "error": error.to_string() }));
            return ExitCode::FAILURE;
        }
    };
    for camera in cameras {
        let (formats, error) = match camera.formats {
            Ok(formats) => (formats, None),
            Err(error) => (Vec::new(), Some(error_of(&error))),
        };
        let formats: Vec<Value> = formats.iter().map(format_of).collect();
        let line = json!({
            "event": "camera",
            "name": camera.name,
            "node": camera.node,
            "free": camera.free,
            "formats": formats,
            "error": error,
        });
        print(&line);
    }
    ExitCode::SUCCESS
}

fn format_of(format: &CameraFormat) -> Value {
    json!({
        "fourcc": format.fourcc,
        "size": format!("{}x{}", format.width, format.height),
        "rates": format.rates,
    })
}

/// The error's kind, for scripts, and its words, for people.
fn error_of(error: &DeviceError) -> Value {
    let debug = format!("{error:?}");
    let kind = debug.split([' ', '{', '(']).next().unwrap_or_default();
    json!({ "kind": kind, "detail": error.to_string() })
}

/// How many entries a folder has; `None` where there is no such folder.
fn entries(folder: &str) -> Option<usize> {
    Some(std::fs::read_dir(folder).ok()?.count())
}

fn say(event: &str, cycle: u32, began: Instant, detail: Value) {
    let mut line = json!({ "event": event, "cycle": cycle, "ms": began.elapsed().as_millis() });
    if let (Some(line), Value::Object(detail)) = (line.as_object_mut(), detail) {
        line.extend(detail);
    }
    print(&line);
}

fn print(line: &Value) {
    // Whoever reads this may have heard enough; the camera is released all the same.
    let _ = writeln!(std::io::stdout(), "{line}");
}
