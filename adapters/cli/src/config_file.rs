//! The config file: one for the service, its operator and its users.
//!
//! Where it makes no sense it is said what, in which line, and what is allowed there; the line itself
//! is not shown, for a key may stand in it.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use exeunt_room_service::{Config, JanusRooms, Limits};
use serde::de::Error as _;
use serde::{Deserialize, Deserializer};
use toml::Spanned;

use crate::bounds::{Bound, Bounded};
use crate::failure::Failure;
use crate::janus_choices::{self, BackEnd};
use crate::janus_keys;
use crate::janus_section::JanusSection;
use crate::room_choices::{RoomsSection, origin};
use crate::settings::Settings;
use crate::webhook_choices::WebhooksSection;

/// What stands in a config file.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct ConfigFile {
    pub(crate) service: Option<String>,
    pub(crate) authorities: Option<PathBuf>,
    pub(crate) sdk_app_id: Option<u32>,
    #[serde(deserialize_with = "secret")]
    pub(crate) user_sig_key: Option<String>,
    pub(crate) secret_id: Option<String>,
    #[serde(deserialize_with = "secret")]
    pub(crate) secret_key: Option<String>,
    #[serde(deserialize_with = "secret")]
    pub(crate) operator_token: Option<String>,
    pub(crate) serve: ServeSection,
}

/// What only the service has a use for; but where a Janus is, whoever enters there may read here as well.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct ServeSection {
    pub(crate) listen: Option<SocketAddr>,
    pub(crate) lease_ms: Option<Spanned<u64>>,
    pub(crate) log: Option<LogFormat>,
    pub(crate) tls_certificate: Option<PathBuf>,
    pub(crate) tls_key: Option<PathBuf>,
    pub(crate) rooms: RoomsSection,
    pub(crate) webhooks: WebhooksSection,
    pub(crate) back_end: Option<BackEnd>,
    pub(crate) janus: JanusSection,
    limits: BTreeMap<Spanned<String>, Spanned<i64>>,
    /// The limits, once they were looked at.
    #[serde(skip)]
    pub(crate) bounds: Vec<Bounded>,
}

/// How the log is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, clap::ValueEnum)]
#[serde(rename_all = "snake_case")]
pub(crate) enum LogFormat {
    /// For people.
    Text,
    /// One JSON object a line.
    Json,
}

impl LogFormat {
    /// What is the case where nothing is said about it.
    pub(crate) fn usual(json: bool) -> Self {
        if json { Self::Json } else { Self::Text }
    }
}

/// A key has to be a text; whatever else it is, it is not repeated.
pub(crate) fn secret<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Option<String>, D::Error> {
    match toml::Value::deserialize(deserializer)? {
        toml::Value::String(text) => Ok(Some(text)),
        toml::Value::Integer(_)
        | toml::Value::Float(_)
        | toml::Value::Boolean(_)
        | toml::Value::Datetime(_)
        | toml::Value::Array(_)
        | toml::Value::Table(_) => Err(D::Error::custom("a key has to be a text in quotes")),
    }
}

/// What was typed, else what stands in the file.
pub(crate) fn either(typed: Option<u64>, written: Option<&Spanned<u64>>) -> Option<u64> {
    typed.or_else(|| written.map(|written| *written.get_ref()))
}

impl ConfigFile {
    /// The lease that can be kept, in milliseconds.
    pub(crate) const LEASE: std::ops::RangeInclusive<u64> = 200..=600_000;

    /// Reads it.
    pub(crate) fn read(path: &Path) -> Result<Self, Failure> {
        let failure = |detail: String| Failure::Config {
            path: path.to_owned(),
            detail,
        };
        let text = std::fs::read_to_string(path).map_err(|error| failure(error.to_string()))?;
        let mut file = Self::parse(&text).map_err(failure)?;
        // A file is named from where the config file stands, not from where the command was typed.
        let folder = path.parent().unwrap_or(Path::new(""));
        for named in [
            &mut file.authorities,
            &mut file.serve.tls_certificate,
            &mut file.serve.tls_key,
            &mut file.serve.webhooks.authorities,
            &mut file.serve.janus.authorities,
        ]
        .into_iter()
        .flatten()
        {
            *named = folder.join(&*named);
        }
        Ok(file)
    }

