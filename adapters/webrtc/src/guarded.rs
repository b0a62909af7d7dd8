//! Where a panic of somebody else's code ends.

use std::panic::{AssertUnwindSafe, catch_unwind};

/// Runs what reads the bytes of strangers: the WebRTC engine and the codecs. They are to panic for their
/// own faults only; but what came from outside led them there, and that must not end the program, nor
/// the task or thread, which still owes a close. `None` if it panicked; what it worked on is to be given
/// up then.
pub(crate) fn guarded<T>(work: impl FnOnce() -> T) -> Option<T> {
    catch_unwind(AssertUnwindSafe(work)).ok()
}
