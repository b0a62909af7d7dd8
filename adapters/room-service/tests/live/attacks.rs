//! Clients that mean harm, or do it without meaning to.

use std::time::Duration;

use exeunt_port::{RemoteFrame, RemoteLeaveReason, RoomSignal};
use exeunt_room_service::Limits;
use exeunt_websocket::wire::{
    ClientMessage, Refusal, ServerMessage, encode_downstream, encode_upstream,
};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::Message;

use crate::raw::RawClient;
use crate::scene::{
    Member, enter, kick, request, resume, rooms_of, service, service_limited,
    service_with_short_lease, service_without_heartbeats, soon,
};

fn picture(sequence: u32) -> exeunt_port::MediaFrame {
    exeunt_port::MediaFrame {
        codec: exeunt_port::Codec::Jpeg,
        sequence,
        captured_at_micros: 0,
        payload: vec![0; 1 << 20].into(),
    }
}

fn small_frame() -> exeunt_port::MediaFrame {
    exeunt_port::MediaFrame {
        payload: vec![7; 60].into(),
        ..picture(0)
    }
}

#[tokio::test]
async fn a_room_id_has_one_spelling_and_every_other_form_is_refused() {
    let service = service().await;
    let enter = enter("alice");
    for (field, forged, refusal) in [
        ("\"standup\"", "123.0", Refusal::RoomId),
        ("\"standup\"", "1.23e2", Refusal::RoomId),
        ("\"standup\"", "-0", Refusal::RoomId),
        ("\"standup\"", "-1", Refusal::RoomId),
        ("\"standup\"", "4294967296", Refusal::RoomId),
        ("\"standup\"", "18446744073709551739", Refusal::RoomId),
        (
            "\"standup\"",
            "99999999999999999999999999999999999999999",
            Refusal::RoomId,
        ),
        ("\"standup\"", "1e999", Refusal::NoParameters),
        ("\"standup\"", "0123", Refusal::NoParameters),
        ("\"standup\"", "null", Refusal::RoomId),
        ("\"standup\"", "[123]", Refusal::RoomId),
        ("\"standup\"", "{\"$numberLong\":123}", Refusal::RoomId),
        ("\"standup\"", "\"\"", Refusal::RoomId),
        (
            "\"standup\"",
            "\"\u{ff11}\u{ff12}\u{ff13}\"",
            Refusal::RoomId,
        ),
        ("\"standup\"", "\"room\\u0000\"", Refusal::RoomId),
        ("\"standup\"", "\"caf\\u00e9\"", Refusal::RoomId),
        (
            "\"standup\"",
            "123,\"room_id\":\"standup\"",
            Refusal::NoParameters,
        ),
        (
            "\"alice\"",
            "\"alice\",\"user_id\":\"bob\"",
            Refusal::NoParameters,
        ),
        ("\"alice\"", "\"alice\\n\"", Refusal::UserId),
        ("\"alice\"", "\"\u{430}lice\"", Refusal::UserId),
        ("\"alice\"", "7", Refusal::UserId),
        ("\"alice\"", "\"Alice\"", Refusal::UserSig),
        ("1400000000", "-1400000000", Refusal::SdkAppId),
        ("1400000000", "1400000000.0", Refusal::SdkAppId),
        ("1400000000", "\"1400000000\"", Refusal::SdkAppId),
        ("1400000000", "5694967296", Refusal::SdkAppId),
        ("1400000000", "18446744073709551616", Refusal::SdkAppId),
        ("1400000000", "null", Refusal::SdkAppId),
    ] {
        let said = enter.replacen(field, forged, 1);
        assert_ne!(said, enter);
        let mut client = RawClient::connect(&service).await;
        client.says(&said).await;
        let heard = client.hears().await;
        let ServerMessage::Refused { code, message } = heard else {
            panic!("{said}: {heard:?}")
        };
        assert_eq!(code, refusal.code(), "{said}: {message}");
        assert!(
            !message.contains(&request("alice").user_sig),
            "a signature is repeated to nobody: {message}"
        );
        assert_eq!(client.closed_with().await, 4403);
    }
    let (rooms, _) = rooms_of(&service).await;
    assert_eq!(rooms, 0);
}

/// More than the buffers of a connection hold.
const PICTURES: u32 = 16;

/// One shows these pictures to the other: the server is stuck in the middle of a frame for whoever reads nothing.
async fn shows(one: &Member, other: &Member, first: u32) {
    for sequence in first..first + PICTURES {
        one.side.outbound.push(picture(sequence));
        soon(other.side.inbound.next()).await.unwrap();
    }
}

#[tokio::test]
async fn a_leave_counts_even_if_its_client_is_gone_before_it_is_answered() {
    let service = service_without_heartbeats(Limits::default()).await;
    let mut bob = Member::enter(service.url(), "bob").await;
    let carol = Member::enter(service.url(), "carol").await;
    bob.sees_enter("carol").await;
    for round in 0..10 {
        let mut alice = RawClient::enter(&service, "alice").await;
        bob.sees_enter("alice").await;
        // Alice reads nothing of it.
        shows(&bob, &carol, round * PICTURES).await;
        alice.says(&ClientMessage::Leave.encode()).await;
        // What she has not read makes her system reset the connection.
        drop(alice);
        bob.sees_leave("alice", RemoteLeaveReason::Left).await;
    }
}

