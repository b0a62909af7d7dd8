//! What the room service checks before it lets anybody do anything.

use exeunt_port::UserId;
use exeunt_room_service::private_map::PrivateMap;
use exeunt_room_service::tc3::{self, ReceivedRequest, SignedRequest, Tc3Error};
use exeunt_room_service::user_sig::{self, Claims};

use crate::is_short;

/// The time at which everything is checked, in seconds since 1970.
pub(crate) const NOW: i64 = 1_700_000_000;
pub(crate) const SECRET_ID: &str = "id";
pub(crate) const SECRET_KEY: &str = "secret";
const APP: u32 = 1_400_000_000;
const KEY: &str = "5bd2850fff3ecb11d7c805251c51ee463a25727bddc2385f3fa8bfee1bb93b5e";

/// A request as text: method, query, then a header a line, an empty line, the body.
///
/// Whatever is claimed is answered; what is signed here is taken, and not with another body.
pub fn tc3_request(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    let (head, body) = text.split_once("\n\n").unwrap_or((&text, ""));
    let mut lines = head.lines();
    let (method, query) = (lines.next().unwrap_or("POST"), lines.next().unwrap_or(""));
    let headers: Vec<(&str, &str)> = lines.filter_map(|line| line.split_once(": ")).collect();
    let header = |name: &str| {
        let found = headers.iter().find(|(one, _)| *one == name);
        found.map(|(_, value)| *value)
    };
    let received = ReceivedRequest {
        method,
        query,
        header,
        body: body.as_bytes(),
    };
    if let Err(error) = tc3::verify(SECRET_ID, SECRET_KEY, NOW, &received) {
        is_short(&error);
        assert!(!error.code().is_empty());
    }
    signed_here(method, query, body);
}

fn signed_here(method: &str, query: &str, body: &str) {
    let signed = [("content-type", "application/json"), ("host", "localhost")];
    let request = SignedRequest {
        method,
        query,
        headers: &signed,
        payload: body.as_bytes(),
        timestamp: NOW,
    };
    let authorization = tc3::sign(SECRET_ID, SECRET_KEY, &request);
    let verify = |body: &str| {
        let authorization = authorization.as_deref().unwrap_or_default();
        let header = |name: &str| match name {
            "authorization" => Some(authorization),
            "x-tc-timestamp" => Some("1700000000"),
            name => signed
                .iter()
                .find(|(one, _)| *one == name)
                .map(|(_, value)| *value),
        };
        let received = ReceivedRequest {
            method,
            query,
            header,
            body: body.as_bytes(),
        };
        tc3::verify(SECRET_ID, SECRET_KEY, NOW, &received)
    };
    assert_eq!(verify(body), Ok(()));
    assert_eq!(verify(&format!("{body} ")), Err(Tc3Error::Mismatch));
}

/// Whatever is shown as a `UserSig` is answered, in short words; what is signed here is taken, and says
/// what was signed.
pub fn user_sig(bytes: &[u8]) {
    let Ok(user) = "xiaojun".parse::<UserId>() else {
        return;
    };
    let now = NOW.unsigned_abs();
    let text = String::from_utf8_lossy(bytes);
    if let Err(error) = user_sig::verify(KEY, APP, &user, now, &text) {
        is_short(&error);
    }
    // The same bytes as numbers to sign: a lifetime, a time, and what goes along.
    let Some((numbers, rest)) = bytes.split_first_chunk::<16>() else {
        return;
    };
    let numbers = u128::from_be_bytes(*numbers);
    let [lifetime, issued_at] = [numbers >> 64, numbers & u128::from(u64::MAX)]
        .map(|number| u64::try_from(number).unwrap_or(u64::MAX));
    let claims = Claims {
        user_buffer: Some(rest.iter().copied().take(1024).collect()),
        ..Claims::new(APP, user.clone(), issued_at, lifetime)
    };
    let made = user_sig::sign(KEY, &claims);
    let expected = issued_at.saturating_add(lifetime) >= now;
    let answer = user_sig::verify(KEY, APP, &user, now, &made);
    assert_eq!(answer.is_ok(), expected, "{claims:?}: {answer:?}");
    if let Ok(answered) = answer {
        assert_eq!(answered, claims);
    }
}

/// What is read as a private map is written and read as the same again.
pub fn private_map(bytes: &[u8]) {
    match PrivateMap::decode(bytes) {
        Ok(map) => assert_eq!(PrivateMap::decode(&map.encode()), Ok(map)),
        Err(error) => is_short(&error),
    }
}
