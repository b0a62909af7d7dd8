//! What was found wrong, in words for somebody who was not there.

use std::fmt;

use exeunt_core::{Effect, Epoch, Event, Instant};
use thiserror::Error;

/// The guarantees that a history can break; `core/docs/guarantees.md` has them all, with their sources.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Guarantee {
    /// G-1.
    Once,
    /// G-2.
    Why,
    /// G-3.
    OneWayOut,
    /// G-4.
    LateIsUndone,
    /// G-5.
    NoResurrection,
    /// G-6.
    Bounded,
    /// G-7.
    ThroughToTheEnd,
    /// G-9.
    AlwaysLegal,
    /// G-10.
    Numbered,
    /// G-11.
    CleanReentry,
    /// G-12.
    Told,
    /// G-13.
    ReallyOff,
    /// G-14.
    Silence,
    /// G-16.
    OnlyItsOwn,
    /// G-17.
    Progress,
    /// G-18.
    SameInSameOut,
}

impl fmt::Display for Guarantee {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Once => "G-1 Once: every stay that was begun ends in exactly one onExitRoom",
            Self::Why => "G-2 Why: the first cause fixes the reason",
            Self::OneWayOut => {
                "G-3 One way out: every cause releases everything that the stay acquired"
            }
            Self::LateIsUndone => {
                "G-4 Late is undone: what completes after the exit began is undone on arrival"
            }
            Self::NoResurrection => {
                "G-5 No resurrection: an exit cancels what is connecting and begins nothing new"
            }
            Self::Bounded => {
                "G-6 Bounded: Exited within Policy::total(), and nothing local waits for the network"
            }
            Self::ThroughToTheEnd => {
                "G-7 Through to the end: one failed or unanswered effect skips none"
            }
            Self::AlwaysLegal => "G-9 Always legal: leaving is defined in every state and idempotent",
            Self::Numbered => "G-10 Numbered: what belongs to another stay changes nothing",
            Self::CleanReentry => {
                "G-11 Clean re-entry: a new enter waits for the end of the old stay and finds nothing of it"
            }
            Self::Told => {
                "G-12 Told: the departure is handed over, bounded, before the transport closes"
            }
            Self::ReallyOff => "G-13 Really off: what is said to be released is released",
            Self::Silence => "G-14 Silence: no frame leaves after the exit began",
            Self::OnlyItsOwn => "G-16 Only its own: what was lent is not released",
            Self::Progress => {
                "G-17 Progress: every waiting state has a deadline, and a reached deadline moves"
            }
            Self::SameInSameOut => "G-18 Same in, same out",
        })
    }
}

/// A guarantee that was broken.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error(
    "{guarantee}\nis not kept: {found}\n\nWhat happened (time in s, stay, event -> what was done):\n{transcript}"
)]
pub struct Violation {
    /// Which guarantee.
    pub guarantee: Guarantee,
    /// What was found.
    pub found: String,
    /// What happened until then; the last line is the one that breaks it.
    pub transcript: Transcript,
}

/// What happened, line by line.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Transcript {
    /// Every event, with what was done about it.
    pub lines: Vec<Line>,
}

/// An event and what was done about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// When.
    pub at: Instant,
    /// Of which stay.
    pub epoch: Epoch,
    /// What happened.
    pub event: Event,
    /// What was done about it, and for which stay.
    pub effects: Vec<(Epoch, Effect)>,
}

impl fmt::Display for Transcript {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        for line in &self.lines {
            writeln!(formatter, "{line}")?;
        }
        Ok(())
    }
}

impl fmt::Display for Line {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let micros = self.at.as_micros();
        let event = format!("{:?}", self.event);
        write!(
            formatter,
            "{:6}.{:03}  stay {:<3} {event:<32} ->",
            micros / 1_000_000,
            micros / 1000 % 1000,
            self.epoch
        )?;
        for (epoch, effect) in &self.effects {
            write!(formatter, " {effect:?}")?;
            if *epoch != self.epoch {
                write!(formatter, " (for stay {epoch})")?;
            }
        }
        Ok(())
    }
}
