//! Flags, environment, config file and development default, made into one.

use std::net::SocketAddr;
use std::path::PathBuf;

use exeunt_room_service::{Config, Secret, ServerApiClient};
use exeunt_websocket::{Trust, WebSocketTransport, without_secrets};

use crate::authorities;
use crate::config_file::{ConfigFile, ServeSection};
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
    /// What opens console and metrics; none where the other keys are one's own and this was not given.
    pub(crate) operator_token: Option<Secret>,
    /// Certificates to believe beside the system's.
    authorities: Option<PathBuf>,
    /// Where the keys of one's own stand, if they stand in a file.
    pub(crate) config: Option<PathBuf>,
    /// Whether users' signatures are made with the well-known key of the development default.
    pub(crate) development_user_sig_key: bool,
    /// Whether the server API is signed with the well-known key of the development default.
    pub(crate) development_secret_key: bool,
}

impl Settings {
    /// The service of the development default.
    pub(crate) const SERVICE: &str = "ws://127.0.0.1:7450";

    /// Where the service listens in the development default.
    pub(crate) const PORT: u16 = 7450;

    /// Reads the config file, if there is one, and settles what counts.
    pub(crate) fn settle(given: impl Into<Given>) -> Result<Self, Failure> {
        Self::settle_with_file(given).map(|(settings, _)| settings)
    }

    /// The same, with what else the file says.
    pub(crate) fn settle_with_file(
        given: impl Into<Given>,
    ) -> Result<(Self, ServeSection), Failure> {
        let Given {
            url,
            application,
            user_sig_key,
            secret,
            operator_token,
        } = given.into();
        let config = application.config;
        let file = config
            .as_deref()
            .map_or_else(|| Ok(ConfigFile::default()), ConfigFile::read)?;
        let default = Config::development();
        let user_sig_key = user_sig_key.or(file.user_sig_key);
        let secret_id = secret.secret_id.or(file.secret_id);
        let secret_key = secret.secret_key.or(file.secret_key);
        let service = url.service.or(file.service);
        let sdk_app_id = application.sdk_app_id.or(file.sdk_app_id);
        let own_keys = user_sig_key.is_some() || secret_key.is_some();
        let operator_token = operator_token.or(file.operator_token);
        let operator_token = operator_token.map(Secret::new);
        let settings = Self {
            service: service.unwrap_or_else(|| Self::SERVICE.to_owned()),
            sdk_app_id: sdk_app_id.unwrap_or(default.sdk_app_id),
            config,
            development_user_sig_key: user_sig_key.is_none(),
            development_secret_key: secret_key.is_none(),
            user_sig_key: user_sig_key.map_or(default.user_sig_key, Secret::new),
            secret_id: secret_id.unwrap_or(default.secret_id),
            secret_key: secret_key.map_or(default.secret_key, Secret::new),
            operator_token: operator_token.or_else(|| default.operator_token.filter(|_| !own_keys)),
            authorities: url.authorities.or(file.authorities),
        };
        Ok((settings, file.serve))
    }

    /// The settings of a service that runs in this process.
    pub(crate) fn of(config: &Config, address: SocketAddr) -> Self {
        Self {
            service: format!("ws://{address}"),
            sdk_app_id: config.sdk_app_id,
            user_sig_key: config.user_sig_key.clone(),
            secret_id: config.secret_id.clone(),
            secret_key: config.secret_key.clone(),
            operator_token: config.operator_token.clone(),
            authorities: None,
            config: None,
            development_user_sig_key: true,
            development_secret_key: true,
        }
    }

    /// The way into the service's rooms.
    pub(crate) fn transport(&self) -> Result<WebSocketTransport, Failure> {
        let place = self.place()?;
        match self.trust()? {
            Some(trust) if place.encrypted => Ok(place.transport.trusting(&trust)?),
            Some(_) | None => Ok(place.transport),
        }
    }

    /// The way to the service's server API.
    pub(crate) fn server_api(&self) -> Result<ServerApiClient, Failure> {
        let place = self.place()?;
        let scheme = if place.encrypted { "https" } else { "http" };
        let client = ServerApiClient::new(
            &format!("{scheme}://{}", place.host),
            self.sdk_app_id,
            &self.secret_id,
            self.secret_key.clone(),
        )?;
        Ok(match self.trust()? {
            Some(trust) => client.trusting(&trust),
            None => client,
        })
    }

    /// Whom to believe when a service says who it is, if not the system's authorities alone.
    fn trust(&self) -> Result<Option<Trust>, Failure> {
        let path = self.authorities.as_deref();
        path.map(|path| authorities::read(path, |pem| Trust::system().and(pem)))
            .transpose()
    }

    /// Whichever of the service's protocols was named. One judge for all: what makes no sense makes
    /// none for any.
    fn place(&self) -> Result<Place<'_>, Failure> {
        let senseless = || Failure::Service {
            service: without_secrets(&self.service),
        };
        let (encrypted, rest) = [
            (false, "ws://"),
            (false, "http://"),
            (true, "wss://"),
            (true, "https://"),
        ]
        .into_iter()
        .find_map(|(encrypted, scheme)| Some((encrypted, self.service.strip_prefix(scheme)?)))
        .ok_or_else(senseless)?;
        let rest = rest.trim_end_matches('/');
        let scheme = if encrypted { "wss" } else { "ws" };
        let transport =
            WebSocketTransport::new(&format!("{scheme}://{rest}")).map_err(|_| senseless())?;
        Ok(Place {
            transport,
            encrypted,
            host: rest.split(['/', '?']).next().unwrap_or(rest),
        })
    }
}

/// Where a service is.
struct Place<'a> {
    transport: WebSocketTransport,
    encrypted: bool,
    /// Host and port.
    host: &'a str,
}

#[cfg(test)]
mod tests {
    use super::{ConfigFile, Failure, Given, Settings};

    fn at(service: &str) -> Settings {
        let mut given = Given::default();
        given.url.service = Some(service.to_owned());
        Settings::settle(given).expect("there is no config file to be wrong")
    }

    #[test]
    fn the_config_file_of_the_readme_is_one() {
        let readme = include_str!("../README.md");
        let (_, after) = readme.split_once("```toml\n").expect("an example");
        let (example, _) = after.split_once("```").expect("its end");
        let file = ConfigFile::parse(example).expect("every key is known");
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
            "wss://127.0.0.1:7450",
            "https://127.0.0.1:7450/",
        ] {
            let settings = at(service);
            let place = settings.place().expect("an address");
            assert_eq!(place.host, "127.0.0.1:7450", "{service}");
            let encrypted = service.starts_with("wss") || service.starts_with("https");
            assert_eq!(place.encrypted, encrypted, "{service}");
        }
    }

    #[test]
    fn what_is_no_address_for_one_protocol_is_none_for_the_other() {
        for service in [
            "",
            "127.0.0.1:7450",
            "ftp://x",
            "https://",
            "ws://",
            "ws:///ws",
            "ws://x y",
            "ws://127.0.0.1:99999",
            "ws://user:secret@127.0.0.1:7450",
            "http://user:1/secret@127.0.0.1:7450",
            "ftp://127.0.0.1:7450?token=secret",
            "127.0.0.1:7450?token=secret",
        ] {
            let settings = at(service);
            for failure in [
                settings.transport().map(drop).unwrap_err(),
                settings.server_api().map(drop).unwrap_err(),
            ] {
                assert!(matches!(failure, Failure::Service { .. }), "{failure:?}");
                for shown in [failure.to_string(), format!("{failure:?}")] {
                    assert!(!shown.contains("secret"), "{shown}");
                }
            }
        }
    }
}
