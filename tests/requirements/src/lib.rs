//! What a test needs beside cargo, how it says by name that it was not run, what it claims, an
//! address at which nobody is, and the state of a process.
//!
//! A test that needs a program which this machine does not have is listed as ignored, with the
//! reason beside its name. With `FULL=1` in the environment it fails instead: then everything is
//! expected to be there, and nothing passes by not being run.
//!
//! ```no_run
//! use exeunt_requirements::trial;
//! use libtest_mimic::{Arguments, run};
//!
//! let trials = vec![trial("the sound server answers", &["pactl"], || Ok(()))];
//! run(&Arguments::from_args(), trials).exit();
//! ```

mod claim;
mod nowhere;
mod process;

use std::path::Path;

pub use claim::{LATENESS, Told, check, nothing, same};
use libtest_mimic::{Failed, Trial};
pub use nowhere::Nowhere;
pub use process::state;

/// Whether everything is expected to be there: `FULL=1`.
#[must_use]
pub fn full() -> bool {
    std::env::var_os("FULL").is_some_and(|value| value == "1")
}

/// Which of these programs are not found on the search path, as one text: `pulseaudio, pactl`.
/// `None` if all of them are there.
#[must_use]
pub fn missing(programs: &[&str]) -> Option<String> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders: Vec<_> = std::env::split_paths(&path).collect();
    absent(programs, |program| {
        folders
            .iter()
            .any(|folder| is_program(&folder.join(program)))
    })
}

/// A test that needs these programs: run where they are, else listed as ignored with the reason,
/// or failed if [`full`] says that they have to be there.
pub fn trial(
    name: impl Into<String>,
    needs: &[&str],
    story: impl FnOnce() -> Result<(), Failed> + Send + 'static,
) -> Trial {
    trial_without(name, missing(needs), story)
}

/// The same for a test that needs more than programs: `missing` says in a few words what of it is not
/// there, `None` that all of it is.
pub fn trial_without(
    name: impl Into<String>,
    missing: Option<String>,
    story: impl FnOnce() -> Result<(), Failed> + Send + 'static,
) -> Trial {
    of(name.into(), missing, full(), story)
}

/// A test of what only Linux has: elsewhere it is listed as ignored with the reason.
#[must_use]
pub fn on_linux(story: Trial) -> Trial {
    if cfg!(target_os = "linux") {
        story
    } else {
        story
            .with_kind("not run: needs Linux")
            .with_ignored_flag(true)
    }
}

fn of(
    name: String,
    missing: Option<String>,
    full: bool,
    story: impl FnOnce() -> Result<(), Failed> + Send + 'static,
) -> Trial {
    let Some(missing) = missing else {
        return Trial::test(name, story);
    };
    let reason = format!("not run: needs {missing}");
    let failure = Failed::from(format!("{reason}, and FULL=1 or --ignored asks for it"));
    Trial::test(name, || Err(failure))
        .with_kind(reason)
        .with_ignored_flag(!full)
}

fn absent(programs: &[&str], is_there: impl Fn(&str) -> bool) -> Option<String> {
    let absent: Vec<&str> = programs
        .iter()
        .copied()
        .filter(|program| !is_there(program))
        .collect();
    (!absent.is_empty()).then(|| absent.join(", "))
}

#[cfg(unix)]
fn is_program(path: &Path) -> bool {
    use std::os::unix::fs::PermissionsExt;

    path.metadata()
        .is_ok_and(|found| found.is_file() && found.permissions().mode() & 0o111 != 0)
}

#[cfg(not(unix))]
fn is_program(path: &Path) -> bool {
    path.is_file() || path.with_extension("exe").is_file()
}

#[cfg(test)]
mod tests {
    use libtest_mimic::{Arguments, run};

    use super::{absent, missing, of};

    /// The stories within these tests are no tests of ours, so nobody is to read of them.
    fn silent() -> Arguments {
        Arguments {
            logfile: Some("/dev/null".to_owned()),
            ..Arguments::default()
        }
    }

    #[test]
    fn what_is_there_is_not_missing() {
        assert_eq!(missing(&["cargo"]), None);
        assert_eq!(
            missing(&["cargo", "no-such-program"]).as_deref(),
            Some("no-such-program")
        );
        assert_eq!(absent(&["a", "b"], |_| false).as_deref(), Some("a, b"));
    }

    #[test]
    fn a_story_whose_programs_are_missing_is_ignored_by_name() {
        let story = of(
            "a story".to_owned(),
            Some("janus".to_owned()),
            false,
            || Ok(()),
        );
        assert_eq!(story.kind(), "not run: needs janus");
        let conclusion = run(&silent(), vec![story]);
        assert_eq!((conclusion.num_ignored, conclusion.num_failed), (1, 0));
    }

    #[test]
    fn a_story_whose_programs_have_to_be_there_fails_without_them() {
        let story = of("a story".to_owned(), Some("janus".to_owned()), true, || {
            Ok(())
        });
        assert_eq!(run(&silent(), vec![story]).num_failed, 1);
    }

    #[test]
    fn a_story_that_has_all_it_needs_is_run() {
        let story = of("a story".to_owned(), None, false, || {
            Err("it was run".into())
        });
        assert_eq!(run(&silent(), vec![story]).num_failed, 1);
    }
}
