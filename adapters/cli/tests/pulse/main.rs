//! The demo with a microphone and a speaker of a real sound server.

use std::process::{Command, ExitCode, Stdio};
use std::time::{Duration, Instant};

use exeunt_loopback::write_melody_wav;
use exeunt_pulse_server::PulseServer;
use exeunt_requirements::{check, trial};
use libtest_mimic::{Arguments, Failed, Trial, run};
use serde_json::{Value, json};

const NEEDS: &[&str] = &["sh", "pulseaudio", "pactl", "paplay"];

fn main() -> ExitCode {
    let story = |name, story: fn() -> Result<(), Failed>| trial(name, NEEDS, story);
    let stories: Vec<Trial> = vec![
        story(
            "three processes use the machine's microphone and speaker, and the sound server shows them off",
            three_processes,
        ),
        story(
            "in one process one person uses the machine's microphone and speaker, and the sound server shows them off",
            one_process,
        ),
        story(
            "a microphone and a speaker that are there are listed, and found by a part of their names",
            listed,
        ),
        story("who uses a speaker of the sound server is told", used),
    ];
    run(&Arguments::from_args(), stories).exit_code()
}

fn three_processes() -> Result<(), Failed> {
    let lines = demo("websocket")?;
    says(
        &lines,
        "microphones: \"Mic\" (PulseAudio); speakers: \"Speaker\" (PulseAudio)",
    )?;
    really_off(&lines, 6)
}

fn one_process() -> Result<(), Failed> {
    let lines = demo("loopback")?;
    says(
        &lines,
        "microphones: \"Mic\" (PulseAudio) for alice, WAV files for the others",
    )?;
    really_off(&lines, 2)
}

fn listed() -> Result<(), Failed> {
    let server = PulseServer::start()?;
    let lines = exeunt(&server, &["devices"])?;
    let found = |kind: &str, name: &str| {
        let mut lines = lines.iter();
        let default = |line: &&Value| line["kind"] == kind && line["name"] == name;
        lines.find(default).cloned().unwrap_or_default()
    };
    for device in [found("microphone", "Mic"), found("speaker", "Speaker")] {
        check(device["default"] == true, || {
            format!("{device}: {lines:#?}")
        })?;
        // The server can be asked, and nobody uses anything yet.
        check(device["held_by"] == json!([]), || format!("{device}"))?;
        check(device["config"]["sample_rate"] == 48_000, || {
            format!("{device}")
        })?;
    }
    Ok(())
}

/// No server takes longer to play what it was given.
const SOON: Duration = Duration::from_secs(20);

fn used() -> Result<(), Failed> {
    let mut server = PulseServer::start()?;
    let folder = tempfile::tempdir()?;
    let sound = folder.path().join("sound.wav");
    write_melody_wav(&sound, 4)?;
    // What is fed to the microphone is played by a process of its own, on a speaker of its own.
    server.feed(&sound)?;
    let is_used = |line: &Value| {
        line["held_by"]
            .as_array()
            .is_some_and(|holders| !holders.is_empty())
    };
    let began = Instant::now();
    let lines = loop {
        let lines = exeunt(&server, &["devices"])?;
        if lines.iter().any(is_used) || began.elapsed() > SOON {
            break lines;
        }
    };
    let holders: Vec<&Value> = lines
        .iter()
        .filter_map(|line| line["held_by"].as_array())
        .flatten()
        .collect();
    let paplay = |holder: &&&Value| {
        holder["process"].is_u64() && holder["name"].as_str().is_some_and(|name| !name.is_empty())
    };
    check(
        holders.len() == 1 && holders.iter().all(|one| paplay(&one)),
        || format!("who plays is not told: {lines:#?}"),
    )
}

/// A demo with the machine's own devices, in which nothing was broken.
fn demo(transport: &str) -> Result<Vec<Value>, Failed> {
    let mut server = PulseServer::start()?;
    let folder = tempfile::tempdir()?;
    let sound = folder.path().join("sound.wav");
    write_melody_wav(&sound, 4)?;
    server.feed(&sound)?;
    let transport = format!("--transport={transport}");
    let picture = format!("--picture={}", folder.path().join("demo.svg").display());
    let lines = exeunt(&server, &["demo", "--devices=auto", &transport, &picture])?;
    let broken: Vec<_> = lines
        .iter()
        .filter(|line| line["verdict"] == "broken")
        .collect();
    check(broken.is_empty(), || format!("{broken:#?}"))?;
    Ok(lines)
}

/// What the program says with this sound server, one JSON object a line; it has to succeed.
fn exeunt(server: &PulseServer, words: &[&str]) -> Result<Vec<Value>, Failed> {
    let output = Command::new(env!("CARGO_BIN_EXE_exeunt"))
        .arg("--json")
        .args(words)
        .envs(server.env())
        .stdin(Stdio::null())
        .output()?;
    let text = String::from_utf8_lossy(&output.stdout);
    check(output.status.success(), || {
        let complaints = String::from_utf8_lossy(&output.stderr);
        format!("{}: {complaints}\n{text}", output.status)
    })?;
    Ok(text
        .lines()
        .map(serde_json::from_str)
        .collect::<Result<_, _>>()?)
}

fn says(lines: &[Value], words: &str) -> Result<(), Failed> {
    let said = |line: &Value| {
        line["text"]
            .as_str()
            .is_some_and(|text| text.contains(words))
    };
    check(lines.iter().any(said), || {
        format!("it does not say {words:?}")
    })
}

/// So many devices were shown by the sound server, and gone in time (G-13).
fn really_off(lines: &[Value], devices: usize) -> Result<(), Failed> {
    let row = lines.iter().find(|line| line["guarantee"] == "G-13");
    let held = row.is_some_and(|row| row["verdict"] == "held");
    check(held, || format!("{row:#?}"))?;
    let shown = lines
        .iter()
        .filter(|line| line["shown_by"] == "sound_server" && line["gone"].is_u64())
        .count();
    check(shown == devices, || {
        format!("{shown} instead of {devices} devices")
    })
}
