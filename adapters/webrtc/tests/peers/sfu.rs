//! A bare WebRTC engine in an SFU's place: it offers, changes its mind, and sends what it is told to.

use std::net::SocketAddr;
use std::time::Instant;

use exeunt_webrtc::PeerConnection;
use str0m::change::{SdpAnswer, SdpApi, SdpOffer, SdpPendingOffer};
use str0m::format::Codec;
use str0m::media::{Direction, KeyframeRequestKind, MediaKind, MediaTime, Mid};
use str0m::net::{Protocol, Receive};
use str0m::{Candidate, Event, Input, Output, Rtc, RtcConfig};
use tokio::net::UdpSocket;

use crate::call::PATIENCE;

/// Does what leads to this, which has to come.
pub(crate) async fn soon(what: &str, work: impl Future<Output = ()>) {
    let done = tokio::time::timeout(PATIENCE, work).await;
    assert!(done.is_ok(), "{PATIENCE:?} without {what}");
}

pub(crate) struct Sfu {
    rtc: Rtc,
    socket: UdpSocket,
    address: SocketAddr,
    connected: bool,
    /// Of each picture that came, whether it was a key frame.
    pub(crate) pictures: Vec<bool>,
    /// How often the subscriber asked for a key frame.
    pub(crate) key_frames_wanted: usize,
}

impl Sfu {
    pub(crate) async fn new(configure: impl FnOnce(RtcConfig) -> RtcConfig) -> Self {
        let socket = UdpSocket::bind("127.0.0.1:0").await.expect("a socket");
        let address = socket.local_addr().expect("its address");
        let mut rtc = configure(Rtc::builder()).build(Instant::now());
        let candidate = Candidate::host(address, Protocol::Udp).expect("a candidate");
        rtc.add_local_candidate(candidate);
        Self {
            rtc,
            socket,
            address,
            connected: false,
            pictures: Vec::new(),
            key_frames_wanted: 0,
        }
    }

    /// Sends a medium's worth of something new to the subscriber, once that has agreed.
    pub(crate) async fn feed(&mut self, kind: MediaKind, subscriber: &PeerConnection) -> Mid {
        let mut mid = None;
        self.renegotiate(subscriber, |api| {
            mid = Some(api.add_media(kind, Direction::SendOnly, None, None, None));
        })
        .await;
        mid.expect("a medium")
    }

    /// Offers a change and takes the answer; both run meanwhile.
    pub(crate) async fn renegotiate(
        &mut self,
        subscriber: &PeerConnection,
        change: impl FnOnce(&mut SdpApi<'_>),
    ) {
        let mut api = self.rtc.sdp_api();
        change(&mut api);
        let (offer, pending) = api.apply().expect("a change");
        let offer = offer.to_sdp_string();
        let answer = self.during(subscriber.answer(&offer)).await;
        self.take(pending, &answer.expect("an answer"));
    }

    fn take(&mut self, pending: SdpPendingOffer, answer: &str) {
        let answer = SdpAnswer::from_sdp_string(answer).expect("understood");
        let taken = self.rtc.sdp_api().accept_answer(pending, answer);
        taken.expect("acceptable");
    }

    /// Answers a publisher.
    pub(crate) fn answer(&mut self, offer: SdpOffer) -> String {
        let answer = self.rtc.sdp_api().accept_offer(offer);
        answer.expect("acceptable").to_sdp_string()
    }

    /// Runs until there is a connection.
    pub(crate) async fn connect(&mut self) {
        let connecting = async {
            while !self.connected {
                self.step().await;
            }
        };
        soon("a connection", connecting).await;
    }

    /// Sends one frame.
    pub(crate) fn send(&mut self, mid: Mid, codec: Codec, at_micros: u64, data: &[u8]) {
        let writer = self.rtc.writer(mid).expect("a medium that is sent");
        let mut kinds = writer.payload_params();
        let kind = kinds.find(|params| params.spec().codec == codec);
        let kind = kind.expect("was negotiated").pt();
        drop(kinds);
        let at = MediaTime::from_micros(at_micros);
        let sent = writer.write(kind, Instant::now(), at, data);
        sent.expect("taken");
        while self.put_out().is_none() {}
    }

    /// Asks a publisher for a key frame.
    pub(crate) fn ask_for_key_frame(&mut self, mid: Mid) -> bool {
        let asked = self.rtc.writer(mid).is_some_and(|mut writer| {
            let asked = writer.request_keyframe(None, KeyframeRequestKind::Fir);
            asked.is_ok()
        });
        while self.put_out().is_none() {}
        asked
    }

    /// Runs while something else happens.
    pub(crate) async fn during<T>(&mut self, work: impl Future<Output = T>) -> T {
        let mut work = std::pin::pin!(work);
        loop {
            tokio::select! {
                biased;
                done = &mut work => return done,
                () = self.step() => {}
            }
        }
    }

    /// Puts everything out, then waits for one thing to come in.
    async fn step(&mut self) {
        let until = loop {
            if let Some(until) = self.put_out() {
                break until;
            }
        };
        let mut buffer = [0; 2000];
        let came = tokio::select! {
            came = self.socket.recv_from(&mut buffer) => Some(came.expect("a datagram")),
            () = tokio::time::sleep_until(until.into()) => None,
        };
        let now = Instant::now();
        let input = match came {
            None => Input::Timeout(now),
            Some((length, source)) => {
                let contents = &buffer[..length];
                match Receive::new(Protocol::Udp, source, self.address, contents) {
                    Ok(datagram) => Input::Receive(now, datagram),
                    Err(_) => return,
                }
            }
        };
        self.rtc.handle_input(input).expect("taken");
    }

    /// One thing that comes out, or until when nothing does.
    fn put_out(&mut self) -> Option<Instant> {
        match self.rtc.poll_output().expect("an engine that works") {
            Output::Timeout(until) => return Some(until),
            Output::Transmit(datagram) => {
                let sent = self
                    .socket
                    .try_send_to(&datagram.contents, datagram.destination);
                sent.expect("sent");
            }
            Output::Event(Event::Connected) => self.connected = true,
            Output::Event(Event::KeyframeRequest(_)) => self.key_frames_wanted += 1,
            Output::Event(Event::MediaData(data)) if data.params.spec().codec.is_video() => {
                self.pictures.push(data.is_keyframe());
            }
            Output::Event(_) => {}
        }
        None
    }
}
