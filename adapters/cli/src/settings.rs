//! Flags, environment, config file and development default, made into one.

use std::path::Path;

use exeunt_room_service::{Config, Secret};
use serde::Deserialize;

use crate::arguments::Keys;
use crate::failure::Failure;

/// Where the service is and the keys to it.
#[derive(Clone)]
pub(crate) struct Settings {
    pub(crate) service: String,
    pub(crate) sdk_app_id: u32,
    pub(crate) user_sig_key: Secret,
    pub(crate) secret_id: String,
    pub(crate) secret_key: Secret,
    /// Whether any of the keys is the well-known one of the development default.
    pub(crate) development: bool,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct File {
    service: Option<String>,
    sdk_app_id: Option<u32>,
    user_sig_key: Option<String>,
    secret_id: Option<String>,
    secret_key: Option<String>,
}

impl Settings {
    /// The service of the development default.
    pub(crate) const SERVICE: &str = "ws://127.0.0.1:7450";

    /// Reads the config file, if there is one, and settles what counts.
    pub(crate) fn settle(keys: &Keys, config: Option<&Path>) -> Result<Self, Failure> {
        let file = config.map_or_else(|| Ok(File::default()), File::read)?;
        let default = Config::development();
        let keys = keys.clone();
        let own = |flag: Option<String>, file: Option<String>| flag.or(file);
        let user_sig_key = own(keys.user_sig_key, file.user_sig_key);
        let secret_id = own(keys.secret_id, file.secret_id);
        let secret_key = own(keys.secret_key, file.secret_key);
        let development = user_sig_key.is_none() || secret_key.is_none();
        Ok(Self {
            service: own(keys.service, file.service).unwrap_or_else(|| Self::SERVICE.to_owned()),
            sdk_app_id: keys
                .sdk_app_id
                .or(file.sdk_app_id)
                .unwrap_or(default.sdk_app_id),
            user_sig_key: user_sig_key.map_or(default.user_sig_key, Secret::new),
            secret_id: secret_id.unwrap_or(default.secret_id),
            secret_key: secret_key.map_or(default.secret_key, Secret::new),
            development,
        })
    }

    /// The settings of a service that runs in this process.
    pub(crate) fn of(config: &Config, address: std::net::SocketAddr) -> Self {
        Self {
            service: format!("ws://{address}"),
            sdk_app_id: config.sdk_app_id,
            user_sig_key: config.user_sig_key.clone(),
            secret_id: config.secret_id.clone(),
            secret_key: config.secret_key.clone(),
            development: true,
        }
    }

    /// The address of the room service's WebSocket.
    pub(crate) fn websocket(&self) -> Result<String, Failure> {
        let address = self.address()?;
        Ok(if address.contains('/') {
            format!("ws://{address}")
        } else {
            format!("ws://{address}/ws")
        })
    }

    /// The address of the room service's server API.
    pub(crate) fn server_api(&self) -> Result<String, Failure> {
        let address = self.address()?;
        let host = address.split('/').next().unwrap_or(address);
        Ok(format!("http://{host}"))
    }

    /// Host, port and path, whichever of the service's two protocols was named.
    fn address(&self) -> Result<&str, Failure> {
        let address = self.service.trim_end_matches('/');
        let rest = address
            .strip_prefix("ws://")
            .or_else(|| address.strip_prefix("http://"));
        rest.filter(|rest| !rest.is_empty())
            .ok_or_else(|| Failure::Service {
                service: self.service.clone(),
            })
    }
}

impl File {
    fn read(path: &Path) -> Result<Self, Failure> {
        let failure = |detail: String| Failure::Config {
            path: path.to_owned(),
            detail,
        };
        let text = std::fs::read_to_string(path).map_err(|error| failure(error.to_string()))?;
        toml::from_str(&text).map_err(|error| failure(error.to_string()))
    }
}
