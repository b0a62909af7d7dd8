//! What befalls a sound server, and what it keeps from whoever asks it.

use std::io::BufReader;
use std::os::unix::net::{UnixListener, UnixStream};
use std::time::{Duration, Instant};

use exeunt_pulse_server::PulseServer;
use exeunt_requirements::check;
use libtest_mimic::Failed;
use pulseaudio::protocol::{MAX_VERSION, PulseError, read_command_message, write_error};
use serde_json::Value;

use crate::remote::Remote;
use crate::scene::{nothing, same, scene, until};

pub(crate) fn server_dies() -> Result<(), Failed> {
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

pub(crate) fn server_falls_silent() -> Result<(), Failed> {
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

pub(crate) fn source_falls_silent() -> Result<(), Failed> {
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

pub(crate) fn never_starts() -> Result<(), Failed> {
    let (server, mut program, _sound) = scene()?;
    server.suspend_source("mic", true)?;
    program.tell("abandon microphone default")?;
    until(|| is_recording(&server))?;
    program.tell("silence")?;
    let answer = program.answer()?;
    same(&answer["error"], "opening was abandoned")?;
    // The server lives, its source is as silent as before, and it has nothing of us.
    nothing(&server.source_outputs()?)?;
    same(&program.ask("count")?["stuck"], 0)?;

    // And it can be opened again.
    server.suspend_source("mic", false)?;
    program.expect("open microphone default", "opened")?;
    program.expect("release microphone 60000", "released")?;
    nothing(&server.source_outputs()?)
}

/// Whether the server records for a program, though there may be no sound for it.
fn is_recording(server: &PulseServer) -> Result<bool, Failed> {
    let streams = server.source_outputs()?;
    Ok(streams.iter().any(|stream| stream.corked == Some(false)))
}

/// How long an opening waits for each of a server's answers.
const ANSWER: Duration = Duration::from_secs(2);

pub(crate) fn stopped_from_the_start() -> Result<(), Failed> {
    let (server, mut program, _sound) = scene()?;
    let before = program.ask("count")?;
    server.stop()?;
    for _ in 0..3 {
        let refused = program.expect("crowd 1 1", "error")?;
        for (device, asked) in [("microphone1", "microphone"), ("speaker1", "speaker")] {
            let told = refused[device].as_str().unwrap_or_default();
            check(
                told.starts_with(&format!("default {asked}: the sound server at /")),
                || format!("{refused}"),
            )?;
            check(told.ends_with("did not answer within 2 s"), || {
                format!("{refused}")
            })?;
        }
    }
    // Nothing waits for the server to go on, and nothing is left when it does.
    program.ask_until("count", |count| *count == before)?;
    // Whoever does not want it any more does not even wait for that.
    let calls_the_server =
        |count: &Value| count["descriptors"].as_u64() > before["descriptors"].as_u64();
    for kind in ["microphone", "speaker"] {
        let begun = Instant::now();
        program.tell(&format!("abandon {kind} default"))?;
        program.ask_until("count", calls_the_server)?;
        let answer = program.ask("silence")?;
        same(&answer["error"], "opening was abandoned")?;
        // The server's silence would have ended it as well, but not yet.
        check(begun.elapsed() < ANSWER, || {
            format!("the {kind} waited for the server")
        })?;
        program.ask_until("count", |count| *count == before)?;
    }
    server.cont()?;
    program.expect("open speaker default", "opened")?;
    program.expect("open microphone default", "opened")?;
    program.expect("release speaker 60000", "released")?;
    program.expect("release microphone 60000", "released")?;
    nothing(&server.source_outputs()?)?;
    nothing(&server.sink_inputs()?)?;
    program
        .ask_until("count", |count| *count == before)
        .map(drop)
}

pub(crate) fn held_up() -> Result<(), Failed> {
    let (server, mut program, _sound) = scene()?;
    program.expect("open microphone default", "opened")?;
    server.stop()?;
    same(&program.expect("release microphone 700", "given up")?, 1)?;
    program.ask_until("count", |count| count["stuck"] == 1)?;
    server.cont()?;
    program.ask_until("count", |count| count["stuck"] == 0)?;
    nothing(&server.source_outputs()?)?;
    // And it can be opened again.
    program.expect("open microphone default", "opened")?;
    program
        .expect("release microphone 60000", "released")
        .map(drop)
}

pub(crate) fn opens_late() -> Result<(), Failed> {
    let (server, mut program, _sound) = scene()?;
    server.suspend_source("mic", true)?;
    program.tell("abandon microphone default")?;
    until(|| Ok(server.source_outputs()?.len() == 1))?;
    // The server has a stream of ours, and cannot be told that it is not wanted any more.
    server.stop()?;
    program.tell("silence")?;
    // It waits for the server, which may have something of ours: whoever answers now answers too early.
    program.ask_until("count", |count| count["stuck"] == 1)?;
    same(&program.ask("give up")?["given up"], 1)?;
    server.cont()?;
    program.ask_until("count", |count| count["stuck"] == 0)?;
    nothing(&server.source_outputs()?)
}

pub(crate) fn without_a_cookie() -> Result<(), Failed> {
    let (server, _, folder) = scene()?;
    let mut env = server.env();
    env.push(("HOME", folder.path().display().to_string()));
    let mut program = Remote::start(env)?;
    let opened = program.expect("open microphone default", "opened")?;
    same(&opened, "Mic, 48000 Hz, mono, f32, 20 ms (PulseAudio)")?;
    program
        .expect("release microphone 60000", "released")
        .map(drop)
}

pub(crate) fn refused_by_the_server() -> Result<(), Failed> {
    // The server itself takes everybody of its own user, and a test has no other. So its words are said
    // here.
    let folder = tempfile::tempdir()?;
    let socket = folder.path().join("native");
    let door = UnixListener::bind(&socket)?;
    std::thread::spawn(move || {
        for mut caller in door.incoming().map_while(Result::ok) {
            let asked = read_command_message(&mut BufReader::new(&mut caller), MAX_VERSION);
            if let Ok((number, _)) = asked {
                let _ = write_error(&mut caller, number, &PulseError::AccessDenied);
            }
        }
    });
    let mut program = Remote::start(vec![("PULSE_SERVER", format!("unix:{}", socket.display()))])?;
    let why = format!(
        "the sound server at {} refuses this program (Access failure): give the program the server's \
         cookie (PULSE_COOKIE names its file), or its sandbox the permission to use sound",
        socket.display()
    );
    for kind in ["microphone", "speaker"] {
        let error = program.expect(&format!("open {kind} default"), "error")?;
        told(&error, "no permission to open ", &why)?;
    }
    let error = program.expect("list", "error")?;
    same(
        &error,
        format!("no permission to use the sound devices: {why}"),
    )
}

pub(crate) fn full_server() -> Result<(), Failed> {
    let (server, mut program, _sound) = scene()?;
    let env = server.env();
    let (_, address) = env.first().ok_or("the server has no address")?;
    let socket = address.trim_start_matches("unix:");
    // It takes 64 callers.
    let callers: Result<Vec<_>, _> = (0..64).map(|_| UnixStream::connect(socket)).collect();
    let callers = callers?;
    let error = program.expect("open microphone default", "error")?;
    let why = format!("the sound server at {socket} cannot be used: it closed the connection");
    told(&error, "", &why)?;
    drop(callers);
    program.expect("open microphone default", "opened")?;
    program
        .expect("release microphone 60000", "released")
        .map(drop)
}

/// The server's reason, and what ALSA says: that there is no device, or, where its default leads to a
/// server, that there is none.
fn told(error: &Value, begins: &str, why: &str) -> Result<(), Failed> {
    let told = error.as_str().unwrap_or_default();
    let tells = told.starts_with(begins) && told.contains(&format!(": {why}; without it: "));
    check(tells, || format!("{told:?} does not tell {why:?}"))
}

pub(crate) fn nothing_there() -> Result<(), Failed> {
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

pub(crate) fn listing_is_bounded() -> Result<(), Failed> {
    let (server, mut program, _sound) = scene()?;
    program.expect("list", "devices")?;
    server.stop()?;
    same(
        &program.expect("list", "error")?,
        "the sound system did not answer within 1 s",
    )?;
    // Nobody goes on asking what nobody waits for.
    program.ask_until("count", |count| count["stuck"] == 0)?;
    server.cont()?;
    program.expect("list", "devices").map(drop)
}
