//! The service over TLS: who it is, and who is believed.

use exeunt_port::{EnterError, RemoteLeaveReason, RoomLink, Transport};
use exeunt_room_service::{
    Config, DEVELOPMENT_SDK_APP_ID, DEVELOPMENT_SECRET_ID, DEVELOPMENT_SECRET_KEY, RunningService,
    Secret, ServerApiClient, ServerApiError, TlsIdentity, TlsIdentityError,
};
use exeunt_websocket::{Trust, WebSocketTransport};
use rcgen::{CertifiedKey, KeyPair, generate_simple_self_signed};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::scene::{Member, request, service_with, soon, user};

/// A service with a certificate of its own making, and that certificate.
async fn encrypted() -> (RunningService, String) {
    let names = ["127.0.0.1".to_owned()];
    let CertifiedKey { cert, signing_key } = generate_simple_self_signed(names).unwrap();
    let pem = cert.pem();
    let identity = TlsIdentity::from_pem(pem.as_bytes(), signing_key.serialize_pem().as_bytes());
    let service = service_with(Config {
        tls: Some(identity.unwrap()),
        ..Config::development()
    })
    .await;
    (service, pem)
}

async fn enter(service: &RunningService, trust: &Trust, name: &str) -> Result<Member, EnterError> {
    let (link, side) = RoomLink::pair();
    let transport = WebSocketTransport::new(service.url())?.trusting(trust)?;
    let connection = soon(transport.connect(request(name), link)).await?;
    Ok(Member { connection, side })
}

fn operator(service: &RunningService, trust: &Trust) -> ServerApiClient {
    let key = Secret::new(DEVELOPMENT_SECRET_KEY);
    let endpoint = format!("https://{}", service.local_addr());
    ServerApiClient::new(
        &endpoint,
        DEVELOPMENT_SDK_APP_ID,
        DEVELOPMENT_SECRET_ID,
        key,
    )
    .unwrap()
    .trusting(trust)
}

#[tokio::test]
async fn over_tls_people_enter_are_kicked_and_leave_as_without() {
    let (service, pem) = encrypted().await;
    assert!(service.url().starts_with("wss://"));
    let trust = Trust::nobody().and(pem.as_bytes()).unwrap();
    let mut alice = enter(&service, &trust, "alice").await.unwrap();
    let bob = enter(&service, &trust, "bob").await.unwrap();
    alice.sees_enter("bob").await;
    let receipt = bob.leaves().await.unwrap();
    assert_eq!(receipt.peers_told, Some(1));
    bob.closes().await.unwrap();
    alice.sees_leave("bob", RemoteLeaveReason::Left).await;
    let api = operator(&service, &trust);
    let kicked = tokio::task::spawn_blocking(move || {
        api.remove_user(&"standup".parse().unwrap(), &[user("alice")])
    });
    soon(kicked).await.unwrap().unwrap();
    assert_eq!(alice.hears().await, exeunt_port::RoomSignal::Kicked);
}

#[tokio::test]
async fn a_service_that_nobody_vouches_for_is_not_spoken_to() {
    let (service, _) = encrypted().await;
    let (_, somebody_else) = encrypted().await;
    let trust = Trust::system().and(somebody_else.as_bytes()).unwrap();
    for trust in [trust, Trust::nobody()] {
        let Err(error) = enter(&service, &trust, "alice").await else {
            panic!("entered at a stranger's")
        };
        assert!(matches!(error, EnterError::Unreachable { .. }), "{error}");
        assert!(error.to_string().contains("certificate"), "{error}");
        let api = operator(&service, &trust);
        let answer = tokio::task::spawn_blocking(move || api.describe_rooms(0));
        let error = soon(answer).await.unwrap().unwrap_err();
        assert!(
            matches!(error, ServerApiError::Unreachable { .. }),
            "{error}"
        );
    }
}

#[tokio::test]
async fn who_does_not_speak_tls_gets_nothing_and_holds_nobody_up() {
    let (service, pem) = encrypted().await;
    let mut plain = TcpStream::connect(service.local_addr()).await.unwrap();
    let asked = b"GET /health HTTP/1.1\r\nHost: localhost\r\n\r\n";
    soon(plain.write_all(asked)).await.unwrap();
    let _silent = TcpStream::connect(service.local_addr()).await.unwrap();
    let trust = Trust::nobody().and(pem.as_bytes()).unwrap();
    enter(&service, &trust, "alice").await.unwrap();
    let mut answer = Vec::new();
    // A reset is as good as an end.
    let _ = soon(plain.read_to_end(&mut answer)).await;
    assert!(!answer.starts_with(b"HTTP"), "{answer:?}");
}

#[test]
fn what_is_no_identity_is_said_without_repeating_the_key() {
    let names = ["127.0.0.1".to_owned()];
    let CertifiedKey { cert, signing_key } = generate_simple_self_signed(names).unwrap();
    let (certificate, key) = (cert.pem(), signing_key.serialize_pem());
    let other = KeyPair::generate().unwrap().serialize_pem();
    let of = |certificate: &str, key: &str| {
        TlsIdentity::from_pem(certificate.as_bytes(), key.as_bytes()).unwrap_err()
    };
    let broken = key.replacen("MI", "!!", 1);
    for (error, fits) in [
        (of("", &key), "no certificate"),
        (of(&key, &key), "no certificate"),
        (of(&certificate, ""), "no private key"),
        (of(&certificate, &certificate), "no private key"),
        (of(&certificate, &broken), "no private key"),
        (of(&certificate, &other), "cannot be used"),
    ] {
        assert!(error.to_string().contains(fits), "{error}");
        assert!(!error.to_string().contains(&key[30..50]), "{error}");
    }
    assert!(matches!(of("", &key), TlsIdentityError::Certificate { .. }));
}
