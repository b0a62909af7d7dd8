//! The odd forms that an HTTP request can have, signed all the same.

use std::time::{SystemTime, UNIX_EPOCH};

use exeunt_room_service::tc3::{SignedRequest, sign};
use exeunt_room_service::{Config, DEVELOPMENT_SECRET_ID, RunningService, Secret};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::scene::{Member, service_with, soon};

/// With a key of its own a service may be asked for under every name.
const KEY: &str = "a key of one's own";
const DISMISS: &str = r#"{"SdkAppId":1400000000,"RoomId":"standup"}"#;

/// A dismissal of the room, signed as the SDKs do it, to be spoilt.
struct Form {
    line: &'static str,
    host: &'static str,
    content_type: &'static str,
    action: &'static str,
    /// Seconds since now.
    made: i64,
    body: &'static str,
    signed_body: &'static str,
    more: &'static str,
}

impl Default for Form {
    fn default() -> Self {
        Self {
            line: "POST / HTTP/1.1",
            host: "Host: trtc.example",
            content_type: "Content-Type: application/json",
            action: "X-TC-Action: DismissRoomByStrRoomId",
            made: 0,
            body: DISMISS,
            signed_body: DISMISS,
            more: "",
        }
    }
}

impl Form {
    fn request(&self) -> String {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
        let timestamp = i64::try_from(now.as_secs()).unwrap() + self.made;
        let request = SignedRequest {
            method: "POST",
            query: "",
            headers: &[
                ("content-type", "application/json"),
                ("host", "trtc.example"),
            ],
            payload: self.signed_body.as_bytes(),
            timestamp,
        };
        let authorization = sign(DEVELOPMENT_SECRET_ID, KEY, &request).unwrap();
        let time = format!("X-TC-Timestamp: {timestamp}");
        let length = format!("Content-Length: {}", self.body.len());
        let length = if self.more.contains("chunked") {
            "X-None: 0"
        } else {
            &length
        };
        let head = [
            self.line,
            self.host,
            self.content_type,
            self.action,
            "X-TC-Version: 2019-07-22",
            &time,
            &format!("Authorization: {authorization}"),
            length,
            "Connection: close",
            self.more,
        ];
        let head: Vec<&str> = head.into_iter().filter(|line| !line.is_empty()).collect();
        format!("{}\r\n\r\n{}", head.join("\r\n"), self.body)
    }

    /// What the service answers: an error's code, or `ok`.
    async fn answer(&self, service: &RunningService) -> String {
        let mut stream = TcpStream::connect(service.local_addr()).await.unwrap();
        stream.write_all(self.request().as_bytes()).await.unwrap();
        let mut answer = String::new();
        soon(stream.read_to_string(&mut answer)).await.unwrap();
        if !answer.contains(" 200 OK\r\n") {
            return answer.lines().next().unwrap_or_default().to_owned();
        }
        let json = answer.rsplit("\r\n\r\n").next().unwrap_or_default();
        let json: serde_json::Value = serde_json::from_str(json).unwrap();
        assert!(json.pointer("/Response/RequestId").is_some(), "{answer}");
        let code = json.pointer("/Response/Error/Code");
        code.map_or("ok", |code| code.as_str().unwrap()).to_owned()
    }
}

async fn service() -> RunningService {
    service_with(Config {
        secret_key: Secret::new(KEY),
        ..Config::development()
    })
    .await
}

/// A good call, but for what is changed about it.
fn but(change: impl FnOnce(&mut Form)) -> Form {
    let mut form = Form::default();
    change(&mut form);
    form
}

#[tokio::test]
async fn a_signed_call_counts_in_every_form_that_http_allows() {
    let service = service().await;
    for form in [
        Form::default(),
        but(|form| form.line = "POST http://trtc.example/ HTTP/1.1"),
        but(|form| form.line = "POST / HTTP/1.0"),
        but(|form| form.host = "hOST:   trtc.example  "),
        // The official Node SDK signs the host without its port.
        but(|form| form.host = "Host: trtc.example:80"),
        but(|form| form.content_type = "CONTENT-TYPE: application/json"),
        but(|form| form.action = "x-tc-action: DismissRoomByStrRoomId"),
        but(|form| form.more = "X-TC-Region: ap-beijing\r\nX-TC-Token: t"),
        but(|form| {
            form.more = "Transfer-Encoding: chunked";
            form.body = "2a\r\n{\"SdkAppId\":1400000000,\"RoomId\":\"standup\"}\r\n0\r\n\r\n";
        }),
        but(|form| {
            form.signed_body = "UNSIGNED-PAYLOAD";
            form.more = "X-TC-Content-SHA256: UNSIGNED-PAYLOAD";
        }),
    ] {
        let _alice = Member::enter(service.url(), "alice").await;
        assert_eq!(form.answer(&service).await, "ok", "{}", form.request());
    }
}

