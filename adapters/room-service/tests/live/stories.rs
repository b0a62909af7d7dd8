//! Entering, being seen, leaving, being thrown out.

use exeunt_port::{
    Codec, DepartureError, DepartureReceipt, EnterError, EnterRequest, MediaFrame, RemoteFrame,
    RemoteLeaveReason, RoomLink, RoomSide, RoomSignal, Transport as _,
};
use exeunt_room_service::Limits;
use exeunt_websocket::WebSocketTransport;
use exeunt_websocket::wire::Refusal;

use crate::proxy::{Proxy, Wire};
use crate::scene::{Member, call, kick, request, rooms_of, service, service_limited, soon, user};

#[tokio::test]
async fn two_see_each_other_and_the_one_who_leaves_knows_that_the_other_was_told() {
    let service = service().await;
    let mut alice = Member::enter(service.url(), "alice").await;
    let mut bob = Member::enter(service.url(), "bob").await;
    bob.sees_enter("alice").await;
    alice.sees_enter("bob").await;

    let receipt = alice.leaves().await;
    assert_eq!(
        receipt,
        Ok(DepartureReceipt {
            peers_told: Some(1)
        })
    );
    assert_eq!(alice.closes().await, Ok(()));
    bob.sees_leave("alice", RemoteLeaveReason::Left).await;
    assert_eq!(
        alice.side.signals.recv().await,
        None,
        "nothing holds the link any more"
    );

    let receipt = bob.leaves().await;
    assert_eq!(
        receipt,
        Ok(DepartureReceipt {
            peers_told: Some(0)
        })
    );
    let rooms = rooms_of(&service).await;
    assert_eq!(
        rooms,
        (0, vec![]),
        "the last one to leave took the room along"
    );
}

#[tokio::test]
async fn frames_reach_the_others_with_their_sender_and_not_the_sender() {
    let service = service().await;
    let alice = Member::enter(service.url(), "alice").await;
    let bob = Member::enter(service.url(), "bob").await;
    let frame = |codec, sequence: u32, payload: Vec<u8>| MediaFrame {
        codec,
        sequence,
        captured_at_micros: 20_000,
        payload: payload.into(),
    };
    let sound = frame(Codec::Opus, 1, vec![7; 60]);
    let picture = frame(Codec::Jpeg, 2, vec![8; MediaFrame::MAX_PAYLOAD]);
    alice.side.outbound.push(sound.clone());
    assert_eq!(
        soon(bob.side.inbound.next()).await,
        Some(RemoteFrame {
            user: user("alice"),
            frame: sound
        })
    );
    bob.side.outbound.push(picture.clone());
    assert_eq!(
        soon(alice.side.inbound.next()).await,
        Some(RemoteFrame {
            user: user("bob"),
            frame: picture
        }),
        "the first that Alice gets is Bob's picture, not her own sound"
    );
}

#[tokio::test]
async fn who_is_kicked_hears_so_the_others_hear_reason_2_and_may_be_joined_again() {
    let service = service().await;
    let mut alice = Member::enter(service.url(), "alice").await;
    let mut bob = Member::enter(service.url(), "bob").await;
    bob.sees_enter("alice").await;
    kick(&service, "bob").await;
    assert_eq!(bob.hears().await, RoomSignal::Kicked);
    assert_eq!(bob.leaves().await, Err(DepartureError::AlreadyOut));
    assert_eq!(bob.closes().await, Ok(()));
    alice.sees_enter("bob").await;
    alice.sees_leave("bob", RemoteLeaveReason::Kicked).await;
    let _again = Member::enter(service.url(), "bob").await;
    alice.sees_enter("bob").await;
}

#[tokio::test]
async fn when_the_room_is_dismissed_everybody_hears_so() {
    let service = service().await;
    let mut alice = Member::enter(service.url(), "alice").await;
    let mut bob = Member::enter(service.url(), "bob").await;
    bob.sees_enter("alice").await;
    alice.sees_enter("bob").await;
    let dismissed = call(&service, |client| {
        client.dismiss_room(&"standup".parse().unwrap())
    });
    dismissed.await.unwrap();
    assert_eq!(alice.hears().await, RoomSignal::Dismissed);
    assert_eq!(bob.hears().await, RoomSignal::Dismissed);
    assert_eq!(bob.closes().await, Ok(()));
}

#[tokio::test]
async fn who_enters_twice_replaces_itself() {
    let service = service().await;
    let mut alice = Member::enter(service.url(), "alice").await;
    let mut bob = Member::enter(service.url(), "bob").await;
    alice.sees_enter("bob").await;
    let mut bob_again = Member::enter(service.url(), "bob").await;
    bob.sees_enter("alice").await;
    assert_eq!(bob.hears().await, RoomSignal::Replaced);
    alice.sees_leave("bob", RemoteLeaveReason::Kicked).await;
    alice.sees_enter("bob").await;
    bob_again.sees_enter("alice").await;
    let receipt = bob_again.leaves().await;
    assert_eq!(
        receipt,
        Ok(DepartureReceipt {
            peers_told: Some(1)
        }),
        "the new stay is whole"
    );
}

