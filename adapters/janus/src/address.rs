//! Where a Janus is.

use std::fmt;

use exeunt_port::EnterError;
use tokio_tungstenite::tungstenite::http::Uri;

/// The address of Janus's WebSocket that makes sense: scheme `ws` or `wss`, a host, a port.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Address {
    host: String,
    port: u16,
    encrypted: bool,
    url: Uri,
}

impl Address {
    const EXPECTED: &str =
        "ws://HOST:PORT, or wss:// with TLS (the port may be left out: 8188, or 8989 for wss)";

    pub(crate) fn parse(text: &str) -> Result<Self, EnterError> {
        let senseless = || EnterError::Address {
            address: without_secrets(text),
            expected: Self::EXPECTED.to_owned(),
        };
        let given: Uri = text.parse().map_err(|_| senseless())?;
        let (encrypted, usual_port) = match given.scheme_str() {
            Some("ws") => (false, 8188),
            Some("wss") => (true, 8989),
            Some(_) | None => return Err(senseless()),
        };
        let authority = given.authority().ok_or_else(senseless)?;
        // A name before the host would be a password in disguise, and go nowhere.
        if authority.host().is_empty() || authority.as_str().contains('@') {
            return Err(senseless());
        }
        // A colon without a number after it is a port that was forgotten; nobody listens on port 0.
        if authority.port_u16() == Some(0)
            || authority.port_u16().is_none() && authority.as_str() != authority.host()
        {
            return Err(senseless());
        }
        let path = given.path_and_query().map_or("/", |path| path.as_str());
        let scheme = if encrypted { "wss" } else { "ws" };
        let port = authority.port_u16().unwrap_or(usual_port);
        let url = format!("{scheme}://{}:{port}{path}", authority.host())
            .parse()
            .map_err(|_| senseless())?;
        let host = authority
            .host()
            .trim_start_matches('[')
            .trim_end_matches(']')
            .to_owned();
        Ok(Self {
            host,
            port,
            encrypted,
            url,
        })
    }

    /// The host's name or number, without brackets, and the port.
    pub(crate) fn host_and_port(&self) -> (&str, u16) {
        (&self.host, self.port)
    }

    /// Whether it is reached over TLS.
    pub(crate) fn is_encrypted(&self) -> bool {
        self.encrypted
    }

    /// The whole address.
    pub(crate) fn url(&self) -> &Uri {
        &self.url
    }
}

/// This text without what may be a name and a password in it, or a token in the query: errors end up in
/// logs. A password may hold any sign, so that everything up to the last `@` goes.
fn without_secrets(text: &str) -> String {
    let queryless = |text: &str| text.split('?').next().unwrap_or_default().to_owned();
    let Some((before, rest)) = text.rsplit_once('@') else {
        return queryless(text);
    };
    let rest = queryless(rest);
    let scheme = before.split_once("://").map(|(scheme, _)| scheme);
    // What comes before `://` is a scheme only if it looks like one.
    let scheme = scheme.filter(|scheme| scheme.chars().all(|sign| sign.is_ascii_alphanumeric()));
    match scheme {
        Some(scheme) => format!("{scheme}://{rest}"),
        None => rest,
    }
}

/// Without the query, in which proxies take tokens: what is displayed ends up in logs.
impl fmt::Display for Address {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let scheme = if self.encrypted { "wss" } else { "ws" };
        let authority = self
            .url
            .authority()
            .map_or("", |authority| authority.as_str());
        write!(formatter, "{scheme}://{authority}{}", self.url.path())
    }
}

impl fmt::Debug for Address {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, formatter)
    }
}

#[cfg(test)]
mod tests {
    use super::Address;
    use exeunt_port::EnterError;

    #[test]
    fn the_port_may_be_left_out() {
        let address = Address::parse("ws://sfu.example").unwrap();
        assert_eq!(address.host_and_port(), ("sfu.example", 8188));
        assert_eq!(address.to_string(), "ws://sfu.example:8188/");
        let address = Address::parse("ws://[::1]:7000/other?x=1").unwrap();
        assert_eq!(address.host_and_port(), ("::1", 7000));
        assert_eq!(address.to_string(), "ws://[::1]:7000/other");
        assert_eq!(address.url().to_string(), "ws://[::1]:7000/other?x=1");
        let address = Address::parse("wss://sfu.example").unwrap();
        assert_eq!(address.host_and_port(), ("sfu.example", 8989));
        assert!(address.is_encrypted());
    }

    #[test]
    fn a_password_or_a_token_in_an_address_is_not_repeated_in_the_error() {
        for text in [
            "ws://user:secret@sfu.example",
            "user:secret@sfu.example",
            "ws://user:secret/more@sfu.example:1",
            "http://user:secret@x@sfu.example",
            "http://sfu.example/janus?token=secret",
        ] {
            let words = Address::parse(text).unwrap_err().to_string();
            assert!(!words.contains("secret"), "{words}");
            assert!(words.contains("sfu.example"), "{words}");
        }
    }

    #[test]
    fn what_is_no_address_is_told_what_one_looks_like() {
        for text in [
            "",
            "sfu",
            "http://x",
            "https://x:8088/janus",
            "wss://",
            "ws://",
            "ws:///janus",
            "ws://u:p@x",
            "ws://x:",
            "ws://x:0",
            "ws://x:99999",
        ] {
            let error = Address::parse(text).unwrap_err();
            assert!(
                matches!(error, EnterError::Address { .. }),
                "{text}: {error}"
            );
            assert!(error.to_string().contains("ws://HOST:PORT"), "{error}");
        }
    }
}
