//! `exeunt serve`: the room service, until somebody asks it to end.

use std::time::Duration;

use exeunt_room_service::{Config, RoomService};
use serde_json::json;
use tokio_util::sync::CancellationToken;

use crate::arguments::Serve;
use crate::failure::Failure;
use crate::settings::Settings;
use crate::signals;

pub(crate) async fn run(serve: &Serve, settings: Settings, json: bool) -> Result<(), Failure> {
    let config = Config {
        listen: serve.listen,
        sdk_app_id: settings.sdk_app_id,
        user_sig_key: settings.user_sig_key,
        secret_id: settings.secret_id,
        secret_key: settings.secret_key,
        lease: Duration::from_millis(serve.lease),
        ..Config::development()
    };
    let service = RoomService::bind(config).await?;
    let address = service.local_addr();
    if json {
        println!(
            "{}",
            json!({ "type": "serving", "address": address, "development": settings.development })
        );
    } else {
        println!("serving rooms on ws://{address}, the server API on http://{address}");
        if settings.development {
            println!(
                "with the development keys (SdkAppId {}), which everybody knows: loopback only",
                settings.sdk_app_id
            );
        }
        println!("Ctrl-C stops; everybody in a room is told");
    }
    let shutdown = CancellationToken::new();
    let stop = shutdown.clone();
    tokio::spawn(async move {
        signals::asked_to_end().await;
        stop.cancel();
    });
    service.run(shutdown).await;
    Ok(())
}
