//! A full room.

use exeunt_janus_lab::{Guest, Network, VideoRoom};

use crate::scene::{Scene, is_destroyed, is_kicked, room, users};

const MEMBERS: usize = 100;

pub(crate) async fn hundred(network: Network) {
    let scene = Scene::new(network).await;
    let full = VideoRoom {
        publishers: 200,
        // A hundred who are told of a hundred coming are ten thousand messages that nobody here reads.
        notify_joining: false,
        ..VideoRoom::new(1)
    };
    scene.server.create_room(&full).unwrap();
    let names: Vec<String> = (0..MEMBERS).map(|at| format!("user-{at:02}")).collect();
    let mut guests: Vec<Guest> = Vec::new();
    for name in &names {
        guests.push(scene.enter(1, name).await);
    }
    assert_eq!(scene.members(&room("1")).await.unwrap(), names);

    let ten: Vec<&str> = names.iter().take(10).map(String::as_str).collect();
    scene.kick(&room("1"), &ten).await.unwrap();
    let (kicked, others) = guests.split_at_mut(10);
    for guest in kicked {
        is_kicked(guest).await;
    }
    assert_eq!(scene.members(&room("1")).await.unwrap(), names[10..]);
    // The console kicks more at a time than TRTC does.
    let rest: Vec<&str> = names.iter().skip(10).take(80).map(String::as_str).collect();
    let backend = scene.service.backend();
    let removals = backend.kick(&room("1"), &users(&rest)).await.unwrap();
    assert!(
        removals
            .iter()
            .all(exeunt_room_service::backend::Removal::was_in_room)
    );
    let dismissal = backend.dismiss(&room("1")).await.unwrap();
    assert_eq!(dismissal.members, 10);
    for guest in &mut others[80..] {
        is_destroyed(guest).await;
    }
    scene.service.stop().await;
}
