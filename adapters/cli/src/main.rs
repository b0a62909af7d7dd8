//! `exeunt`: getting out of a room, from the command line.

mod arguments;
mod demo;
mod device_choice;
mod devices;
mod failure;
mod join;
mod line;
mod operate;
mod person;
mod replay;
mod serve;
mod settings;
mod signals;

use std::process::ExitCode;

use clap::Parser as _;
use tracing_subscriber::EnvFilter;

use arguments::{Arguments, Command};
use failure::Failure;
use settings::Settings;

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    trace(arguments.json);
    let json = arguments.json;
    let runtime = match tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
    {
        Ok(runtime) => runtime,
        Err(error) => return fail(json, &format!("no runtime: {error}")),
    };
    let done = runtime.block_on(run(arguments));
    // A driver that does not let go must not keep the process: everything that could be waited for
    // with a bound has been.
    runtime.shutdown_background();
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => fail(json, &failure.to_string()),
    }
}

async fn run(arguments: Arguments) -> Result<(), Failure> {
    let json = arguments.json;
    let settings = || Settings::settle(&arguments.keys, arguments.config.as_deref());
    match arguments.command {
        Command::Demo(demo) => demo::run(&demo, json).await,
        Command::Serve(serve) => serve::run(&serve, settings()?, json).await,
        Command::Join(join) => person::run(&join, settings()?, json).await,
        Command::Kick(kick) => operate::kick(&kick, settings()?, json).await,
        Command::Dismiss(dismiss) => operate::dismiss(&dismiss, settings()?, json).await,
        Command::Rooms => operate::rooms(settings()?, json).await,
        Command::Devices => devices::run(json).await,
        Command::Replay(replay) => replay::run(&replay, json),
    }
}

fn fail(json: bool, message: &str) -> ExitCode {
    if json {
        println!(
            "{}",
            serde_json::json!({ "type": "failure", "message": message })
        );
    } else {
        eprintln!("exeunt: {message}");
    }
    ExitCode::FAILURE
}

/// Traces go to standard error, when `RUST_LOG` asks for them.
fn trace(json: bool) {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("warn"));
    let builder = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr);
    if json {
        builder.json().init()
    } else {
        builder.init()
    }
}
