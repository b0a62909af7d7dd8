//! What runs in the machine.

mod bare;
mod camera;
mod claim;
mod closing;
mod conform;
mod director;
mod failure;
mod kernel;
mod line;
mod log;
mod member;
mod process;
pub(crate) mod scenarios;
mod sound;
mod stage;
mod strike;
mod subject;
mod time_to_off;
mod typed;

use std::process::ExitCode;

use clap::Parser;

/// The guest's program, in all its roles.
#[derive(Debug, Parser)]
enum Role {
    /// Plays the scenarios of a boot in whose sentence one of the words stands, or all of them.
    Direct {
        /// Of which boot.
        boot: String,
        /// Words to look for.
        words: Vec<String>,
    },
    /// Enters and leaves rooms with the machine's devices, as it is told on its input.
    Member(member::Devices),
    /// Streams from a camera, which only one process at a time can, and says what became of it.
    Claim {
        /// Which node.
        node: String,
        /// Goes on streaming until its input ends.
        #[arg(long)]
        hold: bool,
    },
    /// Runs the conformance suite on one of the devices.
    Conform {
        /// Which: camera, microphone or speaker.
        device: String,
        /// Only cases with these words in their sentence.
        words: Vec<String>,
    },
    /// Opens and closes the camera as a program without Exeunt would.
    Bare {
        /// Over which crate.
        way: bare::Way,
    },
    /// Measures how long the devices take to be off, and prints a table each.
    TimeToOff {
        /// Only this device: camera, microphone or speaker.
        #[arg(long)]
        only: Option<String>,
        /// How many exits a row.
        #[arg(long, default_value_t = 200)]
        exits: u32,
    },
}

/// Runs the guest's program as its command line says.
#[must_use]
pub fn run() -> ExitCode {
    let ended = match Role::parse() {
        Role::Direct { boot, words } => director::direct(&boot, &words),
        Role::Member(devices) => member::run(&devices),
        Role::Claim { node, hold } => {
            claim::run(&node, hold);
            Ok(())
        }
        Role::Conform { device, words } => conform::run(&device, &words),
        Role::Bare { way } => bare::run(way),
        Role::TimeToOff { only, exits } => time_to_off::measure(only.as_deref(), exits),
    };
    match ended {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            log::say(&failure);
            ExitCode::FAILURE
        }
    }
}
