//! Where a Janus is and by what right its rooms are entered, as `join` and `demo` take it.
//!
//! Secrets are not printed, and do not go to other processes as arguments, which everybody can read.

use std::fmt;
use std::net::IpAddr;
use std::path::PathBuf;

use clap::Args;
use exeunt_janus::admin::AdminKeys;
use exeunt_janus::translate::identity::Ids;
use exeunt_janus::{Endpoint, JanusConfig, RoomMaking, Secret};
use exeunt_port::EnterError;

use crate::demo::Entering;
use crate::failure::Failure;
use crate::janus_choices::{USUAL, trust};

/// What is said to a Janus, and what of it has to be known.
#[derive(Args, Clone, Default)]
#[command(next_help_heading = "Janus (with --transport janus)")]
#[allow(
    clippy::struct_field_names,
    reason = "clap makes the flags' names of them, and beside the others' keys they need Janus's"
)]
pub(crate) struct JanusKeys {
    /// The rooms' pin, where they have one.
    #[arg(
        long,
        value_name = "PIN",
        env = "EXEUNT_JANUS_PIN",
        hide_env_values = true
    )]
    janus_pin: Option<String>,
    /// What `VideoRoom` wants to hear from whoever makes a room: its `admin_key`.
    #[arg(
        long,
        value_name = "KEY",
        env = "EXEUNT_JANUS_ADMIN_KEY",
        hide_env_values = true
    )]
    janus_admin_key: Option<String>,
    /// The secret that a room gets which is made; whoever has it may kick and dismiss there.
    #[arg(
        long,
        value_name = "SECRET",
        env = "EXEUNT_JANUS_DEFAULT_SECRET",
        hide_env_values = true
    )]
    janus_default_secret: Option<String>,
    /// Janus's `api_secret`, where it has one.
    #[arg(
        long,
        value_name = "SECRET",
        env = "EXEUNT_JANUS_API_SECRET",
        hide_env_values = true
    )]
    janus_api_secret: Option<String>,
    /// A token, where Janus's `token_auth` is on.
    #[arg(
        long,
        value_name = "TOKEN",
        env = "EXEUNT_JANUS_TOKEN",
        hide_env_values = true
    )]
    janus_token: Option<String>,
    /// Its `VideoRoom` has texts for ids: `string_ids = true`.
    #[arg(long)]
    janus_string_ids: bool,
    /// Send and receive media at this address of the machine [default: the one that leads to Janus]. For a
    /// Janus on 127.0.0.1 it is to be another one, for Janus offers none there.
    #[arg(long, value_name = "IP")]
    janus_media_at: Option<IpAddr>,
    /// Certificates in PEM form of authorities to believe beside the system's, for wss://.
    #[arg(long, value_name = "FILE", env = "EXEUNT_JANUS_AUTHORITIES")]
    janus_authorities: Option<PathBuf>,
    /// Whether any of it was typed, and does not stand in the environment only.
    #[arg(skip)]
    pub(crate) are_typed: bool,
}

/// The Janus whose rooms are entered.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Janus (with --transport janus)")]
pub(crate) struct JanusPlace {
    #[arg(
        long,
        value_name = "URL",
        env = "EXEUNT_JANUS",
        help = "Where Janus's WebSocket is, ws:// or wss:// [default: ws://127.0.0.1:8188]"
    )]
    janus: Option<String>,
    /// Make the room if it is not there. It stays until somebody dismisses it or Janus stops.
    #[arg(long)]
    janus_make_rooms: bool,
    #[command(flatten)]
    keys: JanusKeys,
    /// Whether any `--janus…` was typed, and does not stand in the environment only.
    #[arg(skip)]
    pub(crate) is_typed: bool,
}

impl fmt::Debug for JanusKeys {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("JanusKeys")
            .field("janus_string_ids", &self.janus_string_ids)
            .field("janus_media_at", &self.janus_media_at)
            .finish_non_exhaustive()
    }
}

