//! Asked to end: Ctrl-C, a terminal that closes, a supervisor that stops the process.

#[cfg(unix)]
use nix::sys::signal::{SIGHUP, SIGINT, SIGTERM, SigSet, SigmaskHow};
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
    /// To be called while the process has but this thread, before it has a runtime. A request that comes
    /// before ends the process; one that comes later is heard.
    ///
    /// Between the two there is nothing: a handler that is installed is not yet one that is listened to,
    /// and what it hears in between a runtime would hand to nobody. So until everything is in its place
    /// requests wait with the system.
    #[cfg(unix)]
    pub(crate) fn listen() -> Result<Self, Failure> {
        let failed = |number: nix::Error| Failure::Signals(number.into());
        let requests = SigSet::from_iter([SIGINT, SIGTERM, SIGHUP]);
        let before = requests
            .thread_swap_mask(SigmaskHow::SIG_BLOCK)
            .map_err(failed)?;
        let asked = Self::installed();
        // The threads to come inherit this.
        before.thread_set_mask().map_err(failed)?;
        asked.map_err(Failure::Signals)
    }

    #[cfg(unix)]
    fn installed() -> std::io::Result<Self> {
        // tokio wants to see a runtime. Whichever runs later hands on what was heard.
        let idle = tokio::runtime::Builder::new_current_thread()
            .enable_io()
            .build()?;
        let _entered = idle.enter();
        Ok(Self {
            interrupt: signal(SignalKind::interrupt())?,
            terminate: signal(SignalKind::terminate())?,
            hangup: signal(SignalKind::hangup())?,
        })
    }

    /// Requests come on a thread of the system's own. One that nobody listens to yet ends the process.
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

#[cfg(all(test, unix))]
mod tests {
    use nix::sys::signal::{SIGTERM, raise};

    use super::*;

    #[test]
    fn what_is_asked_before_there_is_a_runtime_is_heard_on_the_one_that_follows() {
        let mut asked = Asked::listen().expect("signals can be listened to");
        raise(SIGTERM).expect("everybody may ask himself");
        let runtime = tokio::runtime::Runtime::new().expect("threads");
        runtime.block_on(asked.end());
    }
}
