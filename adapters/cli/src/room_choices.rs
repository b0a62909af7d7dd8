//! How the rooms of `exeunt serve` live: flags and environment over the config file over TRTC's way.

use std::ops::RangeInclusive;
use std::time::Duration;

use clap::{Args, ValueEnum};
use exeunt_room_service::rooms::{RoomLife, Scene};
use serde::Deserialize;
use toml::Spanned;

use crate::config_file::either;

/// The longest time that can be asked for, in seconds: a year.
const YEAR: u64 = 31_536_000;

#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = "Rooms")]
pub(crate) struct RoomChoices {
    /// What the rooms are for [default: call].
    #[arg(long, value_enum, env = "EXEUNT_SCENE")]
    scene: Option<SceneName>,
    /// End a stay that has lasted so long [default: never].
    #[arg(long, value_name = "SECONDS", env = "EXEUNT_LONGEST_STAY",
        value_parser = clap::value_parser!(u64).range(RoomsSection::LONGEST_STAY))]
    longest_stay: Option<u64>,
    /// How long a room stays open that nobody is in any more [default: 0, and 600 after the audience of a
    /// live room].
    #[arg(long, value_name = "SECONDS", env = "EXEUNT_EMPTY_ROOM",
        value_parser = clap::value_parser!(u64).range(RoomsSection::EMPTY_ROOM))]
    empty_room: Option<u64>,
    /// A web page that may bring its users in, by its scheme and host, beside those from the
    /// service's own host; may be given several times.
    #[arg(
        long,
        value_name = "ORIGIN",
        env = "EXEUNT_ALLOWED_ORIGINS",
        value_delimiter = ',',
        value_parser = origin
    )]
    allowed_origin: Vec<String>,
}

/// The same in the config file: `[serve.rooms]`.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct RoomsSection {
    scene: Option<SceneName>,
    pub(crate) longest_stay_s: Option<Spanned<u64>>,
    pub(crate) empty_room_s: Option<Spanned<u64>>,
    pub(crate) allowed_origins: Vec<Spanned<String>>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum, Deserialize)]
#[serde(rename_all = "snake_case")]
enum SceneName {
    /// Everybody is seen, heard and announced.
    Call,
    /// The audience is announced to nobody and sends nothing.
    Live,
}

impl RoomsSection {
    pub(crate) const LONGEST_STAY: RangeInclusive<u64> = 1..=YEAR;
    pub(crate) const EMPTY_ROOM: RangeInclusive<u64> = 0..=YEAR;

    /// The section as it is printed.
    pub(crate) const TEXT: &str = r#"[serve.rooms]
# What the rooms are for: "call", where everybody is seen, heard and announced, or "live", whose audience
# is announced to nobody and sends nothing.
scene = "call"
# How long a stay may last, in seconds: 1 to 31536000. Then it ends as after a kick. Without it: for ever.
#longest_stay_s = 86400
# How long a room stays open that nobody is in any more, in seconds: 0 to 31536000. Without it 0, and 600
# after the audience of a live room, as with TRTC.
#empty_room_s = 60
# Web pages that may bring their users in, beside those from the service's own host, as browsers write
# them: https://HOST or https://HOST:PORT, without a path. A browser on any other gets HTTP 403.
allowed_origins = []
"#;
}

impl RoomChoices {
    pub(crate) fn life(&self, file: &RoomsSection) -> RoomLife {
        let default = RoomLife::default();
        let empty_room = either(self.empty_room, file.empty_room_s.as_ref());
        let empty_room = empty_room.map(Duration::from_secs);
        let longest_stay = either(self.longest_stay, file.longest_stay_s.as_ref());
        RoomLife {
            scene: match self.scene.or(file.scene) {
                Some(SceneName::Call) | None => Scene::Call,
                Some(SceneName::Live) => Scene::Live,
            },
            empty_after_anchor: empty_room.unwrap_or(default.empty_after_anchor),
            empty_after_audience: empty_room.unwrap_or(default.empty_after_audience),
            longest_stay: longest_stay.map(Duration::from_secs),
        }
    }

