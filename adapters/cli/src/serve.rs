//! `exeunt serve`: the room service, until somebody asks it to end.

use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use exeunt_room_service::{
    Config, DEVELOPMENT_OPERATOR_TOKEN, JanusBackend, Limits, RoomService, TlsIdentity,
};
use serde_json::json;
use tokio_util::sync::CancellationToken;

use crate::arguments::Serve;
use crate::config_file::{ServeSection, either};
use crate::failure::Failure;
use crate::output;
use crate::settings::Settings;
use crate::signals::Asked;

pub(crate) async fn run(
    serve: &Serve,
    settings: Settings,
    file: ServeSection,
    mut asked: Asked,
    json: bool,
) -> Result<(), Failure> {
    let config = configured(serve, &settings, &file)?;
    let schemes = Schemes::of(&config);
    let elsewhere = serve.janus.rooms(&file, &config.limits)?;
    let janus = elsewhere.as_ref().map(|rooms| rooms.endpoint.to_string());
    let mut service = RoomService::bind(config).await?;
    if let Some(rooms) = elsewhere {
        service = service.with_backend(Arc::new(JanusBackend::start(rooms)));
    }
    let address = service.local_addr();
    if json {
        output::line(json!({
            "type": "serving",
            "address": address,
            "service": format!("{}://{address}", schemes.rooms),
            "console": settings.operator_token.is_some().then(|| format!("{}://{address}/console", schemes.api)),
            "sdk_app_id": settings.sdk_app_id,
            "janus": janus,
            "development": settings.development_user_sig_key || settings.development_secret_key,
        }));
    } else {
        greet(address, schemes, &settings, janus.as_deref());
    }
    let shutdown = CancellationToken::new();
    let running = service.run(shutdown.clone());
    tokio::pin!(running);
    tokio::select! {
        () = &mut running => {}
        () = asked.end() => {
            shutdown.cancel();
            running.await;
        }
    }
    if json {
        output::line(json!({ "type": "stopped", "address": address }));
    } else if janus.is_some() {
        output::line("stopped; Janus and its rooms go on");
    } else {
        output::line("stopped; everybody who was in a room has been told");
    }
    Ok(())
}

/// Flags and environment over the file over the default.
fn configured(serve: &Serve, settings: &Settings, file: &ServeSection) -> Result<Config, Failure> {
    let default = Config::development();
    let mut limits = Limits::default();
    for bound in file.bounds.iter().chain(&serve.limit) {
        bound.set(&mut limits);
    }
    let lease = either(serve.lease, file.lease_ms.as_ref());
    let usual_place = || SocketAddr::new(default.listen.ip(), Settings::PORT);
    Ok(Config {
        listen: serve.listen.or(file.listen).unwrap_or_else(usual_place),
        sdk_app_id: settings.sdk_app_id,
        user_sig_key: settings.user_sig_key.clone(),
        secret_id: settings.secret_id.clone(),
        secret_key: settings.secret_key.clone(),
        operator_token: settings.operator_token.clone(),
        tls: identity(
            serve.tls_cert.as_ref().or(file.tls_certificate.as_ref()),
            serve.tls_key.as_ref().or(file.tls_key.as_ref()),
        )?,
        lease: lease.map_or(default.lease, Duration::from_millis),
        room_life: serve.rooms.life(&file.rooms),
        allowed_origins: serve.rooms.allowed_origins(&file.rooms),
        webhooks: serve
            .webhooks
            .webhooks(&file.webhooks, settings.config.as_deref())?,
        limits,
    })
}

/// Who the service is over TLS, if it is to speak that.
fn identity(
    certificate: Option<&PathBuf>,
    key: Option<&PathBuf>,
) -> Result<Option<TlsIdentity>, Failure> {
    let read = |path: &Path| fs::read(path).map_err(Failure::of_file(path));
    let (certificate, key) = match (certificate, key) {
        (None, None) => return Ok(None),
        (Some(_), None) => {
            return Err(Failure::HalfAnIdentity {
                missing: "--tls-key",
            });
        }
        (None, Some(_)) => {
            return Err(Failure::HalfAnIdentity {
                missing: "--tls-cert",
            });
        }
        (Some(certificate), Some(key)) => (certificate, key),
    };
    TlsIdentity::from_pem(&read(certificate)?, &read(key)?)
        .map(Some)
        .map_err(|error| Failure::Identity {
            certificate: certificate.clone(),
            key: key.clone(),
            error,
        })
}

/// What the service's addresses begin with.
#[derive(Clone, Copy)]
struct Schemes {
    rooms: &'static str,
    api: &'static str,
}

impl Schemes {
    fn of(config: &Config) -> Self {
        let (rooms, api) = match config.tls {
            Some(_) => ("wss", "https"),
            None => ("ws", "http"),
        };
        Self { rooms, api }
    }
}

/// Says where it is, and what to type next.
fn greet(address: SocketAddr, schemes: Schemes, settings: &Settings, janus: Option<&str>) {
    let app = settings.sdk_app_id;
    let Schemes { rooms, api } = schemes;
    match janus {
        None => output::line(format_args!(
            "rooms at {rooms}://{address}, TRTC's server API at {api}://{address}/ (SdkAppId {app})"
        )),
        Some(janus) => output::line(format_args!(
            "TRTC's server API for the rooms of Janus at {janus} is at {api}://{address}/ (SdkAppId {app})"
        )),
    }
    match &settings.operator_token {
        None => output::line("console and metrics are closed: no operator token was given"),
        Some(token) if token.expose() == DEVELOPMENT_OPERATOR_TOKEN => output::line(format_args!(
            "console at {api}://{address}/console, metrics at /metrics; the token is {DEVELOPMENT_OPERATOR_TOKEN}"
        )),
        Some(_) => output::line(format_args!(
            "console at {api}://{address}/console, metrics at /metrics, for the operator token"
        )),
    }
    if settings.development_user_sig_key || settings.development_secret_key {
        output::line("the keys are development keys, which everybody knows: for this machine only");
    }
    let options = options(address, rooms, settings);
    output::line("in other terminals:");
    let commands = [
        "join --room 123 --user alice",
        "rooms",
        "kick --room 123 alice",
        "dismiss --room 123",
    ];
    // Janus's rooms are entered there.
    for command in commands.iter().skip(usize::from(janus.is_some())) {
        output::line(format_args!("  {} {command}{options}", program()));
    }
    output::line(match janus {
        None => "Ctrl-C stops it; everybody in a room is told",
        Some(_) => "Ctrl-C stops it; Janus and its rooms go on",
    });
}

/// What the other commands have to be given to find this service.
fn options(address: SocketAddr, scheme: &str, settings: &Settings) -> String {
    let mut options = String::new();
    let service = format!("{scheme}://{address}");
    if service != Settings::SERVICE {
        // Who listens everywhere is found on this machine at its loopback address.
        let reached = match address {
            SocketAddr::V4(any) if any.ip().is_unspecified() => {
                format!("{scheme}://127.0.0.1:{}", any.port())
            }
            SocketAddr::V6(any) if any.ip().is_unspecified() => {
                format!("{scheme}://[::1]:{}", any.port())
            }
            SocketAddr::V4(_) | SocketAddr::V6(_) => service,
        };
        options.push_str(" --service ");
        options.push_str(&reached);
    }
    if let Some(config) = &settings.config {
        options.push_str(" --config ");
        options.push_str(&config.to_string_lossy());
    }
    options
}

/// The program as it was typed, so that what is printed can be typed as it stands.
fn program() -> String {
    std::env::args()
        .next()
        .unwrap_or_else(|| "exeunt".to_owned())
}