    /// Reads a text; if it makes no sense, says which line.
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        let line = |at: usize| {
            let before = text.as_bytes().get(..at).unwrap_or_default();
            1 + before.split(|byte| *byte == b'\n').skip(1).count()
        };
        let mut file: Self = toml::from_str(text).map_err(|error| {
            let what = error.message().trim_end();
            match error.span() {
                Some(span) => format!("line {}: {what}", line(span.start)),
                None => what.to_owned(),
            }
        })?;
        for (name, value) in &file.serve.limits {
            let bounded = Bound::named(name.get_ref())
                .and_then(|bound| bound.checked((*value.get_ref()).into()))
                .map_err(|what| format!("line {}: {what}", line(name.span().start)))?;
            file.serve.bounds.push(bounded);
        }
        let janus = file.serve.janus.check();
        janus.map_err(|(at, what)| format!("line {}: {what}", line(at)))?;
        let (rooms, webhooks) = (&file.serve.rooms, &file.serve.webhooks);
        let janus = &file.serve.janus;
        for (name, value, allowed) in [
            ("lease_ms", &file.serve.lease_ms, Self::LEASE),
            ("interval_ms", &janus.interval_ms, janus_choices::INTERVAL),
            (
                "longest_stay_s",
                &rooms.longest_stay_s,
                RoomsSection::LONGEST_STAY,
            ),
            (
                "empty_room_s",
                &rooms.empty_room_s,
                RoomsSection::EMPTY_ROOM,
            ),
            (
                "retry_pause_s",
                &webhooks.retry_pause_s,
                WebhooksSection::PAUSE,
            ),
            ("retry_for_s", &webhooks.retry_for_s, WebhooksSection::SPAN),
        ] {
            if let Some(value) = value
                && !allowed.contains(value.get_ref())
            {
                let (place, value) = (line(value.span().start), value.get_ref());
                let (least, most) = allowed.into_inner();
                return Err(format!(
                    "line {place}: {name} = {value}: {least} to {most} are allowed"
                ));
            }
        }
        let origins = rooms.allowed_origins.iter();
        let wrong = origins.filter_map(|named| {
            let what = origin(named.get_ref()).err()?;
            Some((named.span().start, what))
        });
        if let Some((place, what)) = wrong.chain(webhooks.senseless()).next() {
            return Err(format!("line {}: {what}", line(place)));
        }
        Ok(file)
    }

    /// A config file that says what is the case without one, with every key explained.
    pub(crate) fn default_text() -> String {
        let default = Config::development();
        let service = Settings::SERVICE;
        let listen = SocketAddr::new(default.listen.ip(), Settings::PORT);
        let (app, id) = (default.sdk_app_id, &default.secret_id);
        let lease = default.lease.as_millis();
        let (janus, interval) = (janus_keys::USUAL, JanusRooms::INTERVAL.as_millis());
        let (from, to) = janus_choices::INTERVAL.into_inner();
        let mut text = format!(
            r#"# The config file of exeunt: for the service, its operator and its users. TOML.
# A flag beats the environment, which beats this file. What stands here is what is the case without
# it; a key that is not known is an error. Keep it to yourself once keys of your own stand in it.

# Where the room service is, for all commands but serve: ws:// or http://, with TLS wss:// or https://.
service = "{service}"
# Certificates in PEM form of authorities that the system does not know, for services with TLS.
#authorities = "our-authority.pem"
# The application's number. Who enters with another one is refused.
sdk_app_id = {app}
# Whoever has this key can make a UserSig for anybody. serve checks with it, join signs with it.
# Without one a development key counts, which everybody knows.
#user_sig_key = "a long random text"
# The operator's name at the server API. serve checks with name and key; kick, dismiss, rooms sign.
secret_id = "{id}"
# The operator's key. Without one a development key counts, which everybody knows.
#secret_key = "another long random text"
# What opens the console (http://HOST:PORT/console) and the metrics (/metrics) to an operator. With
# keys of your own and without a token both are closed.
#operator_token = "a third long random text"

[serve]
# Where to listen: IP:PORT. Anything but loopback wants keys of your own.
listen = "{listen}"
# How long a client may be silent before the others are told that it is gone, in milliseconds.
lease_ms = {lease}
# How the log on standard error is written: "text" or "json" (which is usual with --json).
#log = "json"
# A certificate chain in PEM form. With it and its key the service speaks TLS only.
#tls_certificate = "certificate.pem"
# The certificate's private key in PEM form.
#tls_key = "key.pem"
# Whose rooms the server API, the webhooks and the console are for: "embedded" are this process's own,
# "janus" those of a Janus's VideoRoom. Then they are entered there, and what is said here of leases
# and of members counts for nothing.
back_end = "embedded"

# For back_end = "janus", and for join --transport janus.
[serve.janus]
# Where Janus's WebSocket is: ws://HOST:PORT, or wss:// with TLS.
url = "{janus}"
# The pause before Janus is asked again who is in which room, in milliseconds: {from} to {to}.
interval_ms = {interval}
# VideoRoom's admin_key: it shows private rooms as well, and join may make rooms with it.
#admin_key = "a key"
# The secret of every room that has none below. A room that join makes gets it.
#default_secret = "a secret"
# Janus's api_secret, where it has one.
#api_secret = "a secret"
# A token, where Janus's token_auth is on.
#token = "a token"
# Certificates in PEM form of authorities that the system does not know, for wss://.
#authorities = "our-authority.pem"

[serve.janus.room_secrets]
# The secrets of single rooms: 123 is a numeric room, standup or '"123"' a string room.
#123 = "a secret"

{rooms}
{webhooks}
[serve.limits]
"#,
            rooms = RoomsSection::TEXT,
            webhooks = WebhooksSection::TEXT,
        );
        for bound in Bound::ALL {
            let (name, about) = (bound.name, bound.about);
            let (from, to) = (bound.allowed.start(), bound.allowed.end());
            let usual = bound.of(&Limits::default());
            // Writing to a String cannot fail.
            let _ = writeln!(text, "# {about}: {from} to {to}.\n{name} = {usual}");
        }
        text
    }
}

#[cfg(test)]
mod tests;
