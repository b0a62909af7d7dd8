//! An operator does something.

use exeunt_janus::admin::AdminKeys;
use exeunt_janus_lab::{Network, Settings};
use exeunt_room_service::KickTerms;
use serde_json::json;

use crate::scene::{Scene, is_destroyed, is_kicked, number, room, secret, users};

pub(crate) async fn kicks(network: Network) {
    let keys = AdminKeys {
        room_secrets: [(room("123"), secret("of 123").unwrap())].into(),
        ..AdminKeys::default()
    };
    let scene = Scene::with(network, Settings::default(), keys).await;
    scene.room(123, Some("of 123"));
    let mut alice = scene.enter(123, "alice").await;
    let mut bob = scene.enter(123, "bob").await;
    assert_eq!(scene.members(&room("123")).await.unwrap(), ["alice", "bob"]);

    // TRTC passes over who is not there.
    scene.kick(&room("123"), &["carol", "bob"]).await.unwrap();
    is_kicked(&mut bob).await;
    let told = alice.hears("bob's being kicked", |told| !told["kicked"].is_null());
    assert_eq!(told.await.unwrap()["kicked"], number("bob"));
    assert_eq!(scene.members(&room("123")).await.unwrap(), ["alice"]);

    // A kick is no ban.
    let _bob = scene.enter(123, "bob").await;
    assert_eq!(scene.members(&room("123")).await.unwrap(), ["alice", "bob"]);
    scene.service.stop().await;
}

pub(crate) async fn dismisses(network: Network) {
    let keys = AdminKeys {
        room_secret: secret("everybody's"),
        ..AdminKeys::default()
    };
    let scene = Scene::with(network, Settings::default(), keys).await;
    scene.room(123, Some("everybody's"));
    let mut alice = scene.enter(123, "alice").await;
    let mut bob = scene.enter(123, "bob").await;

    scene.dismiss(&room("123")).await.unwrap();
    is_destroyed(&mut alice).await;
    is_destroyed(&mut bob).await;
    assert_eq!(scene.members(&room("123")).await, None);
    let exists = json!({"request": "exists", "room": 123});
    let answer = scene.server.admin().video_room(&exists).unwrap();
    assert_eq!(answer["exists"], false);

    let asked = scene.call(|client| client.ask("DescribeDepartures", json!({"RoomId": 123})));
    let departures = asked.await.unwrap();
    assert_eq!(departures["TotalCount"], 2);
    for departure in departures["Departures"].as_array().unwrap() {
        assert_eq!(departure["Reason"], "dismissed");
        // Janus does not say whom it told.
        assert!(departure["Receipt"].is_null(), "{departure}");
    }
    let (code, _) = scene.dismiss(&room("123")).await.unwrap_err();
    assert_eq!(code, "FailedOperation.RoomNotExist");
    scene.service.stop().await;
}

pub(crate) async fn kicks_several(network: Network) {
    let scene = Scene::new(network).await;
    scene.room(123, None);
    let mut alice = scene.enter(123, "alice").await;
    let mut bob = scene.enter(123, "bob").await;
    let mut carol = scene.enter(123, "carol").await;

    let named = users(&["bob", "dave", "carol", "bob"]);
    let kicked =
        scene.call(move |client| client.kick_users(&room("123"), &named, &KickTerms::default()));
    let results = kicked.await.unwrap();
    let outcomes: Vec<_> = results
        .iter()
        .map(|one| (one.user_id.as_str(), one.outcome.as_str()))
        .collect();
    assert_eq!(
        outcomes,
        [
            ("bob", "Removed"),
            ("dave", "NotInRoom"),
            ("carol", "Removed"),
            ("bob", "Removed"),
        ]
    );
    assert_eq!(results[0].stay, results[3].stay);
    assert!(results.iter().all(|one| one.receipt.is_none()));
    is_kicked(&mut bob).await;
    is_kicked(&mut carol).await;
    // Nobody was kicked twice: he would be told twice.
    let more = bob.unheard().await.unwrap();
    assert!(
        more.iter().all(|told| told["leaving"].is_null()),
        "{more:?}"
    );
    let told = alice.unheard().await.unwrap();
    let kicks = told.iter().filter(|told| !told["kicked"].is_null());
    assert_eq!(kicks.count(), 2);
    scene.service.stop().await;
}
