//! The adapter against a real sound server.
//!
//! Each story starts a PulseAudio of its own without hardware, and the program under test as a
//! process of its own, so that what it holds can be seen from outside.

mod console;
mod remote;
mod scene;

use std::path::Path;
use std::process::ExitCode;

use exeunt_requirements::{check, trial};
use libtest_mimic::{Arguments, Failed, Trial, run};
use serde_json::Value;

use crate::remote::{CONSOLE, Remote};
use crate::scene::{loudness, nothing, same, scene};

const NEEDS: &[&str] = &["sh", "pulseaudio", "pactl", "paplay"];

fn main() -> ExitCode {
    if std::env::var_os(CONSOLE).is_some() {
        return match console::run() {
            Ok(()) => ExitCode::SUCCESS,
            Err(error) => {
                eprintln!("{error}");
                ExitCode::FAILURE
            }
        };
    }
    let story = |name, story: fn() -> Result<(), Failed>| trial(name, NEEDS, story);
    let stories: Vec<Trial> = vec![
        story(
            "what is said is captured, and after the release the server has nothing of us",
            captured,
        ),
        story(
            "what the room says is played, while a microphone of the same process listens",
            played,
        ),
        story(
            "speakers and microphones of one process open at once, and each is let go of alone",
            crowded,
        ),
        story(
            "a server that dies is told once and the release finishes",
            server_dies,
        ),
        story(
            "a server that stops is told once as silence",
            server_falls_silent,
        ),
        story(
            "a release that a stopped server holds up is given up and completes when it goes on",
            held_up,
        ),
        story(
            "a source that falls silent without a word is told once, and let go of",
            source_falls_silent,
        ),
        story(
            "a microphone that never delivers is given up, and let go of at its first sound",
            never_starts,
        ),
        story(
            "a device that opens after it was abandoned is let go of at once",
            opens_late,
        ),
        story(
            "opening and releasing again and again leaves nothing behind",
            nothing_grows,
        ),
        story(
            "the devices are listed, and a name that fits none or several names them",
            listed,
        ),
        story(
            "listing is bounded while the server is stopped",
            listing_is_bounded,
        ),
        without_a_card(
            "without a sound server and a sound card there is no microphone",
            nothing_there,
        ),
    ];
    // Each has a server and a clock of its own to keep up with; a few processors are soon busy.
    let mut arguments = Arguments::from_args();
    arguments.test_threads = arguments.test_threads.or(Some(2));
    run(&arguments, stories).exit_code()
}

/// A story that a sound card would spoil: it would be opened, and rightly.
fn without_a_card(name: &str, story: fn() -> Result<(), Failed>) -> Trial {
    let trial = Trial::test(name, story);
    if Path::new("/proc/asound/cards").exists() {
        trial
            .with_kind("not run: there is a sound card")
            .with_ignored_flag(true)
    } else {
        trial
    }
}

fn captured() -> Result<(), Failed> {
    let (server, mut program, _sound) = scene()?;
    let description = program.expect("open microphone default", "opened")?;
    same(&description, "Mic, 48000 Hz, mono, f32, 20 ms (PulseAudio)")?;
    let recorded = server.source_outputs()?;
    same(&recorded.len(), 1)?;
    same(&recorded[0].process, Some(program.process()))?;
    same(&recorded[0].device, "mic")?;

    let heard = program.ask_until("listen 50", |heard| loudness(heard) > 0.2)?;
    same(&heard["samples"], 48_000)?;
    same(&heard["in order"], true)?;
    check(loudness(&heard) < 0.45, || {
        format!("a tone of -6 dB is not that loud: {heard}")
    })?;

    program.expect("release microphone 60000", "released")?;
    // At once, not after a while: the release is reported when the server has confirmed it.
    nothing(&server.source_outputs()?)?;
    nothing(program.other_signals())
}

