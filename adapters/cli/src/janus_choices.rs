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
use exeunt_port::{InvalidRoomId, RoomId};
use exeunt_room_service::{JanusRooms, Limits};
use serde::de::Error as _;
use serde::{Deserialize, Deserializer};
use toml::Spanned;

use crate::config_file::ServeSection;
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
    #[arg(long, value_enum, value_name = "BACK_END", env = "EXEUNT_BACK_END")]
    pub(crate) back_end: Option<BackEnd>,
    /// Where Janus's WebSocket is.
    #[arg(
        long,
        value_name = "URL",
        env = "EXEUNT_JANUS",
        help = "Where Janus's WebSocket is, ws:// or wss:// [default: ws://127.0.0.1:8188]"
    )]
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
    /// is a numeric room, '"123"' a string room. A secret with a comma in it goes into the config file.
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
    /// Whether any `--janus…` was typed, and does not stand in the environment only.
    #[arg(skip)]
    pub(crate) is_typed: bool,
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
    room_secrets: BTreeMap<Spanned<String>, Written>,
    /// The rooms' secrets, once their names were looked at.
    #[serde(skip)]
    secrets: BTreeMap<RoomId, Secret>,
    #[serde(deserialize_with = "secret")]
    api_secret: Option<Secret>,
    #[serde(deserialize_with = "secret")]
    token: Option<Secret>,
    interval_ms: Option<Spanned<u64>>,
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
            BackEnd::Embedded if self.is_typed => Err(Failure::Mistyped(
                "what --janus… says is for --back-end janus only, which was not asked for"
                    .to_owned(),
            )),
            BackEnd::Embedded => Ok(None),
        }
    }

    fn of_janus(&self, file: &JanusSection, limits: &Limits) -> Result<JanusRooms, Failure> {
        let either = |typed: &Option<String>, written: &Option<Secret>| {
            let typed = typed.as_deref().map(Secret::new);
            typed.or_else(|| written.clone())
        };
        let url = self.janus.as_deref().or(file.url.as_deref());
        let senseless =
            |error: exeunt_port::EnterError| Failure::Mistyped(format!("--janus: {error}"));
        let mut endpoint = Endpoint::new(url.unwrap_or(USUAL)).map_err(senseless)?;
        let authorities = self
            .janus_authorities
            .as_ref()
            .or(file.authorities.as_ref());
        if let Some(path) = authorities {
            endpoint = endpoint.trusting(&trust(path)?).map_err(senseless)?;
        }
        if let Some(secret) = either(&self.janus_api_secret, &file.api_secret) {
            endpoint = endpoint.with_api_secret(secret);
        }
        if let Some(token) = either(&self.janus_token, &file.token) {
            endpoint = endpoint.with_token(token);
        }
        let mut room_secrets = file.secrets.clone();
        for typed in &self.janus_room_secret {
            let (room, secret) = room_and_secret(typed)?;
            room_secrets.insert(room, secret);
        }
        let keys = AdminKeys {
            admin_key: either(&self.janus_admin_key, &file.admin_key),
            room_secret: either(&self.janus_default_secret, &file.default_secret),
            room_secrets,
        };
        let written = file
            .interval_ms
            .as_ref()
            .map(|interval| *interval.get_ref());
        let interval = self.janus_interval.or(written);
        Ok(JanusRooms {
            endpoint,
            keys,
            interval: interval.map_or(JanusRooms::INTERVAL, Duration::from_millis),
            kept_happenings: limits.kept_happenings,
        })
    }
}

impl JanusSection {
    /// Looks at what makes sense by itself; else answers where it stands, and what is wrong with it.
    pub(crate) fn check(&mut self) -> Result<(), (usize, String)> {
        for (name, secret) in &self.room_secrets {
            let room = name.get_ref().parse();
            let room =
                room.map_err(|error: InvalidRoomId| (name.span().start, error.to_string()))?;
            self.secrets.insert(room, secret.0.clone());
        }
        let Some(interval) = &self.interval_ms else {
            return Ok(());
        };
        if INTERVAL.contains(interval.get_ref()) {
            return Ok(());
        }
        let (least, most, given) = (INTERVAL.start(), INTERVAL.end(), interval.get_ref());
        let words = format!("interval_ms = {given}: {least} to {most} are allowed");
        Err((interval.span().start, words))
    }
}

