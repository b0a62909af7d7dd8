//! One report: what happened there, and what shows that it cannot happen here.

/// One report, or several of the same kind.
#[derive(Clone, Copy, Debug)]
pub struct Entry {
    /// Its number in the collection.
    pub number: u8,
    /// When in the life of a stay it happened.
    pub moment: Moment,
    /// What happened there, in one sentence.
    pub world: &'static str,
    /// The reports, as `owner/repository#number`.
    pub reports: &'static [&'static str],
    /// The guarantee that excludes it.
    pub guarantee: u8,
    /// What shows that.
    pub shown: Shown,
}

/// When in the life of a stay something went wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Moment {
    /// While still entering.
    Entering,
    /// While a device opens.
    DeviceOpening,
    /// While the link is being recovered, or dead.
    Recovering,
    /// A device has vanished, or does not let go.
    DeviceVanished,
    /// Two causes at once.
    TwoCauses,
    /// From inside a callback.
    InsideACallback,
    /// Ended by the server.
    EndedByTheServer,
    /// The process, or its last owner, dies.
    ProcessDying,
    /// Entering again, too early.
    TooEarlyReEntry,
}

/// What shows that an entry is excluded.
#[derive(Clone, Copy, Debug)]
pub enum Shown {
    /// A story of this crate.
    Here(fn()),
    /// A test elsewhere: the file, and words that stand in it.
    Elsewhere(&'static str, &'static str),
    /// It cannot be expressed yet; why.
    Not(&'static str),
}

impl Moment {
    /// As a heading.
    #[must_use]
    pub fn heading(self) -> &'static str {
        match self {
            Self::Entering => "While still entering",
            Self::DeviceOpening => "While a device opens",
            Self::Recovering => "While the link is being recovered, or dead",
            Self::DeviceVanished => "A device has vanished, or does not let go",
            Self::TwoCauses => "Two causes at once",
            Self::InsideACallback => "From inside a callback",
            Self::EndedByTheServer => "Ended by the server",
            Self::ProcessDying => "The process, or its last owner, dies",
            Self::TooEarlyReEntry => "Entering again, too early",
        }
    }
}
