//! Whole calls on virtual time, over a network that is two lists.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use str0m::media::MediaKind;

use super::{Happening, Output, Session};
use crate::{DescriptionError, MediaId, Offer, PeerConnection, PeerFailure, Publishes};

/// A publisher and a subscriber, and the network between them.
struct Call {
    publisher: Session,
    subscriber: Session,
    now: Instant,
    network_is_up: bool,
    published: Vec<Happening>,
    received: Vec<Happening>,
}

const PUBLISHER: ([u8; 4], u16) = ([10, 0, 0, 1], 1000);
const SUBSCRIBER: ([u8; 4], u16) = ([10, 0, 0, 2], 2000);
/// How long a datagram takes.
const WAY: Duration = Duration::from_millis(5);

fn address(of: ([u8; 4], u16)) -> SocketAddr {
    of.into()
}

impl Call {
    /// Neither knows of the other.
    fn undescribed() -> (Self, Offer) {
        let now = Instant::now();
        let mut publisher = Session::new(&[address(PUBLISHER)], true, now);
        let offer = publisher.offer(Publishes::default(), now);
        let call = Self {
            publisher,
            subscriber: Session::new(&[address(SUBSCRIBER)], false, now),
            now,
            network_is_up: true,
            published: Vec::new(),
            received: Vec::new(),
        };
        (call, offer)
    }

    fn described() -> (Self, Offer) {
        let (mut call, offer) = Self::undescribed();
        let answer = call.subscriber.accept_offer(&offer.sdp, call.now);
        let answer = answer.expect("an answer");
        let agreed = call.publisher.accept_answer(&answer, call.now);
        assert!(agreed.is_ok_and(|agreed| agreed.audio && agreed.video));
        (call, offer)
    }

    fn connected() -> (Self, Offer) {
        let (mut call, offer) = Self::described();
        call.run_until(|call| {
            let connected = |happened: &[Happening]| {
                happened.iter().any(|it| matches!(it, Happening::Connected))
            };
            connected(&call.published) && connected(&call.received)
        });
        (call, offer)
    }

    /// Carries what comes out to where it belongs, once; answers whether there was anything.
    fn carry(&mut self) -> bool {
        let mut carried = false;
        let up = self.network_is_up;
        for from_publisher in [true, false] {
            let (from, to, happened) = if from_publisher {
                (
                    &mut self.publisher,
                    &mut self.subscriber,
                    &mut self.published,
                )
            } else {
                (
                    &mut self.subscriber,
                    &mut self.publisher,
                    &mut self.received,
                )
            };
            while let Some(output) = from.next_output() {
                carried = true;
                match output {
                    Output::Datagram(datagram) if up => {
                        let arrives = self.now + WAY;
                        to.datagram(
                            datagram.source,
                            datagram.destination,
                            &datagram.contents,
                            arrives,
                        );
                    }
                    Output::Datagram(_) => {}
                    Output::Happened(it) => happened.push(it),
                }
            }
        }
        if carried {
            self.now += WAY;
        }
        carried
    }

    /// Lets time pass to the next moment at which something is due.
    fn pass(&mut self) {
        if self.carry() {
            return;
        }
        let due = [self.publisher.wake_at(), self.subscriber.wake_at()];
        let due = due.into_iter().flatten().min();
        self.now = self.now.max(due.expect("one of them waits for something"));
        self.publisher.timeout(self.now);
        self.subscriber.timeout(self.now);
    }

    fn run_until(&mut self, is_so: impl Fn(&Self) -> bool) {
        let give_up = self.now + Duration::from_secs(120);
        while !is_so(self) {
            assert!(self.now < give_up, "not so within two minutes");
            self.pass();
        }
    }

    fn run_for(&mut self, time: Duration) {
        let until = self.now + time;
        while self.now < until {
            self.pass();
        }
    }
}

