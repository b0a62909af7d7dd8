//! Requests to the server API in every form in which the SDKs send them, put to the whole service over
//! a stream in memory: reading, signature, parameters, answer.

use std::io;
use std::time::{SystemTime, UNIX_EPOCH};

use exeunt_port::async_trait;
use exeunt_room_service::tc3::{self, SignedRequest};
use exeunt_room_service::{
    Accept, Accepted, Config, DEVELOPMENT_SECRET_ID, DEVELOPMENT_SECRET_KEY, RoomService,
};
use serde_json::{Map, Value};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, DuplexStream, duplex};
use tokio_util::sync::CancellationToken;

use crate::MAX_WORDS;
use crate::query::{Pairs, pairs, signature};

const HOST: &str = "localhost";
const BOUNDARY: &str = "exeunt-boundary";
const VERSION: &str = "2019-07-22";
/// What a form has besides what is asked; elsewhere it stands in headers.
const COMMON: [&str; 11] = [
    "Action",
    "Version",
    "Region",
    "Timestamp",
    "Nonce",
    "SecretId",
    "Signature",
    "SignatureMethod",
    "Token",
    "Language",
    "RequestClient",
];

/// The one stream on which somebody comes.
struct Entrance(Option<DuplexStream>);

#[async_trait]
impl Accept for Entrance {
    async fn accept(&mut self) -> io::Result<Accepted> {
        match self.0.take() {
            Some(stream) => Ok(Accepted {
                stream: Box::new(stream),
                address: None,
            }),
            None => std::future::pending().await,
        }
    }
}

/// Asks a service of its own, and answers what stands in `Response`. Every request is answered with HTTP
/// status 200, TencentCloud's envelope, and words that fill no log.
fn asked(line: &str, headers: &[(&str, &str)], body: &[u8]) -> Map<String, Value> {
    let mut request = format!("{line} HTTP/1.1\r\nconnection: close\r\n");
    for (name, value) in headers {
        request.extend([name, ": ", value, "\r\n"]);
    }
    let length = body.len().to_string();
    request.extend(["content-length: ", &length, "\r\n\r\n"]);
    let request = [request.as_bytes(), body].concat();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .build()
        .expect("a runtime");
    let answer = runtime.block_on(async {
        let (mut ours, theirs) = duplex(1 << 20);
        let service = RoomService::behind(Entrance(Some(theirs)), Config::development())
            .expect("the development configuration");
        let exchange = async {
            ours.write_all(&request).await.expect("it is read");
            let mut answer = Vec::new();
            ours.read_to_end(&mut answer).await.expect("it is answered");
            answer
        };
        tokio::select! {
            answer = exchange => answer,
            () = service.run(CancellationToken::new()) => Vec::new(),
        }
    });
    let answer = String::from_utf8(answer).expect("text");
    let (head, body) = answer.split_once("\r\n\r\n").expect("a head and a body");
    assert!(head.starts_with("HTTP/1.1 200 "), "{head}");
    let mut answer: Value = serde_json::from_str(body).expect("JSON");
    let response = answer["Response"].as_object_mut();
    let response = response.expect("TencentCloud's envelope");
    let id = response.remove("RequestId");
    assert!(id.is_some_and(|id| id.is_string()), "{body}");
    if let Some(error) = response.get("Error") {
        let words = |name: &str| error[name].as_str().unwrap_or_default().to_owned();
        assert!(
            !words("Code").is_empty() && words("Message").len() <= MAX_WORDS,
            "{body}"
        );
    }
    std::mem::take(response)
}

fn code(response: &Map<String, Value>) -> &str {
    response
        .get("Error")
        .map_or("OK", |error| error["Code"].as_str().unwrap_or_default())
}

fn now() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    i64::try_from(since.unwrap_or_default().as_secs()).unwrap_or(i64::MAX)
}

/// The parameters with all that the older signature wants, signed with this key.
fn signed(method: &str, action: &str, parameters: &Pairs, key: &str) -> String {
    let (now, nonce) = (now().to_string(), "7".to_owned());
    let mut pairs: Pairs = [
        ("Action", action.to_owned()),
        ("Version", VERSION.to_owned()),
        ("Timestamp", now),
        ("Nonce", nonce),
        ("SecretId", DEVELOPMENT_SECRET_ID.to_owned()),
        ("SignatureMethod", "HmacSHA256".to_owned()),
    ]
    .map(|(name, value)| (name.to_owned(), value))
    .into();
    pairs.extend(parameters.iter().cloned());
    let signature = signature(key, method, HOST, true, &pairs);
    pairs.push(("Signature".to_owned(), signature));
    form_urlencoded::Serializer::new(String::new())
        .extend_pairs(pairs)
        .finish()
}

