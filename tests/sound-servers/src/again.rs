//! This program once more, with a place for a sound server.
//!
//! A program finds its sound server by its environment, and a process cannot change its own. So what
//! uses a server in its own process is started once more with the place in the environment, and
//! starts the server there itself.

use std::path::Path;
use std::process::Command;

use exeunt_pulse_server::Place;

/// Says where the place is.
const PLACE: &str = "EXEUNT_SOUND_SERVER_PLACE";

/// The place for a sound server that this process will find; `None` if it was not started for one.
#[must_use]
pub fn place() -> Option<Place> {
    let folder = std::env::var_os(PLACE)?;
    Some(Place::in_folder(Path::new(&folder)))
}

/// This program once more, which will find the sound server at this place; arguments are to be given.
pub fn again(place: &Place) -> std::io::Result<Command> {
    let mut command = Command::new(std::env::current_exe()?);
    command.envs(place.env()).env(PLACE, place.folder());
    Ok(command)
}
