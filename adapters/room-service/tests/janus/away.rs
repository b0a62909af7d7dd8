//! Janus does not answer.

use exeunt_janus_lab::{Load, Network};
use exeunt_room_service::backend::Happening;

use crate::scene::{Scene, is_kicked, next, room, until};

/// What TRTC says of a server that does not answer.
const AWAY: &str = "InternalError.GetRoomCacheIpError";

pub(crate) async fn killed(network: Network) {
    let mut scene = Scene::new(network).await;
    scene.room(1, None);
    let _alice = scene.enter(1, "alice").await;
    until("alice is seen", async || {
        scene.members(&room("1")).await == Some(vec!["alice".to_owned()])
    })
    .await;
    let mut happenings = scene.service.backend().happenings();

    scene.server.kill();
    for refusal in [
        scene.kick(&room("1"), &["alice"]).await,
        scene.dismiss(&room("1")).await,
    ] {
        assert_eq!(refusal.unwrap_err().0, AWAY);
    }
    scene.server.restart().unwrap();
    // The other one knows nothing of the room. Who was in it is out, nobody knows how.
    let left = next(&mut happenings).await;
    assert!(
        matches!(&left, Happening::Left(departure) if departure.reason.is_none()),
        "{left:?}"
    );
    let closed = next(&mut happenings).await;
    assert!(matches!(closed, Happening::RoomClosed { .. }), "{closed:?}");

    scene.room(1, None);
    let mut alice = scene.enter(1, "alice").await;
    scene.kick(&room("1"), &["alice"]).await.unwrap();
    is_kicked(&mut alice).await;
    scene.service.stop().await;
}

pub(crate) async fn stopped(network: Network) {
    let scene = Scene::new(network).await;
    scene.room(1, None);
    let mut alice = scene.enter(1, "alice").await;
    until("alice is seen", async || {
        scene.members(&room("1")).await == Some(vec!["alice".to_owned()])
    })
    .await;
    scene.server.stop().unwrap();
    // The client would give up after ten seconds, and that would be no refusal.
    let (code, words) = scene.kick(&room("1"), &["alice"]).await.unwrap_err();
    assert_eq!(code, AWAY, "{words}");
    let (code, words) = scene.dismiss(&room("1")).await.unwrap_err();
    assert_eq!(code, AWAY, "{words}");

    scene.server.go_on().unwrap();
    until("alice can be kicked", async || {
        scene.kick(&room("1"), &["alice"]).await.is_ok()
    })
    .await;
    is_kicked(&mut alice).await;
    scene.service.stop().await;
}

pub(crate) async fn nothing_is_left(network: Network) {
    let scene = Scene::new(network).await;
    scene.room(1, None);
    assert!(scene.members(&room("1")).await.unwrap().is_empty());
    let (one, none) = (
        Load {
            sessions: 1,
            handles: 1,
        },
        Load::default(),
    );
    assert_eq!(scene.server.admin().load().unwrap(), one);
    scene.service.stop().await;
    until("the session is gone", async || {
        scene.server.admin().load().unwrap() == none
    })
    .await;
}
