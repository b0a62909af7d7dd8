//! Visiting every state of a model, and what came of it.

use std::fmt;
use std::time::{Duration, Instant};

use exeunt_core::Cause;
use stateright::report::Reporter;
use stateright::{Checker, HasDiscoveries, Model};

use crate::action::Action;
use crate::breach::{Breach, Law};
use crate::play::Play;
use crate::scope::Scope;
use crate::words::describe;
use crate::world::World;

/// What came of visiting every state.
#[derive(Debug)]
pub struct Survey {
    /// What was visited.
    pub scope: Scope,
    /// How many different states there are.
    pub states: usize,
    /// How many steps lead from one to another.
    pub steps: usize,
    /// How long it took.
    pub took: Duration,
    /// The causes by which somebody's stay has ended.
    pub causes: Vec<Cause>,
    /// The laws that do not hold, each with a way to where it is broken in which no step is needless.
    pub counter_examples: Vec<CounterExample>,
}

/// A way to where a law is broken.
#[derive(Debug)]
pub struct CounterExample {
    /// Which law.
    pub law: Law,
    /// What is broken.
    pub breach: Breach,
    /// What people, machines and the network did, in words.
    pub path: Vec<String>,
    /// What the world then does by itself until it shows, in words.
    pub aftermath: Vec<String>,
}

impl Survey {
    /// Visits every state on this many threads; ends early where a law is broken. `progress` hears the
    /// number of states once a second.
    #[must_use]
    pub fn of(scope: Scope, threads: usize, progress: impl FnMut(usize) + Send) -> Self {
        let began = Instant::now();
        let checker = Play::new(scope)
            .checker()
            .threads(threads)
            .finish_when(HasDiscoveries::AnyFailures)
            .spawn_bfs()
            .join_and_report(&mut Progress(progress));
        let counter_examples = Law::ALL
            .into_iter()
            .filter_map(|law| {
                let path = checker.discovery(law.words())?;
                CounterExample::of(law, checker.model(), path.into_vec())
            })
            .collect();
        Self {
            scope,
            states: checker.unique_state_count(),
            steps: checker.state_count(),
            causes: Cause::ALL
                .into_iter()
                .filter(|cause| checker.model().has_seen(*cause))
                .collect(),
            took: began.elapsed(),
            counter_examples,
        }
    }
}

struct Progress<F>(F);

impl<F: FnMut(usize) + Send> Reporter<Play> for Progress<F> {
    fn report_checking(&mut self, data: stateright::report::ReportData) {
        if !data.done {
            self.0(data.unique_states);
        }
    }

    fn delay(&self) -> Duration {
        Duration::from_millis(100)
    }

    fn report_discoveries(
        &mut self,
        _: &Play,
        _: std::collections::BTreeMap<&'static str, stateright::report::ReportDiscovery<Play>>,
    ) {
    }
}

impl CounterExample {
    fn of(law: Law, play: &Play, path: Vec<(World, Option<Action>)>) -> Option<Self> {
        let (first, _) = path.first()?.clone();
        let actions: Vec<Action> = path.into_iter().filter_map(|(_, action)| action).collect();
        let way = play.shortest(law, &actions, &first)?;
        let words = |steps: &[(World, Action)]| {
            let steps = steps.iter();
            steps
                .map(|(world, action)| describe(world, *action))
                .collect()
        };
        Some(Self {
            law,
            breach: way.breach,
            path: words(&way.path),
            aftermath: words(&way.aftermath),
        })
    }
}

impl fmt::Display for CounterExample {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(formatter, "it does not hold that {}:", self.law.words())?;
        for (number, step) in (1..).zip(&self.path) {
            writeln!(formatter, "{number:4}. {step}")?;
        }
        if !self.aftermath.is_empty() {
            writeln!(formatter, "      and then, left to itself:")?;
        }
        for (number, step) in (self.path.len() + 1..).zip(&self.aftermath) {
            writeln!(formatter, "{number:4}. {step}")?;
        }
        writeln!(formatter, "   => {}", self.breach)
    }
}

impl fmt::Display for Survey {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            scope,
            states,
            steps,
            took,
            counter_examples,
            causes: _,
        } = self;
        writeln!(
            formatter,
            "{}: {states} states, {steps} steps, {:.1} s",
            scope.name,
            took.as_secs_f64()
        )?;
        counter_examples
            .iter()
            .try_for_each(|example| write!(formatter, "{example}"))
    }
}
