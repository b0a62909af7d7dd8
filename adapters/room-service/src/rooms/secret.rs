//! What a client has to show to get its stay back.

use std::fmt;

use subtle::ConstantTimeEq;

/// A stay's secret. It is shown in no log and no `Debug` output.
#[derive(Clone, PartialEq, Eq, Hash)]
pub(super) struct StaySecret(String);

impl StaySecret {
    pub(super) fn new(secret: String) -> Self {
        Self(secret)
    }

    /// Whether this is the secret, in a time that does not tell how far it agrees.
    pub(super) fn is(&self, shown: &str) -> bool {
        self.0.as_bytes().ct_eq(shown.as_bytes()).into()
    }
}

impl fmt::Debug for StaySecret {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("(secret)")
    }
}
