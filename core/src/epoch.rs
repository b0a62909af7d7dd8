//! Which stay something belongs to.

/// The number of one stay in a room.
///
/// Every event, fact and effect carries it, so that what comes late can never be taken for
/// something newer (G-10). Numbers only grow within one [`Session`](crate::Session).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(transparent))]
pub struct Epoch(u32);

impl Epoch {
    /// Before any stay.
    pub const NONE: Self = Self(0);
    /// The first stay.
    pub const FIRST: Self = Self(1);

    /// The stay of this number.
    #[must_use]
    pub const fn from_number(number: u32) -> Self {
        Self(number)
    }

    /// Its number; 0 is before any stay.
    #[must_use]
    pub const fn number(self) -> u32 {
        self.0
    }

    /// The stay after this one. Four thousand million stays are taken to be enough: it saturates.
    #[must_use]
    pub const fn next(self) -> Self {
        Self(self.0.saturating_add(1))
    }
}

impl core::fmt::Display for Epoch {
    fn fmt(&self, formatter: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        self.0.fmt(formatter)
    }
}
