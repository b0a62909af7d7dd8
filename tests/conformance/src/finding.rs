//! What a case has found.

use crate::Obstacle;
use crate::duty::Duty;

/// How a case ends: it has seen what it was to see, or it says why not.
pub(crate) type Outcome = Result<(), Finding>;

/// Why a case did not pass.
#[derive(Debug)]
pub(crate) enum Finding {
    /// The adapter does not do what its port demands.
    Broken {
        /// Which demand.
        duty: &'static Duty,
        /// What was seen instead.
        seen: String,
    },
    /// The test's own world stood in the way.
    Obstacle(Obstacle),
    /// The case came to no end of its own: it panicked, or was cut off.
    Blown(String),
}

impl Finding {
    pub(crate) fn broken(duty: &'static Duty, seen: impl Into<String>) -> Self {
        Self::Broken {
            duty,
            seen: seen.into(),
        }
    }
}

impl From<Obstacle> for Finding {
    fn from(obstacle: Obstacle) -> Self {
        Self::Obstacle(obstacle)
    }
}

/// Goes on where the demand is met, and ends the case where it is not.
pub(crate) fn demand(duty: &'static Duty, met: bool, seen: impl FnOnce() -> String) -> Outcome {
    if met {
        Ok(())
    } else {
        Err(Finding::broken(duty, seen()))
    }
}