fn played() -> Result<(), Failed> {
    let (server, mut program, _sound) = scene()?;
    let description = program.expect("open speaker default", "opened")?;
    same(
        &description,
        "Speaker, 48000 Hz, mono, f32, 20 ms (PulseAudio)",
    )?;
    program.expect("open microphone speaker.monitor", "opened")?;
    let silence = program.ask("listen 10")?;
    check(loudness(&silence) < 0.001, || {
        format!("nobody has spoken yet: {silence}")
    })?;
    same(&server.sink_inputs()?.len(), 1)?;

    program.expect("speak 100", "spoken")?;
    let heard = program.ask("overhear")?;
    check(loudness(&heard) > 0.2, || {
        format!("it was not heard: {heard}")
    })?;
    let silence = program.ask_until("listen 10", |heard| loudness(heard) < 0.001)?;
    same(&silence["in order"], true)?;
    program.expect("speak 20", "spoken")?;
    program.expect("release speaker 60000", "released")?;
    nothing(&server.sink_inputs()?)?;
    same(&server.source_outputs()?.len(), 1)?;
    program.expect("release microphone 60000", "released")?;
    nothing(&server.source_outputs()?)?;
    nothing(program.other_signals())
}

fn crowded() -> Result<(), Failed> {
    let (server, mut program, _sound) = scene()?;
    // It plays while the others open: the server must not take them for parts of it.
    program.expect("open speaker default", "opened")?;
    let mut counts = Vec::new();
    for _ in 0..3 {
        program.expect("crowd 5 3", "opened")?;
        same(&server.sink_inputs()?.len(), 6)?;
        same(&server.source_outputs()?.len(), 3)?;
        for speaker in 1..=5 {
            program.expect(&format!("release speaker{speaker} 60000"), "released")?;
            same(&server.sink_inputs()?.len(), 6 - speaker)?;
        }
        for microphone in 1..=3 {
            program.expect(&format!("release microphone{microphone} 60000"), "released")?;
        }
        nothing(&server.source_outputs()?)?;
        counts.push(program.ask("count")?);
    }
    same(&counts[2], counts[1].clone())?;

    // And it plays on although the others were paused and deleted.
    program.expect("open microphone speaker.monitor", "opened")?;
    program.expect("speak 100", "spoken")?;
    let heard = program.ask("overhear")?;
    check(loudness(&heard) > 0.2, || {
        format!("it was not heard: {heard}")
    })?;
    nothing(program.other_signals())
}

fn server_dies() -> Result<(), Failed> {
    let (server, mut program, _sound) = scene()?;
    program.expect("open microphone default", "opened")?;
    program.expect("open speaker default", "opened")?;
    server.kill()?;
    for _ in 0..2 {
        let signal = program.signal()?;
        let told = signal["vanished"].as_str().unwrap_or_default().to_owned();
        check(told.contains("PulseAudio disconnected"), || {
            format!("{signal}")
        })?;
    }
    program.expect("release microphone 60000", "released")?;
    program.expect("release speaker 60000", "released")?;
    nothing(program.other_signals())?;
    same(&program.ask("count")?["stuck"], 0)?;
    // The connections that have died are given up, and what is asked next is answered.
    program.expect("open speaker nonsense", "error")?;
    program.expect("list", "devices").map(drop)
}

fn server_falls_silent() -> Result<(), Failed> {
    let (server, mut program, _sound) = scene()?;
    program.expect("open microphone default", "opened")?;
    server.stop()?;
    let signal = program.signal()?;
    same(&signal["vanished"], "Mic has vanished: no sound for 2 s")?;
    server.cont()?;
    program.expect("release microphone 60000", "released")?;
    nothing(&server.source_outputs()?)?;
    nothing(program.other_signals())
}

fn source_falls_silent() -> Result<(), Failed> {
    let (server, mut program, _sound) = scene()?;
    program.expect("open microphone default", "opened")?;
    server.suspend_source("mic", true)?;
    let signal = program.signal()?;
    same(&signal["vanished"], "Mic has vanished: no sound for 2 s")?;
    // It counts as released already, so nothing of it is kept.
    program.expect("release microphone 60000", "released")?;
    nothing(&server.source_outputs()?)?;
    nothing(program.other_signals())
}

fn never_starts() -> Result<(), Failed> {
    let (server, mut program, _sound) = scene()?;
    server.suspend_source("mic", true)?;
    same(
        &program.expect("abandon microphone default 500", "given up")?,
        1,
    )?;
    same(&server.source_outputs()?.len(), 1)?;
    server.suspend_source("mic", false)?;
    program.ask_until("count", |count| count["stuck"] == 0)?;
    nothing(&server.source_outputs()?)
}

