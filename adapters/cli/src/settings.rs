//! Flags, environment, config file and development default, made into one.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use exeunt_room_service::{Config, Secret, ServerApiClient};
use exeunt_websocket::WebSocketTransport;
use serde::Deserialize;

use crate::failure::Failure;
use crate::keys::Given;

/// Where the service is and the keys to it.
#[derive(Clone)]
pub(crate) struct Settings {
    pub(crate) service: String,
    pub(crate) sdk_app_id: u32,
    pub(crate) user_sig_key: Secret,
    pub(crate) secret_id: String,
    pub(crate) secret_key: Secret,
    /// Where the keys of one's own stand, if they stand in a file.
    pub(crate) config: Option<PathBuf>,
    /// Whether users' signatures are made with the well-known key of the development default.
    pub(crate) development_user_sig_key: bool,
    /// Whether the server API is signed with the well-known key of the development default.
    pub(crate) development_secret_key: bool,
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
    pub(crate) fn settle(given: impl Into<Given>) -> Result<Self, Failure> {
        let given = given.into();
        let file = given
            .config
            .as_deref()
            .map_or_else(|| Ok(File::default()), File::read)?;
        let default = Config::development();
        let user_sig_key = given.user_sig_key.or(file.user_sig_key);
        let secret_id = given.secret_id.or(file.secret_id);
        let secret_key = given.secret_key.or(file.secret_key);
        let service = given.service.or(file.service);
        let sdk_app_id = given.sdk_app_id.or(file.sdk_app_id);
        Ok(Self {
            service: service.unwrap_or_else(|| Self::SERVICE.to_owned()),
            sdk_app_id: sdk_app_id.unwrap_or(default.sdk_app_id),
            config: given.config,
            development_user_sig_key: user_sig_key.is_none(),
            development_secret_key: secret_key.is_none(),
            user_sig_key: user_sig_key.map_or(default.user_sig_key, Secret::new),
            secret_id: secret_id.unwrap_or(default.secret_id),
            secret_key: secret_key.map_or(default.secret_key, Secret::new),
        })
    }

    /// The settings of a service that runs in this process.
    pub(crate) fn of(config: &Config, address: SocketAddr) -> Self {
        Self {
            service: format!("ws://{address}"),
            sdk_app_id: config.sdk_app_id,
            user_sig_key: config.user_sig_key.clone(),
            secret_id: config.secret_id.clone(),
            secret_key: config.secret_key.clone(),
            config: None,
            development_user_sig_key: true,
            development_secret_key: true,
        }
    }

    /// The way into the service's rooms.
    pub(crate) fn transport(&self) -> Result<WebSocketTransport, Failure> {
        self.place().map(|(transport, _)| transport)
    }

    /// The way to the service's server API.
    pub(crate) fn server_api(&self) -> Result<ServerApiClient, Failure> {
        let (_, host) = self.place()?;
        Ok(ServerApiClient::new(
            &format!("http://{host}"),
            self.sdk_app_id,
            &self.secret_id,
            self.secret_key.clone(),
        )?)
    }

    /// The transport, and host and port, whichever of the service's two protocols was named. One
    /// judge for both: what makes no sense makes none for either.
    fn place(&self) -> Result<(WebSocketTransport, &str), Failure> {
        let senseless = || Failure::Service {
            service: self.service.clone(),
        };
        let rest = ["ws://", "http://"]
            .into_iter()
            .find_map(|scheme| self.service.strip_prefix(scheme))
            .map(|rest| rest.trim_end_matches('/'))
            .ok_or_else(senseless)?;
        let transport =
            WebSocketTransport::new(&format!("ws://{rest}")).map_err(|_| senseless())?;
        Ok((transport, rest.split(['/', '?']).next().unwrap_or(rest)))
    }
}

impl File {
    fn read(path: &Path) -> Result<Self, Failure> {
        let failure = |detail: String| Failure::Config {
            path: path.to_owned(),
            detail,
        };
        let text = std::fs::read_to_string(path).map_err(|error| failure(error.to_string()))?;
        toml::from_str(&text).map_err(|error| failure(error.to_string().trim_end().to_owned()))
    }
}

#[cfg(test)]
mod tests {
    use super::{Failure, File, Given, Settings};

    fn at(service: &str) -> Settings {
        Settings::settle(Given {
            service: Some(service.to_owned()),
            ..Given::default()
        })
        .expect("there is no config file to be wrong")
    }

    #[test]
    fn the_config_file_of_the_readme_is_one() {
        let readme = include_str!("../README.md");
        let (_, after) = readme.split_once("```toml\n").expect("an example");
        let (example, _) = after.split_once("```").expect("its end");
        let file: File = toml::from_str(example).expect("every key is known");
        let keys = [
            &file.service,
            &file.user_sig_key,
            &file.secret_id,
            &file.secret_key,
        ];
        assert!(file.sdk_app_id.is_some() && keys.iter().all(|key| key.is_some()));
    }

    #[test]
    fn both_of_the_services_protocols_name_the_same_place() {
        for service in [
            "ws://127.0.0.1:7450",
            "http://127.0.0.1:7450/",
            "ws://127.0.0.1:7450/ws",
            "http://127.0.0.1:7450/ws?x=1",
        ] {
            let settings = at(service);
            let (_, host) = settings.place().expect("an address");
            assert_eq!(host, "127.0.0.1:7450", "{service}");
        }
    }

    #[test]
    fn what_is_no_address_for_one_protocol_is_none_for_the_other() {
        for service in [
            "",
            "127.0.0.1:7450",
            "https://x",
            "ws://",
            "ws:///ws",
            "ws://x y",
            "ws://127.0.0.1:99999",
        ] {
            let settings = at(service);
            assert!(matches!(settings.transport(), Err(Failure::Service { .. })));
            assert!(matches!(
                settings.server_api(),
                Err(Failure::Service { .. })
            ));
        }
    }
}
