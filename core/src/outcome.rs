//! How an obligation was settled.

/// How an obligation was settled.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
pub enum Outcome {
    /// It was done, and confirmed.
    Done,
    /// There was nothing to do: the others knew already, the device was lent or never opened.
    NotOwed,
    /// What it was to be done to went away by itself; nothing is held.
    Vanished,
    /// It was tried, and it failed.
    Failed,
    /// It was tried, and its deadline passed without an answer.
    TimedOut,
    /// It could not even be tried.
    Impossible,
}

impl Outcome {
    /// All outcomes.
    pub const ALL: [Self; 6] = [
        Self::Done,
        Self::NotOwed,
        Self::Vanished,
        Self::Failed,
        Self::TimedOut,
        Self::Impossible,
    ];

    /// Whether nothing is left behind: it was done, was not owed, or went by itself.
    #[must_use]
    pub const fn is_clean(self) -> bool {
        match self {
            Self::Done | Self::NotOwed | Self::Vanished => true,
            Self::Failed | Self::TimedOut | Self::Impossible => false,
        }
    }
}

impl core::fmt::Display for Outcome {
    fn fmt(&self, formatter: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        formatter.pad(match self {
            Self::Done => "done",
            Self::NotOwed => "not owed",
            Self::Vanished => "vanished",
            Self::Failed => "failed",
            Self::TimedOut => "timed out",
            Self::Impossible => "impossible",
        })
    }
}
