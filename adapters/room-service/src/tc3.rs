//! `TC3-HMAC-SHA256`, the signature of TencentCloud's API: made and checked. Pure; the time is an
//! argument.
//!
//! A request is signed over its method, path, query, some of its headers and its body, with a key
//! that is derived from the secret, the day and the service. The client names the signed headers;
//! content type and host are always among them.

use subtle::ConstantTimeEq;
use thiserror::Error;
use time::OffsetDateTime;

use crate::claim::{self, ClaimError};
use crate::keyed_hash::{hex, hmac_sha256, sha256_hex};

/// The service's name in the signature.
pub const SERVICE: &str = "trtc";
const ALGORITHM: &str = "TC3-HMAC-SHA256";
/// More headers than this are signed by nobody.
const MAX_SIGNED_HEADERS: usize = 32;

/// What of a request goes into its signature.
#[derive(Clone, Copy, Debug)]
pub struct SignedRequest<'a> {
    /// The HTTP method, in capitals.
    pub method: &'a str,
    /// The query, without its question mark; empty for a `POST`.
    pub query: &'a str,
    /// The headers to sign: names in lower case and in alphabetical order, values as they are sent.
    pub headers: &'a [(&'a str, &'a str)],
    /// The body, or `UNSIGNED-PAYLOAD` where the client says so.
    pub payload: &'a [u8],
    /// When it was made, in seconds since 1970.
    pub timestamp: i64,
}

/// Makes the value of the `Authorization` header.
///
/// ```
/// use exeunt_room_service::tc3::{SignedRequest, sign};
///
/// let request = SignedRequest {
///     method: "POST",
///     query: "",
///     headers: &[("content-type", "application/json"), ("host", "127.0.0.1:7000")],
///     payload: b"{}",
///     timestamp: 1_700_000_000,
/// };
/// let authorization = sign("id", "secret", &request)?;
/// assert!(authorization.starts_with("TC3-HMAC-SHA256 Credential=id/2023-11-14/trtc/tc3_request, "));
/// # Ok::<(), exeunt_room_service::tc3::Tc3Error>(())
/// ```
pub fn sign(
    secret_id: &str,
    secret_key: &str,
    request: &SignedRequest<'_>,
) -> Result<String, Tc3Error> {
    let scope = scope(&date(request.timestamp)?, SERVICE);
    let payload = sha256_hex(request.payload);
    let signature = signature(secret_key, request, &payload, SERVICE)?;
    let names: Vec<&str> = request.headers.iter().map(|(name, _)| *name).collect();
    let names = names.join(";");
    Ok(format!(
        "{ALGORITHM} Credential={secret_id}/{scope}, SignedHeaders={names}, Signature={signature}"
    ))
}

/// Why a request's signature is not taken. [`code`](Self::code) is TencentCloud's name for it.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum Tc3Error {
    /// No `Authorization` header of the right form.
    #[error(
        "the Authorization header is not of the form {ALGORITHM} Credential=…, SignedHeaders=…, Signature=…: {detail}"
    )]
    Authorization {
        /// What is wrong with it.
        detail: String,
    },
    /// A signed header is not there.
    #[error("the signed header {name:?} was not sent")]
    HeaderMissing {
        /// Which.
        name: String,
    },
    /// A header that must be signed is not.
    #[error("the header {name} must be signed")]
    HeaderUnsigned {
        /// Which.
        name: &'static str,
    },
    /// The time is missing or none.
    #[error("X-TC-Timestamp must be seconds since 1970")]
    Timestamp,
    /// What it claims of itself.
    #[error(transparent)]
    Claim(#[from] ClaimError),
    /// The signature is another one.
    #[error("the signature does not match; was the secret key, the host or the body another one?")]
    Mismatch,
}

impl Tc3Error {
    /// TencentCloud's name for it.
    #[must_use]
    pub fn code(&self) -> &'static str {
        match self {
            Self::Authorization { .. }
            | Self::HeaderMissing { .. }
            | Self::HeaderUnsigned { .. } => "AuthFailure.InvalidAuthorization",
            Self::Timestamp => "MissingParameter",
            Self::Claim(error) => error.code(),
            Self::Mismatch => "AuthFailure.SignatureFailure",
        }
    }
}

/// A request as it came, before anything is known about it.
#[derive(Clone, Copy)]
pub struct ReceivedRequest<'a, H> {
    /// The HTTP method, in capitals.
    pub method: &'a str,
    /// The query, without its question mark.
    pub query: &'a str,
    /// Looks a header up by its lower-case name.
    pub header: H,
    /// The body.
    pub body: &'a [u8],
}

