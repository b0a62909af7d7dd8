//! Which client says something: what lets a server tell an older attempt from a newer one.

use std::fmt;

use serde::{Serialize, Serializer};
use uuid::Uuid;

/// One running client: random, 128 bits, on the wire 32 lower-case hexadecimal digits.
///
/// Every attempt of a client to enter has a number beside it, and a higher one than the attempt before;
/// of two attempts by the same client the server takes the later, in whatever order they arrive (G-10).
/// Attempts of different clients are compared with nobody's. It is no secret: it opens nothing without
/// the user's signature.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ClientId(u128);

impl ClientId {
    const DIGITS: usize = 32;

    /// A client that has never been.
    #[must_use]
    pub fn random() -> Self {
        Self(Uuid::new_v4().as_u128())
    }

    /// The client of this number; for tests, and for whoever has random numbers of his own.
    #[must_use]
    pub const fn from_number(number: u128) -> Self {
        Self(number)
    }

    /// Reads the one spelling that there is.
    pub(super) fn read(text: &str) -> Option<Self> {
        let is_digit = |byte: u8| matches!(byte, b'0'..=b'9' | b'a'..=b'f');
        if text.len() != Self::DIGITS || !text.bytes().all(is_digit) {
            return None;
        }
        u128::from_str_radix(text, 16).ok().map(Self)
    }
}

impl fmt::Display for ClientId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{:032x}", self.0)
    }
}

impl Serialize for ClientId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

#[cfg(test)]
mod tests {
    use super::ClientId;

    #[test]
    fn a_client_has_one_spelling() {
        let client = ClientId::from_number(0xab);
        let text = "000000000000000000000000000000ab";
        assert_eq!(client.to_string(), text);
        assert_eq!(ClientId::read(text), Some(client));
        for other in [
            "",
            "ab",
            "000000000000000000000000000000AB",
            "+00000000000000000000000000000ab",
            "0000000000000000000000000000000ab",
            "00000000-0000-0000-0000-0000000000ab",
        ] {
            assert_eq!(ClientId::read(other), None, "{other}");
        }
    }

    #[test]
    fn no_two_clients_are_the_same() {
        assert_ne!(ClientId::random(), ClientId::random());
    }
}
