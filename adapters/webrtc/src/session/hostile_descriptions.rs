//! Descriptions that were mutilated on the way: a typed error or an agreement, never a panic.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::Index;

use super::Session;
use crate::{DescriptionError, MediaId, Publishes};

/// What a browser offers, for what a publisher of ours does not write: several codecs, simulcast,
/// extensions, a data channel.
const BROWSER: &str = include_str!("browser_offer.sdp");

fn now() -> Instant {
    Instant::now()
}

fn session(publishes: bool) -> Session {
    let address: SocketAddr = ([127, 0, 0, 1], 4000).into();
    Session::new(&[address], publishes, now())
}

/// One thing that goes wrong with a text.
#[derive(Clone, Debug)]
enum Mutilation {
    Byte(Index, u8),
    Cut(Index),
    WithoutLine(Index),
    DoubledLine(Index),
    SwappedLines(Index, Index),
    Number(Index, u64),
    Inserted(Index, String),
    LongLine(Index, u16),
}

fn mutilation() -> impl Strategy<Value = Mutilation> {
    use Mutilation::{
        Byte, Cut, DoubledLine, Inserted, LongLine, Number, SwappedLines, WithoutLine,
    };
    let at = any::<Index>;
    let number = prop_oneof![any::<u64>(), Just(0), Just(65_536), 0..300_u64];
    prop_oneof![
        2 => (at(), any::<u8>()).prop_map(|(at, byte)| Byte(at, byte)),
        1 => at().prop_map(Cut),
        4 => at().prop_map(WithoutLine),
        4 => at().prop_map(DoubledLine),
        3 => (at(), at()).prop_map(|(one, other)| SwappedLines(one, other)),
        5 => (at(), number).prop_map(|(at, number)| Number(at, number)),
        3 => (at(), "[ -~\u{80}-\u{ff}\r\n]{0,12}").prop_map(|(at, text)| Inserted(at, text)),
        1 => (at(), any::<u16>()).prop_map(|(at, length)| LongLine(at, length)),
    ]
}

impl Mutilation {
    fn of(&self, text: &str) -> String {
        let lines: Vec<&str> = text.split_inclusive('\n').collect();
        if lines.is_empty() {
            return text.to_owned();
        }
        let line = |at: &Index| at.index(lines.len());
        let with = |change: &dyn Fn(&mut Vec<String>)| {
            let mut owned: Vec<String> = lines.iter().map(|line| (*line).to_owned()).collect();
            change(&mut owned);
            owned.concat()
        };
        match self {
            Self::Byte(at, byte) => {
                let mut bytes = text.as_bytes().to_vec();
                let at = at.index(bytes.len());
                bytes[at] = *byte;
                String::from_utf8_lossy(&bytes).into_owned()
            }
            Self::Cut(at) => {
                let at = at.index(text.len());
                String::from_utf8_lossy(&text.as_bytes()[..at]).into_owned()
            }
            Self::WithoutLine(at) => with(&|lines| drop(lines.remove(line(at)))),
            Self::DoubledLine(at) => with(&|lines| lines.insert(line(at), lines[line(at)].clone())),
            Self::SwappedLines(one, other) => with(&|lines| lines.swap(line(one), line(other))),
            Self::Number(at, number) => with(&|lines| {
                let line = &mut lines[line(at)];
                let digits = |character: char| character.is_ascii_digit();
                let Some(from) = line.find(digits) else {
                    return;
                };
                let to = line[from..]
                    .find(|character: char| !digits(character))
                    .map_or(line.len(), |length| from + length);
                line.replace_range(from..to, &number.to_string());
            }),
            Self::Inserted(at, inserted) => with(&|lines| {
                let line = &mut lines[line(at)];
                let at = line
                    .char_indices()
                    .nth(line.chars().count() / 2)
                    .map_or(0, |(at, _)| at);
                line.insert_str(at, inserted);
            }),
            Self::LongLine(at, length) => with(&|lines| {
                let long = "x".repeat(usize::from(*length));
                lines[line(at)].insert_str(0, &long);
            }),
        }
    }
}

