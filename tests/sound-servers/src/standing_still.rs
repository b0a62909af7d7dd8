//! A process that stands still, and its parent, who sees that it does.

use std::io;
use std::process::Child;

use nix::sys::signal::{Signal as Raised, raise};
use rustix::io::Errno;
use rustix::process::{Pid, Signal, WaitId, WaitIdOptions, WaitIdStatus, kill_process, waitid};

/// Stops this process within this call, until its parent lets it go on.
///
/// Nothing of it runs meanwhile, so it lets go of nothing: what is free then was free before.
pub fn stand_still() -> io::Result<()> {
    // Raised on this thread: sent to the process it would be another thread's to take, and this one would
    // run on for a moment.
    raise(Raised::SIGSTOP)?;
    Ok(())
}

/// Waits until this child stands still; `false` says that it has ended.
pub fn stands_still(child: &Child) -> io::Result<bool> {
    // Looked at only: its end is the child's owner's to wait for.
    let options = WaitIdOptions::STOPPED | WaitIdOptions::EXITED | WaitIdOptions::NOWAIT;
    loop {
        match waitid(WaitId::Pid(Pid::from_child(child)), options) {
            Ok(status) => return Ok(status.as_ref().is_some_and(WaitIdStatus::stopped)),
            Err(Errno::INTR) => {}
            Err(error) => return Err(error.into()),
        }
    }
}

/// Lets it go on.
pub fn go_on(child: &Child) -> io::Result<()> {
    Ok(kill_process(Pid::from_child(child), Signal::CONT)?)
}
