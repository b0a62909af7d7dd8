//! What operators are told, and who is one.

use std::time::Duration;

use exeunt_room_service::{
    Config, DEVELOPMENT_OPERATOR_TOKEN, RoomService, RunningService, Secret, ServeError,
};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::Message;

use crate::raw::RawClient;
use crate::scene::{kick, service, service_with, soon};

/// Asks over HTTP: the head without its end, and a body.
pub(crate) async fn asks(service: &RunningService, head: &str, body: &str) -> String {
    let address = service.local_addr();
    let mut stream = TcpStream::connect(address).await.unwrap();
    let length = body.len();
    let request = format!(
        "{head}\r\nHost: {address}\r\nConnection: close\r\nContent-Length: {length}\r\n\r\n{body}"
    );
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    soon(stream.read_to_string(&mut answer)).await.unwrap();
    answer
}

/// The head of a request that the console's own page makes.
pub(crate) fn from_the_page(service: &RunningService, path: &str, cookie: &str) -> String {
    format!(
        "POST /console/{path} HTTP/1.1\r\nContent-Type: application/json\r\nCookie: {cookie}\r\n\
         Origin: http://{}",
        service.local_addr()
    )
}

async fn logs_in(service: &RunningService) -> String {
    let token = format!("{{\"token\":\"{DEVELOPMENT_OPERATOR_TOKEN}\"}}");
    let answer = asks(service, &from_the_page(service, "login", "a=b"), &token).await;
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    let cookie = answer
        .lines()
        .find_map(|line| line.strip_prefix("set-cookie: "))
        .unwrap();
    for attribute in ["HttpOnly", "SameSite=Strict", "Path=/console"] {
        assert!(cookie.contains(attribute), "{cookie}");
    }
    cookie.split(';').next().unwrap().to_owned()
}

#[tokio::test]
async fn whoever_asks_is_told_that_the_service_is_well_and_nothing_more() {
    let service = service().await;
    let _alice = RawClient::enter(&service, "alice").await;
    let answer = asks(&service, "GET /health HTTP/1.1", "").await;
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    assert!(answer.ends_with("{\"status\":\"ok\"}"), "{answer}");
}

#[tokio::test]
async fn metrics_count_what_happened_for_whoever_has_the_token() {
    // Nobody here says a heartbeat.
    let service = service_with(Config {
        lease: Duration::from_secs(3600),
        ..Config::development()
    })
    .await;
    let mut happenings = service.backend().happenings();
    let _alice = RawClient::enter(&service, "alice").await;
    let _bob = RawClient::enter(&service, "bob").await;
    let mut stranger = RawClient::connect(&service).await;
    stranger.says("hello").await;
    assert_eq!(stranger.closed_with().await, 4403);
    kick(&service, "bob").await;
    // The counting reads the same stream as we do.
    for _ in 0..4 {
        soon(happenings.next()).await;
    }
    let metrics =
        format!("GET /metrics HTTP/1.1\r\nAuthorization: Bearer {DEVELOPMENT_OPERATOR_TOKEN}");
    let counted = soon(async {
        loop {
            let answer = asks(&service, &metrics, "").await;
            if answer.contains("exeunt_stays_ended_total{reason=\"kicked\"} 1") {
                return answer;
            }
        }
    });
    let answer = counted.await;
    for line in [
        "content-type: application/openmetrics-text; version=1.0.0; charset=utf-8",
        "exeunt_rooms 1\n",
        "exeunt_members 1\n",
        "exeunt_members_connected 1\n",
        "exeunt_stays_begun_total 2\n",
        "exeunt_entrances_refused_total{code=\"-3316\"} 1\n",
        "exeunt_api_answers_total{code=\"OK\"} 1\n",
        "# EOF",
    ] {
        assert!(answer.contains(line), "{line}: {answer}");
    }
    assert!(
        !answer.contains("alice") && !answer.contains("standup"),
        "{answer}"
    );
    for wrong in [
        "",
        "\r\nAuthorization: Bearer no",
        "\r\nAuthorization: Basic YTpi",
    ] {
        let answer = asks(&service, &format!("GET /metrics HTTP/1.1{wrong}"), "").await;
        assert!(answer.starts_with("HTTP/1.1 401"), "{answer}");
        assert!(!answer.contains("exeunt_rooms"), "{answer}");
    }
}

