//! What is seen of what happens.

use exeunt_janus::admin::AdminKeys;
use exeunt_janus_lab::{Network, Settings};
use exeunt_room_service::backend::{Happening, LeaveReason, Page};
use serde_json::json;

use crate::scene::{Scene, next, number, room, secret, serve, until};

/// Who left, and why.
fn left(happening: &Happening) -> (&str, Option<LeaveReason>) {
    let Happening::Left(departure) = happening else {
        panic!("{happening:?}")
    };
    assert!(
        departure.receipt.is_none(),
        "Janus does not say whom it told"
    );
    (departure.user.as_str(), departure.reason)
}

pub(crate) async fn happenings(network: Network) {
    let scene = Scene::new(network).await;
    let backend = scene.service.backend();
    scene.room(1, None);
    let mut alice = scene.enter(1, "alice").await;
    // Who is there before is no news.
    until("alice is seen", async || {
        scene.members(&room("1")).await == Some(vec!["alice".to_owned()])
    })
    .await;
    let mut happenings = backend.happenings();

    let mut bob = scene.enter(1, "bob").await;
    let entered = next(&mut happenings).await;
    assert!(
        matches!(&entered, Happening::Entered { user, may_publish: true, .. } if user.as_str() == "bob"),
        "{entered:?}"
    );
    // How many there are is known without asking Janus again.
    let counts = backend.census().await.unwrap();
    assert_eq!((counts.rooms, counts.members), (1, 2));
    let (offset, limit) = (0, 10);
    let listed = backend.summaries(Page { offset, limit }).await.unwrap();
    assert_eq!((listed.total, listed.rooms[0].members), (1, 2));
    bob.says(json!({"request": "leave"})).await.unwrap();
    assert_eq!(left(&next(&mut happenings).await), ("bob", None));

    // Somebody else kicks, by Janus's own protocol.
    let _carol = scene.enter(1, "carol").await;
    next(&mut happenings).await;
    let kick = json!({"request": "kick", "room": 1, "id": number("carol")});
    alice.says(kick).await.unwrap();
    assert_eq!(left(&next(&mut happenings).await), ("carol", None));

    // Whoever is kicked over this back end was: also who entered a moment ago, and was not seen yet.
    let _dave = scene.enter(1, "dave").await;
    scene.kick(&room("1"), &["dave"]).await.unwrap();
    assert!(matches!(
        next(&mut happenings).await,
        Happening::Entered { .. }
    ));
    assert_eq!(
        left(&next(&mut happenings).await),
        ("dave", Some(LeaveReason::Kicked))
    );

    // A room has no other end than being ended, whoever does it.
    let destroy = json!({"request": "destroy", "room": 1});
    alice.says(destroy).await.unwrap();
    assert_eq!(
        left(&next(&mut happenings).await),
        ("alice", Some(LeaveReason::Dismissed))
    );
    let closed = next(&mut happenings).await;
    assert!(
        matches!(&closed, Happening::RoomClosed { room: closed, .. } if *closed == room("1")),
        "{closed:?}"
    );
    scene.room(2, None);
    let opened = next(&mut happenings).await;
    assert!(
        matches!(&opened, Happening::RoomOpened { room: opened, by: None } if *opened == room("2")),
        "{opened:?}"
    );

    let asked = scene.call(|client| client.ask("DescribeDepartures", json!({"UserId": "bob"})));
    let bobs = asked.await.unwrap();
    assert!(bobs["Departures"][0]["Reason"].is_null(), "{bobs}");
    assert!(bobs["Departures"][0]["Receipt"].is_null(), "{bobs}");
    scene.service.stop().await;
}

pub(crate) async fn private(network: Network) {
    let settings = Settings {
        admin_key: Some("the admin's".to_owned()),
        ..Settings::default()
    };
    let keys = AdminKeys {
        admin_key: Some(secret("the admin's")),
        ..AdminKeys::default()
    };
    let scene = Scene::with(network, settings, keys).await;
    let made = json!({
        "request": "create", "room": 1, "publishers": 6, "is_private": true, "admin_key": "the admin's",
    });
    scene.server.admin().video_room(&made).unwrap();
    let _alice = scene.enter(1, "alice").await;
    assert_eq!(scene.members(&room("1")).await.unwrap(), ["alice"]);

    let service = serve(&scene.server, AdminKeys::default()).await;
    let ignorant = Scene {
        server: scene.server,
        service,
    };
    assert_eq!(ignorant.members(&room("1")).await, None);
    ignorant.kick(&room("1"), &["nobody"]).await.unwrap();
    assert_eq!(ignorant.members(&room("1")).await.unwrap(), ["alice"]);
    scene.service.stop().await;
    ignorant.service.stop().await;
}
