//! Feeds that come and go, as an SFU offers them anew.

use exeunt_port::Codec;
use exeunt_webrtc::{PeerConnection, PeerEvent, Publishes};
use str0m::change::SdpOffer;
use str0m::format::Codec as Format;
use str0m::media::{Direction, MediaKind};

use crate::call::{Camera, frame, look_alike, loopback, next, packet, seen};
use crate::h264;
use crate::sfu::{Sfu, soon};

#[tokio::test]
async fn feeds_are_added_and_removed_while_others_go_on() {
    let mut sfu = Sfu::new(|config| config).await;
    let (subscriber, mut received) = PeerConnection::subscribe(&loopback()).expect("subscribes");
    let first = sfu.feed(MediaKind::Audio, &subscriber).await;
    sfu.connect().await;
    assert_eq!(sfu.during(next(&mut received)).await, PeerEvent::Connected);
    sfu.send(first, Format::Opus, 0, &packet(0).payload);
    let (mid, arrived) = sfu.during(frame(&mut received)).await;
    assert_eq!((mid.as_str(), arrived.sequence), (&*first, 0));

    // A second one comes, and then the first one goes.
    let second = sfu.feed(MediaKind::Audio, &subscriber).await;
    sfu.send(second, Format::Opus, 5_000_000, &packet(1).payload);
    let (mid, arrived) = sfu.during(frame(&mut received)).await;
    assert_eq!((mid.as_str(), arrived), (&*second, packet_as_first(1)));
    sfu.renegotiate(&subscriber, |api| {
        api.set_direction(first, Direction::Inactive);
    })
    .await;
    sfu.send(second, Format::Opus, 5_020_000, &packet(2).payload);
    let (mid, arrived) = sfu.during(frame(&mut received)).await;
    assert_eq!((mid.as_str(), arrived.sequence), (&*second, 1));

    // The first one's place is taken by another feed: its frames are counted anew.
    sfu.renegotiate(&subscriber, |api| {
        api.set_direction(first, Direction::SendOnly);
    })
    .await;
    sfu.send(first, Format::Opus, 40_000, &packet(3).payload);
    let (mid, arrived) = sfu.during(frame(&mut received)).await;
    assert_eq!((mid.as_str(), arrived), (&*first, packet_as_first(3)));
    sfu.during(subscriber.close()).await.expect("closed");
}

/// A packet as the first of its medium.
fn packet_as_first(number: u32) -> exeunt_port::MediaFrame {
    exeunt_port::MediaFrame {
        sequence: 0,
        captured_at_micros: 0,
        ..packet(number)
    }
}

#[tokio::test]
async fn who_comes_in_the_middle_asks_for_a_key_frame_and_then_sees() {
    let mut sfu = Sfu::new(|config| config).await;
    let (subscriber, mut received) = PeerConnection::subscribe(&loopback()).expect("subscribes");
    let video = sfu.feed(MediaKind::Video, &subscriber).await;
    sfu.connect().await;
    assert_eq!(sfu.during(next(&mut received)).await, PeerEvent::Connected);
    let mut camera = h264::Camera::new(320, 180, Camera::QUARTERS);
    // The stream's beginning was before our time.
    camera.shoot();
    let mut at = 0;
    let asking = async {
        while sfu.key_frames_wanted == 0 {
            at += 33_333;
            sfu.send(video, Format::H264, at, &camera.shoot());
            let pause = tokio::time::sleep(std::time::Duration::from_millis(10));
            sfu.during(pause).await;
        }
    };
    soon("a request for a key frame", asking).await;
    assert_eq!(subscriber.counts().frames_received, 0);
    camera.key_frame();
    sfu.send(video, Format::H264, at + 33_333, &camera.shoot());
    let (mid, picture) = sfu.during(frame(&mut received)).await;
    assert_eq!((mid.as_str(), picture.codec), (&*video, Codec::Jpeg));
    let (size, quarters) = seen(&picture);
    assert_eq!(size, (320, 180));
    for (seen, shown) in quarters.into_iter().zip(Camera::QUARTERS) {
        assert!(look_alike(seen, shown), "{seen:?} instead of {shown:?}");
    }
    assert!(subscriber.counts().key_frame_requests_sent > 0);

    // What is no H.264 at all: said in the counts, asked for anew, and nothing else happens.
    sfu.send(
        video,
        Format::H264,
        at + 66_666,
        &[0, 0, 0, 1, 0x41, 0xff, 0, 0xff, 9, 9],
    );
    let asked = sfu.key_frames_wanted;
    let mut later = at + 100_000;
    let asking = async {
        while sfu.key_frames_wanted == asked {
            later += 33_333;
            sfu.send(
                video,
                Format::H264,
                later,
                &[0, 0, 0, 1, 0x41, 0xff, 0, 0xff, 9, 9],
            );
            let pause = tokio::time::sleep(std::time::Duration::from_millis(10));
            sfu.during(pause).await;
        }
    };
    soon("a request for another key frame", asking).await;
    assert!(subscriber.counts().pictures_damaged > 0);
    sfu.during(subscriber.close()).await.expect("closed");
}

