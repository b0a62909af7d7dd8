//! The adapter against a real sound server.
//!
//! Each story starts a PulseAudio of its own without hardware, and the program under test as a
//! process of its own, so that what it holds can be seen from outside.

mod console;
mod remote;
mod scene;
mod servers;

use std::path::Path;
use std::process::ExitCode;

use exeunt_requirements::{check, trial};
use libtest_mimic::{Arguments, Failed, Trial, run};

use crate::remote::CONSOLE;
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
            servers::server_dies,
        ),
        story(
            "a server that stops is told once as silence",
            servers::server_falls_silent,
        ),
        story(
            "a release that a stopped server holds up is given up and completes when it goes on",
            servers::held_up,
        ),
        story(
            "a source that falls silent without a word is told once, and let go of",
            servers::source_falls_silent,
        ),
        story(
            "a microphone that never delivers is let go of on a server that lives",
            servers::never_starts,
        ),
        story(
            "a server that has stopped before anybody asked it costs nothing but an answer",
            servers::stopped_from_the_start,
        ),
        story(
            "an opening that is abandoned on a server that has stopped is undone when it goes on",
            servers::opens_late,
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
            servers::listing_is_bounded,
        ),
        story(
            "a server that asks for no cookie is used by whoever has none",
            servers::without_a_cookie,
        ),
        without_a_card(
            "a server that refuses this program is why there is no microphone, and is named",
            servers::refused_by_the_server,
        ),
        without_a_card(
            "a server that is full is why there is no microphone, and is named",
            servers::full_server,
        ),
        without_a_card(
            "without a sound server and a sound card there is no microphone",
            servers::nothing_there,
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
    let before = program.ask("count")?;
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
        // The client's own threads end a moment after their connections.
        program.ask_until("count", |count| *count == before)?;
    }

    // And it plays on although the others were paused and deleted.
    program.expect("open microphone speaker.monitor", "opened")?;
    program.expect("speak 100", "spoken")?;
    let heard = program.ask("overhear")?;
    check(loudness(&heard) > 0.2, || {
        format!("it was not heard: {heard}")
    })?;
    nothing(program.other_signals())
}

fn nothing_grows() -> Result<(), Failed> {
    let (server, mut program, _sound) = scene()?;
    let before = program.ask("count")?;
    let mut cycle = || -> Result<(), Failed> {
        program.expect("open microphone default", "opened")?;
        program.expect("open speaker default", "opened")?;
        program.expect("release speaker 60000", "released")?;
        program.expect("release microphone 60000", "released")?;
        program.expect("open microphone nonsense", "error")?;
        program.expect("list", "devices").map(drop)
    };
    for _ in 0..30 {
        cycle()?;
    }
    // The client's own threads end a moment after their connections.
    program.ask_until("count", |count| *count == before)?;
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
    let candidates = "Speaker (speaker); MicFeed (micfeed)";
    same(
        &error,
        format!("\"e\" fits several speakers; name one of them: {candidates}"),
    )?;
    // What is said there can be said back.
    same(
        &program.expect("open speaker MicFeed (micfeed)", "opened")?,
        "MicFeed, 48000 Hz, mono, f32, 20 ms (PulseAudio)",
    )?;
    program.expect("release speaker 60000", "released")?;
    same(
        &program.expect("open speaker FEED", "opened")?,
        "MicFeed, 48000 Hz, mono, f32, 20 ms (PulseAudio)",
    )
}
