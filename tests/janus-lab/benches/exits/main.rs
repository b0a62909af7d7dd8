//! How long an exit takes over each transport, side by side: from the call until `onExitRoom`, with the
//! departure confirmed. Somebody else is in the room, and everything is on this machine.
//!
//! The bare row is Janus driven by hand, without media and without a library: `leave` until it is
//! confirmed, then the session's end. `EXITS=50` measures less often than 200 times.

mod table;
mod transports;

use std::process::ExitCode;

use exeunt_janus_lab::Network;
use exeunt_requirements::missing;

use crate::table::Table;
use crate::transports::{Bare, Transports, With};

type Failure = Box<dyn std::error::Error>;

fn main() -> ExitCode {
    let lacking = match (Network::own(), missing(&["janus"])) {
        (Ok(network), None) => match measure(network) {
            Ok(()) => return ExitCode::SUCCESS,
            Err(error) => {
                eprintln!("{error}");
                return ExitCode::FAILURE;
            }
        },
        (Err(missing), _) => missing.to_string(),
        (Ok(_), Some(missing)) => missing,
    };
    println!("exits over each transport: not run: needs {lacking}");
    ExitCode::SUCCESS
}

fn measure(network: Network) -> Result<(), Failure> {
    let exits: usize = match std::env::var("EXITS") {
        Ok(number) => number
            .parse()
            .map_err(|_| format!("EXITS is {number:?}, and is to be a number"))?,
        Err(_) => 200,
    };
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()?;
    runtime.block_on(async {
        let transports = Transports::start(network).await?;
        let bare = Bare::at(&transports);
        for with in With::ALL {
            let mut table = Table::of(format!("exit, {}", with.shown()), "Janus by hand, no media");
            // The rows take turns, so that whatever else the machine does befalls all of them.
            for _ in 0..exits {
                table.bare(bare.exit().await?);
                for (name, time) in transports.exits(with).await? {
                    table.ours(name, time);
                }
            }
            println!("{table}");
        }
        Ok(())
    })
}
