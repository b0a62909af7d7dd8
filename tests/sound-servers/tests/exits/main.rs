//! Exits with a real microphone and a real speaker, on `PulseAudio` and on `PipeWire`.
//!
//! Each story is a process of its own, which starts its server itself: a program finds its server by
//! its environment, and keeps its connections for as long as it lives.

mod alice;
mod bob;
mod changes_in_exits;
mod endings;
mod hot_changes;
mod outside;
mod servers_dying;
mod servers_opening;
mod servers_stopping;
mod stage;

use std::fs::File;
use std::path::Path;
use std::process::{ExitCode, Stdio};

use exeunt_pulse_server::{Make, Onlooker, Place};
use exeunt_requirements::{Told, trial};
use exeunt_sound_servers::{again, place};
use libtest_mimic::{Arguments, Failed, run};

use crate::outside::until_ended;
use crate::stage::{Stage, Story, play};

/// Which story the process is to play, and on which server.
const STORY: &str = "EXEUNT_SOUND_SERVER_STORY";

#[rustfmt::skip]
const STORIES: &[(&str, Story)] = &[
    // ---- every way out ------------------------------------------------------------------------
    ("whoever leaves has closed microphone and speaker before onExitRoom", endings::leaves),
    ("whoever is kicked has closed microphone and speaker before onExitRoom", endings::kicked),
    ("whoever is in a room that is dismissed has closed microphone and speaker before onExitRoom", endings::dismissed),
    ("whoever loses the connection has closed microphone and speaker before onExitRoom", endings::lost),
    ("whoever is not let in has closed microphone and speaker before onExitRoom", endings::not_let_in),
    ("fifty exits in a row leave no thread, no descriptor and no stream behind", endings::again_and_again),
    // ---- the server goes away -----------------------------------------------------------------
    ("a server that is killed in a call costs the devices and not the stay", servers_dying::killed_in_a_call),
    ("a server that is killed during an exit ends what waited for it", servers_dying::killed_during_an_exit),
    ("a server that is restarted in a call is used again by whoever starts the microphone again", servers_dying::restarted_in_a_call),
    ("a server that is restarted during an exit serves the next stay", servers_dying::restarted_during_an_exit),
    // ---- the server stops ---------------------------------------------------------------------
    ("a server that stops in a call costs the devices, and holds neither the stay nor its exit", servers_stopping::in_a_call),
    ("a server that stops before an exit is reported as timed out, and its threads end when it goes on", servers_stopping::before_an_exit),
    ("a server that stops before a kick arrives is reported as timed out, and its threads end when it goes on", servers_stopping::before_a_kick),
    ("a server that stops for ever holds no further stay", servers_stopping::for_ever),
    ("a server that stops while the devices open keeps no exit waiting", servers_opening::stopped),
    ("a server that has stopped before anybody asked it costs a call its devices, and nothing else", servers_opening::stopped_before_anybody_asked),
    ("a server that is killed while the devices open fails them, and the exit is clean", servers_opening::killed),
    ("a process that is stopped in a call and goes on: the stay goes on, or the devices have vanished", hot_changes::stopped_and_continued),
    // ---- plugs --------------------------------------------------------------------------------
    ("another default microphone in a call is used from then on", hot_changes::default_microphone),
    ("another default speaker in a call is used from then on", hot_changes::default_speaker),
    ("a headset's microphone is pulled out in a call: the stay goes on, or the microphone has vanished", hot_changes::microphone_pulled_out),
    ("a headset's speaker is pulled out in a call: the stay goes on, or the speaker has vanished", hot_changes::speaker_pulled_out),
    ("a headset that is pulled out during the exit is off all the same", changes_in_exits::pulled_out_after),
    ("a headset that is pulled out just before the exit is off all the same", changes_in_exits::pulled_out_before),
    ("another default microphone during the exit: both devices are off all the same", changes_in_exits::default_changed_after),
    ("another default microphone just before the exit: both devices are off all the same", changes_in_exits::default_changed_before),
    ("a headset that is plugged in again can be used again", hot_changes::plugged_in_again),
];

fn main() -> ExitCode {
    if let (Some(place), Some(story)) = (place(), std::env::var_os(STORY)) {
        return ended(perform(place, &story.to_string_lossy()));
    }
    let mut trials = Vec::new();
    for make in Make::ALL {
        for (name, _) in STORIES {
            let name = format!("{make}: {name}");
            let needs = make.programs();
            trials.push(trial(name.clone(), needs, move || in_a_process(&name)));
        }
    }
    // Each has a server and a clock of its own to keep up with; a few processors are soon busy.
    let mut arguments = Arguments::from_args();
    arguments.test_threads = arguments.test_threads.or(Some(2));
    run(&arguments, trials).exit_code()
}

/// The trial's end: a process that plays the story, and what it said.
fn in_a_process(story: &str) -> Result<(), Failed> {
    let folder = tempfile::Builder::new().prefix("sound-").tempdir()?;
    let place = Place::in_folder(folder.path());
    let [printed, said] = ["printed", "said"].map(|name| folder.path().join(name));
    let mut child = again(&place)?
        .env(STORY, story)
        .stdin(Stdio::piped())
        .stdout(File::create(&printed)?)
        .stderr(File::create(&said)?)
        .spawn()?;
    let ended = until_ended(&mut child, &Onlooker::at(&place));
    // After a failure to look at it, it may still be there.
    let _ = child.kill();
    let _ = child.wait();
    // What was seen, for whoever runs with --nocapture.
    print!("{}", read(&printed)?);
    let ended = ended?;
    if ended.success() {
        Ok(())
    } else {
        Err(format!("{ended}: {}", read(&said)?.trim()).into())
    }
}

fn read(path: &Path) -> std::io::Result<String> {
    Ok(String::from_utf8_lossy(&std::fs::read(path)?).into_owned())
}

/// The process's end.
fn perform(place: Place, name: &str) -> Told {
    for make in Make::ALL {
        let known = STORIES
            .iter()
            .find(|(story, _)| name == format!("{make}: {story}"));
        if let Some((_, story)) = known {
            return play(Stage::set(make, place)?, *story);
        }
    }
    Err(format!("there is no story {name:?}").into())
}

fn ended(told: Told) -> ExitCode {
    match told {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("{}", why.message().unwrap_or("without a word"));
            ExitCode::FAILURE
        }
    }
}
