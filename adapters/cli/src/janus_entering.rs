//! How a Janus's rooms are entered, as `join` and `demo` take it.

use std::fmt;
use std::net::IpAddr;

use clap::Args;
use exeunt_janus::admin::AdminKeys;
use exeunt_janus::translate::identity::Ids;
use exeunt_janus::{JanusConfig, RoomMaking};
use exeunt_port::RoomId;

use crate::demo::Entering;
use crate::failure::Failure;
use crate::janus_keys::{JanusKeys, JanusUrl};
use crate::janus_section::JanusSection;

/// What is said to a Janus by who enters its rooms, and what of it has to be known.
#[derive(Args, Clone, Default)]
#[command(next_help_heading = "Janus (with --transport janus)")]
pub(crate) struct JanusEntering {
    /// The rooms' pin, where they have one.
    #[arg(
        long,
        value_name = "PIN",
        env = "EXEUNT_JANUS_PIN",
        hide_env_values = true,
        display_order = 3
    )]
    janus_pin: Option<String>,
    #[command(flatten)]
    pub(crate) keys: JanusKeys,
    /// Its `VideoRoom` has texts for ids: `string_ids = true`.
    #[arg(long, display_order = 23)]
    janus_string_ids: bool,
    /// Send and receive media at this address of the machine [default: the one that leads to Janus]. For a
    /// Janus on 127.0.0.1 it is to be another one, for Janus offers none there.
    #[arg(long, value_name = "IP", display_order = 24)]
    janus_media_at: Option<IpAddr>,
    /// Whether any of it was typed, and does not stand in the environment only.
    #[arg(skip)]
    pub(crate) are_typed: bool,
}

/// The Janus whose rooms are entered.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Janus (with --transport janus)")]
pub(crate) struct JanusPlace {
    #[command(flatten)]
    url: JanusUrl,
    /// Make the room if it is not there. It stays until somebody dismisses it or Janus stops.
    #[arg(long, display_order = 2)]
    janus_make_rooms: bool,
    #[command(flatten)]
    entering: JanusEntering,
    /// Whether any `--janus…` was typed, and does not stand in the environment only.
    #[arg(skip)]
    pub(crate) is_typed: bool,
}

impl fmt::Debug for JanusEntering {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("JanusEntering")
            .field("janus_string_ids", &self.janus_string_ids)
            .field("janus_media_at", &self.janus_media_at)
            .finish_non_exhaustive()
    }
}

impl JanusEntering {
    /// Of a Janus that was started for this.
    pub(crate) fn own(admin_key: &str, room_secret: &str, media: IpAddr) -> Self {
        let keys = JanusKeys {
            janus_admin_key: Some(admin_key.to_owned()),
            janus_default_secret: Some(room_secret.to_owned()),
            ..JanusKeys::default()
        };
        Self {
            keys,
            janus_media_at: Some(media),
            ..Self::default()
        }
    }

    /// For a process of its own that makes rooms of this Janus.
    pub(crate) fn of_a_process(&self, url: &str) -> Entering {
        let mut arguments = vec![
            "--transport=janus".to_owned(),
            "--janus-make-rooms".to_owned(),
        ];
        if self.janus_string_ids {
            arguments.push("--janus-string-ids".to_owned());
        }
        if let Some(address) = self.janus_media_at {
            arguments.push(format!("--janus-media-at={address}"));
        }
        let keys = &self.keys;
        if let Some(path) = &keys.janus_authorities {
            arguments.push(format!("--janus-authorities={}", path.display()));
        }
        // Proxies take tokens in an address's query.
        let mut environment = vec![("EXEUNT_JANUS", url.to_owned())];
        let secrets = [
            ("EXEUNT_JANUS_PIN", &self.janus_pin),
            ("EXEUNT_JANUS_ADMIN_KEY", &keys.janus_admin_key),
            ("EXEUNT_JANUS_DEFAULT_SECRET", &keys.janus_default_secret),
            ("EXEUNT_JANUS_API_SECRET", &keys.janus_api_secret),
            ("EXEUNT_JANUS_TOKEN", &keys.janus_token),
        ];
        let given = secrets.into_iter();
        environment.extend(given.filter_map(|(name, secret)| Some((name, secret.clone()?))));
        Entering {
            arguments,
            environment,
        }
    }
}

impl JanusPlace {
    /// The Janus whose rooms are entered.
    pub(crate) fn url<'a>(&'a self, file: &'a JanusSection) -> &'a str {
        self.url.or(file)
    }

    /// The way into this room of it, which may be made when it is not there. Flags and environment over the
    /// file; but a room with a secret of its own gets that, so that `exeunt serve` may kick and dismiss there.
    pub(crate) fn config(
        &self,
        file: &JanusSection,
        room: &RoomId,
    ) -> Result<JanusConfig, Failure> {
        let entering = &self.entering;
        let keys = entering.keys.or(file.keys());
        let mut config = JanusConfig::at(keys.endpoint(self.url(file))?);
        if entering.janus_string_ids {
            config = config.with_ids(Ids::Strings);
        }
        if let Some(pin) = &entering.janus_pin {
            config = config.with_pin(pin);
        }
        if let Some(address) = entering.janus_media_at {
            config = config.with_media_at(address);
        }
        if self.janus_make_rooms {
            let AdminKeys {
                admin_key,
                room_secret,
                ..
            } = keys.of_admin();
            let mut making = RoomMaking::default();
            if let Some(key) = admin_key {
                making = making.with_admin_key(key);
            }
            if let Some(secret) = file.secrets.get(room).cloned().or(room_secret) {
                making = making.with_room_secret(secret);
            }
            config = config.making_rooms(making);
        }
        Ok(config)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_process_is_told_in_its_environment_what_nobody_is_to_read_in_its_arguments() {
        let entering = JanusEntering::own("secret key", "secret of rooms", [10, 77, 0, 1].into());
        let told = entering.of_a_process("ws://sfu.example?token=secret");
        let words = told.arguments.join(" ");
        assert!(words.contains("--janus-media-at=10.77.0.1"), "{words}");
        assert!(!words.contains("secret"), "{words}");
        for pair in [
            ("EXEUNT_JANUS", "ws://sfu.example?token=secret"),
            ("EXEUNT_JANUS_ADMIN_KEY", "secret key"),
            ("EXEUNT_JANUS_DEFAULT_SECRET", "secret of rooms"),
        ] {
            let is_told = |(name, value): &(&str, String)| (*name, value.as_str()) == pair;
            assert!(told.environment.iter().any(is_told), "{}", pair.0);
        }
    }
}
