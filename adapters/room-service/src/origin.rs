//! From which web pages a browser may bring its user into a room.
//!
//! A browser lets any page open a WebSocket to anybody and says which page it was. Without a look at
//! that, a foreign page could use whatever the browser's user may reach.

use axum::http::HeaderMap;
use axum::http::header::{HOST, ORIGIN};

/// Whether the page that asks, if it is one, is of this service or on the list. Whoever names no origin
/// is no browser.
pub(crate) fn is_allowed(headers: &HeaderMap, allowed: &[String]) -> bool {
    let mut origins = headers.get_all(ORIGIN).iter();
    let Some(origin) = origins.next() else {
        return true;
    };
    let (Ok(origin), None) = (origin.to_str(), origins.next()) else {
        return false;
    };
    let is_listed = |listed: &String| listed.eq_ignore_ascii_case(origin);
    allowed.iter().any(is_listed) || is_of(headers, origin)
}

/// Whether the page comes from the host that is asked. Behind a proxy that takes TLS off, the page's
/// scheme is not ours; the host is.
fn is_of(headers: &HeaderMap, origin: &str) -> bool {
    let origin = origin.to_ascii_lowercase();
    let host = headers.get(HOST).and_then(|host| host.to_str().ok());
    let of_page = ["http://", "https://"]
        .iter()
        .find_map(|scheme| origin.strip_prefix(scheme));
    host.is_some_and(|host| of_page == Some(host.to_ascii_lowercase().as_str()))
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderValue;

    use super::*;

    fn asked_by(origins: &[&'static str]) -> bool {
        let mut headers = HeaderMap::new();
        headers.insert(HOST, HeaderValue::from_static("Rooms.example:7450"));
        for origin in origins {
            headers.append(ORIGIN, HeaderValue::from_static(origin));
        }
        is_allowed(&headers, &["https://app.example".to_owned()])
    }

    #[test]
    fn who_is_no_browser_the_own_page_and_pages_on_the_list_may_ask_and_no_others() {
        assert!(asked_by(&[]));
        assert!(asked_by(&["http://rooms.example:7450"]));
        assert!(asked_by(&["https://rooms.example:7450"]));
        assert!(asked_by(&["https://APP.example"]));
        for foreign in [
            "https://evil.example",
            "http://app.example",
            "https://app.example.evil.example",
            "http://rooms.example",
            "ftp://rooms.example:7450",
            "rooms.example:7450",
            "null",
            "",
        ] {
            assert!(!asked_by(&[foreign]), "{foreign}");
        }
        assert!(!asked_by(&["https://app.example", "https://evil.example"]));
    }
}
