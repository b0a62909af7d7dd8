//! Where a Janus is, by what right we talk to it, and how long we wait for it.

use std::fmt;
use std::time::Duration;

use exeunt_port::EnterError;

use crate::address::Address;
use crate::secret::Secret;
use crate::trust::{Encryption, Trust};

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
    pub(crate) address: Address,
    /// For `wss://`.
    pub(crate) encryption: Option<Encryption>,
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
        let endpoint = Self {
            address: Address::parse(url)?,
            encryption: None,
            credentials: Credentials::default(),
            patience: Self::PATIENCE,
        };
        if endpoint.address.is_encrypted() {
            endpoint.trusting(&Trust::system())
        } else {
            Ok(endpoint)
        }
    }

    /// Believes these when they say who the server is. Makes no difference for `ws://`.
    pub fn trusting(mut self, trust: &Trust) -> Result<Self, EnterError> {
        if self.address.is_encrypted() {
            self.encryption = Some(Encryption::of(&self.address, trust)?);
        }
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
            .field("address", &self.address)
            .field("patience", &self.patience)
            .finish_non_exhaustive()
    }
}

impl fmt::Display for Endpoint {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.address.fmt(formatter)
    }
}
