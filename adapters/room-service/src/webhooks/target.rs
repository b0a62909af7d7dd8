//! Where to tell what happens: a receiver's address, and how it is to be reached.

use std::net::IpAddr;
use std::time::Duration;

use axum::http::Uri;
use exeunt_websocket::{Trust, without_secrets};
use thiserror::Error;
use tokio_rustls::rustls::pki_types::ServerName;

use super::address::WebhookReach;
use super::schedule::WebhookRetry;
use crate::config::Secret;

/// Where to tell what happens.
#[derive(Clone, Debug)]
pub struct Webhook {
    pub(super) url: Uri,
    pub(super) key: Secret,
    pub(super) reach: WebhookReach,
    pub(super) retry: WebhookRetry,
    /// Whom to believe when the receiver says who it is; `None` the system's authorities.
    pub(super) trust: Option<Trust>,
}

/// Why a webhook cannot be.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum WebhookError {
    /// The address makes no sense.
    #[error(
        "{url:?} is no address of a webhook: {wrong}; expected https://HOST[:PORT]/PATH or \
         http://HOST[:PORT]/PATH"
    )]
    Address {
        /// What was given, without a user name, a password and a query.
        url: String,
        /// What is wrong with it.
        wrong: &'static str,
    },
    /// The key is none that TRTC would take.
    #[error("a webhook's key must be 1 to 32 letters and digits")]
    Key,
    /// Events would be tried again too often, or for too long.
    #[error(
        "webhooks cannot be tried again every {pause:?} for {span:?}: a pause of 1 s to 1 hour and a time of \
         at most a day are allowed"
    )]
    Retry {
        /// From one attempt to the next.
        pause: Duration,
        /// For so long.
        span: Duration,
    },
    /// The address is of a machine that webhooks may not reach.
    #[error("a webhook may not be sent to {address}: its reach has to allow such addresses")]
    Forbidden {
        /// Which.
        address: IpAddr,
    },
}

impl Webhook {
    /// A receiver at this address; what is sent to it is signed with this key, 1 to 32 letters and
    /// digits. The address is shown to operators and logged, all but its query: it may have no user name
    /// and no password, and an `@` in its path has to be written `%40`.
    pub fn new(url: &str, key: Secret, reach: WebhookReach) -> Result<Self, WebhookError> {
        let parsed = parse(url).map_err(|wrong| WebhookError::Address {
            url: without_secrets(url),
            wrong,
        })?;
        let host = parsed.host().unwrap_or_default();
        if let Ok(address) = host.trim_matches(['[', ']']).parse()
            && !reach.allows(address)
        {
            return Err(WebhookError::Forbidden { address });
        }
        let exposed = key.expose();
        let is_short = (1..=32).contains(&exposed.len());
        if !is_short || !exposed.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
            return Err(WebhookError::Key);
        }
        Ok(Self {
            url: parsed,
            key,
            reach,
            retry: WebhookRetry::default(),
            trust: None,
        })
    }

    /// Tries again at other times what was not taken.
    pub fn retrying(mut self, retry: WebhookRetry) -> Result<Self, WebhookError> {
        if !retry.is_possible() {
            let WebhookRetry { pause, span } = retry;
            return Err(WebhookError::Retry { pause, span });
        }
        self.retry = retry;
        Ok(self)
    }

    /// Believes these authorities when the receiver says over TLS who it is, and not the system's.
    #[must_use]
    pub fn trusting(mut self, trust: &Trust) -> Self {
        self.trust = Some(trust.clone());
        self
    }

    /// The name that the receiver's certificate has to be for; none where there is no TLS.
    pub(super) fn certified(&self) -> Option<ServerName<'static>> {
        let is_encrypted = self.url.scheme_str() == Some("https");
        self.url.host().filter(|_| is_encrypted).and_then(name)
    }

    /// The address without its query, where secrets may be.
    pub(crate) fn shown(&self) -> String {
        let authority = self
            .url
            .authority()
            .map_or("", |authority| authority.as_str());
        let scheme = self.url.scheme_str().unwrap_or("http");
        format!("{scheme}://{authority}{}", self.url.path())
    }
}

/// An address that can be asked; else what is wrong with it.
fn parse(url: &str) -> Result<Uri, &'static str> {
    let before_query = url.split(['?', '#']).next().unwrap_or_default();
    let (_, rest) = before_query.split_once("://").ok_or("it has no scheme")?;
    // A password may have a slash in it. What comes before that would be taken for the host, and the rest
    // shown as its path.
    if rest.contains('@') {
        return Err(
            "it may have no user name and no password, and an @ in its path has to be written %40",
        );
    }
    if rest.is_empty() || rest.starts_with(['/', ':']) {
        return Err("it has no host");
    }
    let parsed: Uri = url
        .parse()
        .map_err(|_| "there is something in it that no address has")?;
    let is_encrypted = match parsed.scheme_str() {
        Some("http") => false,
        Some("https") => true,
        Some(_) | None => return Err("its scheme is another one"),
    };
    let authority = parsed.authority().ok_or("it has no host")?;
    // Where the port is none, the usual one would be asked without a word.
    if authority.as_str() != authority.host() && authority.port_u16().is_none_or(|port| port == 0) {
        return Err("its port is no number from 1 to 65535");
    }
    if is_encrypted && name(authority.host()).is_none() {
        return Err("no certificate can be for its host");
    }
    Ok(parsed)
}

