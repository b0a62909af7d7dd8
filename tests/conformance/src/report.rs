//! What came out: one line a case, a table of them, and what is broken.

use std::fmt;
use std::time::Duration;

use crate::Guarantees;

/// What the suite has found.
#[derive(Clone, Debug, Default)]
pub struct Report {
    pub(crate) lines: Vec<Line>,
    pub(crate) filtered_out: usize,
}

/// What one case has found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// Of what: the name that [`Suite::called`](crate::Suite::called) gave.
    pub subject: String,
    /// The case, as a sentence.
    pub case: &'static str,
    /// What it shows.
    pub guarantees: Guarantees,
    /// What came out.
    pub verdict: Verdict,
    /// How long it took.
    pub took: Duration,
}

/// What came out of a case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The guarantee was seen to hold.
    Passed,
    /// It does not hold: what was seen, and which demand of the port is broken.
    Failed(String),
    /// The system has no such thing.
    NotOffered(String),
    /// This machine lacks a part.
    NotRun(String),
}

impl Report {
    /// What each case has found, in order.
    #[must_use]
    pub fn lines(&self) -> &[Line] {
        &self.lines
    }

    /// The cases that failed.
    pub fn failed(&self) -> impl Iterator<Item = &Line> {
        self.lines
            .iter()
            .filter(|line| matches!(line.verdict, Verdict::Failed(_)))
    }

    /// Whether no case failed.
    #[must_use]
    pub fn is_success(&self) -> bool {
        self.failed().next().is_none()
    }

    /// The table's head, for cases of at most this many characters.
    pub(crate) fn head(width: usize) -> String {
        format!("{:width$} | {:WIDTH$} | result", "case", "guarantee")
    }

    /// The last line: how many passed, and how many did not.
    #[must_use]
    pub fn summary(&self) -> String {
        let count = |is: fn(&Verdict) -> bool| {
            let lines = self.lines.iter();
            lines.filter(|line| is(&line.verdict)).count()
        };
        let filtered_out = match self.filtered_out {
            0 => String::new(),
            number => format!(", {number} filtered out"),
        };
        format!(
            "{} passed, {} failed, {} not run, {} not offered{filtered_out}",
            count(|verdict| matches!(verdict, Verdict::Passed)),
            count(|verdict| matches!(verdict, Verdict::Failed(_))),
            count(|verdict| matches!(verdict, Verdict::NotRun(_))),
            count(|verdict| matches!(verdict, Verdict::NotOffered(_))),
        )
    }

    /// What is broken, case by case; empty where nothing is.
    #[must_use]
    pub fn failures(&self) -> String {
        self.lines.iter().filter_map(Line::failure).collect()
    }
}

/// The width of the guarantees' column.
const WIDTH: usize = 19;

impl Line {
    fn failure(&self) -> Option<String> {
        let Verdict::Failed(why) = &self.verdict else {
            return None;
        };
        let why = why.replace('\n', "\n    ");
        Some(format!("\n{}: {}\n    {why}\n", self.subject, self.case))
    }

    /// The case's row in a table whose first column is this wide.
    pub(crate) fn row(&self, width: usize) -> String {
        let result = match &self.verdict {
            Verdict::Passed => format!("pass ({})", seconds(self.took)),
            Verdict::Failed(_) => format!("FAIL ({})", seconds(self.took)),
            Verdict::NotOffered(why) => format!("not offered: {why}"),
            Verdict::NotRun(why) => format!("not run: {why}"),
        };
        let guarantees = self.guarantees.to_string();
        format!("{:width$} | {guarantees:WIDTH$} | {result}", self.case)
    }
}

fn seconds(took: Duration) -> String {
    format!("{:.2} s", took.as_secs_f64())
}

/// The whole table, with what is broken below it.
impl fmt::Display for Report {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let width = self.lines.iter().map(|line| line.case.len()).max();
        let width = width.unwrap_or_default();
        let mut subject = None;
        for line in &self.lines {
            if subject != Some(&line.subject) {
                writeln!(formatter, "\n{}\n{}", line.subject, Self::head(width))?;
                subject = Some(&line.subject);
            }
            writeln!(formatter, "{}", line.row(width))?;
        }
        write!(formatter, "{}\n{}", self.failures(), self.summary())
    }
}