fn held_up() -> Result<(), Failed> {
    let (server, mut program, _sound) = scene()?;
    program.expect("open microphone default", "opened")?;
    server.stop()?;
    same(&program.expect("release microphone 700", "given up")?, 1)?;
    same(&program.ask("count")?["stuck"], 1)?;
    server.cont()?;
    program.ask_until("count", |count| count["stuck"] == 0)?;
    nothing(&server.source_outputs()?)?;
    // And it can be opened again.
    program.expect("open microphone default", "opened")?;
    program
        .expect("release microphone 60000", "released")
        .map(drop)
}

fn opens_late() -> Result<(), Failed> {
    let (server, mut program, _sound) = scene()?;
    program.expect("open microphone default", "opened")?;
    program.expect("release microphone 60000", "released")?;
    server.stop()?;
    same(
        &program.expect("abandon microphone default 300", "given up")?,
        1,
    )?;
    server.cont()?;
    program.ask_until("count", |count| count["stuck"] == 0)?;
    nothing(&server.source_outputs()?)
}

fn nothing_grows() -> Result<(), Failed> {
    let (server, mut program, _sound) = scene()?;
    let mut cycle = || {
        program.expect("open microphone default", "opened")?;
        program.expect("open speaker default", "opened")?;
        program.expect("release speaker 60000", "released")?;
        program.expect("release microphone 60000", "released")?;
        program.expect("open microphone nonsense", "error")?;
        program.expect("list", "devices")?;
        program.ask("count")
    };
    let after_one = cycle()?;
    let after_all = (0..30).map(|_| cycle()).last().ok_or("no cycle")??;
    same(&after_all, after_one)?;
    nothing(&server.source_outputs()?)?;
    nothing(&server.sink_inputs()?)
}

fn listed() -> Result<(), Failed> {
    let (_server, mut program, _sound) = scene()?;
    let devices = program.expect("list", "devices")?;
    let shown: Vec<String> = devices
        .as_array()
        .into_iter()
        .flatten()
        .map(|device| {
            format!(
                "{} {} {}",
                device["kind"], device["name"], device["is_default"]
            )
        })
        .collect();
    let expected = [
        "\"microphone\" \"Mic\" true",
        "\"speaker\" \"Speaker\" true",
        "\"speaker\" \"MicFeed\" false",
    ];
    same(&shown, expected)?;
    same(&devices[0]["config"]["sample_rate"], 48_000)?;
    let error = program.expect("open microphone nonsense", "error")?;
    same(
        &error,
        "no microphone is called \"nonsense\"; there is Mic (mic)",
    )?;
    let error = program.expect("open speaker e", "error")?;
    let candidates = "Speaker (speaker), MicFeed (micfeed)";
    same(
        &error,
        format!("\"e\" fits several speakers: {candidates}; name one of them"),
    )?;
    same(
        &program.expect("open speaker FEED", "opened")?,
        "MicFeed, 48000 Hz, mono, f32, 20 ms (PulseAudio)",
    )
}

fn listing_is_bounded() -> Result<(), Failed> {
    let (server, mut program, _sound) = scene()?;
    program.expect("list", "devices")?;
    server.stop()?;
    same(
        &program.expect("list", "error")?,
        "the sound system did not answer within 1 s",
    )?;
    same(&program.ask("count")?["stuck"], 1)?;
    server.cont()?;
    program.ask_until("count", |count| count["stuck"] == 0)?;
    program.expect("list", "devices").map(drop)
}

fn nothing_there() -> Result<(), Failed> {
    let nowhere = tempfile::tempdir()?;
    let socket = nowhere.path().join("native");
    let mut program = Remote::start(vec![
        ("PULSE_SERVER", format!("unix:{}", socket.display())),
        ("XDG_RUNTIME_DIR", nowhere.path().display().to_string()),
        ("PULSE_RUNTIME_PATH", nowhere.path().display().to_string()),
    ])?;
    let error = program.expect("open microphone default", "error")?;
    same(&error, "no microphone is called \"default\"; there is none")?;
    same(
        &program.expect("list", "devices")?,
        Value::Array(Vec::new()),
    )
}