    pub(crate) fn allowed_origins(&self, file: &RoomsSection) -> Vec<String> {
        if self.allowed_origin.is_empty() {
            let origins = file.allowed_origins.iter();
            return origins.map(|origin| origin.get_ref().clone()).collect();
        }
        self.allowed_origin.clone()
    }
}

/// An origin as browsers write it; anything else would never be the one that a browser names.
pub(crate) fn origin(text: &str) -> Result<String, String> {
    let wrong = |why: &str| {
        format!(
            "{text:?} is no origin of a web page: {why}; expected https://HOST or https://HOST:PORT"
        )
    };
    let (scheme, host) = text
        .split_once("://")
        .ok_or_else(|| wrong("it has no scheme"))?;
    let is_scheme = |byte: u8| byte.is_ascii_alphanumeric() || b"+-.".contains(&byte);
    if scheme.is_empty() || !scheme.bytes().all(is_scheme) {
        return Err(wrong("its scheme is none"));
    }
    if host.is_empty() || host.starts_with(':') {
        return Err(wrong("it has no host"));
    }
    let is_host = |byte: u8| byte.is_ascii_alphanumeric() || b"-._:[]".contains(&byte);
    if !host.bytes().all(is_host) {
        return Err(wrong(
            "after the host nothing but a port may stand, no path and no * either",
        ));
    }
    if text.starts_with("https://") && host.ends_with(":443")
        || text.starts_with("http://") && host.ends_with(":80")
    {
        return Err(wrong("browsers leave the usual port out"));
    }
    Ok(text.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_no_browser_would_name_is_no_origin() {
        for good in [
            "https://app.example",
            "http://localhost:3000",
            "http://[::1]:80a",
            "capacitor://localhost",
        ] {
            assert!(origin(good).is_ok(), "{good}");
        }
        for (wrong, said) in [
            ("app.example", "no scheme"),
            ("*", "no scheme"),
            ("https://", "no host"),
            ("https://:443", "no host"),
            ("https://*.example", "no *"),
            ("https://app.example/", "no path"),
            ("https://app.example:443", "usual port"),
            ("http://app.example:80", "usual port"),
            ("://app.example", "scheme is none"),
        ] {
            let error = origin(wrong).expect_err(wrong);
            assert!(
                error.contains(said) && error.contains("expected"),
                "{error}"
            );
        }
    }

    #[test]
    fn what_is_typed_counts_then_the_file_then_trtcs_way() {
        let file: RoomsSection = toml::from_str(
            "scene = 'live'\nlongest_stay_s = 7\nempty_room_s = 8\nallowed_origins = ['https://file']",
        )
        .expect("every key is known");
        let nothing = RoomChoices::default();
        let usual = nothing.life(&RoomsSection::default());
        assert_eq!(usual, RoomLife::default());
        let life = nothing.life(&file);
        let expected = RoomLife {
            scene: Scene::Live,
            empty_after_anchor: Duration::from_secs(8),
            empty_after_audience: Duration::from_secs(8),
            longest_stay: Some(Duration::from_secs(7)),
        };
        assert_eq!(life, expected);
        assert_eq!(nothing.allowed_origins(&file), ["https://file"]);
        let typed = RoomChoices {
            scene: Some(SceneName::Call),
            longest_stay: Some(1),
            empty_room: Some(0),
            allowed_origin: vec!["https://typed".to_owned()],
        };
        let expected = RoomLife {
            scene: Scene::Call,
            empty_after_anchor: Duration::ZERO,
            empty_after_audience: Duration::ZERO,
            longest_stay: Some(Duration::from_secs(1)),
        };
        assert_eq!(typed.life(&file), expected);
        assert_eq!(typed.allowed_origins(&file), ["https://typed"]);
    }
}
