//! The director: plays the scenarios of one boot and says what came out.

use std::fs::OpenOptions;
use std::io::Write;
use std::time::Duration;

use super::failure::{LabFailure, Outcome};
use super::process::Process;
use super::scenarios::{Play, Scenario, scenarios};
use super::{log, stage};
use crate::Verdict;

/// How long one case of the suite is waited for. It is no claim, and bounds only what hangs: 200 openings
/// take more than a minute where others use the emulated machine's processors.
const CASE: Duration = Duration::from_secs(300);

/// Plays the scenarios of a boot in whose sentence one of the words stands, or all of them.
pub(crate) fn direct(boot: &str, words: &[String]) -> Outcome {
    let is_wanted = |scenario: &Scenario| {
        scenario.boot.name() == boot
            && (words.is_empty()
                || words
                    .iter()
                    .any(|word| scenario.name.contains(word.as_str())))
    };
    let wanted: Vec<_> = scenarios().into_iter().filter(is_wanted).collect();
    let mut voice = Voice::open()?;
    for scenario in &wanted {
        if let Play::Alone(play) = scenario.play() {
            log::say(&format!("== {}", scenario.name));
            let outcome = stage::restore().and_then(|()| play());
            voice.says(
                &scenario.name,
                outcome.err().map(|failure| failure.to_string()),
            )?;
        }
    }
    for device in ["camera", "microphone", "speaker"] {
        suite(device, &wanted, &mut voice)?;
    }
    Ok(())
}

/// Runs the suite on one device, and says what came out of the cases that are wanted.
fn suite(device: &str, wanted: &[Scenario], voice: &mut Voice) -> Outcome {
    let cases = wanted.iter().filter_map(|scenario| match scenario.play() {
        Play::Suite { device: of, case } if of == device => Some((scenario, case)),
        Play::Suite { .. } | Play::Alone(_) => None,
    });
    for (scenario, case) in cases {
        log::say(&format!("== {}", scenario.name));
        let played = stage::restore().and_then(|()| {
            let mut suite = Process::start("suite", &["conform", device, case])?;
            suite.until_within(CASE, case, |line| {
                line.is("case") && line.text("case") == case
            })
        });
        let wrong = match played {
            Ok(line) => line.value("wrong").as_str().map(str::to_owned),
            Err(failure) => Some(failure.to_string()),
        };
        voice.says(&scenario.name, wrong)?;
    }
    Ok(())
}

/// How the host hears what came out.
struct Voice(std::fs::File);

impl Voice {
    fn open() -> Result<Self, LabFailure> {
        let path = std::env::var("LAB_VERDICTS").unwrap_or_else(|_| "/dev/null".to_owned());
        let file = OpenOptions::new().write(true).open(&path);
        file.map(Self).map_err(LabFailure::system(path))
    }

    fn says(&mut self, scenario: &str, wrong: Option<String>) -> Outcome {
        match &wrong {
            Some(wrong) => log::say(&format!("FAILED: {wrong}")),
            None => log::say(&"passed"),
        }
        let verdict = Verdict {
            scenario: scenario.to_owned(),
            wrong,
        };
        let line = serde_json::to_string(&verdict).map_err(std::io::Error::other);
        line.and_then(|line| writeln!(self.0, "{line}"))
            .map_err(LabFailure::system("the line to the host"))
    }
}
