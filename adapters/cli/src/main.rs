//! `exeunt`: getting out of a room, from the command line.

mod arguments;
mod attending;
mod bounds;
mod config_file;
mod demo;
mod device_choice;
mod devices;
mod failure;
mod janus_choices;
mod janus_keys;
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
    let runtime = match tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
    {
        Ok(runtime) => runtime,
        Err(error) => return fail(json, &Failure::Runtime(error)),
    };
    let done = runtime.block_on(run(arguments));
    // A driver that does not let go must not keep the process: everything that could be waited for
    // with a bound has been.
    runtime.shutdown_background();
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => fail(json, &failure),
    }
}

async fn run(arguments: Arguments) -> Result<(), Failure> {
    let json = arguments.json;
    match arguments.command {
        Command::Demo(demo) => demo::run(&demo, json).await,
        Command::Serve(serve) => {
            if serve.print_config {
                output::line(ConfigFile::default_text().trim_end());
                return Ok(());
            }
            let (settings, file) = Settings::settle_serving(serve.keys.clone())?;
            let format = serve.log.or(file.log);
            let format = format.unwrap_or_else(|| LogFormat::usual(json));
            trace("warn,exeunt_room_service=info,exeunt_janus=info", format);
            serve::run(&serve, settings, file, json).await
        }
        Command::Join(join) => {
            let settings = Settings::settle(join.keys.clone())?;
            join::run(&join, &settings, json).await
        }
        Command::Kick(kick) => {
            let settings = Settings::settle(kick.keys.clone())?;
            operate::kick(&kick, &settings, json).await
        }
        Command::Dismiss(dismiss) => {
            let settings = Settings::settle(dismiss.keys.clone())?;
            operate::dismiss(&dismiss, &settings, json).await
        }
        Command::Rooms(rooms) => {
            let settings = Settings::settle(rooms.keys)?;
            operate::rooms(&settings, json).await
        }
        Command::Devices => {
            devices::run(json).await;
            Ok(())
        }
        Command::Replay(replay) => replay::run(&replay, json),
    }
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
