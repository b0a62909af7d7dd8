//! Which Janus's rooms `exeunt serve --back-end janus` is the operator's side of, and by what right.
//!
//! What is wrong with a secret is said without the secret.

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, ValueEnum};
use exeunt_janus::admin::AdminKeys;
use exeunt_janus::{Endpoint, Secret, Trust};
use exeunt_port::RoomId;
use exeunt_room_service::{JanusRooms, Limits};
use serde::{Deserialize, Deserializer};

use crate::config_file::{SECRETS_ARE_TEXTS, ServeSection};
use crate::failure::Failure;

/// Where Janus is in its own default.
pub(crate) const USUAL: &str = "ws://127.0.0.1:8188";
/// How often Janus can be asked who is in which room, in milliseconds.
pub(crate) const INTERVAL: std::ops::RangeInclusive<u64> = 50..=60_000;

/// Whose rooms these are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, ValueEnum)]
#[serde(rename_all = "snake_case")]
pub(crate) enum BackEnd {
    /// Those of this process, which are entered here.
    #[default]
    Embedded,
    /// Those of a Janus's `VideoRoom`, which are entered there.
    Janus,
}

#[derive(Args, Clone)]
#[command(next_help_heading = "Back end")]
pub(crate) struct JanusChoices {
    /// Whose rooms the server API, the webhooks and the console are for [default: embedded].
    #[arg(
        long,
        value_enum,
        value_name = "BACK_END",
        env = "EXEUNT_BACK_END"
    )]
    pub(crate) back_end: Option<BackEnd>,
    /// Where Janus's WebSocket is, ws:// or wss:// [default: ws://127.0.0.1:8188].
    #[arg(long, value_name = "URL", env = "EXEUNT_JANUS")]
    janus: Option<String>,
    /// `VideoRoom`'s `admin_key`: it shows private rooms as well. Flags can be read by other users of this
    /// machine; better use the environment or a config file.
    #[arg(
        long,
        value_name = "KEY",
        env = "EXEUNT_JANUS_ADMIN_KEY",
        hide_env_values = true
    )]
    janus_admin_key: Option<String>,
    /// The secret of a room, or of several, separated by commas; may be given several times. A room 123
    /// is a numeric room, '"123"' a string room.
    #[arg(
        long,
        value_name = "ROOM=SECRET",
        env = "EXEUNT_JANUS_ROOM_SECRETS",
        hide_env_values = true,
        value_delimiter = ','
    )]
    janus_room_secret: Vec<String>,
    /// The secret of every other room.
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
    /// The pause before Janus is asked again who is in which room, in milliseconds: 50 to 60000
    /// [default: 1000].
    #[arg(long, value_name = "MILLISECONDS", env = "EXEUNT_JANUS_INTERVAL",
        value_parser = clap::value_parser!(u64).range(INTERVAL))]
    janus_interval: Option<u64>,
    /// Certificates in PEM form of authorities to believe beside the system's, for wss://.
    #[arg(long, value_name = "FILE", env = "EXEUNT_JANUS_AUTHORITIES")]
    janus_authorities: Option<PathBuf>,
}

/// The same in a config file.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct JanusSection {
    url: Option<String>,
    #[serde(deserialize_with = "secret")]
    admin_key: Option<Secret>,
    #[serde(deserialize_with = "secret")]
    default_secret: Option<Secret>,
    #[serde(deserialize_with = "secrets")]
    room_secrets: BTreeMap<String, Secret>,
    #[serde(deserialize_with = "secret")]
    api_secret: Option<Secret>,
    #[serde(deserialize_with = "secret")]
    token: Option<Secret>,
    interval_ms: Option<toml::Spanned<u64>>,
    pub(crate) authorities: Option<PathBuf>,
}

impl fmt::Debug for JanusChoices {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("JanusChoices")
            .field("back_end", &self.back_end)
            .field("janus", &self.janus)
            .finish_non_exhaustive()
    }
}

impl JanusChoices {
    /// The rooms of which Janus, if not this process's own. Flags and environment over the file.
    pub(crate) fn rooms(
        &self,
        file: &ServeSection,
        limits: &Limits,
    ) -> Result<Option<JanusRooms>, Failure> {
        match self.back_end.or(file.back_end).unwrap_or_default() {
            BackEnd::Janus => self.of_janus(&file.janus, limits).map(Some),
            BackEnd::Embedded if self.is_given() => Err(Failure::Mistyped(
                "what --janus… says is for --back-end janus only, which was not asked for".to_owned(),
            )),
            BackEnd::Embedded => Ok(None),
        }
    }