fn failure(happened: &[Happening]) -> Option<&PeerFailure> {
    happened.iter().find_map(|it| match it {
        Happening::Failed(failure) => Some(failure),
        Happening::Connected
        | Happening::Lost
        | Happening::Closed
        | Happening::Received(_)
        | Happening::KeyFrameWanted
        | Happening::Undecodable { .. }
        | Happening::Stopped(_) => None,
    })
}

fn received(happened: &[Happening]) -> usize {
    let media = happened
        .iter()
        .filter(|it| matches!(it, Happening::Received(_)));
    media.count()
}

#[test]
fn a_peer_that_vanishes_is_lost_and_then_failed() {
    let (mut call, _) = Call::connected();
    call.network_is_up = false;
    let vanished = call.now;
    call.run_until(|call| failure(&call.received).is_some());
    assert_eq!(failure(&call.received), Some(&PeerFailure::Silent));
    assert!(call.received.iter().any(|it| matches!(it, Happening::Lost)));
    assert!(call.subscriber.is_over());
    // ICE's patience and then ours.
    let took = call.now - vanished;
    assert!(took >= PeerConnection::RECOVERING, "{took:?}");
    assert!(took < Duration::from_secs(40), "{took:?}");
}

#[test]
fn a_peer_that_comes_back_in_time_is_connected_again() {
    let (mut call, _) = Call::connected();
    call.network_is_up = false;
    call.run_until(|call| call.received.iter().any(|it| matches!(it, Happening::Lost)));
    call.network_is_up = true;
    call.run_until(|call| {
        let connected = |it: &&Happening| matches!(it, Happening::Connected);
        call.received.iter().filter(connected).count() == 2
    });
    assert_eq!(failure(&call.received), None);
}

#[test]
fn a_peer_that_never_answers_fails_when_connecting_has_taken_too_long() {
    let (mut call, _) = Call::described();
    call.network_is_up = false;
    let began = call.now;
    call.run_until(|call| failure(&call.published).is_some());
    assert_eq!(failure(&call.published), Some(&PeerFailure::NotConnected));
    let took = call.now - began;
    assert!(took >= PeerConnection::CONNECTING, "{took:?}");
    assert!(
        took < PeerConnection::CONNECTING + Duration::from_secs(1),
        "{took:?}"
    );
}

#[test]
fn a_peer_with_another_key_than_its_description_says_gets_no_media() {
    let (mut call, offer) = Call::undescribed();
    let answer = call.subscriber.accept_offer(&offer.sdp, call.now);
    let answer = answer.expect("an answer");
    // The last byte of the fingerprint is another one.
    let line = answer
        .lines()
        .find(|line| line.starts_with("a=fingerprint:"))
        .expect("a fingerprint");
    let last = if line.ends_with("00") { "01" } else { "00" };
    let forged = answer.replace(line, &format!("{}{last}", &line[..line.len() - 2]));
    let agreed = call.publisher.accept_answer(&forged, call.now);
    assert!(agreed.is_ok());
    call.run_until(|call| failure(&call.published).is_some());
    let keys = matches!(failure(&call.published), Some(PeerFailure::Keys { .. }));
    assert!(keys, "{:?}", call.published);
    assert!(
        !call
            .publisher
            .send(MediaKind::Audio, &[248; 40], 0, call.now, call.now)
    );
}

#[test]
fn whoever_closes_is_over_at_once_and_the_other_one_hears_of_it() {
    let (mut call, _) = Call::connected();
    let before = call.now;
    call.publisher.close(call.now);
    call.run_until(|call| call.publisher.is_over() && call.subscriber.is_over());
    assert!(
        call.received
            .iter()
            .any(|it| matches!(it, Happening::Closed))
    );
    assert_eq!(failure(&call.received), None);
    let took = call.now - before;
    assert!(took <= 4 * WAY, "{took:?}");
}

#[test]
fn closing_before_anybody_answered_says_nothing() {
    let (mut call, _) = Call::undescribed();
    call.publisher.close(call.now);
    assert!(call.publisher.is_over());
    assert!(call.publisher.next_output().is_none());
}