const FORM: (&str, &str) = ("content-type", "application/x-www-form-urlencoded");

fn by_form(body: &[u8]) -> Map<String, Value> {
    asked("POST /", &[("host", HOST), FORM], body)
}

/// A body of the type `application/x-www-form-urlencoded`.
///
/// Unsigned it does nothing. Its parameters are asked in all three forms that have no types, each with
/// its own signature: all are understood, alike, and none is with another key.
pub fn api_form(bytes: &[u8]) {
    assert_ne!(code(&by_form(bytes)), "OK", "nothing is done unasked");
    let mut parameters = pairs(bytes);
    let action = parameters.iter().find(|(name, _)| name == "Action");
    let action = action.map_or("DescribeRooms".to_owned(), |(_, value)| value.clone());
    let is_token = |text: &str| {
        let good = |byte: u8| byte.is_ascii_alphanumeric() || b"._-".contains(&byte);
        !text.is_empty() && text.bytes().all(good)
    };
    // What can stand in a header and between two boundaries.
    parameters.retain(|(name, value)| {
        let list = name.rsplit_once('.').map_or(&**name, |(list, _)| list);
        let is_common = [list, name].iter().any(|name| COMMON.contains(name));
        is_token(name) && !is_common && !value.contains(BOUNDARY)
    });
    parameters.truncate(50);
    if !is_token(&action) {
        return;
    }
    let stranger = signed("POST", &action, &parameters, "another key");
    let refused = by_form(stranger.as_bytes());
    let good = signed("POST", &action, &parameters, DEVELOPMENT_SECRET_KEY);
    let by_post = by_form(good.as_bytes());
    assert!(!code(&by_post).starts_with("AuthFailure"), "{by_post:?}");
    // What makes no sense as parameters is not looked at any further.
    if code(&by_post) != "InvalidParameter" {
        assert_eq!(code(&refused), "AuthFailure.SignatureFailure");
    }
    let query = signed("GET", &action, &parameters, DEVELOPMENT_SECRET_KEY);
    let by_get = asked(&format!("GET /?{query}"), &[("host", HOST)], b"");
    assert_eq!(by_get, by_post);
    let part = |(name, value): &(String, String)| {
        format!(
            "--{BOUNDARY}\r\nContent-Disposition: form-data; name=\"{name}\"\r\n\r\n{value}\r\n"
        )
    };
    let parts: String = parameters.iter().map(part).collect();
    let body = format!("{parts}--{BOUNDARY}--\r\n");
    let kind = format!("multipart/form-data; boundary={BOUNDARY}");
    let by_parts = by_multipart(&kind, &action, body.as_bytes()).expect("it can be signed");
    // Where the action stands in a header, it is looked at before the parameters are.
    if code(&by_parts) != "InvalidAction" {
        assert_eq!(by_parts, by_post);
    }
}

/// Signs and sends it, if it can be signed.
fn by_multipart(kind: &str, action: &str, body: &[u8]) -> Option<Map<String, Value>> {
    let timestamp = now();
    let headers = [("content-type", kind), ("host", HOST)];
    let request = SignedRequest {
        method: "POST",
        query: "",
        headers: &headers,
        payload: body,
        timestamp,
    };
    let authorization = tc3::sign(DEVELOPMENT_SECRET_ID, DEVELOPMENT_SECRET_KEY, &request).ok()?;
    let timestamp = timestamp.to_string();
    let headers = [
        headers[0],
        headers[1],
        ("authorization", &authorization),
        ("x-tc-action", action),
        ("x-tc-version", VERSION),
        ("x-tc-timestamp", &timestamp),
    ];
    Some(asked("POST /", &headers, body))
}

/// What stands behind `multipart/form-data;`, a line; then an action, a line; then the body.
///
/// Whatever it is, signed it is answered, and not as if the signature were wrong.
pub fn api_multipart(bytes: &[u8]) {
    let mut lines = bytes.splitn(3, |byte| *byte == b'\n');
    let mut line = || lines.next().unwrap_or_default();
    let (more, action, body) = (line(), line(), line());
    let in_header = |bytes: &[u8]| {
        let text = String::from_utf8_lossy(bytes);
        let good = |letter: &char| letter.is_ascii_graphic() || *letter == ' ';
        text.chars()
            .filter(good)
            .collect::<String>()
            .trim()
            .to_owned()
    };
    let kind = format!("multipart/form-data;{}", in_header(more));
    let mut action = in_header(action);
    if action.is_empty() {
        "DescribeRooms".clone_into(&mut action);
    }
    if let Some(answer) = by_multipart(&kind, &action, body) {
        assert!(!code(&answer).starts_with("AuthFailure"), "{answer:?}");
    }
}