#[tokio::test]
async fn a_call_that_is_not_as_it_was_signed_does_nothing() {
    let service = service().await;
    let mut alice = Member::enter(service.url(), "alice").await;
    let mismatch = "AuthFailure.SignatureFailure";
    let expired = "AuthFailure.SignatureExpire";
    for (form, code) in [
        (but(|form| form.host = "Host: other.example"), mismatch),
        (but(|form| form.host = "Host: trtc.example:x"), mismatch),
        (
            but(|form| form.content_type = "Content-Type: a/b"),
            mismatch,
        ),
        (
            but(|form| form.content_type = ""),
            "AuthFailure.InvalidAuthorization",
        ),
        (but(|form| form.signed_body = "{}"), mismatch),
        (but(|form| form.line = "POST /?a=b HTTP/1.1"), mismatch),
        (
            but(|form| form.more = "X-TC-Content-SHA256: UNSIGNED-PAYLOAD"),
            mismatch,
        ),
        (but(|form| form.made = -310), expired),
        (but(|form| form.made = 310), expired),
        (
            but(|form| form.line = "PUT / HTTP/1.1"),
            "UnsupportedProtocol",
        ),
        (but(|form| form.line = "GET / HTTP/1.1"), mismatch),
        (
            but(|form| form.line = "POST /ws HTTP/1.1"),
            "HTTP/1.1 405 Method Not Allowed",
        ),
        (
            but(|form| form.line = "POST // HTTP/1.1"),
            "HTTP/1.1 404 Not Found",
        ),
        (
            but(|form| {
                form.more = "Transfer-Encoding: chunked";
                form.body = "nonsense\r\n";
            }),
            "InvalidRequest",
        ),
        (but(|form| form.action = ""), "MissingParameter"),
        (
            but(|form| form.action = "X-TC-Action: dismissroom"),
            "InvalidAction",
        ),
        (
            but(|form| (form.body, form.signed_body) = ("[]", "[]")),
            "InvalidParameter",
        ),
        (
            but(|form| (form.body, form.signed_body) = ("", "")),
            "InvalidParameter",
        ),
    ] {
        assert_eq!(form.answer(&service).await, code, "{}", form.request());
    }
    let left = alice.leaves().await;
    assert!(left.is_ok(), "she was there all the time: {left:?}");
    assert!(alice.side.signals.try_recv().is_err());
}

/// Sends bytes and reads what comes until the service hangs up.
async fn answers_to(service: &RunningService, bytes: &[u8]) -> String {
    let mut stream = TcpStream::connect(service.local_addr()).await.unwrap();
    // The service may have heard enough before all is said.
    let _ = soon(stream.write_all(bytes)).await;
    let mut answer = Vec::new();
    let _ = soon(stream.read_to_end(&mut answer)).await;
    String::from_utf8_lossy(&answer).into_owned()
}

#[tokio::test]
async fn what_is_no_http_or_too_much_of_it_is_refused_and_hurts_nobody() {
    let service = service().await;
    let long = "x".repeat(64 << 10);
    let many = "X-A: b\r\n".repeat(1000);
    for (request, status) in [
        (format!("GET /{long} HTTP/1.1\r\nHost: x\r\n\r\n"), "431"),
        (
            format!("GET / HTTP/1.1\r\nHost: x\r\nX-Long: {long}\r\n\r\n"),
            "431",
        ),
        (format!("GET / HTTP/1.1\r\nHost: x\r\n{many}\r\n"), "431"),
        (
            "GET / HTTP/1.1\r\nHost: x\r\nA : b\r\n\r\n".to_owned(),
            "400",
        ),
        (
            "GET / HTTP/1.1\r\nHost: x\r\nContent-Length: -1\r\n\r\n".to_owned(),
            "400",
        ),
        (
            "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nab"
                .to_owned(),
            "400",
        ),
        (
            "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip\r\n\r\n".to_owned(),
            "400",
        ),
        ("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".to_owned(), ""),
        ("GET / HTTP/9.9\r\n\r\n".to_owned(), "400"),
        ("\u{0}\u{1}\u{2}\r\n\r\n".to_owned(), "400"),
        (
            "OPTIONS * HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".to_owned(),
            "404",
        ),
        (
            "CONNECT localhost:22 HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".to_owned(),
            "404",
        ),
        (
            "GET /../console/../ws HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n".to_owned(),
            "404",
        ),
    ] {
        let answer = answers_to(&service, request.as_bytes()).await;
        let said: String = request.chars().take(60).collect();
        let expected = format!("HTTP/1.1 {status}");
        assert!(
            answer.starts_with(&expected) || (status.is_empty() && answer.is_empty()),
            "{said:?}: {answer:?}"
        );
    }
}

#[tokio::test]
async fn requests_that_come_at_once_are_answered_one_after_the_other_each_as_itself() {
    let service = service().await;
    let mut alice = Member::enter(service.url(), "alice").await;
    let kept = |form: &Form| form.request().replace("Connection: close\r\n", "");
    let stranger = but(|form| form.signed_body = "{}");
    // A body that looks like a request is a body.
    let smuggled = "POST / HTTP/1.1\r\nHost: trtc.example\r\nContent-Length: 38\r\n\r\n\
        GET /health HTTP/1.1\r\nHost: x\r\nA: bcd\r\n";
    let all = [
        kept(&stranger),
        smuggled.to_owned(),
        kept(&Form::default()),
        Form::default().request(),
    ];
    let answers = answers_to(&service, all.concat().as_bytes()).await;
    let codes: Vec<&str> = answers
        .split("HTTP/1.1 200 OK")
        .skip(1)
        .map(|answer| {
            let code = answer.split_once("\"Code\":\"").map(|(_, rest)| rest);
            code.map_or("ok", |rest| rest.split('"').next().unwrap())
        })
        .collect();
    assert_eq!(
        codes,
        [
            "AuthFailure.SignatureFailure",
            "AuthFailure.InvalidAuthorization",
            "ok",
            "FailedOperation.RoomNotExist"
        ],
        "{answers}"
    );
    assert_eq!(alice.hears().await, exeunt_port::RoomSignal::Dismissed);
}
