//! Links that break: who notices, who recovers, who is told.

use crate::proxy::{Proxy, Wire};
use crate::raw::RawClient;
use crate::scene::{Member, enter, kick, request, service, service_with_short_lease, soon};
use exeunt_port::{DepartureError, RemoteLeaveReason, RoomSignal};
use exeunt_room_service::RunningService;
use exeunt_websocket::wire::{ClientId, ClientMessage, Enter, Refusal, ServerMessage};

#[tokio::test]
async fn who_dies_without_a_goodbye_is_announced_when_its_lease_has_run_out() {
    let service = service_with_short_lease().await;
    let mut bob = Member::enter(service.url(), "bob").await;
    let alice = RawClient::enter(&service, "alice").await;
    bob.sees_enter("alice").await;
    drop(alice);
    bob.sees_leave("alice", RemoteLeaveReason::TimedOut).await;
}

#[tokio::test]
async fn who_falls_silent_on_an_open_connection_is_announced_as_well() {
    let service = service_with_short_lease().await;
    let mut bob = Member::enter(service.url(), "bob").await;
    let mut alice = RawClient::enter(&service, "alice").await;
    bob.sees_leave_after_entering("alice", RemoteLeaveReason::TimedOut)
        .await;
    assert_eq!(alice.closed_with().await, 4006);
}

#[tokio::test]
async fn a_dropped_connection_is_cut_without_a_goodbye() {
    let service = service_with_short_lease().await;
    let mut bob = Member::enter(service.url(), "bob").await;
    let alice = Member::enter(service.url(), "alice").await;
    bob.sees_enter("alice").await;
    drop(alice);
    bob.sees_leave("alice", RemoteLeaveReason::TimedOut).await;
}

#[tokio::test]
async fn a_service_that_is_killed_is_a_lost_link_and_then_a_dead_one() {
    let service = service_with_short_lease().await;
    let mut alice = Member::enter(service.url(), "alice").await;
    drop(service);
    assert_eq!(alice.hears().await, RoomSignal::LinkLost);
    assert_eq!(alice.hears().await, RoomSignal::LinkDead);
    assert_eq!(
        soon(alice.connection.announce_departure()).await,
        Err(DepartureError::LinkDown)
    );
    assert_eq!(soon(alice.connection.close()).await, Ok(()));
}

#[tokio::test]
async fn a_link_that_was_cut_is_recovered_and_the_others_notice_nothing() {
    let service = service().await;
    let mut bob = Member::enter(service.url(), "bob").await;
    let (proxy, mut alice) = alice_behind_a_proxy(&service).await;
    alice.sees_enter("bob").await;
    alice_is_cut_off(&proxy, &mut alice).await;
    let mut carol = Member::enter(service.url(), "carol").await;
    carol.sees_enter("alice").await;
    proxy.set(Wire::Whole);
    assert_eq!(alice.hears().await, RoomSignal::LinkRecovered);
    alice.sees_enter("carol").await;
    assert_eq!(
        soon(alice.connection.announce_departure())
            .await
            .unwrap()
            .peers_told,
        Some(2)
    );
    bob.sees_enter("alice").await;
    bob.sees_enter("carol").await;
    bob.sees_leave("alice", RemoteLeaveReason::Left).await;
}

#[tokio::test]
async fn who_is_kicked_while_its_link_is_cut_learns_so_on_resuming() {
    let service = service().await;
    let (proxy, mut alice) = alice_behind_a_proxy(&service).await;
    alice_is_cut_off(&proxy, &mut alice).await;
    kick(&service, "alice").await;
    proxy.set(Wire::Whole);
    assert_eq!(alice.hears().await, RoomSignal::Kicked);
    assert_eq!(
        soon(alice.connection.announce_departure()).await,
        Err(DepartureError::AlreadyOut)
    );
}

#[tokio::test]
async fn a_half_open_link_is_lost_by_silence_and_recovered() {
    // With the usual lease: half of it passes in silence, and the other half is for the recovery.
    let service = service().await;
    let (proxy, mut alice) = alice_behind_a_proxy(&service).await;
    proxy.set(Wire::Stopped);
    assert_eq!(alice.hears().await, RoomSignal::LinkLost);
    proxy.set(Wire::Whole);
    assert_eq!(alice.hears().await, RoomSignal::LinkRecovered);
}

