//! From which web pages a browser may bring its user into a room, or ask the server API.
//!
//! A browser lets any page open a WebSocket to anybody, and send requests of the simpler kinds, and says
//! which page it was. Without a look at that, a foreign page could use whatever the browser's user may
//! reach. What it cannot know are keys, unless they are those that everybody knows.

use axum::http::HeaderMap;
use axum::http::header::{HOST, ORIGIN};
use axum::http::uri::Authority;
use thiserror::Error;

use crate::config::Secret;
use crate::this_machine::is_this_machine;

/// Why a request is not looked at.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub(crate) enum Foreign {
    /// It comes from the page of somebody else.
    #[error("this came from another site, whose pages may not ask here")]
    Page,
    /// It asks under a name that somebody else may have given to this machine.
    #[error(
        "with a development key the service is for this machine's own name only: use 127.0.0.1 or \
         localhost, or give it keys of your own"
    )]
    Name,
}

/// Whether somebody may ask for what this key opens.
pub(crate) fn check(headers: &HeaderMap, allowed: &[String], key: &Secret) -> Result<(), Foreign> {
    // A page whose name leads to this machine is of the host that it asks; it must not find a key that
    // everybody knows of use.
    if key.is_known_to_everybody() && !names_this_machine(headers) {
        return Err(Foreign::Name);
    }
    if !is_allowed(headers, allowed) {
        return Err(Foreign::Page);
    }
    Ok(())
}

/// Whether the page that asks, if it is one, is of this service or on the list. Whoever names no origin
/// is no browser, or one that fetches a picture or follows a link: then it says from where, if that is
/// another site.
fn is_allowed(headers: &HeaderMap, allowed: &[String]) -> bool {
    let mut origins = headers.get_all(ORIGIN).iter();
    let Some(origin) = origins.next() else {
        let mut sites = headers.get_all("sec-fetch-site").iter();
        return sites.all(|site| site == "same-origin" || site == "none");
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

/// The host that was asked for.
pub(crate) fn host(headers: &HeaderMap) -> Option<Authority> {
    headers.get(HOST)?.to_str().ok()?.parse().ok()
}

/// Whether the host that was asked for is this machine, by a name that nobody else can give it.
pub(crate) fn names_this_machine(headers: &HeaderMap) -> bool {
    host(headers).is_some_and(|host| is_this_machine(&host))
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

    #[test]
    fn a_browser_that_names_no_origin_says_whether_it_comes_from_another_site() {
        for (site, may) in [
            (None, true),
            (Some("same-origin"), true),
            // Somebody typed the address.
            (Some("none"), true),
            (Some("same-site"), false),
            (Some("cross-site"), false),
            (Some("nonsense"), false),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(HOST, HeaderValue::from_static("127.0.0.1:7450"));
            if let Some(site) = site {
                headers.insert("sec-fetch-site", HeaderValue::from_static(site));
            }
            assert_eq!(is_allowed(&headers, &[]), may, "{site:?}");
        }
    }

    #[test]
    fn what_a_key_that_everybody_knows_opens_is_asked_for_under_this_machines_own_name() {
        let known = Secret::new(crate::config::DEVELOPMENT_SECRET_KEY);
        let own = Secret::new("a key of one's own");
        for (name, is_own) in [
            ("localhost:7450", true),
            ("LocalHost", true),
            ("127.0.0.1:7450", true),
            ("[::1]:7450", true),
            ("evil.example:7450", false),
            ("127.0.0.1.evil.example", false),
            ("localhost.evil.example", false),
            ("evil@127.0.0.1", true),
            ("0.0.0.0:7450", false),
            ("192.0.2.1:7450", false),
            ("", false),
        ] {
            let mut headers = HeaderMap::new();
            headers.insert(HOST, HeaderValue::from_static(name));
            let expected = if is_own { Ok(()) } else { Err(Foreign::Name) };
            assert_eq!(check(&headers, &[], &known), expected, "{name}");
            assert_eq!(check(&headers, &[], &own), Ok(()), "{name}");
        }
        assert_eq!(check(&HeaderMap::new(), &[], &known), Err(Foreign::Name));
    }
}
