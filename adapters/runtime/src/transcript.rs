//! A recorded session, and whether the core still answers it the same (G-18).

use exeunt_core::{Effect, Policy, Session};
use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::{Step, StepState};

/// The most characters of an error's words.
const MAX_DETAIL: usize = 300;

/// A recorded session: the policy it ran under and every step of it.
///
/// As text it is one JSON object a line: a header with the version and the policy, then the steps.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Transcript {
    /// The deadlines it ran under.
    pub policy: Policy,
    /// Every step, in order.
    pub steps: Vec<Step>,
}

/// What a replay showed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Replayed {
    /// How many steps were answered the same.
    pub steps: usize,
    /// How many exits were reported in them.
    pub exits: usize,
}

/// Why something is no transcript, or not one that this core answers the same.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum TranscriptError {
    /// The file does not begin like a transcript.
    #[error(
        "line 1 is no transcript's header: {detail}; expected {{\"exeunt_transcript\":1,\"policy\":…}}"
    )]
    Header {
        /// What was wrong with it.
        detail: String,
    },
    /// A version that this build does not read.
    #[error("the transcript has version {version}; this build reads version 1")]
    Version {
        /// Its version.
        version: u32,
    },
    /// A line is no step.
    #[error("line {line} is no step of a session: {detail}")]
    Line {
        /// Which line, from 1.
        line: usize,
        /// What was wrong with it.
        detail: String,
    },
    /// The transcript ends inside a stay.
    #[error(
        "the transcript is cut off: line {line} leaves the session {state:?}, and no exit is reported after it"
    )]
    CutOff {
        /// The last line.
        line: usize,
        /// Where that leaves the session.
        state: StepState,
    },
    /// The core answers otherwise than it did.
    #[error("line {line}: the core answers {replayed}, but the transcript says {recorded}")]
    Differs {
        /// Which line, from 1.
        line: usize,
        /// What was recorded.
        recorded: String,
        /// What the core answers now.
        replayed: String,
    },
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Header {
    exeunt_transcript: u32,
    policy: Policy,
}

impl Transcript {
    /// The version of the text form.
    const VERSION: u32 = 1;

    /// The first line of a transcript that is written while it happens.
    #[must_use]
    pub fn header(policy: Policy) -> String {
        line(&Header {
            exeunt_transcript: Self::VERSION,
            policy,
        })
    }

    /// One further line of it.
    #[must_use]
    pub fn line(step: &Step) -> String {
        line(step)
    }

    /// Reads a transcript; says which line is wrong, and what was expected there.
    pub fn parse(text: &str) -> Result<Self, TranscriptError> {
        let mut lines = text.lines().enumerate();
        let (_, first) = lines.next().ok_or_else(|| TranscriptError::Header {
            detail: "the file is empty".to_owned(),
        })?;
        let header: Header =
            serde_json::from_str(first).map_err(|error| TranscriptError::Header {
                detail: shortened(&error),
            })?;
        if header.exeunt_transcript != Self::VERSION {
            return Err(TranscriptError::Version {
                version: header.exeunt_transcript,
            });
        }
        let mut steps = Vec::new();
        for (number, text) in lines {
            let step = serde_json::from_str(text).map_err(|error| TranscriptError::Line {
                line: number + 1,
                detail: shortened(&error),
            })?;
            steps.push(step);
        }
        Ok(Self {
            policy: header.policy,
            steps,
        })
    }

    /// Feeds the steps to the core and compares its answers with the recorded ones.
    pub fn replay(&self) -> Result<Replayed, TranscriptError> {
        let mut session = Session::new(self.policy);
        let mut exits = 0;
        let mut line = 1;
        for recorded in &self.steps {
            line += 1;
            let reaction = session.handle(recorded.epoch, recorded.event, recorded.at);
            let replayed = Step {
                state: session.state().into(),
                effects: reaction.effects,
                disposition: reaction.disposition,
                ..recorded.clone()
            };
            if replayed != *recorded {
                return Err(TranscriptError::Differs {
                    line,
                    recorded: answer(recorded),
                    replayed: answer(&replayed),
                });
            }
            exits += recorded
                .effects
                .iter()
                .filter(|effect| **effect == Effect::ReportExit)
                .count();
        }
        match session.state().into() {
            StepState::Idle | StepState::Exited => Ok(Replayed {
                steps: self.steps.len(),
                exits,
            }),
            state @ (StepState::InRoom | StepState::Exiting) => {
                Err(TranscriptError::CutOff { line, state })
            }
        }
    }
}

/// The words may quote the file: quote it shortly, and on one line.
fn shortened(error: &serde_json::Error) -> String {
    let words = error.to_string();
    words.escape_debug().take(MAX_DETAIL).collect()
}

fn answer(step: &Step) -> String {
    format!("{:?} {:?} {:?}", step.state, step.effects, step.disposition)
}

fn line(of: &impl Serialize) -> String {
    // Plain data with string keys: there is nothing in it that JSON could not hold.
    serde_json::to_string(of).unwrap_or_default()
}
