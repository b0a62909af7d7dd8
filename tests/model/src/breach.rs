//! What must never be.

use thiserror::Error;

use crate::world::Owner;

/// A property that does not hold, and where.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Error)]
pub enum Breach {
    /// G-1: more reports than one, or none although everything has fallen silent.
    #[error("{owner} was reported {times} times{when}")]
    ReportedOften {
        /// Which stay.
        owner: Owner,
        /// How often.
        times: u8,
        /// Under which circumstances.
        when: &'static str,
    },
    /// G-12: somebody present does not know who is present.
    #[error(
        "all is quiet, and {user} believes that {believed} are there; in the room with {user} are {present}"
    )]
    NotTold {
        /// Who.
        user: &'static str,
        /// Who was told to be there.
        believed: String,
        /// Who is there.
        present: String,
    },
    /// G-12: somebody was told of an arrival, and of the departure before it he was not.
    #[error("{user} was told that {other} entered, who was there by all that {user} had been told")]
    EnteredTwice {
        /// Who.
        user: &'static str,
        /// Whose arrival it was.
        other: String,
    },
    /// Somebody is in a room that the server does not count him in, or the other way round.
    #[error("all is quiet; the server counts in {counted}, but in the room are {present}")]
    Ghosts {
        /// Whom the server counts in.
        counted: String,
        /// Who believes to be in.
        present: String,
    },
    /// Somebody was told of a departure that did not happen.
    #[error("the departure of {user} was told, and {user} {truth}")]
    FalseDeparture {
        /// Whose.
        user: String,
        /// What is so.
        truth: &'static str,
    },
    /// G-5: the server let somebody in twice for one enter of the application.
    #[error("{owner} was let in once more, though the application entered once")]
    BackUnasked {
        /// Which stay.
        owner: Owner,
    },
    /// G-10: something of one stay ended, or changed, another one.
    #[error("{what} touched {touched}")]
    Touched {
        /// What did it.
        what: String,
        /// What it touched.
        touched: Owner,
    },
    /// G-17: left to itself, the world goes round in circles.
    #[error("left to itself the world did not come to rest within {steps} steps")]
    Restless {
        /// Bound.
        steps: usize,
    },
}

/// The properties, each with what it says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Law {
    /// Everybody's exit happens exactly once.
    Once,
    /// Everybody still present learns of every departure in the end.
    Told,
    /// Nobody is told of a departure that did not happen.
    NothingInvented,
    /// A kicked user is never back without entering anew.
    NotBackUnasked,
    /// A stay's late messages never touch the next stay.
    LateTouchesNothing,
}

impl Law {
    /// All of them.
    pub const ALL: [Self; 5] = [
        Self::Once,
        Self::Told,
        Self::NothingInvented,
        Self::NotBackUnasked,
        Self::LateTouchesNothing,
    ];

    /// What it says.
    #[must_use]
    pub const fn words(self) -> &'static str {
        match self {
            Self::Once => "everybody's exit happens exactly once",
            Self::Told => "everybody still present learns of every departure in the end",
            Self::NothingInvented => "nobody is told of a departure that did not happen",
            Self::NotBackUnasked => "a kicked user is never back without entering anew",
            Self::LateTouchesNothing => "a stay's late messages never touch the next stay",
        }
    }
}

impl Breach {
    /// Which property it breaks.
    #[must_use]
    pub fn law(&self) -> Law {
        match self {
            Self::ReportedOften { .. } | Self::Restless { .. } => Law::Once,
            Self::NotTold { .. } | Self::EnteredTwice { .. } | Self::Ghosts { .. } => Law::Told,
            Self::FalseDeparture { .. } => Law::NothingInvented,
            Self::BackUnasked { .. } => Law::NotBackUnasked,
            Self::Touched { .. } => Law::LateTouchesNothing,
        }
    }
}
