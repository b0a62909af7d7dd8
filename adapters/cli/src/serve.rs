//! `exeunt serve`: the room service, until somebody asks it to end.

use std::net::SocketAddr;
use std::time::Duration;

use exeunt_room_service::{Config, RoomService};
use serde_json::json;
use tokio_util::sync::CancellationToken;

use crate::arguments::Serve;
use crate::failure::Failure;
use crate::output;
use crate::settings::Settings;
use crate::signals::Asked;

pub(crate) async fn run(serve: &Serve, settings: Settings, json: bool) -> Result<(), Failure> {
    let mut asked = Asked::listen()?;
    let config = Config {
        listen: serve.listen,
        sdk_app_id: settings.sdk_app_id,
        user_sig_key: settings.user_sig_key.clone(),
        secret_id: settings.secret_id.clone(),
        secret_key: settings.secret_key.clone(),
        lease: Duration::from_millis(serve.lease),
        ..Config::development()
    };
    let service = RoomService::bind(config).await?;
    let address = service.local_addr();
    if json {
        output::line(json!({
            "type": "serving",
            "address": address,
            "service": format!("ws://{address}"),
            "sdk_app_id": settings.sdk_app_id,
            "development": settings.development_user_sig_key || settings.development_secret_key,
        }));
    } else {
        greet(address, &settings);
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
    } else {
        output::line("stopped; everybody who was in a room has been told");
    }
    Ok(())
}

/// Says where it is, and what to type next.
fn greet(address: SocketAddr, settings: &Settings) {
    let app = settings.sdk_app_id;
    output::line(format_args!(
        "rooms at ws://{address}, TRTC's server API at http://{address}/ (SdkAppId {app})"
    ));
    if settings.development_user_sig_key || settings.development_secret_key {
        output::line("the keys are development keys, which everybody knows: for this machine only");
    }
    let options = options(address, settings);
    output::line("in other terminals:");
    for command in [
        "join --room 123 --user alice",
        "rooms",
        "kick --room 123 alice",
        "dismiss --room 123",
    ] {
        output::line(format_args!("  {} {command}{options}", program()));
    }
    output::line("Ctrl-C stops it; everybody in a room is told");
}

/// What the other commands have to be given to find this service.
fn options(address: SocketAddr, settings: &Settings) -> String {
    let mut options = String::new();
    let service = format!("ws://{address}");
    if service != Settings::SERVICE {
        // Who listens everywhere is found on this machine at its loopback address.
        let reached = match address {
            SocketAddr::V4(any) if any.ip().is_unspecified() => {
                format!("ws://127.0.0.1:{}", any.port())
            }
            SocketAddr::V6(any) if any.ip().is_unspecified() => {
                format!("ws://[::1]:{}", any.port())
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
