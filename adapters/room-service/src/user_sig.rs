//! `UserSig`, the signature with which a user enters a room: TRTC's `TLSSigAPIv2`, made and checked.
//!
//! A `UserSig` says which user of which application may enter from when for how long, signed with
//! the application's key (HMAC-SHA256). It is JSON, deflated (zlib), in base64 whose `+ / =` became
//! `* - _`. Signatures made here are good for TRTC's own SDKs and the other way round.
//!
//! ```
//! use exeunt_room_service::user_sig::{Claims, UserSigError, sign, verify};
//!
//! let claims = Claims::new(1_400_000_000, "alice".parse()?, 1_700_000_000, 3600);
//! let user_sig = sign("key", &claims);
//! assert_eq!(verify("key", 1_400_000_000, &claims.user, 1_700_000_100, &user_sig)?, claims);
//! assert!(matches!(
//!     verify("key", 1_400_000_000, &claims.user, 1_700_003_601, &user_sig),
//!     Err(UserSigError::Expired { .. })
//! ));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```

use std::fmt::Write as _;
use std::io::{Read, Write as _};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use exeunt_port::UserId;
use flate2::Compression;
use flate2::read::ZlibDecoder;
use flate2::write::ZlibEncoder;
use serde::{Deserialize, Serialize};
use subtle::ConstantTimeEq;
use thiserror::Error;

use crate::keyed_hash::hmac_sha256;

/// What a `UserSig` says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Claims {
    /// The application.
    pub sdk_app_id: u32,
    /// The user.
    pub user: UserId,
    /// When it was made, in seconds since 1970.
    pub issued_at: u64,
    /// For how many seconds it is good.
    pub lifetime: u64,
    /// What goes along, for instance an encoded [`PrivateMap`](crate::private_map::PrivateMap).
    pub user_buffer: Option<Vec<u8>>,
}

impl Claims {
    /// That this user of this application may enter any room for so many seconds.
    #[must_use]
    pub fn new(sdk_app_id: u32, user: UserId, issued_at: u64, lifetime: u64) -> Self {
        Self {
            sdk_app_id,
            user,
            issued_at,
            lifetime,
            user_buffer: None,
        }
    }
}

/// Why a `UserSig` lets nobody in.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum UserSigError {
    /// More than a signature can need.
    #[error("the UserSig has {length} characters; {MAX_LENGTH} are allowed")]
    TooLong {
        /// How many characters it has.
        length: usize,
    },
    /// Not in the alphabet.
    #[error("the UserSig is not in its alphabet (a-z A-Z 0-9 * - _)")]
    Alphabet,
    /// Not deflated, or cut off.
    #[error("the UserSig does not inflate")]
    Inflation,
    /// Inflates to more than a signature can need.
    #[error("the UserSig inflates to more than {MAX_INFLATED} bytes")]
    Bomb,
    /// Inflates to something else.
    #[error("the UserSig holds no signature: {detail}")]
    Content {
        /// What is wrong with it.
        detail: String,
    },
    /// Of another version.
    #[error("the UserSig has version {found:?}; 2.0 is allowed")]
    Version {
        /// Which.
        found: String,
    },
    /// For another application.
    #[error("the UserSig is for application {found}, not for {expected}")]
    WrongApp {
        /// For which.
        found: u64,
        /// For which it should be.
        expected: u32,
    },
    /// For another user.
    #[error("the UserSig is not for user {expected}")]
    WrongUser {
        /// For whom it should be.
        expected: UserId,
    },
    /// Not signed with the application's key, or changed since.
    #[error("the UserSig was tampered with, or made with another key")]
    Tampered,
    /// Good once, but no more.
    #[error("the UserSig expired at {expired_at} (seconds since 1970); it is {now}")]
    Expired {
        /// When, in seconds since 1970.
        expired_at: u64,
        /// The time it is.
        now: u64,
    },
}

/// The longest `UserSig`, in characters; usual ones have about 200.
const MAX_LENGTH: usize = 4096;
/// The most a `UserSig` may inflate to, in bytes; usual ones have about 200.
const MAX_INFLATED: u64 = 8192;

#[derive(Serialize, Deserialize)]
struct Content {
    #[serde(rename = "TLS.ver")]
    version: String,
    #[serde(rename = "TLS.identifier")]
    identifier: String,
    #[serde(rename = "TLS.sdkappid")]
    sdk_app_id: u64,
    #[serde(rename = "TLS.expire")]
    expire: u64,
    #[serde(rename = "TLS.time")]
    time: u64,
    #[serde(
        rename = "TLS.userbuf",
        default,
        skip_serializing_if = "Option::is_none"
    )]
    user_buffer: Option<String>,
    #[serde(rename = "TLS.sig")]
    signature: String,
}

