//! Those who begin something and do not end it: every wait of the service has an end of its own. The
//! clock jumps ahead where there is nothing to do but wait.

use std::time::Duration;

use exeunt_port::RemoteLeaveReason;
use exeunt_room_service::{Config, Limits, RoomService, TlsIdentity};
use rcgen::{CertifiedKey, generate_simple_self_signed};
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream};
use tokio::net::TcpStream;
use tokio::sync::mpsc;
use tokio::time::Instant;

use crate::entrance::{Door, behind, comes};
use crate::raw::RawClient;
use crate::scene::{Member, service_limited, service_with, soon};

/// So long a service waits for what has begun, at most.
const LONG: Duration = Duration::from_secs(31);

/// What is answered until the service hangs up, and whether that was in time.
async fn rest(client: &mut DuplexStream, began: Instant) -> String {
    let mut answer = Vec::new();
    let _ = client.read_to_end(&mut answer).await;
    assert!(began.elapsed() < LONG, "{:?}", began.elapsed());
    String::from_utf8_lossy(&answer).into_owned()
}

#[tokio::test(start_paused = true)]
async fn whoever_begins_a_request_and_does_not_end_it_is_hung_up_on() {
    let (_service, door) = behind(Limits::default());
    for begun in [
        "",
        "G",
        "GET /health HTTP/1.1\r\nHost: x",
        "GET /health HTTP/1.1\r\nHost: x\r\nX-Header: ",
    ] {
        let began = Instant::now();
        let mut client = comes(&door, "192.0.2.1").await;
        client.write_all(begun.as_bytes()).await.unwrap();
        let answer = rest(&mut client, began).await;
        assert!(!answer.contains("200"), "{begun}: {answer}");
    }
    // One byte now and then makes no difference.
    let began = Instant::now();
    let mut client = comes(&door, "192.0.2.1").await;
    client.write_all(b"GET / HTTP/1.1\r\nA: ").await.unwrap();
    while client.write_all(b"a").await.is_ok() {
        tokio::time::sleep(Duration::from_secs(1)).await;
    }
    rest(&mut client, began).await;
}

#[tokio::test(start_paused = true)]
async fn a_body_that_does_not_end_is_answered_with_what_is_wrong_with_it() {
    let (_service, door) = behind(Limits::default());
    for (head, piece) in [
        ("Transfer-Encoding: chunked", "1\r\n \r\n"),
        ("Content-Length: 60000", " "),
    ] {
        let began = Instant::now();
        let mut client = comes(&door, "192.0.2.1").await;
        let head = format!("POST / HTTP/1.1\r\nHost: localhost\r\n{head}\r\n\r\n");
        client.write_all(head.as_bytes()).await.unwrap();
        let (mut reading, mut writing) = tokio::io::split(client);
        let dripping = async {
            while writing.write_all(piece.as_bytes()).await.is_ok() {
                tokio::time::sleep(Duration::from_secs(1)).await;
            }
        };
        let mut answer = [0; 1024];
        let length = tokio::select! {
            length = reading.read(&mut answer) => length.unwrap(),
            () = dripping => unreachable!("hung up on without an answer"),
        };
        let answer = String::from_utf8_lossy(&answer[..length]);
        assert!(answer.contains("did not come within 5s"), "{answer}");
        assert!(began.elapsed() < LONG, "{:?}", began.elapsed());
    }
}

#[tokio::test(start_paused = true)]
async fn a_handshake_of_tls_that_does_not_end_holds_its_place_for_a_while_only() {
    let names = ["127.0.0.1".to_owned()];
    let CertifiedKey { cert, signing_key } = generate_simple_self_signed(names).unwrap();
    let (certificate, key) = (cert.pem(), signing_key.serialize_pem());
    let identity = TlsIdentity::from_pem(certificate.as_bytes(), key.as_bytes()).unwrap();
    let (door, people) = mpsc::channel(8);
    let config = Config {
        tls: Some(identity),
        limits: Limits {
            requests: 1,
            ..Limits::default()
        },
        ..Config::development()
    };
    let _service = RoomService::behind(Door(people), config).unwrap().spawn();
    // The first of them has the only place; each of the others gets it when it is free.
    for begun in [&[][..], &[0x16, 3, 1, 2, 0], &[0x16, 3, 1, 0x40, 0, 1]] {
        let began = Instant::now();
        let mut client = comes(&door, "192.0.2.1").await;
        client.write_all(begun).await.unwrap();
        rest(&mut client, began).await;
    }
}

/// A frame of a message that goes on, with nothing in it, masked with zeros.
const GOES_ON: [u8; 6] = [0x00, 0x80, 0, 0, 0, 0];
/// The first frame of such a message, of text.
const BEGINS: [u8; 6] = [0x01, 0x80, 0, 0, 0, 0];

/// Says a message without an end until the service does not listen any more.
async fn says_without_end(mut socket: TcpStream) {
    socket.write_all(&BEGINS).await.unwrap();
    let more = GOES_ON.repeat(1000);
    soon(async { while socket.write_all(&more).await.is_ok() {} }).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_message_without_an_end_is_no_enter() {
    let service = service_limited(Limits {
        time_to_enter: Duration::from_millis(100),
        ..Limits::default()
    })
    .await;
    let socket = RawClient::connect(&service).await.into_stream();
    says_without_end(socket).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_message_without_an_end_is_no_sign_of_life() {
    let service = service_with(Config {
        lease: Duration::from_secs(2),
        ..Config::development()
    })
    .await;
    let mut bob = Member::enter(service.url(), "bob").await;
    let alice = RawClient::enter(&service, "alice").await;
    bob.sees_enter("alice").await;
    tokio::join!(
        says_without_end(alice.into_stream()),
        bob.sees_leave("alice", RemoteLeaveReason::TimedOut)
    );
}
