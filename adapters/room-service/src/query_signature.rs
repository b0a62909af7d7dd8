//! `HmacSHA1` and `HmacSHA256`, TencentCloud's older signature, made over the parameters of a query or a
//! form: checked. Pure; the time is an argument.
//!
//! The official SDKs still make it when they are asked to, for `GET` and for forms.

use hmac::{Hmac, KeyInit, Mac};
use sha1::Sha1;
use subtle::ConstantTimeEq;
use thiserror::Error;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::claim::{self, ClaimError};
use crate::keyed_hash::hmac_sha256;

/// Why a request's signature is not taken. [`code`](Self::code) is TencentCloud's name for it.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum QuerySignatureError {
    /// A parameter that every signed request has is not there.
    #[error("the parameter {name} is missing")]
    Missing {
        /// Which.
        name: &'static str,
    },
    /// A parameter that every signed request has makes no sense.
    #[error("the parameter {name} must be {allowed}")]
    Invalid {
        /// Which.
        name: &'static str,
        /// What is allowed.
        allowed: &'static str,
    },
    /// What it claims of itself.
    #[error(transparent)]
    Claim(#[from] ClaimError),
    /// The signature is another one.
    #[error(
        "the signature does not match; was the secret key, the host or a parameter another one?"
    )]
    Mismatch,
}

impl QuerySignatureError {
    /// TencentCloud's name for it.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Missing { .. } => "MissingParameter",
            Self::Invalid { .. } => "InvalidParameterValue",
            Self::Claim(error) => error.code(),
            Self::Mismatch => "AuthFailure.SignatureFailure",
        }
    }
}

/// Checks the signature of a request to `host` at this time (seconds since 1970). The parameters are
/// those of the query or of the form, decoded, the signature among them.
pub fn verify(
    secret_id: &str,
    secret_key: &str,
    now: i64,
    method: &str,
    host: &str,
    parameters: &[(String, String)],
) -> Result<(), QuerySignatureError> {
    let given = |name| {
        let found = parameters.iter().find(|(one, _)| one == name);
        found
            .map(|(_, value)| value.as_str())
            .ok_or(QuerySignatureError::Missing { name })
    };
    let signature = given("Signature")?;
    let timestamp: i64 = given("Timestamp")?
        .parse()
        .map_err(|_| QuerySignatureError::Invalid {
            name: "Timestamp",
            allowed: "seconds since 1970",
        })?;
    given("Nonce")?;
    claim::made_at(timestamp, now)?;
    claim::made_by(given("SecretId")?, secret_id)?;
    let text = text(method, host, parameters);
    let expected = match given("SignatureMethod") {
        // Without a name it is the first that there was.
        Ok("HmacSHA1") | Err(_) => STANDARD.encode(hmac_sha1(secret_key, &text)),
        Ok("HmacSHA256") => STANDARD.encode(hmac_sha256(secret_key.as_bytes(), text.as_bytes())),
        Ok(_) => {
            return Err(QuerySignatureError::Invalid {
                name: "SignatureMethod",
                allowed: "HmacSHA1 or HmacSHA256",
            });
        }
    };
    if bool::from(expected.as_bytes().ct_eq(signature.as_bytes())) {
        Ok(())
    } else {
        Err(QuerySignatureError::Mismatch)
    }
}

/// What is signed.
fn text(method: &str, host: &str, parameters: &[(String, String)]) -> String {
    let mut signed: Vec<_> = parameters
        .iter()
        .filter(|(name, _)| name != "Signature")
        .collect();
    // By their names alone, as the SDKs do; what comes twice stays in the order in which it came.
    signed.sort_by(|(one, _), (other, _)| one.cmp(other));
    let signed: Vec<String> = signed
        .into_iter()
        .map(|(name, value)| format!("{name}={value}"))
        .collect();
    format!("{method}{host}/?{}", signed.join("&"))
}

fn hmac_sha1(key: &str, text: &str) -> [u8; 20] {
    // HMAC hashes longer keys and pads shorter ones, so that every length is one.
    let mut mac =
        Hmac::<Sha1>::new_from_slice(key.as_bytes()).expect("HMAC takes keys of every length");
    mac.update(text.as_bytes());
    mac.finalize().into_bytes().into()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The example of TencentCloud's documentation of this signature, with its keys.
    const ID: &str = "AKID********************************";
    const KEY: &str = "********************************";
    const NOW: i64 = 1_465_185_768;

    fn documented(signature: &str) -> Vec<(String, String)> {
        [
            ("Action", "DescribeInstances"),
            ("InstanceIds.0", "ins-09dx96dg"),
            ("Limit", "20"),
            ("Nonce", "11886"),
            ("Offset", "0"),
            ("Region", "ap-guangzhou"),
            ("SecretId", ID),
            ("Timestamp", "1465185768"),
            ("Version", "2017-03-12"),
            ("Signature", signature),
        ]
        .map(|(name, value)| (name.to_owned(), value.to_owned()))
        .to_vec()
    }

    fn check(parameters: &[(String, String)], host: &str) -> Result<(), QuerySignatureError> {
        verify(ID, KEY, NOW, "GET", host, parameters)
    }

    #[test]
    fn the_documented_text_is_signed() {
        let text = text("GET", "cvm.tencentcloudapi.com", &documented("x"));
        assert_eq!(
            text,
            "GETcvm.tencentcloudapi.com/?Action=DescribeInstances&InstanceIds.0=ins-09dx96dg&Limit=20\
             &Nonce=11886&Offset=0&Region=ap-guangzhou&SecretId=AKID********************************\
             &Timestamp=1465185768&Version=2017-03-12"
        );
    }

    #[test]
    fn a_good_signature_is_taken_and_every_other_has_its_own_code() {
        let host = "rooms.example";
        let signature = |method: &str| {
            let mut parameters = documented("");
            parameters.push(("SignatureMethod".to_owned(), method.to_owned()));
            let text = text("GET", host, &parameters);
            let signature = match method {
                "HmacSHA1" => STANDARD.encode(hmac_sha1(KEY, &text)),
                _ => STANDARD.encode(hmac_sha256(KEY.as_bytes(), text.as_bytes())),
            };
            parameters.retain(|(name, _)| name != "Signature");
            parameters.push(("Signature".to_owned(), signature));
            parameters
        };
        for method in ["HmacSHA1", "HmacSHA256"] {
            assert_eq!(check(&signature(method), host), Ok(()), "{method}");
            assert_eq!(
                check(&signature(method), "other"),
                Err(QuerySignatureError::Mismatch)
            );
        }
        let but = |name: &str, value: Option<&str>| {
            let mut parameters = signature("HmacSHA256");
            parameters.retain(|(one, _)| one != name);
            parameters.extend(value.map(|value| (name.to_owned(), value.to_owned())));
            check(&parameters, host).unwrap_err().code()
        };
        assert_eq!(but("Limit", Some("21")), "AuthFailure.SignatureFailure");
        assert_eq!(but("SecretId", Some("x")), "AuthFailure.SecretIdNotFound");
        assert_eq!(
            but("Timestamp", Some("1465185000")),
            "AuthFailure.SignatureExpire"
        );
        assert_eq!(but("Timestamp", Some("x")), "InvalidParameterValue");
        assert_eq!(but("SignatureMethod", Some("x")), "InvalidParameterValue");
        for name in ["Nonce", "Timestamp", "SecretId", "Signature"] {
            assert_eq!(but(name, None), "MissingParameter", "{name}");
        }
    }
}
