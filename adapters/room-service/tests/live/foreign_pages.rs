//! What a page of somebody else can ask, in the browser of somebody on this machine, with keys that
//! everybody knows.

use std::io;
use std::net::SocketAddr;
use std::time::{SystemTime, UNIX_EPOCH};

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use exeunt_port::{RoomLink, Transport, async_trait};
use exeunt_room_service::{
    Config, DEVELOPMENT_OPERATOR_TOKEN, DEVELOPMENT_SDK_APP_ID, DEVELOPMENT_SECRET_ID,
    DEVELOPMENT_SECRET_KEY, RunningService, Secret,
};
use exeunt_websocket::{ByteStream, Dial, WebSocketTransport};
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::raw::RawClient;
use crate::scene::{request, service, service_with, soon};

/// The query of a call that kicks Alice, as a page can sign it that knows the key.
fn kick(host: &str, key: &str) -> String {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    let query = format!(
        "Action=RemoveUserByStrRoomId&Nonce=7&RoomId=standup&SdkAppId={DEVELOPMENT_SDK_APP_ID}&\
         SecretId={DEVELOPMENT_SECRET_ID}&SignatureMethod=HmacSHA256&Timestamp={}&UserIds.0=alice&\
         Version=2019-07-22",
        now.as_secs()
    );
    let mut mac = Hmac::<Sha256>::new_from_slice(key.as_bytes()).unwrap();
    mac.update(format!("GET{host}/?{query}").as_bytes());
    let signature = STANDARD.encode(mac.finalize().into_bytes());
    let signature: String = form_urlencoded::byte_serialize(signature.as_bytes()).collect();
    format!("{query}&Signature={signature}")
}

async fn asks(service: &RunningService, request: &str) -> String {
    let mut stream = TcpStream::connect(service.local_addr()).await.unwrap();
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = vec![0; 4096];
    let length = soon(stream.read(&mut answer)).await.unwrap();
    String::from_utf8_lossy(&answer[..length]).into_owned()
}

#[tokio::test]
async fn no_foreign_page_kicks_by_a_picture_a_form_or_a_name_that_leads_here() {
    let service = service().await;
    let here = service.local_addr().to_string();
    let mut alice = RawClient::enter(&service, "alice").await;
    let asked = async |host: &str, more: &str| {
        let query = kick(host, DEVELOPMENT_SECRET_KEY);
        let head = format!("GET /?{query} HTTP/1.1\r\nHost: {host}\r\nConnection: close{more}");
        asks(&service, &format!("{head}\r\n\r\n")).await
    };
    for (host, more) in [
        (&*here, "\r\nSec-Fetch-Site: cross-site"),
        (&*here, "\r\nSec-Fetch-Site: same-site"),
        (&*here, "\r\nOrigin: http://evil.example"),
        (&*here, "\r\nOrigin: null"),
        ("evil.example:7450", ""),
        (
            "evil.example:7450",
            "\r\nOrigin: http://evil.example:7450\r\nSec-Fetch-Site: same-origin",
        ),
    ] {
        let answer = asked(host, more).await;
        assert!(answer.contains("\"UnauthorizedOperation\""), "{answer}");
    }
    // The same call is good if it comes from no page; the SDKs name no origin.
    let answer = asked(&here, "").await;
    assert!(!answer.contains("Error"), "{answer}");
    assert_eq!(alice.closed_with().await, 4001);
}

#[tokio::test]
async fn a_page_whose_name_leads_here_gets_neither_a_socket_nor_the_metrics() {
    let service = service().await;
    let here = service.local_addr();
    let upgrade = "Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n\
        Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==";
    let token = format!("Connection: close\r\nAuthorization: Bearer {DEVELOPMENT_OPERATOR_TOKEN}");
    let asked = async |path: &str, host: &str, more: &str| {
        let head = format!("GET {path} HTTP/1.1\r\nHost: {host}\r\nOrigin: http://{host}");
        asks(&service, &format!("{head}\r\n{more}\r\n\r\n")).await
    };
    let evil = "evil.example:7450";
    for (path, more, good) in [("/ws", upgrade, "101"), ("/metrics", &token, "200")] {
        let answer = asked(path, evil, more).await;
        assert!(answer.starts_with("HTTP/1.1 403"), "{answer}");
        assert!(answer.contains("127.0.0.1 or localhost"), "{answer}");
        for name in [here.to_string(), format!("localhost:{}", here.port())] {
            let answer = asked(path, &name, more).await;
            assert!(answer.starts_with(&format!("HTTP/1.1 {good}")), "{answer}");
        }
    }
}

#[tokio::test]
async fn with_keys_of_its_own_a_service_is_asked_under_whatever_name_leads_to_it() {
    let key = "a key of one's own";
    let service = service_with(Config {
        user_sig_key: Secret::new(key),
        secret_key: Secret::new(key),
        ..Config::development()
    })
    .await;
    let host = "rooms.example:7450";
    let request = |query: &str| {
        format!("GET /?{query} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n")
    };
    let answer = asks(&service, &request(&kick(host, key))).await;
    assert!(answer.contains("FailedOperation.RoomNotExist"), "{answer}");
    let answer = asks(&service, &request(&kick(host, DEVELOPMENT_SECRET_KEY))).await;
    assert!(answer.contains("AuthFailure.SignatureFailure"), "{answer}");
}

/// Leads every name here.
struct Hosts(SocketAddr);

#[async_trait]
impl Dial for Hosts {
    async fn dial(&self, _host: &str, _port: u16) -> io::Result<Box<dyn ByteStream>> {
        Ok(Box::new(TcpStream::connect(self.0).await?))
    }
}

#[tokio::test]
async fn who_enters_under_another_name_is_told_which_ones_are_good() {
    let service = service().await;
    for (name, is_good) in [("localhost", true), ("rooms.example", false)] {
        let hosts = Hosts(service.local_addr());
        let transport = WebSocketTransport::dialling_with(&format!("ws://{name}/ws"), hosts);
        let (link, _side) = RoomLink::pair();
        let entered = soon(transport.unwrap().connect(request("alice"), link)).await;
        match entered {
            Ok(_) => assert!(is_good, "{name}"),
            Err(error) => {
                assert!(!is_good, "{name}: {error}");
                let said = error.to_string();
                assert!(said.contains("403") && said.contains("localhost"), "{said}");
            }
        }
    }
}
