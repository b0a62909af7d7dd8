//! Where a server is.

use std::fmt;

use exeunt_port::EnterError;
use tokio_tungstenite::tungstenite::http::Uri;

use crate::protocol::Protocol;
use crate::without_secrets::without_secrets;

/// A WebSocket's address that makes sense: scheme `ws` or `wss`, a host, a port.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Address {
    host: String,
    port: u16,
    encrypted: bool,
    url: Uri,
}

impl Address {
    pub(crate) fn parse(text: &str, protocol: &Protocol) -> Result<Self, EnterError> {
        let senseless = || EnterError::Address {
            address: without_secrets(text),
            expected: protocol.address.to_owned(),
        };
        // A name before the host would go nowhere, and be a password's. That may have a slash in it: what
        // comes before it would be dialled then, and the rest shown as the path.
        let before_query = text.split(['?', '#']).next();
        if before_query.is_some_and(|place| place.contains('@')) {
            return Err(senseless());
        }
        let given: Uri = text.parse().map_err(|_| senseless())?;
        let (encrypted, schemes_port, usual_port) = match given.scheme_str() {
            Some("ws") => (false, 80, protocol.port),
            Some("wss") => (true, 443, protocol.tls_port),
            Some(_) | None => return Err(senseless()),
        };
        let authority = given.authority().ok_or_else(senseless)?;
        let (host, named_port) = (authority.host(), authority.port_u16());
        if host.is_empty() {
            return Err(senseless());
        }
        // A colon without a number after it is a port that was forgotten; nobody listens on port 0.
        if named_port == Some(0) || named_port.is_none() && authority.as_str() != host {
            return Err(senseless());
        }
        let path = match given.path() {
            "" | "/" => protocol.path,
            other => other,
        };
        let query = given
            .query()
            .map_or_else(String::new, |query| format!("?{query}"));
        let scheme = if encrypted { "wss" } else { "ws" };
        let port = named_port.unwrap_or(usual_port);
        // The scheme's own port goes without saying, in the `Host` header as well.
        let url = if named_port.is_none() && port == schemes_port {
            format!("{scheme}://{host}{path}{query}")
        } else {
            format!("{scheme}://{host}:{port}{path}{query}")
        };
        Ok(Self {
            host: host.trim_matches(['[', ']']).to_owned(),
            port,
            encrypted,
            url: url.parse().map_err(|_| senseless())?,
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
    use super::*;

    /// Of the scheme's own ports.
    const ROOMS: Protocol = Protocol {
        address: "ws://HOST:PORT/rooms",
        port: 80,
        tls_port: 443,
        path: "/rooms",
        sub_protocol: None,
        longest_read: 0,
        longest_written: 0,
    };
    /// Of ports of its own.
    const SFU: Protocol = Protocol {
        address: "ws://HOST:PORT",
        port: 8188,
        tls_port: 8989,
        path: "/",
        ..ROOMS
    };

    #[test]
    fn port_and_path_may_be_left_out() {
        for (protocol, text, port, shown) in [
            (ROOMS, "ws://x", 80, "ws://x/rooms"),
            (ROOMS, "wss://x/", 443, "wss://x/rooms"),
            (ROOMS, "ws://x:80/other", 80, "ws://x:80/other"),
            (SFU, "ws://x", 8188, "ws://x:8188/"),
            (SFU, "wss://x/other", 8989, "wss://x:8989/other"),
            (SFU, "wss://x:443", 443, "wss://x:443/"),
        ] {
            let address = Address::parse(text, &protocol).unwrap();
            assert_eq!(address.host_and_port(), ("x", port));
            assert_eq!(address.is_encrypted(), text.starts_with("wss"), "{text}");
            assert_eq!(address.to_string(), shown);
            assert_eq!(address.url().to_string(), shown);
        }
    }

    #[test]
    fn a_query_is_said_to_the_server_and_shown_to_nobody() {
        for (text, path) in [
            ("ws://[::1]:7000?token=a@secret", "/rooms"),
            ("ws://[::1]:7000/?token=a@secret", "/rooms"),
            ("ws://[::1]:7000/other?token=a@secret", "/other"),
        ] {
            let address = Address::parse(text, &ROOMS).unwrap();
            assert_eq!(address.host_and_port(), ("::1", 7000));
            let url = address.url();
            assert_eq!(
                (url.path(), url.query()),
                (path, Some("token=a@secret")),
                "{text}"
            );
            let shown = format!("ws://[::1]:7000{path}");
            assert_eq!(address.to_string(), shown);
            assert_eq!(format!("{address:?}"), shown);
        }
    }

    #[test]
    fn a_password_or_a_token_in_an_address_is_not_repeated_in_the_error() {
        for text in [
            "ws://user:secret@sfu.example",
            "user:secret@sfu.example",
            "ws://user:secret/more@sfu.example:1",
            "ws://user:1/secret@sfu.example",
            "http://user:secret@x@sfu.example",
            "http://sfu.example/janus?token=secret",
            "http://sfu.example/janus#secret",
        ] {
            let words = Address::parse(text, &SFU).unwrap_err().to_string();
            assert!(!words.contains("secret"), "{words}");
            assert!(words.contains("sfu.example"), "{words}");
        }
    }

    #[test]
    fn what_may_be_a_password_as_well_as_a_token_is_not_repeated_either() {
        for text in [
            "http://sfu.example/janus?token=a@secret",
            "http://user:secret?@sfu.example",
            "http://user:secret#@sfu.example",
        ] {
            let words = Address::parse(text, &SFU).unwrap_err().to_string();
            assert!(!words.contains("secret"), "{words}");
            assert!(words.contains("\"http://…\""), "{words}");
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
            "ws://x/@team",
            "ws://x:",
            "ws://x:0",
            "ws://x:99999",
        ] {
            let error = Address::parse(text, &SFU).unwrap_err();
            let is_address = matches!(error, EnterError::Address { .. });
            assert!(is_address, "{text}: {error}");
            assert!(error.to_string().contains("ws://HOST:PORT"), "{error}");
        }
    }
}
