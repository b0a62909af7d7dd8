//! Webhooks over TLS, and those that try to lead elsewhere.

use std::sync::Arc;

use exeunt_room_service::{
    Config, Limits, RunningService, Secret, Webhook, WebhookError, WebhookReach, WebhookRetry,
};
use exeunt_websocket::Trust;
use rcgen::{CertificateParams, KeyPair, date_time_ymd};
use serde_json::{Value, json};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::ring;
use tokio_rustls::rustls::pki_types::PrivateKeyDer;

use crate::scene::{Member, call, service_with, soon};

const TAKEN: &str =
    "HTTP/1.1 200 OK\r\ncontent-length: 10\r\nconnection: close\r\n\r\n{\"code\":0}";

/// A receiver that says who it is over TLS, and answers everything with the same words.
struct Receiver {
    port: u16,
    pem: String,
    heads: mpsc::UnboundedReceiver<String>,
    task: JoinHandle<()>,
}

impl Drop for Receiver {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Receiver {
    async fn certified_for(names: &[&str], until: i32) -> Self {
        let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
        let mut parameters = CertificateParams::new(names).unwrap();
        parameters.not_after = date_time_ymd(until, 1, 1);
        let key = KeyPair::generate().unwrap();
        let certificate = parameters.self_signed(&key).unwrap();
        let chain = vec![certificate.der().clone()];
        let secret = PrivateKeyDer::try_from(key.serialize_der()).unwrap();
        let config = ServerConfig::builder_with_provider(Arc::new(ring::default_provider()))
            .with_safe_default_protocol_versions()
            .unwrap()
            .with_no_client_auth()
            .with_single_cert(chain, secret)
            .unwrap();
        let acceptor = TlsAcceptor::from(Arc::new(config));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let (said, heads) = mpsc::unbounded_channel();
        let task = tokio::spawn(async move {
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                // Whoever does not take the certificate hangs up.
                if let Ok(stream) = acceptor.accept(stream).await {
                    answer(stream, TAKEN, &said).await;
                }
            }
        });
        Self {
            port,
            pem: certificate.pem(),
            heads,
            task,
        }
    }

    fn webhook(&self, host: &str) -> Webhook {
        let url = format!("https://{host}:{}/hook", self.port);
        Webhook::new(&url, Secret::new("k"), WebhookReach::Private).unwrap()
    }

    fn trust(&self) -> Trust {
        Trust::nobody().and(self.pem.as_bytes()).unwrap()
    }
}

async fn answer(
    mut stream: impl AsyncRead + AsyncWrite + Unpin,
    words: &str,
    said: &mpsc::UnboundedSender<String>,
) {
    let (mut heard, mut piece) = (Vec::new(), [0; 4096]);
    while !heard.ends_with(b"}}") {
        match stream.read(&mut piece).await {
            Ok(count) if count > 0 => heard.extend(&piece[..count]),
            Ok(_) | Err(_) => return,
        }
    }
    let _ = said.send(String::from_utf8_lossy(&heard).into_owned());
    let _ = stream.write_all(words.as_bytes()).await;
    let _ = stream.shutdown().await;
}

async fn service_telling(webhook: Webhook) -> RunningService {
    service_with(Config {
        webhooks: vec![webhook],
        limits: Limits {
            // Those who wait ask often.
            api_per_second: 100_000,
            ..Limits::default()
        },
        ..Config::development()
    })
    .await
}

/// What the delivery log says of the first attempt to tell something.
async fn first_attempt(service: &RunningService) -> String {
    let _alice = Member::enter(service.url(), "alice").await;
    soon(async {
        loop {
            let client_says = call(service, |client| {
                client.ask("DescribeDeliveries", json!({}))
            });
            let answer: Value = client_says.await.unwrap();
            let deliveries = answer["Deliveries"].as_array().unwrap();
            let outcome = deliveries
                .last()
                .map(|first| &first["Attempts"][0]["Outcome"]);
            if let Some(Value::String(outcome)) = outcome {
                return outcome.clone();
            }
            tokio::task::yield_now().await;
        }
    })
    .await
}

