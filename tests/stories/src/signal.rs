//! What can be done to a process from outside.

use std::process::{Command, Stdio};

use crate::StoryFailure;

/// What can be sent to a process.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Signal {
    /// Ctrl-C.
    Interrupt,
    /// A supervisor asks it to end.
    Terminate,
    /// Its terminal closes.
    HangUp,
    /// It is gone on the spot, as after a crash.
    Kill,
    /// It does nothing any more, but everything it holds stays.
    Stop,
    /// It goes on.
    Continue,
}

impl Signal {
    /// All that ask a process to end.
    pub const ASKING: [Self; 3] = [Self::Interrupt, Self::Terminate, Self::HangUp];

    const fn name(self) -> &'static str {
        match self {
            Self::Interrupt => "INT",
            Self::Terminate => "TERM",
            Self::HangUp => "HUP",
            Self::Kill => "KILL",
            Self::Stop => "STOP",
            Self::Continue => "CONT",
        }
    }

    /// Sends it, by the shell's own `kill`.
    pub(crate) fn send(self, process: u32) -> Result<(), StoryFailure> {
        let failed = StoryFailure::system("kill");
        let status = Command::new("sh")
            .args(["-c", "kill -\"$0\" \"$1\"", self.name()])
            .arg(process.to_string())
            .stderr(Stdio::null())
            .status();
        match status {
            Ok(status) if status.success() => Ok(()),
            Ok(_) => Err(failed(std::io::Error::other(format!(
                "process {process} cannot be signalled"
            )))),
            Err(error) => Err(failed(error)),
        }
    }
}