#[tokio::test]
async fn a_departure_over_a_cut_link_fails_at_once_and_nothing_is_recovered_any_more() {
    let service = service_with_short_lease().await;
    let mut bob = Member::enter(service.url(), "bob").await;
    let (proxy, mut alice) = alice_behind_a_proxy(&service).await;
    alice.sees_enter("bob").await;
    alice_is_cut_off(&proxy, &mut alice).await;
    alice.side.abandon.cancel();
    assert_eq!(
        soon(alice.connection.announce_departure()).await,
        Err(DepartureError::LinkDown)
    );
    proxy.set(Wire::Whole);
    // The wire is whole again, yet nobody resumes: the lease runs out.
    bob.sees_leave_after_entering("alice", RemoteLeaveReason::TimedOut)
        .await;
    assert_eq!(soon(alice.connection.close()).await, Ok(()));
    assert_eq!(alice.side.signals.recv().await, None);
}

#[tokio::test]
async fn closing_while_the_link_is_cut_is_closing_all_the_same() {
    let service = service().await;
    let (proxy, mut alice) = alice_behind_a_proxy(&service).await;
    alice_is_cut_off(&proxy, &mut alice).await;
    assert_eq!(soon(alice.connection.close()).await, Ok(()));
    assert_eq!(
        soon(alice.connection.announce_departure()).await,
        Err(DepartureError::LinkDown)
    );
}

#[tokio::test]
async fn who_left_and_came_back_while_the_link_was_cut_is_told_to_have_done_both() {
    let service = service().await;
    let bob = Member::enter(service.url(), "bob").await;
    let (proxy, mut alice) = alice_behind_a_proxy(&service).await;
    alice.sees_enter("bob").await;
    alice_is_cut_off(&proxy, &mut alice).await;
    soon(bob.connection.announce_departure()).await.unwrap();
    let _again = Member::enter(service.url(), "bob").await;
    proxy.set(Wire::Whole);
    assert_eq!(alice.hears().await, RoomSignal::LinkRecovered);
    alice.sees_leave("bob", RemoteLeaveReason::Left).await;
    alice.sees_enter("bob").await;
}

#[tokio::test]
async fn an_enter_that_comes_after_a_later_one_of_its_client_is_refused_and_ends_nothing() {
    let service = service().await;
    let client_id = ClientId::random();
    let attempt =
        |number| ClientMessage::Enter(Enter::new(request("alice"), client_id, number)).encode();
    let mut given_up = RawClient::connect(&service).await;
    let mut alice = RawClient::connect(&service).await;
    alice.says(&attempt(2)).await;
    assert!(matches!(alice.hears().await, ServerMessage::Entered { .. }));
    given_up.says(&attempt(1)).await;
    let refused = given_up.hears().await;
    let overtaken = Refusal::Overtaken.code();
    assert!(
        matches!(refused, ServerMessage::Refused { code, .. } if code == overtaken),
        "{refused:?}"
    );
    // The goodbye of what was given up comes late as well.
    given_up.says(&ClientMessage::Leave.encode()).await;
    assert_eq!(given_up.closed_with().await, 4403);
    alice.says(&ClientMessage::Heartbeat.encode()).await;
    assert_eq!(alice.hears().await, ServerMessage::Heartbeat);
    // Somebody truly elsewhere has the stay as before.
    let mut elsewhere = RawClient::connect(&service).await;
    elsewhere.says(&enter("alice")).await;
    assert_eq!(alice.hears().await, ServerMessage::Replaced);
}

async fn alice_behind_a_proxy(service: &RunningService) -> (Proxy, Member) {
    let proxy = Proxy::before(service.local_addr(), Wire::Whole).await;
    let alice = Member::enter(&proxy.url(), "alice").await;
    (proxy, alice)
}

async fn alice_is_cut_off(proxy: &Proxy, alice: &mut Member) {
    proxy.set(Wire::Cut);
    assert_eq!(alice.hears().await, RoomSignal::LinkLost);
}

impl Member {
    async fn sees_leave_after_entering(&mut self, name: &str, reason: RemoteLeaveReason) {
        self.sees_enter(name).await;
        self.sees_leave(name, reason).await;
    }
}
