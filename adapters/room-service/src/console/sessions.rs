//! Who is logged in at the console.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use axum::http::HeaderMap;
use axum::http::header::COOKIE;
use sha2::{Digest, Sha256};
use uuid::Uuid;

/// The cookie's name.
const NAME: &str = "exeunt_session";
/// How long a session lasts.
const LIFE: Duration = Duration::from_secs(12 * 3600);
/// More sessions than this end the oldest.
const MAX_SESSIONS: usize = 256;

type Key = [u8; 32];

/// The sessions there are. Kept under a hash of what the cookie says, so that looking one up tells
/// nothing about it by the time it takes.
#[derive(Debug, Default)]
pub(crate) struct Sessions(Mutex<BTreeMap<Key, Duration>>);

impl Sessions {
    /// Begins a session. Answers the cookie for it.
    pub(super) fn begin(&self, now: Duration, encrypted: bool) -> String {
        let secret = format!("{}{}", Uuid::new_v4().simple(), Uuid::new_v4().simple());
        self.change(now, |sessions| {
            while sessions.len() >= MAX_SESSIONS {
                let oldest = sessions.iter().min_by_key(|(_, ends)| **ends);
                let Some(oldest) = oldest.map(|(key, _)| *key) else {
                    break;
                };
                sessions.remove(&oldest);
            }
            sessions.insert(key(&secret), now + LIFE);
        });
        cookie(&secret, LIFE, encrypted)
    }

    /// Whether a request carries a session that lasts.
    pub(super) fn holds(&self, now: Duration, headers: &HeaderMap) -> bool {
        shown(headers).is_some_and(|key| self.lasts(now, &key))
    }

    /// Whether this session still lasts.
    pub(super) fn lasts(&self, now: Duration, key: &Key) -> bool {
        self.change(now, |sessions| sessions.contains_key(key))
    }

    /// Ends the request's session. Answers the cookie that takes the other one away.
    pub(super) fn end(&self, now: Duration, headers: &HeaderMap, encrypted: bool) -> String {
        if let Some(key) = shown(headers) {
            self.change(now, |sessions| sessions.remove(&key));
        }
        cookie("", Duration::ZERO, encrypted)
    }

    fn change<T>(
        &self,
        now: Duration,
        change: impl FnOnce(&mut BTreeMap<Key, Duration>) -> T,
    ) -> T {
        let mut sessions = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        sessions.retain(|_, ends| *ends > now);
        change(&mut sessions)
    }
}

/// Under which key the request's session stands.
pub(super) fn shown(headers: &HeaderMap) -> Option<Key> {
    let cookies = headers
        .get_all(COOKIE)
        .iter()
        .filter_map(|value| value.to_str().ok());
    let mut pairs = cookies.flat_map(|cookies| cookies.split(';'));
    pairs.find_map(|pair| Some(key(pair.trim().strip_prefix(NAME)?.strip_prefix('=')?)))
}

fn key(secret: &str) -> Key {
    Sha256::digest(secret.as_bytes()).into()
}

fn cookie(secret: &str, life: Duration, encrypted: bool) -> String {
    let life = life.as_secs();
    let secure = if encrypted { "; Secure" } else { "" };
    format!("{NAME}={secret}; Path=/console; Max-Age={life}; HttpOnly; SameSite=Strict{secure}")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(cookie: &str) -> HeaderMap {
        let pair = cookie.split(';').next().unwrap();
        let mut headers = HeaderMap::new();
        headers.insert(COOKIE, format!("other=1; {pair}").parse().unwrap());
        headers
    }

    #[test]
    fn a_session_lasts_until_it_is_ended_or_its_time_is_over() {
        let sessions = Sessions::default();
        let cookie = sessions.begin(Duration::ZERO, true);
        for attribute in ["HttpOnly", "SameSite=Strict", "Secure", "Path=/console"] {
            assert!(cookie.contains(attribute), "{cookie}");
        }
        let headers = with(&cookie);
        assert!(sessions.holds(LIFE / 2, &headers));
        assert!(!sessions.holds(LIFE / 2, &with("exeunt_session=0")));
        assert!(!sessions.holds(LIFE / 2, &HeaderMap::new()));
        assert!(!sessions.holds(LIFE, &headers));

        let headers = with(&sessions.begin(LIFE, false));
        sessions.end(LIFE, &headers, false);
        assert!(!sessions.holds(LIFE, &headers));
    }

    #[test]
    fn there_is_an_end_to_sessions() {
        let sessions = Sessions::default();
        let first = with(&sessions.begin(Duration::ZERO, false));
        for second in 1..=256 {
            sessions.begin(Duration::from_secs(second), false);
        }
        assert!(!sessions.holds(Duration::from_secs(300), &first));
        assert_eq!(sessions.0.lock().unwrap().len(), MAX_SESSIONS);
    }
}
