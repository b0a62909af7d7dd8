//! Where a Janus is and by what right it is talked to, as `serve`, `join` and `demo` take it.
//!
//! Secrets are not printed, and do not go to other processes as arguments, which everybody can read.

use std::fmt;
use std::path::PathBuf;

use clap::Args;
use exeunt_janus::admin::AdminKeys;
use exeunt_janus::{Endpoint, Secret, Trust};
use exeunt_port::EnterError;

use crate::authorities;
use crate::failure::Failure;
use crate::janus_section::JanusSection;

/// Where Janus is in its own default.
pub(crate) const USUAL: &str = "ws://127.0.0.1:8188";

/// Where it is.
#[derive(Args, Clone, Debug)]
pub(crate) struct JanusUrl {
    #[arg(
        long,
        value_name = "URL",
        env = "EXEUNT_JANUS",
        hide_env_values = true,
        display_order = 1,
        help = "Where Janus's WebSocket is, ws:// or wss:// [default: ws://127.0.0.1:8188]"
    )]
    janus: Option<String>,
}

/// What it wants to hear. Whoever takes them has flags of its own in between, so that each has its place in
/// the help.
#[derive(Args, Clone, Default)]
#[allow(
    clippy::struct_field_names,
    reason = "clap makes the flags' names of them, and beside the others' keys they need Janus's"
)]
pub(crate) struct JanusKeys {
    /// What `VideoRoom` wants to hear from whoever makes a room: its `admin_key`.
    #[arg(
        long,
        value_name = "KEY",
        env = "EXEUNT_JANUS_ADMIN_KEY",
        hide_env_values = true,
        display_order = 10
    )]
    pub(crate) janus_admin_key: Option<String>,
    /// The secret that a room gets which is made; whoever has it may kick and dismiss there.
    #[arg(
        long,
        value_name = "SECRET",
        env = "EXEUNT_JANUS_DEFAULT_SECRET",
        hide_env_values = true,
        display_order = 20
    )]
    pub(crate) janus_default_secret: Option<String>,
    /// Janus's `api_secret`, where it has one.
    #[arg(
        long,
        value_name = "SECRET",
        env = "EXEUNT_JANUS_API_SECRET",
        hide_env_values = true,
        display_order = 21
    )]
    pub(crate) janus_api_secret: Option<String>,
    /// A token, where Janus's `token_auth` is on.
    #[arg(
        long,
        value_name = "TOKEN",
        env = "EXEUNT_JANUS_TOKEN",
        hide_env_values = true,
        display_order = 22
    )]
    pub(crate) janus_token: Option<String>,
    /// Certificates in PEM form of authorities to believe beside the system's, for wss://.
    #[arg(
        long,
        value_name = "FILE",
        env = "EXEUNT_JANUS_AUTHORITIES",
        display_order = 30
    )]
    pub(crate) janus_authorities: Option<PathBuf>,
}

impl fmt::Debug for JanusKeys {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("(secret)")
    }
}

impl JanusUrl {
    /// What was typed, else what stands in the file, else the usual place.
    pub(crate) fn or<'a>(&'a self, file: &'a JanusSection) -> &'a str {
        let url = self.janus.as_deref().or(file.url.as_deref());
        url.unwrap_or(USUAL)
    }
}

impl JanusKeys {
    /// These, and where there is none the one of those.
    pub(crate) fn or(&self, file: Self) -> Self {
        let typed = self.clone();
        Self {
            janus_admin_key: typed.janus_admin_key.or(file.janus_admin_key),
            janus_default_secret: typed.janus_default_secret.or(file.janus_default_secret),
            janus_api_secret: typed.janus_api_secret.or(file.janus_api_secret),
            janus_token: typed.janus_token.or(file.janus_token),
            janus_authorities: typed.janus_authorities.or(file.janus_authorities),
        }
    }

    /// The Janus at this address.
    pub(crate) fn endpoint(&self, url: &str) -> Result<Endpoint, Failure> {
        let senseless = |error: EnterError| Failure::Mistyped(format!("--janus: {error}"));
        let mut endpoint = Endpoint::new(url).map_err(senseless)?;
        if let Some(path) = &self.janus_authorities {
            let trust = authorities::read(path, |pem| Trust::system().and(pem))?;
            endpoint = endpoint.trusting(&trust).map_err(senseless)?;
        }
        if let Some(secret) = &self.janus_api_secret {
            endpoint = endpoint.with_api_secret(secret);
        }
        if let Some(token) = &self.janus_token {
            endpoint = endpoint.with_token(token);
        }
        Ok(endpoint)
    }

    /// What an operator of its rooms has to show.
    pub(crate) fn of_admin(&self) -> AdminKeys {
        AdminKeys {
            admin_key: self.janus_admin_key.as_ref().map(Secret::new),
            room_secret: self.janus_default_secret.as_ref().map(Secret::new),
            ..AdminKeys::default()
        }
    }
}
