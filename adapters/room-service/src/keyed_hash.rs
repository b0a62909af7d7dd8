//! SHA-256, with and without a key.

use hmac::{Hmac, KeyInit, Mac};
use sha2::{Digest, Sha256};

/// The keyed hash that both `UserSig` and TC3 are made of.
pub(crate) fn hmac_sha256(key: &[u8], text: &[u8]) -> [u8; 32] {
    // HMAC hashes longer keys and pads shorter ones, so that every length is one.
    let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("HMAC takes keys of every length");
    mac.update(text);
    mac.finalize().into_bytes().into()
}

/// The hash, in hexadecimal.
pub(crate) fn sha256_hex(text: &[u8]) -> String {
    hex(&Sha256::digest(text))
}

/// Bytes in lower-case hexadecimal.
pub(crate) fn hex(bytes: &[u8]) -> String {
    let digit = |value: u8| char::from_digit(value.into(), 16);
    let digits = bytes
        .iter()
        .flat_map(|byte| [digit(byte >> 4), digit(byte & 15)]);
    // Half a byte is always a digit.
    digits.flatten().collect()
}
