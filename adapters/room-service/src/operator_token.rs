//! Who is an operator: whoever shows the token.

use axum::http::HeaderMap;
use axum::http::header::AUTHORIZATION;
use sha2::{Digest, Sha256};
use subtle::ConstantTimeEq;

use crate::config::{Config, Secret};

/// The least length of an operator token, in bytes: nobody guesses as much.
pub(crate) const MIN_LENGTH: usize = 16;

/// Whether this is the token. Takes as long for every wrong one, whatever its length.
pub(crate) fn is_token(expected: &Secret, shown: &str) -> bool {
    let digest = |text: &str| Sha256::digest(text.as_bytes());
    digest(expected.expose()).ct_eq(&digest(shown)).into()
}

/// Whether a request shows the token as `Authorization: Bearer …`.
pub(crate) fn is_shown(config: &Config, headers: &HeaderMap) -> bool {
    let shown = headers
        .get(AUTHORIZATION)
        .and_then(|value| value.to_str().ok());
    let shown = shown.and_then(|value| value.strip_prefix("Bearer "));
    match (&config.operator_token, shown) {
        (Some(expected), Some(shown)) => is_token(expected, shown.trim()),
        (None, _) | (_, None) => false,
    }
}
