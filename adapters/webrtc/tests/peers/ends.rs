//! How a peer connection ends, and that it is over then.

use std::time::Duration;

use exeunt_webrtc::{
    DescriptionError, Network, NetworkError, PeerConnection, PeerEvent, Publishes,
};

use crate::call::{Call, Camera, closed, frame, loopback, next, packet, until};
use crate::relay::Relay;

#[tokio::test]
async fn closing_tells_the_other_side_and_nothing_comes_after() {
    let mut call = Call::connected(Publishes::default()).await;
    call.publisher.close().await.expect("closed");
    assert_eq!(next(&mut call.received).await, PeerEvent::Closed);
    assert_eq!(call.received.next().await, None);
    // Who closes is not told of it.
    assert_eq!(call.told.next().await, None);
    // The other side has closed by itself; asking for it again is as good.
    call.subscriber.close().await.expect("closed already");
    call.publisher.close().await.expect("closed already");
    assert!(!call.publisher.send(packet(0)));
    let answer = call.subscriber.answer(&call.offer.sdp).await;
    assert_eq!(answer, Err(DescriptionError::Over));
}

#[tokio::test]
async fn closing_before_anybody_answered_is_a_close_as_well() {
    let (publisher, _, mut events) =
        PeerConnection::publish(&loopback(), Publishes::default()).expect("publishes");
    let (one, other) = tokio::join!(publisher.close(), publisher.close());
    assert_eq!((one, other), (Ok(()), Ok(())));
    assert_eq!(events.next().await, None);
}

#[tokio::test]
async fn a_close_that_nobody_waits_for_goes_on() {
    let mut call = Call::connected(Publishes::default()).await;
    let given_up = tokio::time::timeout(Duration::ZERO, call.publisher.close()).await;
    drop(given_up);
    assert_eq!(next(&mut call.received).await, PeerEvent::Closed);
}

#[tokio::test]
async fn dropping_cuts_off_without_a_goodbye() {
    let mut call = Call::connected(Publishes::default()).await;
    let mut camera = Camera::of(320, 180);
    call.picture(&mut camera).await;
    drop(call.publisher);
    assert_eq!(call.told.next().await, None);
    // No goodbye: the subscriber goes on waiting, and can be closed.
    call.subscriber.close().await.expect("closed");
}

/// A relay sees the datagrams themselves, so the proof does not rest on what the publisher counts.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn not_one_media_datagram_leaves_after_the_gate() {
    let relay = Relay::new().await;
    let (publisher, offer, mut told) =
        PeerConnection::publish(&loopback(), Publishes::default()).expect("publishes");
    let (subscriber, mut received) = PeerConnection::subscribe(&loopback()).expect("subscribes");
    let offer = Relay::in_place(&offer.sdp, relay.for_subscriber);
    let answer = subscriber.answer(&offer).await.expect("an answer");
    let answer = Relay::in_place(&answer, relay.for_publisher);
    publisher.accept_answer(&answer).await.expect("agreed");
    assert_eq!(next(&mut told).await, PeerEvent::Connected);
    assert_eq!(next(&mut received).await, PeerEvent::Connected);

    let mut camera = Camera::of(640, 360);
    for number in 0..20 {
        publisher.send(packet(number));
        publisher.send(camera.shoot());
        frame(&mut received).await;
    }
    // In the midst of it: some are on their way to the encoder, some to the socket.
    for number in 20..40 {
        publisher.send(packet(number));
        publisher.send(camera.shoot());
    }
    publisher.stop_sending();
    let before = relay.media_of_publisher().await;
    assert!(before > 20, "{before}");
    for number in 40..60 {
        assert!(!publisher.send(packet(number)));
        assert!(!publisher.send(camera.shoot()));
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    publisher.close().await.expect("closed");
    assert_eq!(relay.media_of_publisher().await, before);
    // And the goodbye went through it.
    closed(&mut received).await;
    let sent = publisher.counts().media_datagrams_sent;
    assert_eq!(usize::try_from(sent), Ok(before));
}

#[tokio::test]
async fn closing_is_soon_over_when_nobody_hears_it() {
    let relay = Relay::new().await;
    let (publisher, offer, mut told) =
        PeerConnection::publish(&loopback(), Publishes::default()).expect("publishes");
    let (subscriber, _received) = PeerConnection::subscribe(&loopback()).expect("subscribes");
    let offer = Relay::in_place(&offer.sdp, relay.for_subscriber);
    let answer = subscriber.answer(&offer).await.expect("an answer");
    let answer = Relay::in_place(&answer, relay.for_publisher);
    publisher.accept_answer(&answer).await.expect("agreed");
    assert_eq!(next(&mut told).await, PeerEvent::Connected);
    relay.cut();
    let close = tokio::time::timeout(Duration::from_secs(5), publisher.close()).await;
    assert_eq!(close.expect("over"), Ok(()));
    drop(subscriber);
}

#[tokio::test]
async fn an_address_that_this_machine_has_not_is_named() {
    // Of the block for documentation: no interface has it.
    let elsewhere = Network::at([192, 0, 2, 77].into());
    let refused = PeerConnection::subscribe(&elsewhere).expect_err("no such address");
    assert!(matches!(refused, NetworkError::Bind { .. }));
    assert!(refused.to_string().contains("192.0.2.77"), "{refused}");
    let anywhere = Network::at([0, 0, 0, 0].into());
    assert!(PeerConnection::subscribe(&anywhere).is_err());
}

#[tokio::test]
async fn what_is_sent_to_nobody_is_counted() {
    let (publisher, _, _events) =
        PeerConnection::publish(&loopback(), Publishes::sound()).expect("publishes");
    assert!(!publisher.send(packet(0)));
    assert!(!publisher.send(Camera::of(320, 180).shoot()));
    assert_eq!(publisher.counts().frames_unwanted, 2);
    publisher.close().await.expect("closed");
}

#[tokio::test]
async fn garbage_at_the_socket_disturbs_nobody() {
    let mut call = Call::connected(Publishes::sound()).await;
    let address = call.offer.candidates[0].candidate.clone();
    let words: Vec<&str> = address.split(' ').collect();
    let target = format!("{}:{}", words[4], words[5]);
    let stranger = tokio::net::UdpSocket::bind("127.0.0.1:0").await;
    let stranger = stranger.expect("a socket");
    for first in 0..=255_u8 {
        for length in [0, 1, 20, 2000, 4000] {
            let garbage = vec![first; length];
            stranger.send_to(&garbage, &target).await.expect("sent");
        }
        tokio::task::yield_now().await;
    }
    let publisher = &call.publisher;
    until(
        || publisher.counts().datagrams_ignored > 100,
        || format!("{:?}", publisher.counts()),
    )
    .await;
    assert!(call.publisher.send(packet(7)));
    assert_eq!(call.frame().await.1.payload, packet(7).payload);
}
