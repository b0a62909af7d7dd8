//! What Janus refuses, and how TRTC's caller learns of it.

use exeunt_janus::Endpoint;
use exeunt_janus::admin::AdminKeys;
use exeunt_janus_lab::{Network, Settings};
use exeunt_room_service::KickTerms;

use crate::log::Log;
use crate::scene::{
    Scene, endpoint, is_destroyed, is_kicked, refused, room, secret, serve, serve_with, users,
};

const OWN: &str = "a-secret-of-room-1-that-nobody-is-to-see";
const EVERYBODYS: &str = "a-secret-of-all-rooms-that-nobody-is-to-see";
const OTHER: &str = "a-secret-of-room-3-that-nobody-is-to-see";
const API_SECRET: &str = "an-api-secret-that-nobody-is-to-see";
const ADMIN_KEY: &str = "an-admin-key-that-nobody-is-to-see";

fn own_and_everybodys() -> AdminKeys {
    AdminKeys {
        room_secret: Some(secret(EVERYBODYS)),
        room_secrets: [(room("1"), secret(OWN))].into(),
        ..AdminKeys::default()
    }
}

pub(crate) async fn secrets(network: Network) {
    let scene = Scene::with(network, Settings::default(), own_and_everybodys()).await;
    for (number, secret) in [
        (1, Some(OWN)),
        (2, Some(EVERYBODYS)),
        (3, Some(OTHER)),
        (4, None),
    ] {
        scene.room(number, secret);
        let mut alice = scene.enter(number, "alice").await;
        let id = room(&number.to_string());
        let (kicked, dismissed) = (scene.kick(&id, &["alice"]).await, scene.dismiss(&id).await);
        if number == 3 {
            for refusal in [kicked, dismissed] {
                let (code, words) = refusal.unwrap_err();
                assert_eq!(code, "InternalError");
                assert!(words.contains("room 3 has another secret"), "{words}");
                for secret in [OWN, EVERYBODYS, OTHER] {
                    assert!(!words.contains(secret), "{words}");
                }
            }
            assert_eq!(scene.members(&id).await.unwrap(), ["alice"]);
        } else {
            kicked.unwrap();
            dismissed.unwrap();
            is_kicked(&mut alice).await;
        }
    }
    // Nobody has told this one any secret.
    let ignorant = Scene {
        service: serve(&scene.server, AdminKeys::default()).await,
        server: scene.server,
    };
    let (code, words) = ignorant.dismiss(&room("3")).await.unwrap_err();
    assert_eq!(code, "InternalError");
    assert!(words.contains("none is configured"), "{words}");
    scene.service.stop().await;
    ignorant.service.stop().await;
}

pub(crate) async fn absent(network: Network) {
    let scene = Scene::new(network).await;
    scene.room(123, None);
    let _alice = scene.enter(123, "alice").await;
    for id in ["124", "standup", "\"123\""] {
        for refusal in [
            scene.kick(&room(id), &["alice"]).await,
            scene.dismiss(&room(id)).await,
        ] {
            let (code, _) = refusal.unwrap_err();
            assert_eq!(code, "FailedOperation.RoomNotExist", "{id}");
        }
    }
    let terms = KickTerms {
        ban_until: Some(4_000_000_000),
        ..KickTerms::default()
    };
    let banned =
        scene.call(move |client| client.kick_users(&room("123"), &users(&["alice"]), &terms));
    let (code, words) = refused(banned.await.unwrap_err());
    assert_eq!(code, "UnsupportedOperation");
    assert!(words.contains("bans"), "{words}");
    // A kick with a ban that there cannot be is not half done.
    assert_eq!(scene.members(&room("123")).await.unwrap(), ["alice"]);
    // A letter that TRTC's ids do not have is refused before Janus is asked.
    let asked = scene.call(|client| {
        let parameters = serde_json::json!({"RoomId": 123, "UserIds": ["Zoë"]});
        client.ask("RemoveUser", parameters)
    });
    assert_eq!(
        refused(asked.await.unwrap_err()).0,
        "InvalidParameter.UserIds"
    );
    scene.service.stop().await;
}

pub(crate) async fn keys(network: Network) {
    let settings = Settings {
        api_secret: Some(API_SECRET.to_owned()),
        admin_key: Some(ADMIN_KEY.to_owned()),
        ..Settings::default()
    };
    let good = AdminKeys {
        admin_key: Some(secret(ADMIN_KEY)),
        ..AdminKeys::default()
    };
    let scene = Scene::with(network, settings, good.clone()).await;
    scene.room(123, None);
    let mut alice = scene.enter(123, "alice").await;
    let without = Endpoint::new(&scene.server.signalling_url()).unwrap();
    let wrong_key = AdminKeys {
        admin_key: Some(secret("another")),
        ..AdminKeys::default()
    };
    let mut server = scene.server;
    for (endpoint, keys, words) in [
        (without, good, "403"),
        (endpoint(&server), wrong_key, "another admin key"),
    ] {
        let service = serve_with(endpoint, keys).await;
        let refusing = Scene { server, service };
        let listed = refusing.call(|client| client.describe_rooms(0)).await;
        let (code, said) = refused(listed.unwrap_err());
        assert_eq!(code, "InternalError", "{said}");
        assert!(said.contains(words), "{said}");
        assert!(!said.contains(API_SECRET) && !said.contains(ADMIN_KEY));
        refusing.service.stop().await;
        server = refusing.server;
    }
    let scene = Scene {
        server,
        service: scene.service,
    };
    scene.dismiss(&room("123")).await.unwrap();
    is_destroyed(&mut alice).await;
    scene.service.stop().await;
}

pub(crate) async fn log(network: Network) {
    let log = Log::default();
    // What the libraries below write is their own.
    let filter = "exeunt_janus=trace,exeunt_room_service=trace";
    let subscriber = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(log.clone())
        .finish();
    // Other stories write here as well, which harms nothing.
    tracing::subscriber::set_global_default(subscriber).unwrap();
    let settings = Settings {
        api_secret: Some(API_SECRET.to_owned()),
        admin_key: Some(ADMIN_KEY.to_owned()),
        ..Settings::default()
    };
    let keys = AdminKeys {
        admin_key: Some(secret(ADMIN_KEY)),
        ..own_and_everybodys()
    };
    let mut scene = Scene::with(network, settings, keys).await;
    scene.room(1, Some(OWN));
    scene.room(3, Some(OTHER));
    let _alice = scene.enter(1, "alice").await;
    scene.kick(&room("1"), &["alice"]).await.unwrap();
    scene.dismiss(&room("3")).await.unwrap_err();
    scene.dismiss(&room("1")).await.unwrap();
    scene.server.kill();
    scene.dismiss(&room("3")).await.unwrap_err();
    scene.service.stop().await;

    let log = log.text();
    for said in ["connected to Janus as admin", "kicked", "dismissed", "lost"] {
        assert!(log.contains(said), "the log says nothing of {said}: {log}");
    }
    for secret in [OWN, EVERYBODYS, OTHER, API_SECRET, ADMIN_KEY] {
        assert!(!log.contains(secret), "{secret} stands in the log");
    }
}