/// Checks a request's signature at this time (seconds since 1970).
pub fn verify<'a, H: Fn(&str) -> Option<&'a str>>(
    secret_id: &str,
    secret_key: &str,
    now: i64,
    received: &ReceivedRequest<'a, H>,
) -> Result<(), Tc3Error> {
    let header = &received.header;
    let claimed = Claimed::parse(header("authorization").unwrap_or_default())?;
    let timestamp = header("x-tc-timestamp").and_then(|text| text.parse::<i64>().ok());
    let timestamp = timestamp.ok_or(Tc3Error::Timestamp)?;
    claim::made_at(timestamp, now)?;
    claim::made_by(claimed.secret_id, secret_id)?;
    // The official Node SDK takes the first label of its endpoint for the service's name.
    let date = date(timestamp)?;
    let label = header("host").and_then(|host| host.trim().split(['.', ':']).next());
    let service = [SERVICE, label.unwrap_or(SERVICE)]
        .into_iter()
        .find(|service| claimed.scope == scope(&date, service));
    let Some(service) = service else {
        let detail = format!("the scope must be {}", scope(&date, SERVICE));
        return Err(Tc3Error::Authorization { detail });
    };

    let mut headers = Vec::with_capacity(claimed.names.len());
    for name in &claimed.names {
        let value = header(name).ok_or_else(|| Tc3Error::HeaderMissing {
            name: (*name).to_owned(),
        })?;
        headers.push((*name, value.trim()));
    }
    let unsigned = header("x-tc-content-sha256") == Some("UNSIGNED-PAYLOAD");
    let payload = if unsigned {
        &b"UNSIGNED-PAYLOAD"[..]
    } else {
        received.body
    };
    let (method, query) = (received.method, received.query);
    let request = SignedRequest {
        method,
        query,
        headers: &headers,
        payload,
        timestamp,
    };
    // The documentation wants values in lower case, the SDKs sign them as they are; and the Node SDK
    // signs the host without its port.
    let lowered: Vec<String> = (headers.iter())
        .map(|(_, value)| value.to_ascii_lowercase())
        .collect();
    // The body is long, and hashed but once.
    let payload = sha256_hex(payload);
    for in_lower_case in [false, true] {
        for with_port in [true, false] {
            let headers = headers.iter().zip(&lowered).map(|((name, sent), lowered)| {
                let value = if in_lower_case {
                    lowered.as_str()
                } else {
                    sent
                };
                (
                    *name,
                    if with_port {
                        value
                    } else {
                        portless(name, value)
                    },
                )
            });
            let headers: Vec<(&str, &str)> = headers.collect();
            let request = SignedRequest {
                headers: &headers,
                ..request
            };
            let signature = signature(secret_key, &request, &payload, service)?;
            if bool::from(signature.as_bytes().ct_eq(claimed.signature.as_bytes())) {
                return Ok(());
            }
        }
    }
    Err(Tc3Error::Mismatch)
}

/// A host's name without its port; other headers as they are.
fn portless<'v>(name: &str, value: &'v str) -> &'v str {
    match value.rsplit_once(':') {
        Some((host, port))
            if name == "host" && port.bytes().all(|digit| digit.is_ascii_digit()) =>
        {
            host
        }
        Some(_) | None => value,
    }
}

/// What an `Authorization` header claims.
struct Claimed<'a> {
    secret_id: &'a str,
    scope: &'a str,
    names: Vec<&'a str>,
    signature: &'a str,
}

impl<'a> Claimed<'a> {
    fn parse(authorization: &'a str) -> Result<Self, Tc3Error> {
        let broken = |detail: &str| Tc3Error::Authorization {
            detail: detail.to_owned(),
        };
        let fields = authorization
            .strip_prefix(ALGORITHM)
            .ok_or_else(|| broken("it begins with something else"))?;
        let mut found = [None; 3];
        for field in fields.split(',') {
            let (name, value) = field.trim().split_once('=').ok_or_else(|| broken("no ="))?;
            let place = match name {
                "Credential" => 0,
                "SignedHeaders" => 1,
                "Signature" => 2,
                _ => return Err(broken("a field of another name")),
            };
            if found[place].replace(value).is_some() {
                return Err(broken("a field twice"));
            }
        }
        let [Some(credential), Some(names), Some(signature)] = found else {
            return Err(broken("a field is missing"));
        };
        let (secret_id, scope) = credential
            .split_once('/')
            .ok_or_else(|| broken("no scope"))?;
        let names: Vec<&str> = names.split(';').collect();
        for name in ["content-type", "host"] {
            if !names.contains(&name) {
                return Err(Tc3Error::HeaderUnsigned { name });
            }
        }
        if names.len() > MAX_SIGNED_HEADERS || !names.is_sorted_by(|one, next| one < next) {
            return Err(broken("SignedHeaders must be few, different and in order"));
        }
        Ok(Self {
            secret_id,
            scope,
            names,
            signature,
        })
    }
}

fn scope(date: &str, service: &str) -> String {
    format!("{date}/{service}/tc3_request")
}

fn date(timestamp: i64) -> Result<String, Tc3Error> {
    let at = OffsetDateTime::from_unix_timestamp(timestamp).map_err(|_| Tc3Error::Timestamp)?;
    Ok(format!(
        "{:04}-{:02}-{:02}",
        at.year(),
        u8::from(at.month()),
        at.day()
    ))
}

fn canonical(request: &SignedRequest<'_>, payload: &str) -> String {
    let mut headers = String::new();
    for (name, value) in request.headers {
        headers.extend([name, ":", value, "\n"]);
    }
    let names: Vec<&str> = request.headers.iter().map(|(name, _)| *name).collect();
    let (method, query) = (request.method, request.query);
    format!(
        "{method}\n/\n{query}\n{headers}\n{}\n{payload}",
        names.join(";")
    )
}

fn signature(
    secret_key: &str,
    request: &SignedRequest<'_>,
    payload: &str,
    service: &str,
) -> Result<String, Tc3Error> {
    let date = date(request.timestamp)?;
    let canonical = sha256_hex(canonical(request, payload).as_bytes());
    let text = format!(
        "{ALGORITHM}\n{}\n{}\n{canonical}",
        request.timestamp,
        scope(&date, service)
    );
    let key = hmac_sha256(format!("TC3{secret_key}").as_bytes(), date.as_bytes());
    let key = hmac_sha256(&key, service.as_bytes());
    let key = hmac_sha256(&key, b"tc3_request");
    Ok(hex(&hmac_sha256(&key, text.as_bytes())))
}

#[cfg(test)]
mod tests;
