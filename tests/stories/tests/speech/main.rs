//! Real speech into a real microphone of a real sound server, heard in the room; and the microphone
//! closed before `onExitRoom`, whichever way the stay ends.
//!
//! Whether it is closed is asked of the sound server, which knows nothing of Exeunt.

mod endings;
mod envelope;
mod hearing;
mod scene;

use std::process::ExitCode;

use exeunt_requirements::{on_linux, trial};
use exeunt_stories::HeldFile;
use libtest_mimic::{Arguments, Failed, Trial, run};

/// What hearing needs.
const SOUND: &[&str] = &["sh", "pulseaudio", "pactl", "paplay", "espeak-ng"];

fn main() -> ExitCode {
    let needs = [SOUND, HeldFile::NEEDS].concat();
    let ending = |name, story: fn() -> Result<(), Failed>| on_linux(trial(name, &needs, story));
    let stories: Vec<Trial> = vec![
        trial(
            "what is said into a microphone is heard in the room, and silence where nobody speaks",
            SOUND,
            hearing::heard,
        ),
        ending(
            "whoever leaves has closed the microphone before onExitRoom",
            endings::left,
        ),
        ending(
            "whoever is kicked has closed the microphone before onExitRoom",
            endings::kicked,
        ),
        ending(
            "whoever is in a room that is dismissed has closed the microphone before onExitRoom",
            endings::dismissed,
        ),
        ending(
            "an enter that fails closes a microphone that listens already before onExitRoom",
            endings::cut_off_while_entering,
        ),
        trial(
            "whoever is refused for a wrong signature holds no microphone at onExitRoom",
            SOUND,
            endings::refused,
        ),
    ];
    // Each has a sound server to keep up with; a few processors are soon busy.
    let mut arguments = Arguments::from_args();
    arguments.test_threads = arguments.test_threads.or(Some(2));
    run(&arguments, stories).exit_code()
}
