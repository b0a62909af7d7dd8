//! Standard output and standard error. A reader that has gone, as `head` does, must not stop an exit
//! that is under way, so what cannot be written is dropped.

use std::fmt::Display;
use std::io::Write as _;

/// Prints one line.
pub(crate) fn line(text: impl Display) {
    let _ = writeln!(std::io::stdout().lock(), "{text}");
}

/// Prints one line for a person, beside what the command prints.
pub(crate) fn aside(text: impl Display) {
    let _ = writeln!(std::io::stderr().lock(), "{text}");
}
