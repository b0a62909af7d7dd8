//! What a signed request claims of itself, whichever signature it has: by whom it was made, and when. Pure;
//! the time is an argument.

use thiserror::Error;

/// How far a request's time may be from the server's, in seconds.
const MAX_SKEW: u64 = 300;
/// So much of a secret id that nobody has is repeated, in characters.
const REPEATED: usize = 80;

/// Why a request's claim is not taken, whatever its signature. [`code`](Self::code) is TencentCloud's name
/// for it.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum ClaimError {
    /// Too old, or from the future.
    #[error(
        "the request was signed {seconds} s away from the server's time; {MAX_SKEW} are allowed"
    )]
    Expired {
        /// How far away, in seconds.
        seconds: u64,
    },
    /// Nobody has this secret id.
    #[error("secret id {secret_id:?} is unknown")]
    SecretIdNotFound {
        /// Which.
        secret_id: String,
    },
}

impl ClaimError {
    /// TencentCloud's name for it.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Expired { .. } => "AuthFailure.SignatureExpire",
            Self::SecretIdNotFound { .. } => "AuthFailure.SecretIdNotFound",
        }
    }
}

/// Whether a request may be of this time, both in seconds since 1970.
pub(crate) fn made_at(timestamp: i64, now: i64) -> Result<(), ClaimError> {
    let seconds = now.abs_diff(timestamp);
    if seconds > MAX_SKEW {
        return Err(ClaimError::Expired { seconds });
    }
    Ok(())
}

/// Whether a request is of whom we know.
pub(crate) fn made_by(claimed: &str, secret_id: &str) -> Result<(), ClaimError> {
    if claimed == secret_id {
        return Ok(());
    }
    let secret_id = claimed.chars().take(REPEATED).collect();
    Err(ClaimError::SecretIdNotFound { secret_id })
}
