//! Standing still at the end of a stay: in the step that reports the exit, before anybody is told.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use exeunt_core::Effect;
use exeunt_runtime::Step;
use nix::sys::signal::{Signal, raise};

use crate::guest::line::now_micros;

/// Watches the steps of the process's sessions, and stops the process where that is wanted.
///
/// Cloning gives another handle to the same.
#[derive(Clone, Debug, Default)]
pub(super) struct Standstill(Arc<Watched>);

#[derive(Debug, Default)]
struct Watched {
    is_wanted: AtomicBool,
    exit_began: AtomicU64,
}

impl Standstill {
    /// The process is to stand still at the end of the next stay.
    pub(super) fn is_wanted(&self) {
        self.0.is_wanted.store(true, Ordering::SeqCst);
    }

    /// When the last exit began: the wall clock in microseconds, just after its first effects were begun.
    pub(super) fn exit_began(&self) -> u64 {
        self.0.exit_began.load(Ordering::SeqCst)
    }

    /// The sessions' observer.
    pub(super) fn observe(&self, step: &Step) {
        if step.effects.contains(&Effect::GateMedia) {
            self.0.exit_began.store(now_micros(), Ordering::SeqCst);
        }
        if step.effects.contains(&Effect::ReportExit)
            && self.0.is_wanted.swap(false, Ordering::SeqCst)
        {
            // Raised on this thread, and not sent to the process: no other thread has to wake up for it,
            // so this does not return before the process was let go on. Until then the report is neither
            // made nor told, and no thread lets go of anything.
            let _ = raise(Signal::SIGSTOP);
        }
    }
}
