//! The numbers that Linux gives to errors; the same on every architecture.

use std::io;

pub(super) const EPERM: i32 = 1;
pub(super) const ENOENT: i32 = 2;
pub(super) const ENXIO: i32 = 6;
pub(super) const EACCES: i32 = 13;
pub(super) const EBUSY: i32 = 16;
pub(super) const ENODEV: i32 = 19;
pub(super) const ENOSPC: i32 = 28;

/// Whether the camera has gone; other errors refuse one request. There are cameras that answer a question
/// they do not understand with `EIO`, and deliver pictures all the same.
pub(super) fn is_final(error: &io::Error) -> bool {
    matches!(error.raw_os_error(), Some(ENODEV | ENXIO))
}
