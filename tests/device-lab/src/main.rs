//! What runs inside of the lab's machine; see the crate's documentation.

use std::process::ExitCode;

#[cfg(target_os = "linux")]
fn main() -> ExitCode {
    exeunt_device_lab::run_guest()
}

#[cfg(not(target_os = "linux"))]
fn main() -> ExitCode {
    eprintln!("lab-guest runs inside of the device lab's machine, which is a Linux");
    ExitCode::FAILURE
}