#[tokio::test]
async fn a_receiver_is_told_over_tls_when_its_authority_is_believed() {
    let mut receiver = Receiver::certified_for(&["localhost"], 2999).await;
    let webhook = receiver.webhook("localhost").trusting(&receiver.trust());
    let service = service_telling(webhook).await;
    assert_eq!(first_attempt(&service).await, "ok");
    let head = soon(receiver.heads.recv()).await.unwrap().to_lowercase();
    // Asked by the name that the certificate is for, and not by the address that it led to.
    let host = format!("host: localhost:{}\r\n", receiver.port);
    assert!(
        head.starts_with("post /hook http/1.1") && head.contains(&host),
        "{head}"
    );
}

#[tokio::test]
async fn whoever_cannot_prove_who_it_is_is_told_nothing_and_the_log_says_why() {
    let stranger = Receiver::certified_for(&["localhost"], 2999).await;
    let other = Receiver::certified_for(&["hooks.example"], 2999).await;
    let expired = Receiver::certified_for(&["localhost"], 2001).await;
    for (receiver, webhook, why) in [
        (&stranger, stranger.webhook("localhost"), "UnknownIssuer"),
        (
            &other,
            other.webhook("localhost").trusting(&other.trust()),
            "not valid for name",
        ),
        (
            &expired,
            expired.webhook("localhost").trusting(&expired.trust()),
            "expired",
        ),
    ] {
        let service = service_telling(webhook).await;
        let outcome = first_attempt(&service).await;
        let expected = "the certificate of localhost is not taken: ";
        assert!(
            outcome.starts_with(expected) && outcome.contains(why),
            "{outcome}"
        );
        assert!(receiver.heads.is_empty());
    }
    // And whoever speaks no TLS at all is not spoken to without it.
    let plain = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("https://{}/", plain.local_addr().unwrap());
    let webhook = Webhook::new(&url, Secret::new("k"), WebhookReach::Private).unwrap();
    let service = service_telling(webhook).await;
    let answering = async {
        loop {
            let (mut stream, _) = plain.accept().await.unwrap();
            let _ = stream.write_all(TAKEN.as_bytes()).await;
        }
    };
    let outcome = tokio::select! {
        outcome = first_attempt(&service) => outcome,
        () = answering => String::new(),
    };
    assert!(outcome.starts_with("no TLS with 127.0.0.1: "), "{outcome}");
}

#[tokio::test]
async fn a_receiver_that_leads_elsewhere_is_not_followed() {
    let elsewhere = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let target = elsewhere.local_addr().unwrap();
    let leading = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/", leading.local_addr().unwrap());
    let webhook = Webhook::new(&url, Secret::new("k"), WebhookReach::Private).unwrap();
    let service = service_telling(webhook).await;
    let (said, _heads) = mpsc::unbounded_channel();
    let leads = async {
        let words = format!(
            "HTTP/1.1 307 Temporary Redirect\r\nlocation: http://{target}/\r\ncontent-length: 0\r\n\
             connection: close\r\n\r\n"
        );
        loop {
            let (stream, _) = leading.accept().await.unwrap();
            answer(stream, &words, &said).await;
        }
    };
    let outcome = tokio::select! {
        outcome = first_attempt(&service) => outcome,
        () = leads => String::new(),
        _ = elsewhere.accept() => panic!("it was followed"),
    };
    let expected = "HTTP status 307: a redirect, which webhooks do not follow";
    assert_eq!(outcome, expected);
}

#[test]
fn how_often_is_tried_again_is_bounded() {
    let webhook = || {
        Webhook::new(
            "https://hooks.example",
            Secret::new("k"),
            WebhookReach::Public,
        )
    };
    let retry = WebhookRetry {
        pause: Duration::ZERO,
        ..WebhookRetry::default()
    };
    let error = webhook().unwrap().retrying(retry).unwrap_err();
    assert!(matches!(error, WebhookError::Retry { .. }));
    assert!(error.to_string().contains("1 s to 1 hour"), "{error}");
}
