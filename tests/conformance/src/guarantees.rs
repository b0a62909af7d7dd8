//! Which of the project's numbered guarantees a case shows.

use std::fmt;

/// Numbers of guarantees (`G-1` to `G-18`, as the documentation of `exeunt-core` lists them).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Guarantees(&'static [u8]);

impl Guarantees {
    pub(crate) const fn of(numbers: &'static [u8]) -> Self {
        Self(numbers)
    }

    /// The numbers, in order.
    #[must_use]
    pub fn numbers(&self) -> &'static [u8] {
        self.0
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

/// `G-4, G-7`, or `the port` for what the port demands and no guarantee is about.
impl fmt::Display for Guarantees {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.is_empty() {
            return formatter.pad("the port");
        }
        let names: Vec<_> = self.0.iter().map(|number| format!("G-{number}")).collect();
        formatter.pad(&names.join(", "))
    }
}
