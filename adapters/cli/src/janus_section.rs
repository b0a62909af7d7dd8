//! Where a Janus is and by what right it is talked to, as the config file says it: `[serve.janus]`.

use std::collections::BTreeMap;
use std::path::PathBuf;

use exeunt_janus::Secret;
use exeunt_port::{InvalidRoomId, RoomId};
use serde::de::Error as _;
use serde::{Deserialize, Deserializer};
use toml::Spanned;

use crate::config_file::secret;
use crate::janus_keys::JanusKeys;

/// What stands there.
#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct JanusSection {
    pub(crate) url: Option<String>,
    #[serde(deserialize_with = "secret")]
    admin_key: Option<String>,
    #[serde(deserialize_with = "secret")]
    default_secret: Option<String>,
    room_secrets: BTreeMap<Spanned<String>, Written>,
    /// The rooms' secrets, once their names were looked at.
    #[serde(skip)]
    pub(crate) secrets: BTreeMap<RoomId, Secret>,
    #[serde(deserialize_with = "secret")]
    api_secret: Option<String>,
    #[serde(deserialize_with = "secret")]
    token: Option<String>,
    pub(crate) interval_ms: Option<Spanned<u64>>,
    pub(crate) authorities: Option<PathBuf>,
}

impl JanusSection {
    /// What Janus wants to hear.
    pub(crate) fn keys(&self) -> JanusKeys {
        JanusKeys {
            janus_admin_key: self.admin_key.clone(),
            janus_default_secret: self.default_secret.clone(),
            janus_api_secret: self.api_secret.clone(),
            janus_token: self.token.clone(),
            janus_authorities: self.authorities.clone(),
        }
    }

    /// Looks at the rooms' names; else answers where one stands, and what is wrong with it.
    pub(crate) fn check(&mut self) -> Result<(), (usize, String)> {
        for (name, secret) in &self.room_secrets {
            let room = name.get_ref().parse();
            let room =
                room.map_err(|error: InvalidRoomId| (name.span().start, error.to_string()))?;
            self.secrets.insert(room, secret.0.clone());
        }
        Ok(())
    }
}

/// A secret in a table.
#[derive(Clone)]
struct Written(Secret);

impl<'de> Deserialize<'de> for Written {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = secret(deserializer)?.map(Secret::new).map(Self);
        text.ok_or_else(|| D::Error::custom("a key is missing"))
    }
}
