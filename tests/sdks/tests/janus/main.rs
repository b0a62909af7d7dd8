//! The official SDKs, unmodified, kick and dismiss in the rooms of a real Janus.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a story that cannot go on has failed, and says where"
)]

use std::path::{Path, PathBuf};
use std::sync::Arc;

use exeunt_janus::Endpoint;
use exeunt_janus::admin::AdminKeys;
use exeunt_janus_lab::{Guest, JanusServer, Network, Settings, VideoRoom, trial};
use exeunt_room_service::{
    Config, DEVELOPMENT_SDK_APP_ID, DEVELOPMENT_SECRET_ID, DEVELOPMENT_SECRET_KEY, JanusBackend,
    JanusRooms, RoomService, RunningService,
};
use exeunt_sdks::{Answer, Call, Operator, Sdk};
use libtest_mimic::{Arguments, Failed, run};
use serde_json::{Value, json};
use tokio::runtime::Runtime;

/// Where the SDKs are installed: beside the build's output.
fn folder() -> PathBuf {
    let tests = Path::new(env!("CARGO_TARGET_TMPDIR"));
    tests.parent().unwrap_or(tests).join("official-sdks")
}

fn main() {
    let network = Network::own();
    let stories = Sdk::ALL.map(|sdk| {
        let name = format!(
            "{} kicks and dismisses on Janus, and throws an exception for what Janus refuses",
            sdk.name()
        );
        trial(name, &network, &sdk.needs(&folder()), move |network| {
            story(sdk, network)
        })
    });
    run(&Arguments::from_args(), stories.into()).exit();
}

fn serve(runtime: &Runtime, server: &JanusServer) -> Result<RunningService, Failed> {
    runtime.block_on(async {
        let config = Config::development();
        let backend = JanusBackend::start(JanusRooms {
            endpoint: Endpoint::new(&server.signalling_url())?,
            keys: AdminKeys {
                room_secret: Some("everybody's".into()),
                ..AdminKeys::default()
            },
            interval: JanusRooms::INTERVAL,
            kept_happenings: config.limits.kept_happenings,
        });
        let service = RoomService::bind(config).await?;
        Ok(service.with_backend(Arc::new(backend)).spawn())
    })
}

fn story(sdk: Sdk, network: Network) -> Result<(), Failed> {
    let runtime = Runtime::new()?;
    // Rooms that have names: "123" is one, and so is number 123.
    let settings = Settings {
        string_ids: true,
        ..Settings::default()
    };
    let server = JanusServer::start(network, settings)?;
    for (id, secret) in [
        ("123", "everybody's"),
        ("number/123", "everybody's"),
        ("private", "another"),
    ] {
        server.create_room(&VideoRoom {
            secret: Some(secret.to_owned()),
            ..VideoRoom::new(id)
        })?;
    }
    let service = serve(&runtime, &server)?;
    let mut operator = Operator::start(sdk, &folder())?;
    let mut asks = |action: &str, mut parameters: Value| {
        parameters["SdkAppId"] = DEVELOPMENT_SDK_APP_ID.into();
        operator.call(&Call {
            endpoint: service.local_addr().to_string(),
            secret_id: DEVELOPMENT_SECRET_ID.to_owned(),
            secret_key: DEVELOPMENT_SECRET_KEY.to_owned(),
            method: "POST",
            signature: "TC3-HMAC-SHA256",
            unsigned_payload: false,
            multipart: false,
            action: action.to_owned(),
            parameters,
        })
    };
    for (janus_id, by, room) in [
        ("number/123", "", json!(123)),
        ("123", "ByStrRoomId", json!("123")),
    ] {
        let mut guests = Vec::new();
        for name in ["alice", "bob"] {
            let guest = runtime.block_on(async {
                let mut guest = Guest::connect(&server.signalling_url(), json!({})).await?;
                guest.joins(&janus_id.into(), &name.into()).await?;
                Ok::<_, Failed>(guest)
            });
            guests.push(guest?);
        }
        let kick = json!({"RoomId": room, "UserIds": ["alice", "nobody"]});
        let kicked = asks(&format!("RemoveUser{by}"), kick)?;
        assert!(matches!(kicked, Answer::Good(_)), "{kicked:?}");
        let told = guests[0].hears("being kicked", |told| told["leaving"] == "ok");
        assert_eq!(runtime.block_on(told)?["reason"], "kicked");
        let dismissed = asks(&format!("DismissRoom{by}"), json!({"RoomId": room}))?;
        assert!(matches!(dismissed, Answer::Good(_)), "{dismissed:?}");
        let told = guests[1].hears("the room's end", |told| told["videoroom"] == "destroyed");
        runtime.block_on(told)?;
    }
    for (room, expected) in [
        ("123", "FailedOperation.RoomNotExist"),
        ("private", "InternalError"),
    ] {
        let refused = asks("DismissRoomByStrRoomId", json!({"RoomId": room}))?;
        let Answer::Exception { code, .. } = refused else {
            return Err(format!("{room}: {refused:?}").into());
        };
        assert_eq!(code, expected, "{room}");
    }
    runtime.block_on(service.stop());
    Ok(())
}