#[test]
fn a_key_frame_that_is_asked_for_is_heard_of() {
    let (mut call, offer) = Call::connected();
    let video = offer.video.expect("pictures are offered");
    // There has to be a stream that the question is about.
    let key_frame = [
        0, 0, 0, 1, 0x67, 1, 2, 3, 0, 0, 0, 1, 0x68, 1, 0, 0, 0, 1, 0x65, 9, 9,
    ];
    let now = call.now;
    assert!(
        call.publisher
            .send(MediaKind::Video, &key_frame, 0, now, now)
    );
    call.run_until(|call| received(&call.received) > 0);
    assert!(call.subscriber.request_key_frame(video, call.now));
    call.run_until(|call| {
        let wanted = |it: &Happening| matches!(it, Happening::KeyFrameWanted);
        call.published.iter().any(wanted)
    });
}

#[test]
fn sound_that_was_lost_leaves_a_gap_and_delays_what_follows_by_a_bound() {
    let (mut call, _) = Call::connected();
    let send = |call: &mut Call, number: u64| {
        let packet = [248, u8::try_from(number).unwrap_or(0)];
        let (at, now) = (number * 20_000, call.now);
        assert!(call.publisher.send(MediaKind::Audio, &packet, at, now, now));
        call.run_for(Duration::from_millis(20));
    };
    for number in 0..10 {
        call.network_is_up = number != 4;
        send(&mut call, number);
    }
    call.run_for(Duration::from_millis(300));
    let numbers: Vec<u8> = call
        .received
        .iter()
        .filter_map(|it| match it {
            Happening::Received(data) => data.data.get(1).copied(),
            Happening::Connected
            | Happening::Lost
            | Happening::Failed(_)
            | Happening::Closed
            | Happening::KeyFrameWanted
            | Happening::Undecodable { .. }
            | Happening::Stopped(_) => None,
        })
        .collect();
    assert_eq!(numbers, [0, 1, 2, 3, 5, 6, 7, 8, 9]);
}

#[test]
fn an_answer_without_an_offer_is_refused_and_so_is_a_second_one() {
    let (mut call, offer) = Call::undescribed();
    let answer = call.subscriber.accept_offer(&offer.sdp, call.now);
    let answer = answer.expect("an answer");
    let early = call.subscriber.accept_answer(&answer, call.now);
    assert_eq!(early, Err(DescriptionError::NotOffered));
    assert!(call.publisher.accept_answer(&answer, call.now).is_ok());
    let second = call.publisher.accept_answer(&answer, call.now);
    assert_eq!(second, Err(DescriptionError::NotOffered));
}

#[test]
fn datagrams_that_are_nothing_of_ours_change_nothing() {
    let (mut call, _) = Call::connected();
    let (from, to) = (address(PUBLISHER), address(SUBSCRIBER));
    let stranger: SocketAddr = ([10, 0, 0, 9], 9).into();
    for first in 0..=255_u8 {
        for length in [1, 2, 12, 13, 20, 60, 1400, 2000] {
            let mut garbage = vec![first; length];
            garbage[length / 2] ^= 0x5a;
            for source in [from, stranger] {
                call.subscriber.datagram(source, to, &garbage, call.now);
            }
        }
    }
    call.subscriber.datagram(from, to, &[], call.now);
    assert!(!call.subscriber.is_over(), "{:?}", call.received);
    let now = call.now;
    assert!(
        call.publisher
            .send(MediaKind::Audio, &[248; 40], 0, now, now)
    );
    call.run_until(|call| received(&call.received) == 1);
}

#[test]
fn the_media_have_the_names_that_the_offer_says() {
    let (call, offer) = Call::connected();
    let names = [offer.audio, offer.video].map(|mid| mid.expect("offered"));
    for name in names.as_ref().iter().map(MediaId::as_str) {
        assert!(offer.sdp.contains(&format!("a=mid:{name}\r\n")), "{name}");
    }
    assert_eq!(offer.candidates.len(), 1);
    assert!(offer.candidates[0].candidate.starts_with("candidate:"));
    assert!(offer.sdp.contains(&offer.candidates[0].candidate));
    drop(call);
}
