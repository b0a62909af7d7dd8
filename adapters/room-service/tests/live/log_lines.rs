//! What hostile names and messages do to the log: a line stays a line.

use exeunt_room_service::{Config, DEVELOPMENT_OPERATOR_TOKEN};
use tokio_tungstenite::tungstenite::Message;

use crate::log::Log;
use crate::operating::{asks, from_the_page};
use crate::raw::RawClient;
use crate::scene::{Member, call, enter, service_with};

/// What would begin a line of the log, or colour it, in the forms of JSON and of a query.
const FORGED: &str = "x\\n2026-01-01T00:00:00Z  INFO forged\\r\\u001b[31m\\u0000";
const FORGED_IN_QUERY: &str = "x%0A2026-01-01T00:00:00Z%20%20INFO%20forged%0D%1b[31m%00";

#[tokio::test]
async fn nobody_writes_a_line_of_the_log_himself() {
    let log = Log::default();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing::Level::TRACE)
        .with_ansi(false)
        .with_writer(log.clone())
        .finish();
    // All of the service runs on this thread.
    let _here = tracing::subscriber::set_default(subscriber);
    let service = service_with(Config::development()).await;
    let good = enter("alice");
    for said in [
        format!("{{\"type\":\"{FORGED}\"}}"),
        good.replace("\"alice\"", &format!("\"{FORGED}\"")),
        good.replace("\"standup\"", &format!("\"{FORGED}\"")),
        good.replace("\"client_id\":\"", &format!("\"client_id\":\"{FORGED}")),
        good.replace("\"user_sig\":\"", &format!("\"user_sig\":\"{FORGED}")),
        format!("{{\"type\":\"resume\",\"stay\":1,\"secret\":\"{FORGED}\",\"attempt\":1}}"),
        "x\n2026-01-01T00:00:00Z  INFO forged\r\u{1b}[31m\0".to_owned(),
    ] {
        let mut client = RawClient::connect(&service).await;
        client.says(&said).await;
        client.closed_with().await;
    }
    // Somebody inside, by a message with a field that nobody knows; and the room of the strangest name that there may be.
    let unknown = good.replace("\"type\"", &format!("\"{FORGED}\":1,\"type\""));
    let mut alice = RawClient::connect(&service).await;
    alice.says(&unknown).await;
    alice.hears().await;
    alice.says(&format!("{{\"type\":\"{FORGED}\"}}")).await;
    alice.closed_with().await;
    let mut request = crate::scene::request("bob");
    request.room = "a !#$%&()+-:;<=.>?@[]^_{}|~,".parse().unwrap();
    let _bob = Member::try_enter(service.url(), request).await.unwrap();

    for path in [
        format!("/?Signature={FORGED_IN_QUERY}&Timestamp={FORGED_IN_QUERY}&Nonce=1"),
        format!("/?Signature=x&Timestamp=0&Nonce=1&SecretId={FORGED_IN_QUERY}"),
        format!("/?Signature=x&{FORGED_IN_QUERY}=1&{FORGED_IN_QUERY}=2"),
        format!("/{FORGED_IN_QUERY}"),
        format!("/console/{FORGED_IN_QUERY}"),
        format!("/ws?{FORGED_IN_QUERY}"),
    ] {
        asks(&service, &format!("GET {path} HTTP/1.1"), "").await;
    }
    let hostile = "x\u{1b}[31m\tforged";
    for head in [
        format!("GET / HTTP/1.1\r\nAuthorization: {hostile}"),
        format!(
            "GET / HTTP/1.1\r\nAuthorization: TC3-HMAC-SHA256 Credential={hostile}/x, SignedHeaders=content-type;host, Signature=x"
        ),
        format!("GET /metrics HTTP/1.1\r\nAuthorization: Bearer {hostile}"),
        format!("GET /ws HTTP/1.1\r\nOrigin: {hostile}"),
    ] {
        asks(&service, &head, "").await;
    }
    // Good calls with hostile parameters.
    for asked in [
        format!("{{\"{FORGED}\":1}}"),
        format!("{{\"RoomId\":\"{FORGED}\",\"UserIds\":[\"a\"]}}"),
        format!("{{\"RoomId\":\"a\",\"UserIds\":[\"{FORGED}\"]}}"),
        format!("{{\"RoomId\":\"a\",\"UserIds\":[\"a\"],\"IdempotencyKey\":\"{FORGED}\"}}"),
        format!("{{\"RoomId\":\"a\",\"UserIds\":[\"a\"],\"BanScope\":\"{FORGED}\"}}"),
    ] {
        let asked: serde_json::Value = serde_json::from_str(&asked).unwrap();
        let answer = call(&service, move |client| client.ask("KickUsers", asked)).await;
        assert!(answer.is_err(), "{answer:?}");
    }
    for body in [
        format!("{{\"token\":\"{FORGED}\"}}"),
        format!("{{\"{FORGED}\":\"{DEVELOPMENT_OPERATOR_TOKEN}\"}}"),
    ] {
        asks(&service, &from_the_page(&service, "login", "a=b"), &body).await;
    }
    // A close with a reason of one's own.
    let mut rude = RawClient::enter(&service, "carol").await;
    let reason = "x\n2026-01-01T00:00:00Z  INFO forged\u{1b}[31m";
    let close = tokio_tungstenite::tungstenite::protocol::CloseFrame {
        code: 4999.into(),
        reason: reason.into(),
    };
    rude.sends(Message::Close(Some(close))).await;
    service.stop().await;

    let log = log.text();
    assert!(
        log.contains("refused") && log.contains("API call failed"),
        "{log}"
    );
    for line in log.lines() {
        let is_ours = line.starts_with("20") && !line.starts_with("2026-01-01T00:00:00Z  INFO");
        assert!(is_ours, "{line:?} is no line of ours in {log}");
        assert!(!line.chars().any(char::is_control), "{line:?}");
    }
}

