//! Asked to end: Ctrl-C, a terminal that closes, a supervisor that stops the process.

#[cfg(unix)]
use tokio::signal::unix::{Signal, SignalKind, signal};
#[cfg(windows)]
use tokio::signal::windows::{CtrlBreak, CtrlC, CtrlClose, ctrl_break, ctrl_c, ctrl_close};

use crate::failure::Failure;

/// Listens for requests to end, from the moment it is made.
///
/// Every further request is taken as well, so that an impatient second Ctrl-C does not cut off what
/// is under way: that ends in time by itself (G-6).
pub(crate) struct Asked {
    #[cfg(unix)]
    interrupt: Signal,
    #[cfg(unix)]
    terminate: Signal,
    #[cfg(unix)]
    hangup: Signal,
    #[cfg(windows)]
    interrupt: CtrlC,
    #[cfg(windows)]
    terminate: CtrlBreak,
    #[cfg(windows)]
    hangup: CtrlClose,
}

impl Asked {
    #[cfg(unix)]
    pub(crate) fn listen() -> Result<Self, Failure> {
        Ok(Self {
            interrupt: signal(SignalKind::interrupt()).map_err(Failure::Signals)?,
            terminate: signal(SignalKind::terminate()).map_err(Failure::Signals)?,
            hangup: signal(SignalKind::hangup()).map_err(Failure::Signals)?,
        })
    }

    #[cfg(windows)]
    pub(crate) fn listen() -> Result<Self, Failure> {
        Ok(Self {
            interrupt: ctrl_c().map_err(Failure::Signals)?,
            terminate: ctrl_break().map_err(Failure::Signals)?,
            hangup: ctrl_close().map_err(Failure::Signals)?,
        })
    }

    /// Resolves when somebody asks this process to end.
    pub(crate) async fn end(&mut self) {
        tokio::select! {
            _ = self.interrupt.recv() => {}
            _ = self.terminate.recv() => {}
            _ = self.hangup.recv() => {}
        }
    }
}