/// Whatever becomes of it, the engine has not panicked, and the session can be closed.
fn took(session: &mut Session, outcome: Result<(), DescriptionError>) -> Result<(), TestCaseError> {
    prop_assert_ne!(outcome, Err(DescriptionError::EngineFailed));
    for _ in 0..40 {
        while session.next_output().is_some() {}
        session.timeout(now() + Duration::from_secs(1));
    }
    session.close(now() + Duration::from_secs(2));
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(300))]

    #[test]
    fn no_offer_makes_it_panic(
        mutilations in vec(mutilation(), 1..6),
        from_a_browser in any::<bool>(),
    ) {
        let own = session(true).offer(Publishes::default(), now()).sdp;
        let intact = if from_a_browser { BROWSER.replace('\n', "\r\n") } else { own };
        let offer = mutilations.iter().fold(intact.clone(), |text, it| it.of(&text));
        let mut subscriber = session(false);
        let outcome = subscriber.accept_offer(&offer, now()).map(drop);
        took(&mut subscriber, outcome)?;
        // And as a change of what was agreed on already.
        let mut subscriber = session(false);
        prop_assert!(subscriber.accept_offer(&intact, now()).is_ok());
        let outcome = subscriber.accept_offer(&offer, now()).map(drop);
        took(&mut subscriber, outcome)?;
    }

    #[test]
    fn no_answer_makes_it_panic(mutilations in vec(mutilation(), 1..6)) {
        let mut publisher = session(true);
        let offer = publisher.offer(Publishes::default(), now()).sdp;
        let answer = session(false).accept_offer(&offer, now()).expect("an answer");
        let answer = mutilations.iter().fold(answer, |text, it| it.of(&text));
        let outcome = publisher.accept_answer(&answer, now()).map(drop);
        took(&mut publisher, outcome)?;
    }

    #[test]
    fn no_candidate_makes_it_panic(
        mutilations in vec(mutilation(), 0..4),
        foreign in "\\PC{0,80}",
    ) {
        let own = session(true).offer(Publishes::default(), now()).candidates;
        let candidate = mutilations.iter().fold(own[0].candidate.clone(), |text, it| it.of(&text));
        let mut subscriber = session(false);
        for candidate in [candidate, foreign] {
            let outcome = subscriber.add_remote_candidate(&candidate, now());
            prop_assert_ne!(outcome, Err(DescriptionError::EngineFailed));
        }
    }
}

#[test]
fn a_browsers_offer_is_answered() {
    let mut subscriber = session(false);
    let offer = BROWSER.replace('\n', "\r\n");
    let answer = subscriber.accept_offer(&offer, now()).expect("an answer");
    assert!(answer.contains("H264/90000"), "{answer}");
    assert!(answer.contains("opus/48000/2"), "{answer}");
}

#[test]
fn what_is_too_large_is_refused_before_it_is_read() {
    let mut subscriber = session(false);
    let refused = |sdp: &str, subscriber: &mut Session| {
        let outcome = subscriber.accept_offer(sdp, now());
        let Err(DescriptionError::TooLarge { what, .. }) = outcome else {
            panic!("{outcome:?}");
        };
        what
    };
    let long = "a=x\r\n".repeat(100_000);
    assert_eq!(refused(&long, &mut subscriber), "bytes");
    let media = "m=audio 9 UDP/TLS/RTP/SAVPF 111\r\n".repeat(200);
    assert_eq!(refused(&media, &mut subscriber), "media");
    let candidates = "a=candidate:1 1 udp 1 127.0.0.1 1 typ host\r\n".repeat(300);
    assert_eq!(refused(&candidates, &mut subscriber), "candidates");
    let name = format!("a=mid:{}\r\n", "m".repeat(MediaId::MAX_LENGTH + 1));
    assert_eq!(refused(&name, &mut subscriber), "bytes in a mid");
}

#[test]
fn what_is_no_description_says_so() {
    let mut subscriber = session(false);
    for text in ["", "hello", "v=0\r\n", "{\"type\":\"offer\"}"] {
        let outcome = subscriber.accept_offer(text, now());
        assert!(
            matches!(
                outcome,
                Err(DescriptionError::Malformed { .. } | DescriptionError::Refused { .. })
            ),
            "{text:?}: {outcome:?}"
        );
    }
    // It goes on all the same.
    let own = session(true).offer(Publishes::default(), now()).sdp;
    assert!(subscriber.accept_offer(&own, now()).is_ok());
}

#[test]
fn candidates_that_are_of_no_use_are_refused_by_value() {
    let mut subscriber = session(false);
    let tcp = "candidate:1 1 tcp 1 10.0.0.1 9 typ host tcptype active";
    let name = "candidate:1 1 udp 1 0a1b2c.local 5000 typ host";
    for candidate in [tcp, name, "", "candidate:", &"x".repeat(1000)] {
        let outcome = subscriber.add_remote_candidate(candidate, now());
        assert!(outcome.is_err(), "{candidate:?}");
    }
    let usable = "a=candidate:1 1 udp 2130706431 10.0.0.1 5000 typ host";
    assert_eq!(subscriber.add_remote_candidate(usable, now()), Ok(()));
}
