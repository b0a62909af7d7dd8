//! How long it takes from an exit, or from a kick's arrival, until the device is off: beside the time
//! that a bare cpal program needs to drop the same stream.
//!
//! Off is what the sound server says: the moment at which it tells a third process, which subscribes,
//! that the stream is gone. The same process hears it for both. The calls are real ones: a room service,
//! a WebSocket, and a wire between them that is cut or frozen. `EXITS=50` measures less often than 200
//! times. Of the slowest exit of a row stands there what its own report said: the device's time until its
//! release was confirmed to us, which does not count how late the third process was told.

#[cfg(target_os = "linux")]
mod bare;
#[cfg(target_os = "linux")]
mod call;
#[cfg(target_os = "linux")]
mod measuring;
#[cfg(target_os = "linux")]
mod noting;
#[cfg(target_os = "linux")]
mod observed;
#[cfg(target_os = "linux")]
mod table;

use std::process::ExitCode;

#[cfg(target_os = "linux")]
fn main() -> ExitCode {
    measuring::main()
}

#[cfg(not(target_os = "linux"))]
fn main() -> ExitCode {
    println!("not run: time_to_off needs Linux, where the sound servers are");
    let is_failure = std::env::var_os("FULL").is_some_and(|value| value == "1");
    ExitCode::from(u8::from(is_failure))
}
