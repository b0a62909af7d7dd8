//! What stands in the log after everything that is secret was shown, rightly and wrongly.

use exeunt_room_service::user_sig::{Claims, sign};
use exeunt_room_service::{Config, DEVELOPMENT_SDK_APP_ID, Secret, ServerApiClient};
use exeunt_websocket::wire::{ClientId, ClientMessage, Enter, ServerMessage};

use crate::log::Log;
use crate::operating::{asks, from_the_page};
use crate::raw::RawClient;
use crate::scene::{request, service_with, soon, user};

const USER_SIG_KEY: &str = "a-user-sig-key-that-nobody-is-to-see";
const API_KEY: &str = "an-api-key-that-nobody-is-to-see";
const TOKEN: &str = "an-operator-token-that-nobody-is-to-see";

/// The signature of this user, made at this time for an hour.
fn signature(name: &str, key: &str, made: u64) -> String {
    sign(
        key,
        &Claims::new(DEVELOPMENT_SDK_APP_ID, user(name), made, 3600),
    )
}

#[tokio::test]
async fn no_key_signature_token_or_stays_secret_stands_in_the_log() {
    let log = Log::default();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing::Level::TRACE)
        .with_writer(log.clone())
        .finish();
    // All of the service runs on this thread.
    let _here = tracing::subscriber::set_default(subscriber);
    let service = service_with(Config {
        user_sig_key: Secret::new(USER_SIG_KEY),
        secret_key: Secret::new(API_KEY),
        operator_token: Some(Secret::new(TOKEN)),
        ..Config::development()
    })
    .await;
    let mut hidden = [USER_SIG_KEY, API_KEY, TOKEN].map(str::to_owned).to_vec();
    let now = std::time::UNIX_EPOCH.elapsed().unwrap().as_secs();

    // Signatures that are another user's, expired, of another key, changed, blown up, and good.
    let good = signature("alice", USER_SIG_KEY, now);
    let mut changed = good.clone().into_bytes();
    changed[20] ^= 1;
    let mut stays = Vec::new();
    for (user_sig, lets_in) in [
        (signature("bob", USER_SIG_KEY, now), false),
        (signature("alice", USER_SIG_KEY, now - 7200), false),
        (signature("alice", "another-key", now), false),
        (String::from_utf8(changed).unwrap(), false),
        ("eJx-".repeat(500), false),
        (good, true),
    ] {
        let mut asked = request("alice");
        asked.user_sig.clone_from(&user_sig);
        let enter = ClientMessage::Enter(Enter::new(asked, ClientId::random(), 1)).encode();
        let mut client = RawClient::connect(&service).await;
        client.says(&enter).await;
        let answer = client.hears().await;
        let is_refused = matches!(answer, ServerMessage::Refused { .. });
        assert_eq!(is_refused, !lets_in, "{answer:?}");
        if let ServerMessage::Entered { stay, secret, .. } = answer {
            hidden.push(secret.clone());
            stays.push((client, stay, secret));
        }
        hidden.push(user_sig);
    }
    // A resume with another secret, one with the right one, and a message that breaks off within it.
    let (_alice, stay, secret) = stays.pop().unwrap();
    let wrong = "0123456789abcdef0123456789abcdef".to_owned();
    hidden.push(wrong.clone());
    for secret in [wrong, secret] {
        let resume = ClientMessage::Resume {
            stay,
            secret,
            attempt: 1,
        };
        for said in [
            resume.encode(),
            resume.encode().replace("\"attempt\":1", "\"attempt\":"),
        ] {
            let mut client = RawClient::connect(&service).await;
            client.says(&said).await;
            client.hears().await;
        }
    }
    // Calls of the server API with another key and the right one.
    for (key, works) in [("another-api-key", false), (API_KEY, true)] {
        let endpoint = format!("http://{}", service.local_addr());
        let id = exeunt_room_service::DEVELOPMENT_SECRET_ID;
        let key = Secret::new(key);
        let client = ServerApiClient::new(&endpoint, DEVELOPMENT_SDK_APP_ID, id, key).unwrap();
        let asked = tokio::task::spawn_blocking(move || client.describe_rooms(0));
        assert_eq!(soon(asked).await.unwrap().is_ok(), works);
    }
    hidden.push("another-api-key".to_owned());
    let signed = "POST / HTTP/1.1\r\nContent-Type: application/json\r\nX-TC-Timestamp: 1\r\n\
        Authorization: TC3-HMAC-SHA256 Credential=id/x, SignedHeaders=content-type;host, \
        Signature=0badc0ffee0badc0ffee";
    asks(&service, signed, "{}").await;
    hidden.push("0badc0ffee".to_owned());
    // The operator's token, wrong and right, as a login and for the metrics, and the session.
    for token in ["a-wrong-token-that-is-a-right-one-elsewhere", TOKEN] {
        let body = format!("{{\"token\":\"{token}\"}}");
        let answer = asks(&service, &from_the_page(&service, "login", "a=b"), &body).await;
        let session = answer
            .lines()
            .find_map(|line| line.strip_prefix("set-cookie: exeunt_session="));
        hidden.extend(session.map(|cookie| cookie.split(';').next().unwrap().to_owned()));
        let metrics = format!("GET /metrics HTTP/1.1\r\nAuthorization: Bearer {token}");
        asks(&service, &metrics, "").await;
        hidden.push(token.to_owned());
    }
    service.stop().await;

    let log = log.text();
    for said in [
        "entered",
        "refused",
        "API call failed",
        "wrong operator token",
        "logged in",
    ] {
        assert!(log.contains(said), "{said} was to be logged: {log}");
    }
    assert_eq!(hidden.len(), 16, "every attempt was made");
    for secret in hidden {
        assert!(!log.contains(&secret), "{secret} stands in the log: {log}");
    }
}