/// Makes a `UserSig`.
#[must_use]
pub fn sign(key: &str, claims: &Claims) -> String {
    let content = Content {
        version: "2.0".to_owned(),
        identifier: claims.user.as_str().to_owned(),
        sdk_app_id: claims.sdk_app_id.into(),
        expire: claims.lifetime,
        time: claims.issued_at,
        user_buffer: claims
            .user_buffer
            .as_ref()
            .map(|buffer| STANDARD.encode(buffer)),
        signature: String::new(),
    };
    let signature = STANDARD.encode(signature_of(key, &content));
    packed(&Content {
        signature,
        ..content
    })
}

/// Checks a `UserSig` against the key, for this application and user at this time (seconds since
/// 1970). Answers what it says.
pub fn verify(
    key: &str,
    sdk_app_id: u32,
    user: &UserId,
    now: u64,
    user_sig: &str,
) -> Result<Claims, UserSigError> {
    let content = unpacked(user_sig)?;
    if content.version != "2.0" {
        let found = content.version.chars().take(16).collect();
        return Err(UserSigError::Version { found });
    }
    if content.sdk_app_id != u64::from(sdk_app_id) {
        return Err(UserSigError::WrongApp {
            found: content.sdk_app_id,
            expected: sdk_app_id,
        });
    }
    if content.identifier != user.as_str() {
        return Err(UserSigError::WrongUser {
            expected: user.clone(),
        });
    }
    let signature = STANDARD
        .decode(&content.signature)
        .map_err(|_| UserSigError::Tampered)?;
    if !bool::from(signature.ct_eq(&signature_of(key, &content))) {
        return Err(UserSigError::Tampered);
    }
    let expired_at = content.time.saturating_add(content.expire);
    if now > expired_at {
        return Err(UserSigError::Expired { expired_at, now });
    }
    let user_buffer = content.user_buffer.map(|buffer| STANDARD.decode(buffer));
    let user_buffer = user_buffer
        .transpose()
        .map_err(|error| UserSigError::Content {
            detail: format!("TLS.userbuf: {error}"),
        })?;
    Ok(Claims {
        sdk_app_id,
        user: user.clone(),
        issued_at: content.time,
        lifetime: content.expire,
        user_buffer,
    })
}

/// The signature over the fields, each on a line that ends with a line feed.
fn signature_of(key: &str, content: &Content) -> [u8; 32] {
    let mut text = format!(
        "TLS.identifier:{}\nTLS.sdkappid:{}\nTLS.time:{}\nTLS.expire:{}\n",
        content.identifier, content.sdk_app_id, content.time, content.expire
    );
    if let Some(buffer) = &content.user_buffer {
        // Writing to a String cannot fail.
        let _ = writeln!(text, "TLS.userbuf:{buffer}");
    }
    hmac_sha256(key.as_bytes(), text.as_bytes())
}

fn packed(content: &Content) -> String {
    let json = serde_json::to_vec(content).unwrap_or_default();
    let mut deflated = ZlibEncoder::new(Vec::new(), Compression::default());
    // Writing to a Vec cannot fail.
    let _ = deflated.write_all(&json);
    let base64 = STANDARD.encode(deflated.finish().unwrap_or_default());
    base64.replace('+', "*").replace('/', "-").replace('=', "_")
}

fn unpacked(user_sig: &str) -> Result<Content, UserSigError> {
    if user_sig.len() > MAX_LENGTH {
        return Err(UserSigError::TooLong {
            length: user_sig.len(),
        });
    }
    if user_sig.contains(['+', '/', '=']) {
        return Err(UserSigError::Alphabet);
    }
    let base64 = user_sig
        .replace('*', "+")
        .replace('-', "/")
        .replace('_', "=");
    let deflated = STANDARD
        .decode(base64)
        .map_err(|_| UserSigError::Alphabet)?;
    let mut json = Vec::new();
    ZlibDecoder::new(&deflated[..])
        .take(MAX_INFLATED + 1)
        .read_to_end(&mut json)
        .map_err(|_| UserSigError::Inflation)?;
    if u64::try_from(json.len()).is_ok_and(|length| length > MAX_INFLATED) {
        return Err(UserSigError::Bomb);
    }
    serde_json::from_slice(&json).map_err(|error| UserSigError::Content {
        detail: error.to_string(),
    })
}

#[cfg(test)]
mod tests;
