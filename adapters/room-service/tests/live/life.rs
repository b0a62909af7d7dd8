//! Live rooms, stays that last too long, and a service that comes back.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use exeunt_port::{RemoteLeaveReason, RoomLink, RoomSignal, Transport, async_trait};
use exeunt_room_service::rooms::{RoomLife, Scene};
use exeunt_room_service::{Accept, Accepted, Config, RoomService};
use exeunt_websocket::WebSocketTransport;
use exeunt_websocket::wire::Role;
use tokio::net::TcpListener;

use crate::raw::RawClient;
use crate::scene::{Member, request, rooms_of, service_with, soon};

#[tokio::test]
async fn a_viewer_of_a_live_room_sees_the_anchors_come_and_go_and_is_seen_by_nobody() {
    let service = service_with(Config {
        room_life: RoomLife {
            scene: Scene::Live,
            ..RoomLife::default()
        },
        ..Config::development()
    })
    .await;
    let mut alice = Member::enter(service.url(), "alice").await;
    let (link, side) = RoomLink::pair();
    let transport = WebSocketTransport::new(service.url()).unwrap();
    let transport = transport.entering_as(Role::Audience);
    let connection = soon(transport.connect(request("viewer"), link))
        .await
        .unwrap();
    let mut viewer = Member { connection, side };
    viewer.sees_enter("alice").await;
    let bob = Member::enter(service.url(), "bob").await;
    viewer.sees_enter("bob").await;
    bob.leaves().await.unwrap();
    viewer.sees_leave("bob", RemoteLeaveReason::Left).await;
    // Alice has heard of Bob alone, though the viewer was there before him.
    alice.sees_enter("bob").await;
    alice.sees_leave("bob", RemoteLeaveReason::Left).await;
    alice.leaves().await.unwrap();
    viewer.sees_leave("alice", RemoteLeaveReason::Left).await;
    // Nobody is left, and the room is open all the same.
    viewer.leaves().await.unwrap();
    let (count, rooms) = rooms_of(&service).await;
    assert_eq!((count, rooms[0].members.len()), (1, 0));
}

#[tokio::test]
async fn a_stay_that_lasts_too_long_is_ended_as_by_an_operator() {
    let service = service_with(Config {
        room_life: RoomLife {
            longest_stay: Some(Duration::from_millis(300)),
            ..RoomLife::default()
        },
        ..Config::development()
    })
    .await;
    let mut alice = Member::enter(service.url(), "alice").await;
    assert_eq!(alice.hears().await, RoomSignal::Kicked);
}

#[tokio::test]
async fn a_room_that_stays_open_for_ever_when_it_is_empty_does_so_and_leases_still_run_out() {
    let service = service_with(Config {
        lease: Duration::from_secs(2),
        room_life: RoomLife {
            empty_after_anchor: Duration::MAX,
            longest_stay: Some(Duration::MAX),
            ..RoomLife::default()
        },
        ..Config::development()
    })
    .await;
    let alice = Member::enter(service.url(), "alice").await;
    alice.leaves().await.unwrap();
    let mut bob = Member::enter(service.url(), "bob").await;
    let _silent = RawClient::enter(&service, "carol").await;
    bob.sees_enter("carol").await;
    bob.sees_leave("carol", RemoteLeaveReason::TimedOut).await;
}

/// A door that stays open while the service behind it comes and goes.
#[derive(Clone)]
struct Door(Arc<TcpListener>);

#[async_trait]
impl Accept for Door {
    async fn accept(&mut self) -> io::Result<Accepted> {
        let (stream, peer) = self.0.accept().await?;
        Ok(Accepted {
            stream: Box::new(stream),
            address: Some(peer.ip()),
        })
    }
}

#[tokio::test]
async fn a_service_that_comes_back_knows_nobody_and_everybody_may_enter_anew() {
    let listener = TcpListener::bind(("127.0.0.1", 0)).await.unwrap();
    let config = Config {
        listen: listener.local_addr().unwrap(),
        ..Config::development()
    };
    let door = Door(Arc::new(listener));
    let service = || RoomService::behind(door.clone(), config.clone()).unwrap();
    let first = service().spawn();
    let mut alice = Member::enter(first.url(), "alice").await;
    drop(first);
    assert_eq!(alice.hears().await, RoomSignal::LinkLost);
    // Her client comes to resume, and learns that the stay is no more; no ghost of it is in the room.
    let service = service().spawn();
    while alice.hears().await != RoomSignal::LinkDead {}
    let (count, _) = rooms_of(&service).await;
    assert_eq!(count, 0);
    let _alice = Member::enter(service.url(), "alice").await;
}
