//! The measuring: on each sound server that this machine has, with each device.

use std::process::ExitCode;

use exeunt_port::DeviceKind;
use exeunt_pulse_server::{Make, Place, PulseServer};
use exeunt_requirements::missing;
use exeunt_sound_servers::{again, place, tone};

use crate::bare::Bare;
use crate::call::{Calls, End};
use crate::observed::Observed;
use crate::table::Table;

pub(crate) type Failure = Box<dyn std::error::Error>;

pub(crate) fn main() -> ExitCode {
    let ended = match place() {
        Some(place) => measure(&place),
        None => in_a_place(),
    };
    ended.unwrap_or_else(|error| {
        eprintln!("{error}");
        ExitCode::FAILURE
    })
}

/// The same once more, as a process that will find a server.
fn in_a_place() -> Result<ExitCode, Failure> {
    let folder = tempfile::Builder::new().prefix("sound-").tempdir()?;
    let status = again(&Place::in_folder(folder.path()))?.status()?;
    Ok(if status.success() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

fn measure(place: &Place) -> Result<ExitCode, Failure> {
    let exits = match std::env::var("EXITS") {
        Ok(number) => number
            .parse()
            .map_err(|_| format!("EXITS is {number:?}, and is to be a number"))?,
        Err(_) => 200,
    };
    let wav = place.folder().join("tone.wav");
    tone(&wav)?;
    for make in Make::ALL {
        if let Some(programs) = missing(make.programs()) {
            println!("time to off on {make}: not run: needs {programs}");
            continue;
        }
        let mut server = PulseServer::start_in(make, place.clone())?;
        server.feed(&wav)?;
        for kind in [DeviceKind::Microphone, DeviceKind::Speaker] {
            println!("{}", measured(&server, kind, exits)?);
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// The rows take turns, so that whatever else the machine does befalls all of them.
fn measured(server: &PulseServer, kind: DeviceKind, exits: usize) -> Result<Table, Failure> {
    let observed = Observed::on(server, kind)?;
    let bare = Bare::of(kind)?;
    let calls = Calls::with(kind)?;
    let title = format!("time to off, {kind} on {}", server.make());
    let mut table = Table::of(title, "bare cpal, drop(stream)");
    for number in 0..exits {
        table.bare(bare.time_to_off(&observed)?);
        for end in End::ALL {
            table.ours(end.shown(), calls.time_to_off(end, number, &observed)?);
        }
    }
    Ok(table)
}
