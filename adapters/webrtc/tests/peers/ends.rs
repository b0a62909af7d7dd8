//! How a peer connection ends, and that it is over then.

use std::time::{Duration, Instant};

use exeunt_webrtc::{
    DescriptionError, Network, NetworkError, PeerConnection, PeerEvent, Publishes,
};

use crate::call::{Call, Camera, PATIENCE, closed, loopback, next, packet, until};
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

/// Encoding one of these takes long enough to be caught in the midst of it.
const LARGE: (u16, u16) = (1280, 720);

/// A relay sees the datagrams themselves, so the proof does not rest on what the publisher counts. Calls
/// are repeated until the gate was shut while a picture was between the encoder and the socket.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn not_one_media_datagram_leaves_after_the_gate() {
    for _ in 0..20 {
        if datagrams_kept_back_by_the_gate().await > 0 {
            return;
        }
    }
    unreachable!("in none of the calls was anything under way");
}

/// Shuts the gate in the midst of a call, looks at what leaves, and says how much did not.
async fn datagrams_kept_back_by_the_gate() -> u64 {
    let (relay, mut call) = Relay::between().await;
    let mut camera = Camera::of(LARGE.0, LARGE.1);
    for number in 0..5 {
        call.publisher.send(packet(number));
        call.picture(&mut camera).await;
    }
    // A picture that outruns another one: the encoder has a third one in hand.
    let outrun = call.publisher.counts().frames_outrun;
    let begun = Instant::now();
    while call.publisher.counts().frames_outrun == outrun {
        call.publisher.send(camera.shoot());
        assert!(begun.elapsed() < PATIENCE, "no picture outruns another");
    }
    for number in 5..10 {
        call.publisher.send(packet(number));
    }
    call.publisher.stop_sending();
    let before = relay.media_of_publisher().await;
    assert!(before > 5, "{before}");
    for number in 10..60 {
        assert!(!call.publisher.send(packet(number)));
        assert!(!call.publisher.send(camera.shoot()));
        tokio::time::sleep(Duration::from_millis(4)).await;
        if call.publisher.counts().media_datagrams_gated > 0 {
            break;
        }
    }
    call.publisher.close().await.expect("closed");
    // The goodbye went through it, and nothing else.
    closed(&mut call.received).await;
    assert_eq!(relay.media_of_publisher().await, before);
    let sent = call.publisher.counts().media_datagrams_sent;
    assert_eq!(usize::try_from(sent), Ok(before));
    call.publisher.counts().media_datagrams_gated
}

#[tokio::test]
async fn closing_is_soon_over_when_nobody_hears_it() {
    let (relay, call) = Relay::between().await;
    relay.cut();
    let close = tokio::time::timeout(Duration::from_secs(5), call.publisher.close()).await;
    assert_eq!(close.expect("over"), Ok(()));
}

#[tokio::test]
async fn an_address_that_this_machine_has_not_is_named() {
    // Of the block for documentation: no interface has it.
    let elsewhere = Network::at([203, 0, 113, 77].into());
    let refused = PeerConnection::subscribe(&elsewhere).expect_err("no such address");
    assert!(matches!(refused, NetworkError::Bind { .. }));
    assert!(refused.to_string().contains("203.0.113.77"), "{refused}");
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
