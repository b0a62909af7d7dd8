//! What the kernel says of a process.

use std::io;
use std::path::Path;

/// The state of a process or a task of it, by its folder in `/proc`: `R` runs, `S` and `D` wait, `T` is
/// stopped, `Z` has ended and was not waited for.
///
/// # Errors
///
/// The system's, such as that there is no such process, and that the kernel says no state.
pub fn state(folder: &Path) -> io::Result<char> {
    let stat = std::fs::read_to_string(folder.join("stat"))?;
    after_the_name(&stat).ok_or_else(|| io::Error::other(format!("no state in {stat:?}")))
}

/// The state stands behind the name, which may contain anything but ends with the last bracket.
fn after_the_name(stat: &str) -> Option<char> {
    let (_, rest) = stat.rsplit_once(") ")?;
    rest.chars().next()
}

#[cfg(test)]
mod tests {
    use super::after_the_name;

    #[test]
    fn a_name_with_brackets_is_no_state() {
        assert_eq!(after_the_name("7 (janus) S 1 7"), Some('S'));
        assert_eq!(after_the_name("7 (a) Z (b) T 1 7"), Some('T'));
        assert_eq!(after_the_name("7 (janus"), None);
    }
}
