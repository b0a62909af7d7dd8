//! The suite: which subjects it has, and running their cases one after another.

use std::io::Write;
use std::process::ExitCode;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use exeunt_port::{Device, async_trait};
use exeunt_requirements::full;

use crate::case::{BoxFuture, Case, Description};
use crate::finding::{Finding, Outcome};
use crate::patience::Patience;
use crate::selection::{Selection, Wish};
use crate::{Lab, Line, Obstacle, Report, Verdict, World};
use crate::{device_cases as of_devices, performance, transport_cases as of_transports};

/// The conformance suite for one adapter, or for several.
///
/// Cases run one after another, each in a runtime, a world and a bound of its own. Threads and
/// descriptors are counted for the whole process, so a suite is best a test program of its own
/// (`harness = false`); suites of one process take turns.
#[must_use = "a suite checks nothing until it is run"]
pub struct Suite {
    subjects: Vec<Subject>,
    patience: Duration,
}

struct Subject {
    name: String,
    cases: Vec<Playable>,
}

struct Playable {
    description: Description,
    play: Play,
}

/// Plays a case once, in the runtime that it is called in.
pub(crate) type Play = Arc<dyn Fn(Patience) -> BoxFuture<'static, Outcome> + Send + Sync>;

/// The suite of a transport. `start` makes a [`World`], anew for every case.
pub fn transport<W: World, F>(start: impl Fn() -> F + Send + Sync + 'static) -> Suite
where
    F: Future<Output = Result<W, Obstacle>> + Send + 'static,
{
    let set = move |patience| {
        let starting = start();
        async move {
            let world = Box::new(starting.await?);
            Ok(of_transports::Stage::new(world, patience))
        }
    };
    let bound = of_transports::Stage::bound;
    Suite::of("transport", of_transports::CASES, bound, set)
}

/// The suite of a device. `fresh` gives a handle to it, anew for every case.
pub fn device<D: Device>(
    fresh: impl Fn() -> Result<D, Obstacle> + Clone + Send + Sync + 'static,
) -> Suite {
    struct Plain<F>(F);

    #[async_trait]
    impl<D: Device, F: Fn() -> Result<D, Obstacle> + Send + Sync + 'static> Lab for Plain<F> {
        async fn device(&self) -> Result<Box<dyn Device>, Obstacle> {
            Ok(Box::new((self.0)()?))
        }
    }

    device_lab(move || std::future::ready(Ok(Plain(fresh.clone()))))
}