#[tokio::test]
async fn nobody_acts_at_the_console_without_a_session_and_no_other_site_with_one() {
    let service = service().await;
    let mut alice = RawClient::enter(&service, "alice").await;
    let body = "{\"room\":\"standup\",\"users\":[\"alice\"]}";
    let kicks = async |head: &str| asks(&service, head, body).await;
    let answer = kicks(&from_the_page(&service, "kick", "exeunt_session=guessed")).await;
    assert!(answer.starts_with("HTTP/1.1 401"), "{answer}");
    let cookie = logs_in(&service).await;
    let ours = from_the_page(&service, "kick", &cookie);
    for foreign in [
        ours.replace("Origin: http://", "Origin: http://evil.example/"),
        ours.replace("Origin: ", "X-Origin: "),
        format!("{ours}\r\nSec-Fetch-Site: cross-site"),
    ] {
        let answer = kicks(&foreign).await;
        assert!(answer.starts_with("HTTP/1.1 403"), "{answer}");
    }
    let as_a_form = ours.replace("application/json", "text/plain");
    let answer = kicks(&as_a_form).await;
    assert!(answer.starts_with("HTTP/1.1 400"), "{answer}");
    let answer = kicks(&ours).await;
    assert!(answer.contains("\"removed\":[\"alice\"]"), "{answer}");
    assert!(answer.contains("\"failed\":[]"), "{answer}");
    assert_eq!(alice.closed_with().await, 4001);
    asks(&service, &from_the_page(&service, "logout", &cookie), "{}").await;
    assert!(kicks(&ours).await.starts_with("HTTP/1.1 401"));
}

#[tokio::test]
async fn a_wrong_token_opens_nothing_and_is_not_repeated() {
    let service = service().await;
    for body in [
        "{\"token\":\"exeunt-development\"}",
        "{\"token\":\"\"}",
        "{\"token\":7}",
        "hunter22",
    ] {
        let answer = asks(&service, &from_the_page(&service, "login", "a=b"), body).await;
        assert!(answer.starts_with("HTTP/1.1 40"), "{answer}");
        assert!(
            !answer.contains("set-cookie") && !answer.contains("hunter22"),
            "{answer}"
        );
    }
}

#[tokio::test]
async fn the_page_is_sealed_and_runs_nothing_that_stands_in_it() {
    let service = service().await;
    let answer = asks(&service, "GET /console HTTP/1.1", "").await;
    for line in [
        "content-security-policy: default-src 'none'; script-src 'self';",
        "frame-ancestors 'none'",
        "x-content-type-options: nosniff",
        "cache-control: no-store",
    ] {
        assert!(answer.contains(line), "{line}: {answer}");
    }
    assert!(
        !answer.contains("unsafe") && !answer.contains("onclick") && !answer.contains("style=")
    );
    let answer = asks(&service, "GET /console/live HTTP/1.1", "").await;
    assert!(!answer.starts_with("HTTP/1.1 101"), "{answer}");
}

#[tokio::test]
async fn without_a_token_console_and_metrics_are_closed_and_a_short_one_is_none() {
    let service = service_with(Config {
        operator_token: None,
        ..Config::development()
    })
    .await;
    for path in ["/console", "/metrics", "/console/session"] {
        let answer = asks(&service, &format!("GET {path} HTTP/1.1"), "").await;
        assert!(answer.starts_with("HTTP/1.1 404"), "{answer}");
    }
    let config = Config {
        operator_token: Some(Secret::new("short")),
        ..Config::development()
    };
    let error = RoomService::bind(config).await.unwrap_err();
    assert!(
        matches!(error, ServeError::ShortToken { length: 5 }),
        "{error}"
    );
}

#[tokio::test]
async fn a_connection_that_ends_is_lost_and_only_a_client_that_breaks_the_protocol_is_cut_off() {
    // Nobody here says a heartbeat.
    let service = service_with(Config {
        lease: Duration::from_secs(3600),
        ..Config::development()
    })
    .await;
    for name in ["alice", "bob"] {
        drop(RawClient::enter(&service, name).await);
    }
    let mut rude = RawClient::enter(&service, "mallory").await;
    // What is too large may not even be taken to its end.
    rude.tries_to_send(Message::binary(vec![0; 2 << 20])).await;
    assert_eq!(rude.closed_with().await, 4400);
    let metrics =
        format!("GET /metrics HTTP/1.1\r\nAuthorization: Bearer {DEVELOPMENT_OPERATOR_TOKEN}");
    let all_gone = soon(async {
        loop {
            let answer = asks(&service, &metrics, "").await;
            if answer.contains("exeunt_members_connected 0\n") {
                return answer;
            }
        }
    });
    let answer = all_gone.await;
    let cut_off: Vec<&str> = answer
        .lines()
        .filter(|line| line.starts_with("exeunt_clients_cut_off_total"))
        .collect();
    assert_eq!(
        cut_off,
        ["exeunt_clients_cut_off_total{code=\"4400\"} 1"],
        "{answer}"
    );
    assert!(
        answer.contains("exeunt_media_frames_lost_total 0\n"),
        "{answer}"
    );
}