#[tokio::test]
async fn a_feed_that_cannot_be_decoded_is_said_and_refused() {
    let only_vp8 = |config: str0m::RtcConfig| config.clear_codecs().enable_vp8(true);
    let mut sfu = Sfu::new(|config| only_vp8(config).enable_opus(true, false)).await;
    let (subscriber, mut received) = PeerConnection::subscribe(&loopback()).expect("subscribes");
    sfu.feed(MediaKind::Audio, &subscriber).await;
    sfu.connect().await;
    assert_eq!(sfu.during(next(&mut received)).await, PeerEvent::Connected);
    let video = sfu.feed(MediaKind::Video, &subscriber).await;
    let said = sfu.during(next(&mut received)).await;
    let PeerEvent::Undecodable { mid, what } = said else {
        unreachable!("{said:?}");
    };
    assert_eq!((mid.as_str(), what.as_str()), (&*video, "VP8"));
    sfu.during(subscriber.close()).await.expect("closed");
}

#[tokio::test]
async fn sound_that_is_no_twenty_milliseconds_is_said_once_and_counted() {
    let mut sfu = Sfu::new(|config| config).await;
    let (subscriber, mut received) = PeerConnection::subscribe(&loopback()).expect("subscribes");
    let audio = sfu.feed(MediaKind::Audio, &subscriber).await;
    sfu.connect().await;
    assert_eq!(sfu.during(next(&mut received)).await, PeerEvent::Connected);
    for number in 0..3 {
        // SILK, 60 ms.
        sfu.send(audio, Format::Opus, number * 60_000, &[3 << 3, 1, 2, 3]);
    }
    sfu.send(audio, Format::Opus, 180_000, &packet(0).payload);
    let said = sfu.during(next(&mut received)).await;
    assert!(matches!(said, PeerEvent::Undecodable { .. }), "{said:?}");
    let (_, arrived) = sfu.during(frame(&mut received)).await;
    assert_eq!(arrived.payload, packet(0).payload);
    assert_eq!(subscriber.counts().undecodable, 3);
    sfu.during(subscriber.close()).await.expect("closed");
}

#[tokio::test]
async fn a_key_frame_follows_when_the_other_side_asks_for_one() {
    let mut sfu = Sfu::new(|config| config).await;
    let (publisher, offer, mut events) =
        PeerConnection::publish(&loopback(), Publishes::default()).expect("publishes");
    let answer = sfu.answer(SdpOffer::from_sdp_string(&offer.sdp).expect("an offer"));
    sfu.during(publisher.accept_answer(&answer))
        .await
        .expect("agreed");
    assert_eq!(sfu.during(next(&mut events)).await, PeerEvent::Connected);
    let mut camera = Camera::of(320, 180);
    // It begins with one, and goes on without.
    let sending = async {
        while sfu.pictures.len() < 10 {
            publisher.send(camera.shoot());
            let pause = tokio::time::sleep(std::time::Duration::from_millis(20));
            sfu.during(pause).await;
        }
    };
    soon("ten pictures", sending).await;
    assert!(sfu.pictures[0]);
    assert!(!sfu.pictures[1..].contains(&true), "{:?}", sfu.pictures);
    let before = sfu.pictures.len();
    let mid = offer.video.expect("offered");
    assert!(sfu.ask_for_key_frame(mid.as_str().into()));
    let sending = async {
        while !sfu.pictures[before..].contains(&true) {
            publisher.send(camera.shoot());
            let pause = tokio::time::sleep(std::time::Duration::from_millis(20));
            sfu.during(pause).await;
        }
    };
    soon("the key frame that was asked for", sending).await;
    assert_eq!(publisher.counts().key_frames_sent, 2);
    assert!(publisher.counts().key_frame_requests_received > 0);
    sfu.during(publisher.close()).await.expect("closed");
}