/// The suite of a device in a lab, where more can befall it. `start` makes the [`Lab`], anew for every
/// case.
pub fn device_lab<L: Lab, F>(start: impl Fn() -> F + Send + Sync + 'static) -> Suite
where
    F: Future<Output = Result<L, Obstacle>> + Send + 'static,
{
    let set = move |patience| {
        let starting = start();
        async move {
            let lab = Box::new(starting.await?);
            let device = Arc::from(lab.device().await?);
            Ok(of_devices::Stage {
                lab,
                device,
                patience,
            })
        }
    };
    let bound = of_devices::Stage::bound;
    Suite::of("device", of_devices::CASES, bound, set)
}

/// What is checked of a transport.
#[must_use]
pub fn transport_cases() -> Vec<Description> {
    described(of_transports::CASES)
}

/// What is checked of a device.
#[must_use]
pub fn device_cases() -> Vec<Description> {
    described(of_devices::CASES)
}

fn described<S>(cases: &[Case<S>]) -> Vec<Description> {
    cases.iter().map(|case| case.description).collect()
}

impl Suite {
    /// Plays each case on a stage that is `set` for it, within the bound that the stage gives.
    fn of<S: Send + Sync + 'static, F>(
        name: &str,
        cases: &'static [Case<S>],
        bound: fn(&S) -> Duration,
        set: impl Fn(Patience) -> F + Send + Sync + 'static,
    ) -> Self
    where
        F: Future<Output = Result<S, Obstacle>> + Send + 'static,
    {
        let set = Arc::new(set);
        let cases = cases.iter().map(|case| {
            let set = Arc::clone(&set);
            let play: Play = Arc::new(move |patience| {
                let stage = set(patience.clone());
                Box::pin(performance::play(stage, bound, case.story, patience))
            });
            Playable {
                description: case.description,
                play,
            }
        });
        let subject = Subject {
            name: name.to_owned(),
            cases: cases.collect(),
        };
        Self {
            subjects: vec![subject],
            patience: Patience::DEFAULT,
        }
    }

    /// Names what is checked, for the report: `my transport`.
    pub fn called(mut self, name: impl Into<String>) -> Self {
        if let Some(subject) = self.subjects.last_mut() {
            subject.name = name.into();
        }
        self
    }

    /// Waits at most this long for one answer, and twice as long and four leases for a case. The
    /// default is 5 s. The longer of the two counts where suites are joined.
    pub fn patience(mut self, patience: Duration) -> Self {
        self.patience = patience;
        self
    }

    /// Runs only the cases whose sentence contains these words.
    pub fn only(mut self, words: &str) -> Self {
        for subject in &mut self.subjects {
            let is_asked_for = |case: &Playable| case.description.name.contains(words);
            subject.cases.retain(is_asked_for);
        }
        self
    }

    /// Runs another suite after this one, in one report.
    pub fn and(mut self, other: Self) -> Self {
        self.subjects.extend(other.subjects);
        self.patience = self.patience.max(other.patience);
        self
    }

    /// Runs the cases that the command line asks for (all without an argument; those whose names
    /// contain one of the arguments; `--list` lists them), prints each as it ends and then what is
    /// broken. For a test program's `main`, which answers what this answers.
    #[must_use]
    pub fn run(self) -> ExitCode {
        let selection = match Wish::of(std::env::args().skip(1)) {
            Wish::List => {
                for (subject, playable) in self.cases() {
                    println!("{}: {}: test", subject.name, playable.description.name);
                }
                return ExitCode::SUCCESS;
            }
            Wish::Run(selection) => selection,
        };
        let report = self.perform(&selection, &mut std::io::stdout());
        print!("{}\nconformance: {}\n", report.failures(), report.summary());
        if report.is_success() {
            ExitCode::SUCCESS
        } else {
            ExitCode::FAILURE
        }
    }

    /// Runs all cases and says what came out, without printing.
    #[must_use]
    pub fn report(self) -> Report {
        self.perform(&Selection::everything(), &mut std::io::sink())
    }

    fn cases(&self) -> impl Iterator<Item = (&Subject, &Playable)> {
        let of = |subject| std::iter::repeat(subject);
        self.subjects
            .iter()
            .flat_map(move |subject| of(subject).zip(&subject.cases))
    }

    fn perform(&self, selection: &Selection, output: &mut dyn Write) -> Report {
        /// What is counted of the process is counted for one suite at a time.
        static TURN: Mutex<()> = Mutex::new(());
        let _turn = TURN.lock().unwrap_or_else(PoisonError::into_inner);
        let (chosen, rest): (Vec<_>, Vec<_>) = self.cases().partition(|(subject, playable)| {
            selection.contains(&subject.name, playable.description.name)
        });
        let widths = chosen.iter().map(|(_, case)| case.description.name.len());
        let width = widths.max().unwrap_or_default();
        let mut report = Report {
            lines: Vec::new(),
            filtered_out: rest.len(),
        };
        let mut shown = None;
        for (subject, playable) in chosen {
            // Whoever reads the output may have gone; the report does not depend on him.
            if shown != Some(&subject.name) {
                let _ = writeln!(output, "\n{}\n{}", subject.name, Report::head(width));
                shown = Some(&subject.name);
            }
            let line = self.play(subject, playable);
            let _ = writeln!(output, "{}", line.row(width));
            report.lines.push(line);
        }
        report
    }

    fn play(&self, subject: &Subject, playable: &Playable) -> Line {
        let patience = Patience::new(self.patience);
        let (outcome, took) = performance::perform(&playable.play, &patience);
        Line {
            subject: subject.name.clone(),
            case: playable.description.name,
            guarantees: playable.description.guarantees,
            verdict: verdict(outcome),
            took,
        }
    }
}

fn verdict(outcome: Outcome) -> Verdict {
    match outcome {
        Ok(()) => Verdict::Passed,
        Err(Finding::Broken { duty, seen }) => Verdict::Failed(format!("{seen}\nbroken: {duty}")),
        Err(Finding::Obstacle(Obstacle::NotOffered { what })) => Verdict::NotOffered(what),
        Err(Finding::Obstacle(missing @ Obstacle::Missing { .. })) if full() => Verdict::Failed(
            format!("{missing}, and FULL=1 says that it has to be there"),
        ),
        Err(Finding::Obstacle(missing @ Obstacle::Missing { .. })) => {
            Verdict::NotRun(missing.to_string())
        }
        Err(Finding::Obstacle(failed @ Obstacle::Failed { .. })) => {
            Verdict::Failed(failed.to_string())
        }
        Err(Finding::Blown(why)) => Verdict::Failed(why),
    }
}
