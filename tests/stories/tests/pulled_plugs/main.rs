//! Plugs that are pulled: the sound server, the service, a member, the program itself, at the worst
//! moment. Everybody who survives is out of the room within the bound, once, with the right reason,
//! and nothing is held.

mod asked_to_end;
mod cameras;
mod cycles;
mod members;
mod services;
mod sound_servers;

use std::process::ExitCode;

use exeunt_requirements::{on_linux, trial};
use exeunt_stories::HeldFile;
use libtest_mimic::{Arguments, Failed, Trial, run};

/// Signals are sent by the shell.
const PLAIN: &[&str] = &["sh"];
const SOUND: &[&str] = &["sh", "pulseaudio", "pactl"];

type Story = fn() -> Result<(), Failed>;

fn main() -> ExitCode {
    let held = [PLAIN, HeldFile::NEEDS].concat();
    let plain = |name, story: Story| trial(name, PLAIN, story);
    let sound = |name, story: Story| trial(name, SOUND, story);
    let stories: Vec<Trial> = vec![
        sound(
            "a sound server that is killed in mid-call costs the devices and not the stay",
            sound_servers::killed_in_mid_call,
        ),
        sound(
            "an exit with a stopped sound server is bounded, and nothing is left when it goes on",
            sound_servers::stopped_during_the_exit,
        ),
        sound(
            "an exit while a stopped sound server opens the microphone is bounded",
            sound_servers::stopped_while_opening,
        ),
        sound(
            "a process that is killed leaves nothing at the sound server",
            sound_servers::process_killed,
        ),
        sound(
            "a microphone does not wait for a service that does not answer",
            sound_servers::microphone_before_the_departure,
        ),
        plain(
            "a member that is killed is announced as timed out within the lease",
            members::killed,
        ),
        plain(
            "a member that falls silent is announced as timed out, and is out when it wakes up",
            members::stopped,
        ),
        plain(
            "a service that is killed is a lost connection, and the end within the lease",
            services::killed,
        ),
        plain(
            "a service that is asked to end tells everybody, and ends well",
            services::asked_to_end,
        ),
        plain(
            "a service that stops answering holds nobody in the room",
            services::stopped,
        ),
        plain(
            "whoever is asked to end while entering is out at once",
            asked_to_end::while_entering,
        ),
        plain(
            "whoever is asked to end right after the start has not begun or exits once",
            asked_to_end::right_after_the_start,
        ),
        plain(
            "whoever is asked to end in the room leaves it, whatever the signal",
            asked_to_end::in_the_room,
        ),
        plain(
            "whoever is asked again and again during an exit exits once and in time",
            asked_to_end::while_exiting,
        ),
        plain(
            "the end of the input leaves the room",
            asked_to_end::by_the_end_of_the_input,
        ),
        on_linux(trial(
            "an exit while the camera opens is bounded and names the camera",
            &held,
            cameras::stuck_in_the_opening,
        )),
        trial(
            "a pipe for a camera is refused, and whoever insisted on it leaves",
            &["sh", "mkfifo"],
            cameras::no_camera_at_all,
        ),
        on_linux(plain(
            "twenty times three people leave a service as it was after the first time",
            cycles::nothing_grows,
        )),
    ];
    run(&Arguments::from_args(), stories).exit_code()
}
