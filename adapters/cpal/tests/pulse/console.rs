//! The program under test: a process of its own that opens and releases devices as it is told.
//!
//! It reads commands from its input and answers each with one line of JSON. What a device says by
//! itself comes as a line in between.

use std::collections::BTreeMap;
use std::io::BufRead;
use std::time::{Duration, Instant};

use bytes::Bytes;
use exeunt_cpal::{CpalMicrophone, CpalSpeaker, list, stuck_threads};
use exeunt_port::{
    Codec, Device, DeviceError, DeviceLink, DeviceSide, DeviceSignal, FrameQueue, MediaFrame,
    OpenDevice, RemoteFrame,
};
use serde_json::{Value, json};
use tokio::sync::mpsc;
use tokio::task::JoinSet;

/// A device that is open, with the queues of its link.
struct Held {
    device: Box<dyn OpenDevice>,
    side: DeviceSide,
}

/// Obeys until its input ends.
pub(crate) fn run() -> Result<(), Box<dyn std::error::Error>> {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()?;
    runtime.block_on(obey());
    // What is stuck in a driver must not keep the process.
    runtime.shutdown_background();
    Ok(())
}

async fn obey() {
    let mut commands = commands();
    let mut held = BTreeMap::new();
    while let Some(command) = commands.recv().await {
        let words: Vec<&str> = command.splitn(words_of(&command), ' ').collect();
        let answer = match words.as_slice() {
            ["open", kind, name] => open(kind, name, &mut held).await,
            ["crowd", speakers, microphones] => crowd(speakers, microphones, &mut held).await,
            ["abandon", kind, name] => abandon(kind, name, &mut commands).await,
            ["release", kind, millis] => release(kind, duration(millis), &mut held).await,
            ["listen", packets] => listen(packets.parse().unwrap_or(0), &held).await,
            ["overhear"] => overhear(&held),
            ["speak", packets] => speak(packets.parse().unwrap_or(0), &held).await,
            ["list"] => devices().await,
            ["count"] => count(),
            _ => json!({ "error": format!("what is {command:?}?") }),
        };
        say("answer", &answer);
    }
}

/// A device's name may have words of its own.
fn words_of(command: &str) -> usize {
    if command.starts_with("open ") {
        3
    } else {
        usize::MAX
    }
}

fn say(key: &str, value: &Value) {
    println!("{}", json!({ key: value }));
}

fn commands() -> mpsc::Receiver<String> {
    let (sender, receiver) = mpsc::channel(16);
    std::thread::spawn(move || {
        for line in std::io::stdin().lock().lines().map_while(Result::ok) {
            if sender.blocking_send(line).is_err() {
                return;
            }
        }
    });
    receiver
}

fn device(kind: &str, name: &str) -> Box<dyn Device> {
    match (kind, name) {
        ("speaker", "default") => Box::new(CpalSpeaker::default_device()),
        ("speaker", name) => Box::new(CpalSpeaker::named(name)),
        (_, "default") => Box::new(CpalMicrophone::default_device()),
        (_, name) => Box::new(CpalMicrophone::named(name)),
    }
}

async fn open(kind: &str, name: &str, held: &mut BTreeMap<String, Held>) -> Value {
    let begun = Instant::now();
    match begin(device(kind, name)).await {
        Ok(opened) => {
            let description = opened.device.description();
            held.insert(kind.to_owned(), opened);
            json!({ "opened": description, "micros": micros(begun) })
        }
        Err(error) => json!({ "error": error.to_string() }),
    }
}

/// Opens so many default devices at once. They are called `speaker1` and so on from then on.
async fn crowd(speakers: &str, microphones: &str, held: &mut BTreeMap<String, Held>) -> Value {
    let mut opening = JoinSet::new();
    for (kind, number) in [("speaker", speakers), ("microphone", microphones)] {
        for number in 1..=number.parse().unwrap_or(0_u8) {
            let key = format!("{kind}{number}");
            let device = device(kind, "default");
            opening.spawn(async move { (key, begin(device).await) });
        }
    }
    let mut failed = BTreeMap::new();
    for (key, opened) in opening.join_all().await {
        match opened {
            Ok(opened) => drop(held.insert(key, opened)),
            Err(error) => drop(failed.insert(key, error.to_string())),
        }
    }
    if failed.is_empty() {
        json!({ "opened": held.keys().collect::<Vec<_>>() })
    } else {
        json!({ "error": failed })
    }
}

/// Opens it, and passes on what it says by itself.
async fn begin(device: Box<dyn Device>) -> Result<Held, DeviceError> {
    let (link, mut side) = DeviceLink::pair(FrameQueue::bounded(200));
    let device = device.open(link).await?;
    let (_, none) = mpsc::channel(1);
    let mut signals = std::mem::replace(&mut side.signals, none);
    tokio::spawn(async move {
        while let Some(signal) = signals.recv().await {
            say("signal", &signal_text(&signal));
        }
    });
    Ok(Held { device, side })
}

fn signal_text(signal: &DeviceSignal) -> Value {
    match signal {
        DeviceSignal::Vanished(error) => json!({ "vanished": error.to_string() }),
        DeviceSignal::Failed(error) => json!({ "failed": error.to_string() }),
    }
}