#[tokio::test]
async fn nobody_fills_the_log_with_what_he_says() {
    let log = Log::default();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing::Level::DEBUG)
        .with_ansi(false)
        .with_writer(log.clone())
        .finish();
    let _here = tracing::subscriber::set_default(subscriber);
    let service = service_with(Config::development()).await;
    let (much, most) = ("x".repeat(20_000), "x".repeat(60_000));
    let form = "POST / HTTP/1.1\r\nContent-Type: application/x-www-form-urlencoded";
    let authorization = "Authorization: TC3-HMAC-SHA256 Credential=a/b, SignedHeaders=";
    for (head, body) in [
        (format!("{much} / HTTP/1.1"), String::new()),
        (
            form.to_owned(),
            format!("Signature=x&{most}=1&{most}=2")[..65_000].to_owned(),
        ),
        (form.to_owned(), format!("Signature=x&{much}=1&{much}=2")),
        (
            format!("POST / HTTP/1.1\r\n{authorization}content-type;host;{much}"),
            "{}".to_owned(),
        ),
        (
            format!("POST / HTTP/1.1\r\nAuthorization: {much}"),
            "{}".to_owned(),
        ),
    ] {
        let answer = asks(&service, &head, &body).await;
        assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    }
    let mut asked = serde_json::Map::new();
    asked.insert(most, 1.into());
    let answer = call(&service, move |client| {
        client.ask("KickUsers", asked.into())
    })
    .await;
    assert!(answer.is_err());
    let good = enter("alice");
    for said in [
        format!("{{\"type\":\"{much}\"}}"),
        good.replace("\"alice\"", &format!("\"{much}\"")),
        good.replace("\"standup\"", &format!("\"{much}\"")),
        good.replace("\"client_id\":\"", &format!("\"client_id\":\"{much}")),
        good.replace("\"user_sig\":\"", &format!("\"user_sig\":\"{much}")),
    ] {
        let mut client = RawClient::connect(&service).await;
        client.says(&said).await;
        assert_eq!(client.closed_with().await, 4403);
    }
    service.stop().await;
    let log = log.text();
    assert!(
        log.contains("API call failed") && log.contains("refused"),
        "{log}"
    );
    let longest = log.lines().max_by_key(|line| line.len()).unwrap();
    assert!(longest.len() < 1500, "{} bytes: {longest}", longest.len());
}