#[tokio::test]
async fn callers_who_never_read_their_answers_keep_nobody_out() {
    let limits = Limits {
        requests: 1,
        requests_per_second_per_address: u32::MAX,
        time_for_requests: Duration::from_secs(1),
        ..Limits::default()
    };
    let service = service_limited(limits).await;
    let mut deaf = TcpStream::connect(service.local_addr()).await.unwrap();
    let requests = "GET / HTTP/1.1\r\nHost: x\r\n\r\n".repeat(1000);
    // The answers fill the buffers, then the service takes no more requests, then it gives up.
    while soon(deaf.write_all(requests.as_bytes())).await.is_ok() {}
    let (rooms, _) = rooms_of(&service).await;
    assert_eq!(rooms, 0);
}

#[tokio::test]
async fn of_two_who_resume_the_same_stay_the_later_attempt_has_it_whichever_comes_first() {
    let service = service().await;
    for _ in 0..10 {
        let (mut first, stay, secret) = RawClient::stay(&service, "alice").await;
        let mut given_up = RawClient::connect(&service).await;
        let mut later = RawClient::connect(&service).await;
        let (early, late) = (resume(stay, &secret, 1), resume(stay, &secret, 2));
        tokio::join!(given_up.says(&early), later.says(&late));
        assert!(matches!(later.hears().await, ServerMessage::Resumed { .. }));
        assert_eq!(first.closed_with().await, 4005);
        let heard = given_up.hears().await;
        let is_refused = matches!(
            heard,
            ServerMessage::Refused { code, .. } if code == Refusal::Overtaken.code()
        );
        let came_first = matches!(heard, ServerMessage::Resumed { .. });
        assert!(is_refused || came_first, "{heard:?}");
        let code = if is_refused { 4403 } else { 4005 };
        assert_eq!(given_up.closed_with().await, code);
        kick(&service, "alice").await;
        assert_eq!(later.closed_with().await, 4001);
    }
}

#[tokio::test]
async fn more_frames_than_allowed_are_dropped_and_do_not_hurt_the_stay() {
    let limits = Limits {
        media_per_second: 1,
        ..Limits::default()
    };
    let service = service_without_heartbeats(limits).await;
    let mut bob = Member::enter(service.url(), "bob").await;
    let mut alice = RawClient::enter(&service, "alice").await;
    bob.sees_enter("alice").await;
    let frame = small_frame();
    for _ in 0..1000 {
        let message = Message::Binary(encode_upstream(&frame).unwrap());
        alice.sends(message).await;
    }
    alice.says(&ClientMessage::Heartbeat.encode()).await;
    while alice.hears().await != ServerMessage::Heartbeat {}
    let mut heard = 0;
    while bob.side.inbound.try_next().is_some() {
        heard += 1;
    }
    assert!(heard <= 40, "{heard} frames in a few seconds at 1 a second");
    kick(&service, "alice").await;
    assert_eq!(
        bob.hears().await,
        RoomSignal::RemoteUserLeft("alice".parse().unwrap(), RemoteLeaveReason::Kicked)
    );
}

#[tokio::test]
async fn when_stopping_is_over_nothing_of_the_service_runs_even_if_nobody_reads() {
    let running = || {
        tokio::runtime::Handle::current()
            .metrics()
            .num_alive_tasks()
    };
    let before = running();
    let limits = Limits {
        time_to_stop: Duration::from_millis(1),
        ..Limits::default()
    };
    let service = service_limited(limits).await;
    let _alice = RawClient::enter(&service, "alice").await;
    let _stranger = RawClient::connect(&service).await;
    let _silent = TcpStream::connect(service.local_addr()).await.unwrap();
    soon(service.stop()).await;
    assert_eq!(running(), before);
}

