//! How long camera, microphone and speaker take to be off, in the device lab's machine: ours beside
//! programs that know nothing of rooms. The machine is emulated, so the ratios count and not the figures.
//!
//! ```console
//! $ cargo bench -p exeunt-device-lab            # EXITS=200 exits a row; ONLY=camera, microphone or speaker
//! ```

use std::path::Path;
use std::process::ExitCode;
use std::time::Duration;

use exeunt_device_lab::{Machine, Parts};

/// Longer than any machine takes; it ends by itself.
const BOUND: Duration = Duration::from_secs(3600);

fn main() -> ExitCode {
    let parts = match Parts::find() {
        Ok(parts) => parts,
        Err(missing) => {
            println!("not run: time_to_off needs {missing}");
            let is_failure = std::env::var_os("FULL").is_some_and(|value| value == "1");
            return ExitCode::from(u8::from(is_failure));
        }
    };
    let exits = std::env::var("EXITS").unwrap_or_else(|_| "200".to_owned());
    let mut arguments = vec!["time-to-off".to_owned(), "--exits".to_owned(), exits];
    if let Ok(only) = std::env::var("ONLY") {
        arguments.extend(["--only".to_owned(), only]);
    }
    let machine = Machine {
        parts: &parts,
        program: Path::new(env!("CARGO_BIN_EXE_lab-guest")),
        further: None,
        arguments,
        bound: BOUND,
        folder: &Path::new(env!("CARGO_TARGET_TMPDIR")).join("device-lab"),
        name: "time-to-off",
    };
    let mut has_table = false;
    let ended = machine.run(|line| {
        if line.starts_with('|') {
            has_table = true;
            println!("{line}");
        }
    });
    match ended {
        Ok(ended) if ended.error.is_none() && has_table => ExitCode::SUCCESS,
        Ok(ended) => {
            let last = ended.log.len().saturating_sub(40);
            println!("{}", ended.log[last..].join("\n"));
            println!(
                "there is no table; all that was said: {}",
                machine.log_path().display()
            );
            ExitCode::FAILURE
        }
        Err(error) => {
            println!("{error}");
            ExitCode::FAILURE
        }
    }
}