#[tokio::test]
async fn a_transport_and_its_clones_are_one_client_whose_attempts_are_in_order() {
    let service = service().await;
    let transport = WebSocketTransport::new(service.url()).unwrap();
    let mut earlier: Option<(_, RoomSide)> = None;
    for transport in [transport.clone(), transport.clone(), transport] {
        let (link, side) = RoomLink::pair();
        let connection = soon(transport.connect(request("alice"), link)).await;
        if let Some((_, mut side)) = earlier.replace((connection.unwrap(), side)) {
            assert_eq!(soon(side.signals.recv()).await, Some(RoomSignal::Replaced));
        }
    }
}

#[tokio::test]
async fn a_service_that_stops_says_so() {
    let service = service().await;
    let mut alice = Member::enter(service.url(), "alice").await;
    soon(service.stop()).await;
    assert_eq!(alice.hears().await, RoomSignal::ServerStopped);
    assert_eq!(alice.leaves().await, Err(DepartureError::AlreadyOut));
}

#[tokio::test]
async fn abandoning_the_entering_leaves_nobody_behind() {
    let service = service().await;
    let mut bob = Member::enter(service.url(), "bob").await;
    let proxy = Proxy::before(service.local_addr(), Wire::Mute).await;
    let (link, side) = RoomLink::pair();
    let transport = WebSocketTransport::new(&proxy.url()).unwrap();
    let entering = tokio::spawn(async move { transport.connect(request("alice"), link).await });
    bob.sees_enter("alice").await;
    side.abandon.cancel();
    let entered = soon(entering).await.unwrap();
    assert_eq!(entered.err(), Some(EnterError::Abandoned));
    bob.sees_leave("alice", RemoteLeaveReason::Left).await;
}

#[tokio::test]
async fn dropping_the_entering_leaves_nobody_behind() {
    let service = service().await;
    let mut bob = Member::enter(service.url(), "bob").await;
    let proxy = Proxy::before(service.local_addr(), Wire::Mute).await;
    let (link, _side) = RoomLink::pair();
    let transport = WebSocketTransport::new(&proxy.url()).unwrap();
    let mut entering = transport.connect(request("alice"), link);
    tokio::select! {
        _ = &mut entering => panic!("no answer comes through"),
        () = bob.sees_enter("alice") => {}
    }
    drop(entering);
    bob.sees_leave("alice", RemoteLeaveReason::Left).await;
}

#[tokio::test]
async fn who_is_not_let_in_learns_why_by_number() {
    let limits = Limits {
        members_per_room: 1,
        ..Limits::default()
    };
    let service = service_limited(limits).await;
    let refused = async |request| match Member::try_enter(service.url(), request).await {
        Err(EnterError::Refused { code, .. }) => code,
        Err(other) => panic!("{other}"),
        Ok(_) => 0,
    };
    let _alice = Member::enter(service.url(), "alice").await;
    assert_eq!(refused(request("bob")).await, Refusal::RoomFull.code());
    let with_alices_sig = EnterRequest {
        user_sig: request("alice").user_sig,
        ..request("bob")
    };
    assert_eq!(refused(with_alices_sig).await, Refusal::UserSig.code());
    let of_another_app = EnterRequest {
        sdk_app_id: 1,
        ..request("bob")
    };
    assert_eq!(refused(of_another_app).await, Refusal::SdkAppId.code());
}

#[tokio::test]
async fn a_room_may_be_a_number_and_its_digits_are_another_room() {
    let service = service().await;
    let numeric = EnterRequest {
        room: "123".parse().unwrap(),
        ..request("alice")
    };
    let string = EnterRequest {
        room: "\"123\"".parse().unwrap(),
        ..request("bob")
    };
    let _alice = Member::try_enter(service.url(), numeric).await.unwrap();
    let _bob = Member::try_enter(service.url(), string).await.unwrap();
    let (count, rooms) = rooms_of(&service).await;
    assert_eq!(count, 2);
    let shown: Vec<String> = rooms
        .iter()
        .map(|room| {
            format!(
                "{} {} {}",
                room.room_id, room.members[0].user_id, room.members[0].connected
            )
        })
        .collect();
    assert_eq!(shown, ["123 alice true", "\"123\" bob true"]);
}

#[tokio::test]
async fn after_many_stays_as_much_runs_as_after_none() {
    let service = service().await;
    let url = service.url();
    let running = || {
        tokio::runtime::Handle::current()
            .metrics()
            .num_alive_tasks()
    };
    let before = running();
    for round in 0..30 {
        let alice = Member::enter(url, "alice").await;
        let bob = Member::enter(url, "bob").await;
        let nobody = EnterRequest {
            sdk_app_id: 1,
            ..request("nobody")
        };
        assert!(Member::try_enter(url, nobody).await.is_err());
        match round % 3 {
            0 => {
                alice.leaves().await.unwrap();
                alice.closes().await.unwrap();
            }
            1 => alice.closes().await.unwrap(),
            _ => kick(&service, "alice").await,
        }
        bob.leaves().await.unwrap();
    }
    soon(async {
        while running() > before {
            tokio::task::yield_now().await;
        }
    })
    .await;
}
