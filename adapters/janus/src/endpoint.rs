//! Where a Janus is, by what right we talk to it, and how long we wait for it.

use std::fmt;
use std::time::Duration;

use exeunt_port::EnterError;
use exeunt_signalling::{Destination, Protocol, Trust};

use crate::secret::Secret;
use crate::translate::MAX_MESSAGE;

/// What Janus's WebSocket transport fixes.
const PROTOCOL: Protocol = Protocol {
    address: "ws://HOST:PORT, or wss:// with TLS (the port may be left out: 8188, or 8989 for wss)",
    port: 8188,
    tls_port: 8989,
    path: "/",
    sub_protocol: Some("janus-protocol"),
    longest_read: MAX_MESSAGE,
    longest_written: MAX_MESSAGE,
};

/// A Janus's WebSocket address, what is said with every request, and how long an answer may take.
///
/// ```
/// use std::time::Duration;
/// use exeunt_janus::Endpoint;
///
/// let endpoint = Endpoint::new("ws://127.0.0.1:8188")?
///     .with_api_secret("of janus.jcfg")
///     .answering_within(Duration::from_secs(2));
/// assert_eq!(endpoint.to_string(), "ws://127.0.0.1:8188/");
/// assert!(Endpoint::new("http://127.0.0.1:8088/janus").is_err());
/// # Ok::<(), exeunt_port::EnterError>(())
/// ```
#[derive(Clone)]
pub struct Endpoint {
    pub(crate) destination: Destination,
    pub(crate) credentials: Credentials,
    pub(crate) patience: Duration,
}

/// What is said with every request.
#[derive(Clone, Debug, Default)]
pub(crate) struct Credentials {
    pub(crate) api_secret: Option<Secret>,
    pub(crate) token: Option<Secret>,
}

impl Endpoint {
    /// How long an answer may take unless [`answering_within`](Self::answering_within) says otherwise.
    pub const PATIENCE: Duration = Duration::from_secs(5);

    /// The Janus whose WebSocket transport listens at this address, `ws://HOST:PORT` or `wss://HOST:PORT`
    /// (8188 and 8989 where no port is given). Nothing is connected yet. Another scheme, as the `http://`
    /// of Janus's REST interface, is an [`EnterError::Address`].
    ///
    /// With `wss://` Janus has to show a certificate for its name that the system's authorities have signed;
    /// [`trusting`](Self::trusting) says whom to believe otherwise.
    pub fn new(url: &str) -> Result<Self, EnterError> {
        Ok(Self {
            destination: Destination::new(url, &PROTOCOL)?,
            credentials: Credentials::default(),
            patience: Self::PATIENCE,
        })
    }

    /// Believes these when they say who the server is. Makes no difference for `ws://`.
    ///
    /// ```no_run
    /// use exeunt_janus::{Endpoint, Trust};
    ///
    /// # fn example() -> Result<(), Box<dyn std::error::Error>> {
    /// let trust = Trust::system().and(&std::fs::read("our-authority.pem")?)?;
    /// let endpoint = Endpoint::new("wss://sfu.example")?.trusting(&trust)?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn trusting(mut self, trust: &Trust) -> Result<Self, EnterError> {
        self.destination = self.destination.trusting(trust)?;
        Ok(self)
    }

    /// Says this with every request: Janus's `api_secret`.
    #[must_use]
    pub fn with_api_secret(mut self, secret: impl Into<Secret>) -> Self {
        self.credentials.api_secret = Some(secret.into());
        self
    }

    /// Says this with every request: a token, where Janus's `token_auth` is on.
    #[must_use]
    pub fn with_token(mut self, token: impl Into<Secret>) -> Self {
        self.credentials.token = Some(token.into());
        self
    }

    /// How long an answer may take, and a connection to be made; 5 s unless said.
    #[must_use]
    pub fn answering_within(mut self, patience: Duration) -> Self {
        self.patience = patience;
        self
    }
}

/// Secrets stay out of logs.
impl fmt::Debug for Endpoint {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Endpoint")
            .field("address", &self.destination)
            .field("patience", &self.patience)
            .finish_non_exhaustive()
    }
}

impl fmt::Display for Endpoint {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.destination.fmt(formatter)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_port_may_be_left_out() {
        let endpoint = Endpoint::new("ws://sfu.example").unwrap();
        assert_eq!(endpoint.to_string(), "ws://sfu.example:8188/");
        let endpoint = Endpoint::new("wss://sfu.example").unwrap();
        assert_eq!(endpoint.to_string(), "wss://sfu.example:8989/");
    }

    #[test]
    fn what_is_no_address_is_told_what_one_looks_like() {
        let error = Endpoint::new("https://x:8088/janus").unwrap_err();
        assert!(error.to_string().contains("ws://HOST:PORT"), "{error}");
    }

    #[test]
    fn a_token_in_an_address_is_not_shown() {
        let endpoint = Endpoint::new("ws://sfu.example/janus?token=secret").unwrap();
        for shown in [endpoint.to_string(), format!("{endpoint:?}")] {
            assert!(shown.contains("ws://sfu.example:8188/janus"), "{shown}");
            assert!(!shown.contains("secret"), "{shown}");
        }
    }
}
