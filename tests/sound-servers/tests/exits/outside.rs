//! Who looks from outside: at the server, while the story's process stands still in its exit.
//!
//! That it stands still at the last step before `onExitRoom` shows that it has let go by then, for it
//! lets go of nothing while it stands. That it had not only asked the server to, but had heard that it
//! is done, is what the stories of a stopped server show: there the same exit is said to be timed out.

use std::io::{Write, stdin};
use std::process::{Child, ExitStatus};
use std::time::{Duration, Instant};

use exeunt_pulse_server::{Onlooker, ServerError, Stream};
use exeunt_sound_servers::{go_on, stand_still, stands_still};

/// How late a server may be in showing what it has done. `PulseAudio` has taken a stream out before it
/// says so; the pulse server of `PipeWire` says so when it has told the others to, and shows the stream
/// until it has heard from them.
const LATE: Duration = Duration::from_secs(1);
/// What the process is told when the server had nothing of it.
pub(crate) const NOTHING: &str = "nothing";

/// Stands still until the parent has looked, and answers what the server still had of this process.
///
/// Afterwards the connections to the server end by themselves: cpal's client of it takes the system's word
/// that its waiting was interrupted, which it has when a process goes on, for the end of the connection.
pub(crate) fn looked_at_from_outside() -> std::io::Result<String> {
    stand_still()?;
    let mut seen = String::new();
    stdin().read_line(&mut seen)?;
    Ok(seen.trim().to_owned())
}

/// Waits for the end of a child, and looks at the server whenever it stands still.
pub(crate) fn until_ended(child: &mut Child, onlooker: &Onlooker) -> std::io::Result<ExitStatus> {
    let mut answers = child.stdin.take();
    while stands_still(child)? {
        let seen = match held_by(child.id(), onlooker) {
            Ok(streams) if streams.is_empty() => NOTHING.to_owned(),
            Ok(streams) => format!("{streams:?}"),
            Err(error) => error.to_string(),
        };
        if let Some(answers) = &mut answers {
            writeln!(answers, "{seen}")?;
        }
        go_on(child)?;
    }
    child.wait()
}

/// What the server has of a process that stands still.
fn held_by(process: u32, onlooker: &Onlooker) -> Result<Vec<Stream>, ServerError> {
    let deadline = Instant::now() + LATE;
    loop {
        let streams = onlooker.streams_of(process)?;
        if streams.is_empty() || Instant::now() >= deadline {
            return Ok(streams);
        }
    }
}
