//! What every request to the console has to be, and what every answer says to the browser.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use crate::config::Config;
use crate::origin::{host, names_this_machine};
use crate::service::Shared;

/// Nothing but our own files, no markup from elsewhere, in nobody's frame.
const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; \
    img-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'; \
    require-trusted-types-for 'script'; trusted-types 'none'";

/// Lets through what comes from our own page, and seals what goes out.
pub(super) async fn guard(
    State(shared): State<Arc<Shared>>,
    request: Request,
    next: Next,
) -> Response {
    let refused = refusal(&shared.config, request.method(), request.headers());
    let mut answer = match refused {
        Some((status, words)) => (status, words).into_response(),
        None => next.run(request).await,
    };
    let headers = answer.headers_mut();
    for (name, value) in [
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::X_FRAME_OPTIONS, "DENY"),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::CACHE_CONTROL, "no-store"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    if shared.config.tls.is_some() {
        let value = HeaderValue::from_static("max-age=31536000");
        headers.insert(header::STRICT_TRANSPORT_SECURITY, value);
    }
    answer
}

fn refusal(
    config: &Config,
    method: &Method,
    headers: &HeaderMap,
) -> Option<(StatusCode, &'static str)> {
    let Some(token) = &config.operator_token else {
        let words = "the console is closed: no operator token is set";
        return Some((StatusCode::NOT_FOUND, words));
    };
    // A page of somebody else's whose name leads to this machine must not find the token that
    // everybody knows of use.
    if token.is_known_to_everybody() && !names_this_machine(headers) {
        let words = "with the development token the console is for this machine's own name only: \
            use 127.0.0.1 or localhost";
        return Some((StatusCode::FORBIDDEN, words));
    }
    let changes = method != Method::GET && method != Method::HEAD;
    let opens_a_socket = headers.contains_key(header::UPGRADE);
    if (changes || opens_a_socket) && !is_from_our_page(headers) {
        let words = "this came from another site: the console's own page is the only one to ask";
        return Some((StatusCode::FORBIDDEN, words));
    }
    None
}

/// Whether the browser says that our own page sent this. Every browser says so of what changes
/// something and of sockets; who does not say it is none.
fn is_from_our_page(headers: &HeaderMap) -> bool {
    let origin = headers
        .get(header::ORIGIN)
        .and_then(|origin| origin.to_str().ok());
    let origin = origin
        .and_then(|origin| origin.split_once("://"))
        .map(|(_, host)| host);
    let asked = host(headers);
    let same = match (origin, asked) {
        (Some(origin), Some(asked)) => asked.as_str().eq_ignore_ascii_case(origin),
        (None, _) | (_, None) => false,
    };
    let site = headers
        .get("sec-fetch-site")
        .and_then(|site| site.to_str().ok());
    same && site.is_none_or(|site| site == "same-origin")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked(config: &Config, method: &Method, named: &[(&'static str, &str)]) -> Option<u16> {
        let mut headers = HeaderMap::new();
        for (name, value) in named {
            headers.insert(*name, value.parse().unwrap());
        }
        refusal(config, method, &headers).map(|(status, _)| status.as_u16())
    }

    #[test]
    fn what_changes_something_comes_from_our_own_page_or_not_at_all() {
        let config = Config::development();
        let (host, origin) = (("host", "127.0.0.1:7450"), "http://127.0.0.1:7450");
        let post = |more: &[_]| asked(&config, &Method::POST, &[&[host], more].concat());
        assert_eq!(post(&[("origin", origin)]), None);
        assert_eq!(
            post(&[("origin", origin), ("sec-fetch-site", "same-origin")]),
            None
        );
        for wrong in [
            &[][..],
            &[("origin", "null")],
            &[("origin", "http://evil.example")],
            &[("origin", "http://127.0.0.1:7451")],
            &[("origin", "http://127.0.0.1:7450.evil.example")],
            &[("origin", origin), ("sec-fetch-site", "cross-site")],
        ] {
            assert_eq!(post(wrong), Some(403), "{wrong:?}");
        }
        assert_eq!(asked(&config, &Method::GET, &[host]), None);
        let socket = ("upgrade", "websocket");
        assert_eq!(asked(&config, &Method::GET, &[host, socket]), Some(403));
        let ours = [host, socket, ("origin", origin)];
        assert_eq!(asked(&config, &Method::GET, &ours), None);
    }

    #[test]
    fn the_token_that_everybody_knows_is_for_this_machine_by_its_own_name() {
        let mut config = Config::development();
        for (host, refused) in [
            ("localhost:7450", None),
            ("[::1]:7450", None),
            ("evil.example:7450", Some(403)),
            ("127.0.0.1.evil.example", Some(403)),
        ] {
            assert_eq!(
                asked(&config, &Method::GET, &[("host", host)]),
                refused,
                "{host}"
            );
        }
        assert_eq!(asked(&config, &Method::GET, &[]), Some(403));
        config.operator_token = Some(crate::config::Secret::new("a token of one's own"));
        let elsewhere = [("host", "rooms.example")];
        assert_eq!(asked(&config, &Method::GET, &elsewhere), None);
        config.operator_token = None;
        assert_eq!(asked(&config, &Method::GET, &elsewhere), Some(404));
    }
}
