//! The boots of one run: each machine is started when its first scenario is asked for.

use std::path::{Path, PathBuf};
use std::sync::{Mutex, OnceLock, PoisonError};
use std::time::Duration;

use escargot::CargoBuild;
use serde::{Deserialize, Serialize};

use super::machine::Ended;
use super::{LabError, Machine, Parts};
use crate::Verdict;

/// One start of the machine, with the scenarios that are played in it. What disturbs each other's
/// devices or memory stands apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Boot {
    /// Every way out of a room, devices that open, are taken, or vanish.
    Exits,
    /// Many stays, and drivers that fail.
    Endurance,
    /// The conformance suite.
    Conformance,
    /// The command line, as people type it.
    CommandLine,
}

impl Boot {
    /// All of them.
    pub const ALL: [Self; 4] = [
        Self::Exits,
        Self::Endurance,
        Self::Conformance,
        Self::CommandLine,
    ];

    /// What its log is called, and what the guest is told.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Exits => "exits",
            Self::Endurance => "endurance",
            Self::Conformance => "conformance",
            Self::CommandLine => "command-line",
        }
    }
}

/// The boots of one run. A machine takes the processors there are, so one runs at a time.
#[derive(Debug)]
pub struct Boots {
    parts: Parts,
    program: PathBuf,
    folder: PathBuf,
    words: Vec<String>,
    ended: [OnceLock<Result<Ended, LabError>>; Boot::ALL.len()],
    turn: Mutex<()>,
}

impl Boots {
    /// How long a machine may run. A boot takes a fraction of that unless others use the processors.
    const BOUND: Duration = Duration::from_secs(900);
    /// How many lines of a scenario's log a failure shows.
    const SHOWN: usize = 120;

    /// Boots that run `program`, write their logs to `folder`, and play only scenarios in whose
    /// sentence one of the `words` stands; all where there are none.
    #[must_use]
    pub fn new(parts: Parts, program: &Path, folder: &Path, words: Vec<String>) -> Self {
        Self {
            parts,
            program: program.to_owned(),
            folder: folder.to_owned(),
            words,
            ended: Default::default(),
            turn: Mutex::new(()),
        }
    }

    /// What came out of a scenario; `Err` says what is wrong, with what the guest said meanwhile.
    pub fn verdict(&self, boot: Boot, scenario: &str) -> Result<(), String> {
        let further = match boot {
            Boot::Exits | Boot::Endurance | Boot::Conformance => None,
            Boot::CommandLine => Some(command_line().map_err(ToString::to_string)?),
        };
        let machine = self.machine(boot, further);
        let ended = {
            let _turn = self.turn.lock().unwrap_or_else(PoisonError::into_inner);
            self.ended[boot as usize].get_or_init(|| machine.run(|_| {}))
        };
        let ended = ended.as_ref().map_err(ToString::to_string)?;
        let verdict = ended
            .verdicts
            .lines()
            .filter_map(|line| serde_json::from_str::<Verdict>(line).ok())
            .find(|verdict| verdict.scenario == scenario);
        let wrong = match verdict {
            Some(Verdict { wrong: None, .. }) => return Ok(()),
            Some(Verdict {
                wrong: Some(wrong), ..
            }) => wrong,
            None => {
                let why = ended.error.as_ref().map(|error| format!(": {error}"));
                format!("the guest said nothing about it{}", why.unwrap_or_default())
            }
        };
        let log = excerpt(&ended.log, scenario, Self::SHOWN);
        let path = machine.log_path();
        Err(format!("{wrong}\n{log}\n(all of it: {})", path.display()))
    }

    fn machine<'a>(&'a self, boot: Boot, further: Option<&'a Path>) -> Machine<'a> {
        let mut arguments = vec!["direct".to_owned(), boot.name().to_owned()];
        arguments.extend(self.words.iter().cloned());
        Machine {
            parts: &self.parts,
            program: &self.program,
            further,
            arguments,
            bound: Self::BOUND,
            folder: &self.folder,
            name: boot.name(),
        }
    }
}

/// Where `exeunt` is. It is built at the first asking, as this was, by the cargo that runs it.
fn command_line() -> Result<&'static Path, &'static LabError> {
    static BUILT: OnceLock<Result<PathBuf, LabError>> = OnceLock::new();
    let build = || {
        CargoBuild::new()
            .manifest_path(concat!(env!("CARGO_MANIFEST_DIR"), "/../../Cargo.toml"))
            .package("exeunt")
            .bin("exeunt")
            .current_release()
            .run()
            .map(|program| program.path().to_owned())
            .map_err(|error| LabError::NotBuilt {
                detail: error.to_string(),
            })
    };
    BUILT.get_or_init(build).as_deref()
}

/// What the guest said while it played this scenario; the end of the log if it did not get that far.
fn excerpt(log: &[String], scenario: &str, most: usize) -> String {
    let begins = |line: &String| line.contains("== ");
    let start = log
        .iter()
        .position(|line| begins(line) && line.ends_with(scenario));
    let part = match start {
        Some(start) => {
            let length = log[start + 1..].iter().position(begins);
            &log[start..length.map_or(log.len(), |length| start + 1 + length)]
        }
        None => log,
    };
    let skipped = part.len().saturating_sub(most);
    part[skipped..].join("\n")
}

#[cfg(test)]
mod tests {
    use super::excerpt;

    #[test]
    fn a_failure_shows_its_own_part_of_the_log() {
        let log = ["boot", "[1] == one", "a", "[2] == two", "b", "c"].map(str::to_owned);
        assert_eq!(excerpt(&log, "one", 9), "[1] == one\na");
        assert_eq!(excerpt(&log, "two", 2), "b\nc");
        assert_eq!(excerpt(&log, "three", 2), "b\nc");
    }
}
