//! Which Janus's rooms `exeunt serve --back-end janus` is the operator's side of, and by what right.
//!
//! What is wrong with a secret is said without the secret.

use std::fmt;
use std::time::Duration;

use clap::{Args, ValueEnum};
use exeunt_janus::Secret;
use exeunt_janus::admin::AdminKeys;
use exeunt_port::{InvalidRoomId, RoomId};
use exeunt_room_service::{JanusRooms, Limits};
use serde::Deserialize;

use crate::config_file::{ServeSection, either};
use crate::failure::Failure;
use crate::janus_keys::{JanusKeys, JanusUrl};
use crate::janus_section::JanusSection;

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
#[command(
    next_help_heading = "Back end",
    mut_arg("janus_admin_key", |flag| flag.help(
        "`VideoRoom`'s `admin_key`: it shows private rooms as well. Flags can be read by other users of this \
         machine; better use the environment or a config file"
    )),
    mut_arg("janus_default_secret", |flag| flag.help("The secret of every other room"))
)]
pub(crate) struct JanusChoices {
    /// Whose rooms the server API, the webhooks and the console are for [default: embedded].
    #[arg(
        long,
        value_enum,
        value_name = "BACK_END",
        env = "EXEUNT_BACK_END",
        display_order = 0
    )]
    back_end: Option<BackEnd>,
    #[command(flatten)]
    url: JanusUrl,
    #[command(flatten)]
    keys: JanusKeys,
    /// The secret of a room, or of several, separated by commas; may be given several times. A room 123
    /// is a numeric room, '"123"' a string room. A secret with a comma in it goes into the config file.
    #[arg(
        long,
        value_name = "ROOM=SECRET",
        env = "EXEUNT_JANUS_ROOM_SECRETS",
        hide_env_values = true,
        value_delimiter = ',',
        display_order = 11
    )]
    janus_room_secret: Vec<String>,
    /// The pause before Janus is asked again who is in which room, in milliseconds: 50 to 60000
    /// [default: 1000].
    #[arg(long, value_name = "MILLISECONDS", env = "EXEUNT_JANUS_INTERVAL", display_order = 23,
        value_parser = clap::value_parser!(u64).range(INTERVAL))]
    janus_interval: Option<u64>,
    /// Whether any `--janus…` was typed, and does not stand in the environment only.
    #[arg(skip)]
    pub(crate) is_typed: bool,
}

impl fmt::Debug for JanusChoices {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("JanusChoices")
            .field("back_end", &self.back_end)
            .field("url", &self.url)
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
        let keys = self.keys.or(file.keys());
        let endpoint = keys.endpoint(self.url.or(file))?;
        let mut room_secrets = file.secrets.clone();
        for typed in &self.janus_room_secret {
            let (room, secret) = room_and_secret(typed)?;
            room_secrets.insert(room, secret);
        }
        let interval = either(self.janus_interval, file.interval_ms.as_ref());
        Ok(JanusRooms {
            endpoint,
            keys: AdminKeys {
                room_secrets,
                ..keys.of_admin()
            },
            interval: interval.map_or(JanusRooms::INTERVAL, Duration::from_millis),
            kept_happenings: limits.kept_happenings,
        })
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