    fn is_given(&self) -> bool {
        self.janus.is_some()
            || self.janus_admin_key.is_some()
            || !self.janus_room_secret.is_empty()
            || self.janus_default_secret.is_some()
            || self.janus_api_secret.is_some()
            || self.janus_token.is_some()
            || self.janus_interval.is_some()
            || self.janus_authorities.is_some()
    }

    fn of_janus(&self, file: &JanusSection, limits: &Limits) -> Result<JanusRooms, Failure> {
        let either = |typed: &Option<String>, written: &Option<Secret>| {
            let typed = typed.as_deref().map(Secret::new);
            typed.or_else(|| written.clone())
        };
        let url = self.janus.as_deref().or(file.url.as_deref());
        let senseless = |error: exeunt_port::EnterError| Failure::Mistyped(format!("--janus: {error}"));
        let mut endpoint = Endpoint::new(url.unwrap_or(USUAL)).map_err(senseless)?;
        let authorities = self.janus_authorities.as_ref().or(file.authorities.as_ref());
        if let Some(path) = authorities {
            endpoint = endpoint.trusting(&trust(path)?).map_err(senseless)?;
        }
        if let Some(secret) = either(&self.janus_api_secret, &file.api_secret) {
            endpoint = endpoint.with_api_secret(secret);
        }
        if let Some(token) = either(&self.janus_token, &file.token) {
            endpoint = endpoint.with_token(token);
        }
        let mut room_secrets = file.secrets()?;
        for typed in &self.janus_room_secret {
            let (room, secret) = room_and_secret(typed)?;
            room_secrets.insert(room, secret);
        }
        let keys = AdminKeys {
            admin_key: either(&self.janus_admin_key, &file.admin_key),
            room_secret: either(&self.janus_default_secret, &file.default_secret),
            room_secrets,
        };
        let interval = self.janus_interval.or(file.interval()?);
        Ok(JanusRooms {
            endpoint,
            keys,
            interval: interval.map_or(JanusRooms::INTERVAL, Duration::from_millis),
            kept_happenings: limits.kept_happenings,
        })
    }
}

impl JanusSection {
    fn secrets(&self) -> Result<BTreeMap<RoomId, Secret>, Failure> {
        let secret = |(room, secret): (&String, &Secret)| {
            let room = room_named(room, "serve.janus.room_secrets")?;
            Ok((room, secret.clone()))
        };
        self.room_secrets.iter().map(secret).collect()
    }

    fn interval(&self) -> Result<Option<u64>, Failure> {
        let Some(interval) = &self.interval_ms else {
            return Ok(None);
        };
        let interval = *interval.get_ref();
        if INTERVAL.contains(&interval) {
            return Ok(Some(interval));
        }
        let (least, most) = INTERVAL.into_inner();
        Err(Failure::Mistyped(format!(
            "serve.janus.interval_ms = {interval}: {least} to {most} are allowed"
        )))
    }
}

/// `ROOM=SECRET`; a room's id may have a `=` in it in the config file only.
fn room_and_secret(typed: &str) -> Result<(RoomId, Secret), Failure> {
    let (room, secret) = typed.split_once('=').ok_or_else(|| {
        Failure::Mistyped("--janus-room-secret: expected ROOM=SECRET, and there is no =".to_owned())
    })?;
    Ok((room_named(room, "--janus-room-secret")?, Secret::new(secret)))
}

fn room_named(room: &str, place: &str) -> Result<RoomId, Failure> {
    room.parse()
        .map_err(|error| Failure::Mistyped(format!("{place}: {error}")))
}

pub(crate) fn trust(path: &PathBuf) -> Result<Trust, Failure> {
    let failure = |detail: String| Failure::File {
        path: path.clone(),
        detail,
    };
    let pem = std::fs::read(path).map_err(|error| failure(error.to_string()))?;
    let trust = Trust::system().and(&pem);
    trust.map_err(|error| failure(error.to_string()))
}

/// A secret has to be a text; whatever else it is, it is not repeated.
fn secret<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Secret>, D::Error> {
    crate::config_file::secret(deserializer).map(|secret| secret.map(Secret::new))
}

fn secrets<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<BTreeMap<String, Secret>, D::Error> {
    let table = BTreeMap::<String, toml::Value>::deserialize(deserializer)?;
    let secret = |(room, value): (String, toml::Value)| {
        let text = value.as_str().map(Secret::new);
        let text = text.ok_or_else(|| serde::de::Error::custom(SECRETS_ARE_TEXTS))?;
        Ok((room, text))
    };
    table.into_iter().map(secret).collect()
}
