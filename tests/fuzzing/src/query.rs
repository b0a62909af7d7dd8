//! The older signature over parameters, made here a second time from its description.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use exeunt_room_service::query_signature::{self, QuerySignatureError};
use hmac::{Hmac, KeyInit as _, Mac as _};
use sha1::Sha1;
use sha2::Sha256;

use crate::is_short;
use crate::server::{NOW, SECRET_ID, SECRET_KEY};

/// Parameters as they stand in a query or a form.
pub(crate) type Pairs = Vec<(String, String)>;

/// What is written in a query or a form.
pub(crate) fn pairs(encoded: &[u8]) -> Pairs {
    form_urlencoded::parse(encoded).into_owned().collect()
}

/// The signature: over method, host, and the parameters in the order of their names.
pub(crate) fn signature(
    key: &str,
    method: &str,
    host: &str,
    sha256: bool,
    pairs: &Pairs,
) -> String {
    let mut sorted: Vec<_> = pairs
        .iter()
        .filter(|(name, _)| name != "Signature")
        .collect();
    sorted.sort_by_key(|(name, _)| name);
    let joined: Vec<String> = sorted
        .iter()
        .map(|(name, value)| format!("{name}={value}"))
        .collect();
    let text = format!("{method}{host}/?{}", joined.join("&"));
    let (key, text) = (key.as_bytes(), text.as_bytes());
    if sha256 {
        let mut mac = Hmac::<Sha256>::new_from_slice(key).expect("every key has a length");
        mac.update(text);
        STANDARD.encode(mac.finalize().into_bytes())
    } else {
        let mut mac = Hmac::<Sha1>::new_from_slice(key).expect("every key has a length");
        mac.update(text);
        STANDARD.encode(mac.finalize().into_bytes())
    }
}

/// A method, a host and a query, a line each.
///
/// Whatever is claimed is answered; what is signed here is taken, and not with another host, another
/// method or one parameter more.
pub fn query_signature(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let mut lines = text.splitn(3, '\n');
    let mut line = || lines.next().unwrap_or_default();
    let (method, host, query) = (line(), line(), line());
    let claimed = pairs(query.as_bytes());
    let verify = |method: &str, host: &str, pairs: &Pairs| {
        query_signature::verify(SECRET_ID, SECRET_KEY, NOW, method, host, pairs)
    };
    if let Err(error) = verify(method, host, &claimed) {
        is_short(&error);
        assert!(!error.code().is_empty());
    }

    let common = [
        "Signature",
        "SignatureMethod",
        "Timestamp",
        "Nonce",
        "SecretId",
    ];
    let mut signed = claimed;
    signed.retain(|(name, _)| !common.contains(&name.as_str()));
    let sha256 = bytes.len().is_multiple_of(2);
    let now = NOW.to_string();
    for (name, value) in [
        ("Timestamp", now.as_str()),
        ("Nonce", "1"),
        ("SecretId", SECRET_ID),
        (
            "SignatureMethod",
            if sha256 { "HmacSHA256" } else { "HmacSHA1" },
        ),
    ] {
        signed.push((name.to_owned(), value.to_owned()));
    }
    let made = signature(SECRET_KEY, method, host, sha256, &signed);
    signed.push(("Signature".to_owned(), made));
    assert_eq!(verify(method, host, &signed), Ok(()));
    let mismatch = Err(QuerySignatureError::Mismatch);
    assert_eq!(verify(&format!("{method}X"), host, &signed), mismatch);
    assert_eq!(verify(method, &format!("{host}x"), &signed), mismatch);
    signed.push(("~".to_owned(), String::new()));
    assert_eq!(verify(method, host, &signed), mismatch);
}