impl JanusKeys {
    /// Those of a Janus that was started for this.
    pub(crate) fn own(admin_key: &str, room_secret: &str, media: IpAddr) -> Self {
        Self {
            janus_admin_key: Some(admin_key.to_owned()),
            janus_default_secret: Some(room_secret.to_owned()),
            janus_media_at: Some(media),
            ..Self::default()
        }
    }

    /// The Janus at this address.
    pub(crate) fn endpoint(&self, url: &str) -> Result<Endpoint, Failure> {
        let senseless = |error: EnterError| Failure::Mistyped(format!("--janus: {error}"));
        let mut endpoint = Endpoint::new(url).map_err(senseless)?;
        if let Some(path) = &self.janus_authorities {
            endpoint = endpoint.trusting(&trust(path)?).map_err(senseless)?;
        }
        if let Some(secret) = &self.janus_api_secret {
            endpoint = endpoint.with_api_secret(secret);
        }
        if let Some(token) = &self.janus_token {
            endpoint = endpoint.with_token(token);
        }
        Ok(endpoint)
    }

    /// The way into its rooms, which may be made when they are not there.
    pub(crate) fn config(&self, url: &str, making_rooms: bool) -> Result<JanusConfig, Failure> {
        let mut config = JanusConfig::at(self.endpoint(url)?);
        if self.janus_string_ids {
            config = config.with_ids(Ids::Strings);
        }
        if let Some(pin) = &self.janus_pin {
            config = config.with_pin(pin);
        }
        if let Some(address) = self.janus_media_at {
            config = config.with_media_at(address);
        }
        if making_rooms {
            let mut making = RoomMaking::default();
            if let Some(key) = &self.janus_admin_key {
                making = making.with_admin_key(key);
            }
            if let Some(secret) = &self.janus_default_secret {
                making = making.with_room_secret(secret);
            }
            config = config.making_rooms(making);
        }
        Ok(config)
    }

    /// What an operator of its rooms has to show.
    pub(crate) fn of_admin(&self) -> AdminKeys {
        AdminKeys {
            admin_key: self.janus_admin_key.as_ref().map(Secret::new),
            room_secret: self.janus_default_secret.as_ref().map(Secret::new),
            ..AdminKeys::default()
        }
    }

    /// The same for a process of its own that makes rooms of this Janus.
    pub(crate) fn of_a_process(&self, url: &str) -> Entering {
        let mut arguments = vec![
            "--transport=janus".to_owned(),
            format!("--janus={url}"),
            "--janus-make-rooms".to_owned(),
        ];
        if self.janus_string_ids {
            arguments.push("--janus-string-ids".to_owned());
        }
        if let Some(address) = self.janus_media_at {
            arguments.push(format!("--janus-media-at={address}"));
        }
        if let Some(path) = &self.janus_authorities {
            arguments.push(format!("--janus-authorities={}", path.display()));
        }
        let secrets = [
            ("EXEUNT_JANUS_PIN", &self.janus_pin),
            ("EXEUNT_JANUS_ADMIN_KEY", &self.janus_admin_key),
            ("EXEUNT_JANUS_DEFAULT_SECRET", &self.janus_default_secret),
            ("EXEUNT_JANUS_API_SECRET", &self.janus_api_secret),
            ("EXEUNT_JANUS_TOKEN", &self.janus_token),
        ];
        let given = secrets.into_iter();
        let given = given.filter_map(|(name, secret)| Some((name, secret.clone()?)));
        Entering {
            arguments,
            environment: given.collect(),
        }
    }
}

impl JanusPlace {
    /// The Janus whose rooms are entered.
    pub(crate) fn url(&self) -> &str {
        self.janus.as_deref().unwrap_or(USUAL)
    }

    /// The way into its rooms.
    pub(crate) fn config(&self) -> Result<JanusConfig, Failure> {
        self.keys.config(self.url(), self.janus_make_rooms)
    }
}