/// A heartbeat as a masked frame, with a mask of zeros.
fn heartbeat() -> Vec<u8> {
    let heartbeat = ClientMessage::Heartbeat.encode();
    let length = u8::try_from(heartbeat.len()).unwrap();
    [&[0x81, 0x80 | length, 0, 0, 0, 0], heartbeat.as_bytes()].concat()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_reads_nothing_at_all_is_given_up_however_alive_he_seems() {
    let service = service_with_short_lease().await;
    let mut bob = Member::enter(service.url(), "bob").await;
    let alice = RawClient::enter(&service, "alice").await;
    bob.sees_enter("alice").await;
    let frame = heartbeat();
    let mut deaf = alice.into_stream();
    // She is heard from all the time, and takes nothing of what is sent to her.
    let talking = async {
        let mut pace = tokio::time::interval(Duration::from_millis(100));
        while deaf.write_all(&frame).await.is_ok() {
            pace.tick().await;
        }
    };
    let showing = async {
        let mut pace = tokio::time::interval(Duration::from_millis(20));
        for sequence in 0.. {
            bob.side.outbound.push(picture(sequence));
            pace.tick().await;
            if let Ok(signal) = bob.side.signals.try_recv() {
                return signal;
            }
        }
        unreachable!("there are many numbers")
    };
    let ((), signal) = soon(async { tokio::join!(talking, showing) }).await;
    let gone = RoomSignal::RemoteUserLeft("alice".parse().unwrap(), RemoteLeaveReason::TimedOut);
    assert_eq!(signal, gone);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn who_never_stops_talking_is_cut_off_all_the_same() {
    let service = service().await;
    let alice = RawClient::enter(&service, "alice").await;
    let mut talking = alice.into_stream();
    let frames = heartbeat().repeat(1000);
    // The service has stopped to listen when nothing can be written any more.
    soon(async { while talking.write_all(&frames).await.is_ok() {} }).await;
}

#[tokio::test]
async fn stopping_ends_although_somebody_reads_nothing_at_all() {
    let service = service_without_heartbeats(Limits::default()).await;
    let mut bob = Member::enter(service.url(), "bob").await;
    let carol = Member::enter(service.url(), "carol").await;
    bob.sees_enter("carol").await;
    let _alice = RawClient::enter(&service, "alice").await;
    bob.sees_enter("alice").await;
    // Alice reads nothing of it.
    shows(&bob, &carol, 0).await;
    soon(service.stop()).await;
    assert_eq!(bob.hears().await, RoomSignal::ServerStopped);
}

#[tokio::test]
async fn a_kick_and_a_leave_that_cross_are_one_departure() {
    let service = service().await;
    let mut bob = Member::enter(service.url(), "bob").await;
    for _ in 0..10 {
        let alice = Member::enter(service.url(), "alice").await;
        bob.sees_enter("alice").await;
        let ((), _) = tokio::join!(kick(&service, "alice"), alice.leaves());
        let left = bob.hears().await;
        assert!(matches!(left, RoomSignal::RemoteUserLeft(..)), "{left:?}");
        let _ = alice.closes().await;
    }
    let _carol = Member::enter(service.url(), "carol").await;
    bob.sees_enter("carol").await;
}

#[tokio::test]
async fn a_stay_that_was_kicked_is_not_resumed_and_its_end_is_told_to_nobody_else() {
    let service = service().await;
    let (_alice, stay, secret) = RawClient::stay(&service, "alice").await;
    kick(&service, "alice").await;
    let _again = Member::enter(service.url(), "alice").await;
    let resumes = async |stay, secret| {
        let mut client = RawClient::connect(&service).await;
        client.says(&resume(stay, secret, 1)).await;
        (client.hears().await, client.closed_with().await)
    };
    assert_eq!(resumes(stay, &secret).await, (ServerMessage::Kicked, 4001));
    // Neither another's secret nor a part of one's own opens anything.
    for (stay, secret) in [(stay, ""), (stay, &secret[1..]), (stay + 1, &secret[..])] {
        let (heard, code) = resumes(stay, secret).await;
        let refused = matches!(heard, ServerMessage::Refused { code: 2, .. });
        assert!(refused && code == 4403, "{heard:?}");
    }
    let (_, rooms) = rooms_of(&service).await;
    assert!(
        rooms[0].members[0].connected,
        "the new stay was not touched"
    );
}

#[tokio::test]
async fn a_member_that_sends_as_another_is_heard_as_itself() {
    let service = service().await;
    let mut bob = Member::enter(service.url(), "bob").await;
    let carol = Member::enter(service.url(), "carol").await;
    bob.sees_enter("carol").await;
    let mut mallory = RawClient::enter(&service, "mallory").await;
    bob.sees_enter("mallory").await;
    let frame = small_frame();
    // What the service would send if it came from Carol.
    let forged = encode_downstream(&RemoteFrame {
        user: "carol".parse().unwrap(),
        frame,
    });
    mallory.sends(Message::Binary(forged.unwrap())).await;
    let heard = soon(bob.side.inbound.next()).await.unwrap();
    assert_eq!(heard.user.as_str(), "mallory");
    drop(carol);
}

#[tokio::test]
async fn compression_is_not_agreed_on_and_what_is_compressed_all_the_same_is_cut_off() {
    let service = service().await;
    let mut stream = TcpStream::connect(service.local_addr()).await.unwrap();
    let address = service.local_addr();
    let asked = format!(
        "GET /ws HTTP/1.1\r\nHost: {address}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
         Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\
         Sec-WebSocket-Extensions: permessage-deflate\r\n\r\n"
    );
    stream.write_all(asked.as_bytes()).await.unwrap();
    // The beginning of a message that says of itself that it is compressed (RSV1).
    stream
        .write_all(&[0xc1, 0x84, 0, 0, 0, 0, 1, 2, 3, 4])
        .await
        .unwrap();
    let mut answer = Vec::new();
    // The service closes, and drops the connection when no close comes back.
    let _ = soon(stream.read_to_end(&mut answer)).await;
    let answer = String::from_utf8_lossy(&answer).to_lowercase();
    assert!(answer.contains("101 switching"), "{answer}");
    assert!(!answer.contains("permessage-deflate"), "{answer}");
    assert!(answer.contains("reserved bits"), "{answer}");
}
