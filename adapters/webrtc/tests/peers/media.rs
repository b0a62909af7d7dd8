//! What is sent arrives.

use exeunt_port::{Codec, MediaFrame};
use exeunt_webrtc::{Agreed, Publishes};

use crate::call::{Call, Camera, look_alike, packet, seen};

#[tokio::test]
async fn sound_arrives_byte_for_byte_in_order_and_with_its_times() {
    let mut call = Call::connected(Publishes::sound()).await;
    assert_eq!(
        call.agreed,
        Agreed {
            audio: true,
            video: false
        }
    );
    for number in 0..25 {
        let sent = packet(number);
        assert!(call.publisher.send(sent.clone()));
        let (mid, arrived) = call.frame().await;
        assert_eq!(Some(mid), call.offer.audio);
        assert_eq!(arrived, sent);
    }
    assert_eq!(call.publisher.counts().frames_sent, 25);
    assert_eq!(call.subscriber.counts().frames_received, 25);
}

#[tokio::test]
async fn a_picture_arrives_as_a_jpeg_of_its_size_and_colours() {
    let mut call = Call::connected(Publishes::default()).await;
    let mut camera = Camera::of(320, 180);
    let mut pictures: Vec<MediaFrame> = Vec::new();
    while pictures.len() < 10 {
        let (mid, picture) = call.picture(&mut camera).await;
        assert_eq!(Some(mid), call.offer.video);
        pictures.push(picture);
    }
    for picture in &pictures {
        assert_eq!(picture.codec, Codec::Jpeg);
        let (size, quarters) = seen(picture);
        assert_eq!(size, (320, 180));
        for (seen, shown) in quarters.into_iter().zip(Camera::QUARTERS) {
            assert!(look_alike(seen, shown), "{seen:?} instead of {shown:?}");
        }
    }
    let sequences: Vec<_> = pictures.iter().map(|picture| picture.sequence).collect();
    assert!(
        sequences.is_sorted_by(|one, next| one < next),
        "{sequences:?}"
    );
    let times: Vec<_> = pictures
        .iter()
        .map(|picture| picture.captured_at_micros)
        .collect();
    assert!(times.is_sorted_by(|one, next| one < next), "{times:?}");
}