/// Opens, wants it no more at `silence`, and waits no longer at `give up`: as an exit that begins while a
/// device opens. The story has seen by then what it needs, however long that took.
async fn abandon(kind: &str, name: &str, commands: &mut mpsc::Receiver<String>) -> Value {
    let (link, side) = DeviceLink::pair(FrameQueue::bounded(1));
    let device = device(kind, name);
    let mut opening = device.open(link);
    loop {
        tokio::select! {
            // It begins to open before anything is said of it.
            biased;
            opened = &mut opening => {
                return match opened {
                    Ok(_) => json!({ "opened": "although it was abandoned" }),
                    Err(error) => json!({ "error": error.to_string() }),
                };
            }
            command = commands.recv() => match command.as_deref() {
                Some("silence") => side.silence(),
                Some("count") => say("answer", &count()),
                Some("give up") | None => break,
                Some(other) => say("answer", &json!({ "error": format!("what is {other:?}?") })),
            },
        }
    }
    drop(opening);
    json!({ "given up": stuck_threads() })
}

async fn release(kind: &str, bound: Duration, held: &mut BTreeMap<String, Held>) -> Value {
    let Some(Held { device, side }) = held.remove(kind) else {
        return json!({ "error": format!("no {kind} is open") });
    };
    side.silence();
    let begun = Instant::now();
    match tokio::time::timeout(bound, device.release()).await {
        Ok(Ok(())) => json!({ "released": kind, "micros": micros(begun) }),
        Ok(Err(error)) => json!({ "error": error.to_string() }),
        Err(_) => json!({ "given up": stuck_threads() }),
    }
}

/// Decodes this many packets that the microphone captures from now on.
async fn listen(packets: u32, held: &BTreeMap<String, Held>) -> Value {
    let Some(Held { side, .. }) = held.get("microphone") else {
        return json!({ "error": "no microphone is open" });
    };
    while side.captured.try_next().is_some() {}
    let mut frames = Vec::new();
    for _ in 0..packets {
        frames.extend(side.captured.next().await);
    }
    heard(&frames)
}

/// Decodes what the microphone has captured up to now, at most four seconds of it.
fn overhear(held: &BTreeMap<String, Held>) -> Value {
    match held.get("microphone") {
        Some(Held { side, .. }) => {
            heard(&std::iter::from_fn(|| side.captured.try_next()).collect::<Vec<_>>())
        }
        None => json!({ "error": "no microphone is open" }),
    }
}

fn heard(frames: &[MediaFrame]) -> Value {
    let Ok(mut decoder) = opus::Decoder::new(48_000, opus::Channels::Mono) else {
        return json!({ "error": "no decoder" });
    };
    let (mut energy, mut samples) = (0.0, 0_u32);
    for frame in frames {
        let mut sound = vec![0.0_f32; 5760];
        let length = decoder
            .decode_float(&frame.payload, &mut sound, false)
            .unwrap_or(0);
        energy += sound
            .iter()
            .take(length)
            .map(|sample| f64::from(sample * sample))
            .sum::<f64>();
        samples += u32::try_from(length).unwrap_or(0);
    }
    let in_order = frames
        .windows(2)
        .all(|pair| pair[1].sequence == pair[0].sequence + 1);
    let loudness = (energy / f64::from(samples.max(1))).sqrt();
    json!({ "loudness": loudness, "samples": samples, "in order": in_order })
}

/// Somebody in the room says something to our speaker.
async fn speak(packets: u16, held: &BTreeMap<String, Held>) -> Value {
    let encoder = opus::Encoder::new(48_000, opus::Channels::Mono, opus::Application::Voip);
    let (Some(Held { side, .. }), Ok(mut encoder), Ok(user)) =
        (held.get("speaker"), encoder, "bob".parse())
    else {
        return json!({ "error": "no speaker is open" });
    };
    let mut pace = tokio::time::interval(Duration::from_millis(20));
    for sequence in 0..packets {
        pace.tick().await;
        let sound: Vec<f32> = (0..960_u16)
            .map(|sample| (f32::from(sample) * 0.131).sin() * 0.5)
            .collect();
        let Ok(payload) = encoder.encode_vec_float(&sound, 1275) else {
            return json!({ "error": "not encoded" });
        };
        let frame = MediaFrame {
            codec: Codec::Opus,
            sequence: u32::from(sequence),
            captured_at_micros: 0,
            payload: Bytes::from(payload),
        };
        let user = exeunt_port::UserId::clone(&user);
        side.playback.push(RemoteFrame { user, frame });
    }
    json!({ "spoken": packets })
}

async fn devices() -> Value {
    match list(Duration::from_secs(1)).await {
        Ok(devices) => json!({ "devices": devices }),
        Err(error) => json!({ "error": error.to_string() }),
    }
}

/// What the kernel says that this process has.
fn count() -> Value {
    let entries = |folder: &str| std::fs::read_dir(folder).map_or(0, Iterator::count);
    json!({
        "threads": entries("/proc/self/task"),
        "descriptors": entries("/proc/self/fd"),
        "stuck": stuck_threads(),
    })
}

fn duration(millis: &str) -> Duration {
    Duration::from_millis(millis.parse().unwrap_or(0))
}

fn micros(begun: Instant) -> u64 {
    u64::try_from(begun.elapsed().as_micros()).unwrap_or(u64::MAX)
}