fn name(host: &str) -> Option<ServerName<'static>> {
    let host = host.trim_matches(['[', ']']);
    ServerName::try_from(host.to_owned()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn webhook(url: &str, key: &str, reach: WebhookReach) -> Result<Webhook, WebhookError> {
        Webhook::new(url, Secret::new(key), reach)
    }

    #[test]
    fn an_address_is_http_a_host_and_a_path_and_a_key_is_letters_and_digits() {
        let public = WebhookReach::Public;
        let good = webhook("https://hooks.example:8080/a?token=secret", "k1", public).unwrap();
        assert_eq!(good.shown(), "https://hooks.example:8080/a");
        for (given, said) in [
            ("", "no scheme"),
            ("hooks.example", "no scheme"),
            ("ftp://hooks.example", "another one"),
            ("http://", "no host"),
            ("http:///path", "no host"),
            ("http://:80/path", "no host"),
            ("http://user@hooks.example", "no user name"),
            ("http://hooks.example/@team", "written %40"),
            ("http://hooks.example:99999/", "from 1 to 65535"),
            ("http://hooks.example:0/", "from 1 to 65535"),
            ("http://hooks.example:/", "from 1 to 65535"),
            ("http://hooks.example:port/", "from 1 to 65535"),
            ("http://hooks.example/a b", "no address has"),
            ("https://under_score..example", "no certificate"),
        ] {
            let error = webhook(given, "k1", public).unwrap_err();
            assert!(matches!(error, WebhookError::Address { .. }), "{given}");
            let words = error.to_string();
            assert!(words.contains(said), "{given}: {words}");
            assert!(words.contains("expected https://HOST[:PORT]"), "{words}");
        }
        for good in [
            "http://hooks.example/%40team",
            "https://hooks.example/?of=me@example",
            "http://[2606:2800:21f:cb07::1]:8080",
        ] {
            assert!(webhook(good, "k1", public).is_ok(), "{good}");
        }
        for wrong in ["", "with-dash", &"k".repeat(33)] {
            let error = webhook("http://hooks.example", wrong, public);
            assert!(matches!(error, Err(WebhookError::Key)), "{wrong}");
        }
    }

    #[test]
    fn a_password_makes_no_address_and_is_not_repeated() {
        for (secret, shown) in [
            (
                "http://user:hidden@hooks.example/a",
                "http://hooks.example/a",
            ),
            ("http://a@b:hidden@hooks.example", "http://hooks.example"),
            ("http://user:hid/den@hooks.example", "http://hooks.example"),
            ("http://user:1/hidden@hooks.example", "http://hooks.example"),
            ("http://user:hid?den@hooks.example", "http://…"),
            ("http://user:hid#d@n@hooks.example", "http://…"),
            (
                "ftp://hooks.example/a?token=hidden",
                "ftp://hooks.example/a",
            ),
            ("user:hidden@hooks.example", "hooks.example"),
            ("user:hid://den@hooks.example", "\"hooks.example\""),
        ] {
            let words = webhook(secret, "k1", WebhookReach::Public);
            let words = words.unwrap_err().to_string();
            assert!(!words.contains("hid") && words.contains(shown), "{words}");
        }
    }

    #[test]
    fn an_address_of_this_machine_is_refused_unless_it_is_meant() {
        for here in ["http://127.0.0.1/", "http://[::1]:80/", "http://10.0.0.1"] {
            let refused = webhook(here, "k", WebhookReach::Public);
            assert!(
                matches!(refused, Err(WebhookError::Forbidden { .. })),
                "{here}"
            );
            assert!(webhook(here, "k", WebhookReach::Private).is_ok());
        }
        let encrypted = webhook("https://[fe80::1]/", "k", WebhookReach::Private);
        assert!(matches!(encrypted, Err(WebhookError::Forbidden { .. })));
        let metadata = "http://169.254.169.254/latest";
        assert!(webhook(metadata, "k", WebhookReach::Private).is_err());
        assert!(webhook(metadata, "k", WebhookReach::Anywhere).is_ok());
    }

    #[test]
    fn what_would_be_tried_again_without_end_is_refused() {
        let retrying = |pause, span| {
            let (pause, span) = (Duration::from_secs(pause), Duration::from_secs(span));
            let webhook = webhook("http://hooks.example", "k", WebhookReach::Public).unwrap();
            webhook.retrying(WebhookRetry { pause, span })
        };
        assert!(retrying(1, 0).is_ok() && retrying(3600, 86_400).is_ok());
        for (pause, span) in [(0, 60), (3601, 7200), (10, 86_401)] {
            let error = retrying(pause, span);
            assert!(
                matches!(error, Err(WebhookError::Retry { .. })),
                "{pause} {span}"
            );
        }
    }
}
