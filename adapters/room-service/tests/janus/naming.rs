//! Who and which room is meant: TRTC's names, and Janus's ids of either kind.

use exeunt_janus::admin::AdminKeys;
use exeunt_janus::translate::identity::Ids;
use exeunt_janus_lab::{Network, Settings};
use serde_json::{Value, json};

use crate::scene::{Scene, is_destroyed, is_kicked, number, room};

fn strings() -> Settings {
    Settings {
        string_ids: true,
        ..Settings::default()
    }
}

pub(crate) async fn rooms(network: Network) {
    for (ids, settings) in [
        (Ids::Numbers, Settings::default()),
        (Ids::Strings, strings()),
    ] {
        let scene = Scene::with(network, settings, AdminKeys::default()).await;
        let [numeric, named] = [room("123"), room("\"123\"")];
        let mut guests = Vec::new();
        for meant in [&numeric, &named] {
            let id = serde_json::to_value(ids.of_room(meant)).unwrap();
            // What a room is called is how its name finds the way back where ids are numbers.
            let made = json!({
                "request": "create", "room": id, "publishers": 6, "description": meant.to_string(),
            });
            let answer = scene.server.admin().video_room(&made).unwrap();
            assert_eq!(answer["videoroom"], "created", "{answer}");
            let user = match ids {
                Ids::Numbers => number("alice"),
                Ids::Strings => Value::from("alice"),
            };
            guests.push(scene.enter_as(id, user, "alice").await);
        }
        let listed = scene.rooms().await;
        let listed: Vec<_> = listed.iter().map(|listed| &listed.room_id).collect();
        assert_eq!(listed, [&numeric, &named]);

        scene.kick(&named, &["alice"]).await.unwrap();
        is_kicked(&mut guests[1]).await;
        assert_eq!(scene.members(&numeric).await.unwrap(), ["alice"]);
        scene.dismiss(&numeric).await.unwrap();
        is_destroyed(&mut guests[0]).await;
        assert_eq!(scene.members(&numeric).await, None);
        assert!(scene.members(&named).await.unwrap().is_empty());
        scene.service.stop().await;
    }
}

pub(crate) async fn users(network: Network) {
    let scene = Scene::new(network).await;
    scene.room(1, None);
    // As a browser enters: under a number that Janus found, and a name that somebody typed.
    let mut zoe = scene.enter_as(json!(1), json!(71), "Zoë Müller").await;
    let mut eve = scene.enter_as(json!(1), json!(72), "eve").await;
    assert_eq!(
        scene.members(&room("1")).await.unwrap(),
        ["eve", "janus-71"]
    );
    // Whose name is taken is known by his number.
    let mut other = scene.enter_as(json!(1), json!(73), "eve").await;
    let names = ["eve", "janus-71", "janus-73"];
    assert_eq!(scene.members(&room("1")).await.unwrap(), names);
    for (name, guest) in names.into_iter().zip([&mut eve, &mut zoe, &mut other]) {
        scene.kick(&room("1"), &[name]).await.unwrap();
        is_kicked(guest).await;
    }
    assert!(scene.members(&room("1")).await.unwrap().is_empty());
    scene.service.stop().await;

    let scene = Scene::with(network, strings(), AdminKeys::default()).await;
    scene.room("standup", None);
    let standup = room("standup");
    let mut zoe = scene.enter_as(json!("standup"), json!("Zoë"), "Zoë").await;
    let _alice = scene
        .enter_as(json!("standup"), json!("alice"), "Zoë")
        .await;
    let names = scene.members(&standup).await.unwrap();
    assert_eq!(names[0], "alice");
    assert!(names[1].starts_with("janus-"), "{names:?}");
    scene.kick(&standup, &[&names[1]]).await.unwrap();
    is_kicked(&mut zoe).await;
    assert_eq!(scene.members(&standup).await.unwrap(), ["alice"]);
    scene.service.stop().await;
}
