//! A publisher and a subscriber, connected as an SFU would connect them.

use std::net::Ipv4Addr;
use std::time::Duration;

use bytes::Bytes;
use exeunt_port::{Codec, MediaFrame};
use exeunt_webrtc::{
    Agreed, MediaId, Network, Offer, PeerConnection, PeerEvent, PeerEvents, Publishes,
};
use jpeg_encoder::{ColorType, Encoder};
use zune_jpeg::JpegDecoder;
use zune_jpeg::zune_core::bytestream::ZCursor;

/// A call in one direction.
pub(crate) struct Call {
    pub(crate) publisher: PeerConnection,
    pub(crate) told: PeerEvents,
    pub(crate) offer: Offer,
    pub(crate) agreed: Agreed,
    pub(crate) subscriber: PeerConnection,
    pub(crate) received: PeerEvents,
}

/// How long is waited for what has to come.
pub(crate) const PATIENCE: Duration = Duration::from_secs(20);

/// The loopback interface.
pub(crate) fn loopback() -> Network {
    Network::at(Ipv4Addr::LOCALHOST.into())
}

impl Call {
    /// Both are connected.
    pub(crate) async fn connected(wish: Publishes) -> Self {
        Self::by_way_of(wish, str::to_owned, str::to_owned).await
    }

    /// Both are connected by way of something that changes their descriptions.
    pub(crate) async fn by_way_of(
        wish: Publishes,
        offered: impl FnOnce(&str) -> String,
        answered: impl FnOnce(&str) -> String,
    ) -> Self {
        let (publisher, offer, told) =
            PeerConnection::publish(&loopback(), wish).expect("publishes");
        let (subscriber, received) = PeerConnection::subscribe(&loopback()).expect("subscribes");
        let answer = subscriber.answer(&offered(&offer.sdp)).await;
        let answer = answered(&answer.expect("an answer"));
        let agreed = publisher.accept_answer(&answer).await.expect("agreed");
        let mut call = Self {
            publisher,
            told,
            offer,
            agreed,
            subscriber,
            received,
        };
        assert_eq!(next(&mut call.told).await, PeerEvent::Connected);
        assert_eq!(next(&mut call.received).await, PeerEvent::Connected);
        call
    }

    /// The next frame of the subscriber.
    pub(crate) async fn frame(&mut self) -> (MediaId, MediaFrame) {
        frame(&mut self.received).await
    }

    /// Sends a picture every few milliseconds until one arrives, as a camera does.
    pub(crate) async fn picture(&mut self, camera: &mut Camera) -> (MediaId, MediaFrame) {
        let shooting = async {
            loop {
                self.publisher.send(camera.shoot());
                let pause = Duration::from_millis(20);
                let arrived = tokio::time::timeout(pause, frame(&mut self.received)).await;
                if let Ok((mid, frame)) = arrived
                    && frame.codec == Codec::Jpeg
                {
                    return (mid, frame);
                }
            }
        };
        let shot = tokio::time::timeout(PATIENCE, shooting).await;
        shot.expect("a picture arrives")
    }
}

/// Waits until something is so.
pub(crate) async fn until(is_so: impl Fn() -> bool, otherwise: impl Fn() -> String) {
    let waiting = async {
        while !is_so() {
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
    };
    let waited = tokio::time::timeout(PATIENCE, waiting).await;
    assert!(waited.is_ok(), "not so after {PATIENCE:?}: {}", otherwise());
}

/// The next event, which has to come.
pub(crate) async fn next(events: &mut PeerEvents) -> PeerEvent {
    let event = tokio::time::timeout(PATIENCE, events.next()).await;
    event.expect("an event in time").expect("not the end")
}

/// The next frame; nothing else may come before it.
pub(crate) async fn frame(events: &mut PeerEvents) -> (MediaId, MediaFrame) {
    let event = next(events).await;
    let PeerEvent::Frame { mid, frame } = event else {
        unreachable!("{event:?} instead of a frame");
    };
    (mid, frame)
}

/// Nothing but frames comes before the other side's close.
pub(crate) async fn closed(events: &mut PeerEvents) {
    let mut event = next(events).await;
    while let PeerEvent::Frame { .. } = event {
        event = next(events).await;
    }
    assert_eq!(event, PeerEvent::Closed);
}

/// A packet of 20 ms of sound; its contents say which.
pub(crate) fn packet(number: u32) -> MediaFrame {
    // The first byte is Opus's: CELT, fullband, 20 ms, one frame.
    let mut payload = vec![31 << 3];
    payload.extend(number.to_be_bytes());
    payload.extend([u8::try_from(number % 251).expect("below 251"); 60]);
    MediaFrame {
        codec: Codec::Opus,
        sequence: number,
        captured_at_micros: u64::from(number) * 20_000,
        payload: payload.into(),
    }
}

/// Takes the same picture again and again, 30 times a second.
pub(crate) struct Camera {
    jpeg: Bytes,
    shot: u32,
}

impl Camera {
    /// What it sees: red, green, blue and white, in quarters.
    pub(crate) const QUARTERS: [[u8; 3]; 4] =
        [[200, 40, 40], [40, 180, 60], [50, 60, 190], [230, 230, 230]];

    pub(crate) fn of(width: u16, height: u16) -> Self {
        Self {
            jpeg: jpeg(width, height, Self::QUARTERS),
            shot: 0,
        }
    }

    pub(crate) fn shoot(&mut self) -> MediaFrame {
        let shot = self.shot;
        self.shot += 1;
        MediaFrame {
            codec: Codec::Jpeg,
            sequence: shot,
            captured_at_micros: u64::from(shot) * 33_333,
            payload: self.jpeg.clone(),
        }
    }
}

/// A picture of four quarters.
pub(crate) fn jpeg(width: u16, height: u16, quarters: [[u8; 3]; 4]) -> Bytes {
    let mut pixels = Vec::new();
    for line in 0..height {
        for column in 0..width {
            let quarter = usize::from(line >= height / 2) * 2 + usize::from(column >= width / 2);
            pixels.extend(quarters[quarter]);
        }
    }
    let mut jpeg = Vec::new();
    Encoder::new(&mut jpeg, 90)
        .encode(&pixels, width, height, ColorType::Rgb)
        .expect("a JPEG");
    jpeg.into()
}

/// A picture's size, and the colours in the middle of its quarters.
pub(crate) fn seen(frame: &MediaFrame) -> ((usize, usize), [[u8; 3]; 4]) {
    let mut decoder = JpegDecoder::new(ZCursor::new(&frame.payload[..]));
    let pixels = decoder.decode().expect("a JPEG");
    let (width, height) = decoder.dimensions().expect("a size");
    let at = |column: usize, line: usize| {
        let start = (line * width + column) * 3;
        [pixels[start], pixels[start + 1], pixels[start + 2]]
    };
    let (left, right) = (width / 4, width * 3 / 4);
    let (top, bottom) = (height / 4, height * 3 / 4);
    let quarters = [
        at(left, top),
        at(right, top),
        at(left, bottom),
        at(right, bottom),
    ];
    ((width, height), quarters)
}

/// Whether two colours look the same, after two lossy codecs.
pub(crate) fn look_alike(one: [u8; 3], other: [u8; 3]) -> bool {
    one.into_iter()
        .zip(other)
        .all(|(one, other)| one.abs_diff(other) <= 14)
}
