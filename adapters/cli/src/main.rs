//! `exeunt`: getting out of a room, from the command line.

mod arguments;
mod attending;
mod authorities;
mod bounds;
mod config_file;
mod demo;
mod device_choice;
mod devices;
mod failure;
mod janus_choices;
mod janus_entering;
mod janus_keys;
mod janus_section;
mod join;
mod keys;
mod line;
mod machine;
mod operate;
mod output;
mod replay;
mod room_choices;
mod serve;
mod settings;
mod signals;
mod webhook_choices;

use std::io::IsTerminal as _;
use std::process::ExitCode;

use clap::error::ErrorKind;
use serde_json::json;
use tracing_subscriber::EnvFilter;

use arguments::{Arguments, Command};
use config_file::{ConfigFile, LogFormat};
use failure::Failure;
use settings::Settings;
use signals::Asked;

fn main() -> ExitCode {
    let arguments = match Arguments::typed(std::env::args_os()) {
        Ok(arguments) => arguments,
        Err(error) => return mistyped(&error),
    };
    let json = arguments.json;
    // The service learns from its config file how its log is to be written.
    if !matches!(arguments.command, Command::Serve(_)) {
        trace("warn", LogFormat::usual(json));
    }
    match run(arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => fail(json, &failure),
    }
}

/// Whoever listens for requests to end does so before there is a runtime: see [`Asked::listen`].
fn run(arguments: Arguments) -> Result<(), Failure> {
    let json = arguments.json;
    match arguments.command {
        Command::Demo(demo) => driven(demo::run(&demo, Asked::listen()?, json)),
        Command::Serve(serve) => {
            if serve.print_config {
                output::line(ConfigFile::default_text().trim_end());
                return Ok(());
            }
            let (settings, file) = Settings::settle_with_file(serve.keys.clone())?;
            let format = serve.log.or(file.log);
            let format = format.unwrap_or_else(|| LogFormat::usual(json));
            trace("warn,exeunt_room_service=info,exeunt_janus=info", format);
            driven(serve::run(&serve, settings, file, Asked::listen()?, json))
        }
        Command::Join(join) => {
            let (settings, file) = Settings::settle_with_file(join.keys.clone())?;
            driven(join::run(
                &join,
                &settings,
                &file.janus,
                Asked::listen()?,
                json,
            ))
        }
        Command::Kick(kick) => {
            let settings = Settings::settle(kick.keys.clone())?;
            driven(operate::kick(&kick, &settings, json))
        }
        Command::Dismiss(dismiss) => {
            let settings = Settings::settle(dismiss.keys.clone())?;
            driven(operate::dismiss(&dismiss, &settings, json))
        }
        Command::Rooms(rooms) => {
            let settings = Settings::settle(rooms.keys)?;
            driven(operate::rooms(&settings, json))
        }
        Command::Devices => driven(async {
            devices::run(json).await;
            Ok(())
        }),
        Command::Replay(replay) => replay::run(&replay, json),
    }
}

/// Makes a runtime and does this on it.
fn driven(command: impl Future<Output = Result<(), Failure>>) -> Result<(), Failure> {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(Failure::Runtime)?;
    let done = runtime.block_on(command);
    // A driver that does not let go must not keep the process: everything that could be waited for
    // with a bound has been.
    runtime.shutdown_background();
    done
}

/// What cannot be understood is said by clap, unless JSON was asked for; help and version are no failures.
fn mistyped(error: &clap::Error) -> ExitCode {
    let help = matches!(
        error.kind(),
        ErrorKind::DisplayHelp
            | ErrorKind::DisplayHelpOnMissingArgumentOrSubcommand
            | ErrorKind::DisplayVersion
    );
    if !help && std::env::args_os().any(|argument| argument == "--json") {
        let text = error.to_string();
        let text = text.strip_prefix("error: ").unwrap_or(&text);
        return fail(true, &Failure::Mistyped(text.trim_end().to_owned()));
    }
    // Nobody is left to be told if it cannot be printed.
    let _ = error.print();
    ExitCode::from(u8::try_from(error.exit_code()).unwrap_or(2))
}

fn fail(json: bool, failure: &Failure) -> ExitCode {
    let status = failure.status();
    if json {
        output::line(json!({
            "type": "failure", "status": status, "message": failure.to_string(), "hint": failure.hint(),
        }));
    } else {
        output::aside(format_args!("exeunt: {failure}"));
        if let Some(hint) = failure.hint() {
            output::aside(format_args!("        {hint}"));
        }
    }
    ExitCode::from(status)
}

/// Traces go to standard error: what is usual, or whatever `RUST_LOG` asks for. The sound server's
/// client calls it an error when its connection ends, which each of ours does with its device.
fn trace(usual: &str, format: LogFormat) {
    let usual = || EnvFilter::new(format!("{usual},pulseaudio=off"));
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| usual());
    let builder = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_ansi(std::io::stderr().is_terminal())
        .with_writer(std::io::stderr);
    match format {
        LogFormat::Json => builder.json().init(),
        LogFormat::Text => builder.init(),
    }
}
