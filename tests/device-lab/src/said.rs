//! What the guest says to the host, a line each.

use serde::{Deserialize, Serialize};

/// What came out of one scenario.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Verdict {
    /// Which scenario: its sentence.
    pub scenario: String,
    /// What is wrong; nothing if it went as it should.
    pub wrong: Option<String>,
}