/// `ROOM=SECRET`; a room's id may have a `=` in it in the config file only.
fn room_and_secret(typed: &str) -> Result<(RoomId, Secret), Failure> {
    let (room, secret) = typed.split_once('=').ok_or_else(|| {
        Failure::Mistyped("--janus-room-secret: expected ROOM=SECRET, and there is no =".to_owned())
    })?;
    let senseless =
        |error: InvalidRoomId| Failure::Mistyped(format!("--janus-room-secret: {error}"));
    let room = room.parse::<RoomId>().map_err(senseless)?;
    Ok((room, Secret::new(secret)))
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

/// The same in a table.
#[derive(Clone)]
struct Written(Secret);

impl<'de> Deserialize<'de> for Written {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = secret(deserializer)?;
        text.map(Self)
            .ok_or_else(|| D::Error::custom("a key is missing"))
    }
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;
    use crate::config_file::ConfigFile;

    #[derive(Parser)]
    struct Typed {
        #[command(flatten)]
        janus: JanusChoices,
    }

    fn typed(words: &[&str]) -> JanusChoices {
        let words = ["serve"].iter().chain(words);
        Typed::try_parse_from(words).expect("it makes sense").janus
    }

    #[test]
    fn a_flag_beats_the_file_and_each_room_has_its_own_secret_or_everybodys() {
        let text = "[serve]\nback_end = 'janus'\n[serve.janus]\nurl = 'ws://127.0.0.1:1'\n\
            default_secret = 'd'\ninterval_ms = 50\n[serve.janus.room_secrets]\n1 = 'of the file'\n\
            standup = 's'\n'\"2\"' = 't'\n";
        let file = ConfigFile::parse(text).expect("it makes sense");
        let choices = typed(&[
            "--janus=ws://127.0.0.1:2",
            "--janus-room-secret=1=of=a flag",
        ]);
        let rooms = choices.rooms(&file.serve, &Limits::default());
        let rooms = rooms.expect("it makes sense").expect("Janus's");
        assert_eq!(rooms.endpoint.to_string(), "ws://127.0.0.1:2/");
        assert_eq!(rooms.interval, Duration::from_millis(50));
        let secret = |text: &str| Some(Secret::new(text));
        assert_eq!(rooms.keys.room_secret, secret("d"));
        for (room, expected) in [("1", "of=a flag"), ("standup", "s"), ("\"2\"", "t")] {
            let room: RoomId = room.parse().expect("an id");
            assert_eq!(
                rooms.keys.room_secrets.get(&room).cloned(),
                secret(expected)
            );
        }
        assert!(!format!("{choices:?}").contains("flag"));
    }

    #[test]
    fn what_makes_no_sense_in_the_file_is_named_with_its_line_and_without_a_secret() {
        for (line, text) in [
            ("line 3", "[serve.janus]\n\ninterval_ms = 10"),
            ("line 2", "[serve.janus.room_secrets]\n0 = 'unseen'"),
            ("line 2", "[serve.janus.room_secrets]\n1 = ['unseen']"),
            ("line 2", "[serve.janus]\nadmin_key = ['unseen']"),
            ("line 2", "[serve.janus]\nno_such_key = 'unseen'"),
        ] {
            let Err(error) = ConfigFile::parse(text) else {
                panic!("{text} is taken")
            };
            assert!(
                error.contains(line) && !error.contains("unseen"),
                "{text:?}: {error}"
            );
        }
    }

    #[test]
    fn every_config_file_of_the_readme_is_one() {
        let readme = include_str!("../README.md");
        let examples = readme.split("```toml\n").skip(1);
        let examples: Vec<_> = examples
            .filter_map(|text| text.split("```").next())
            .collect();
        assert!(examples.len() >= 2);
        for example in examples {
            assert!(ConfigFile::parse(example).is_ok(), "{example}");
        }
    }
}
