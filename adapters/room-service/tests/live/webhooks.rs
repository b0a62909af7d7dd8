//! Webhooks, with a real HTTP server at the other end.

use std::time::Duration;

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::routing::post;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use exeunt_room_service::{
    Config, DEVELOPMENT_SDK_APP_ID, Limits, RunningService, Secret, Webhook, WebhookReach,
};
use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Value, json};
use sha2::Sha256;
use tokio::net::TcpListener;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use crate::scene::{Member, call, kick, service_with, soon};

const KEY: &str = "Key1234567890";

/// A server that is told what happens, and answers each time what it was made to.
struct Hook {
    url: String,
    heard: mpsc::UnboundedReceiver<(HeaderMap, Bytes)>,
    task: JoinHandle<()>,
}

impl Drop for Hook {
    fn drop(&mut self) {
        self.task.abort();
    }
}

#[derive(Clone)]
struct Hearing {
    heard: mpsc::UnboundedSender<(HeaderMap, Bytes)>,
    /// How many it does not take.
    refuses: std::sync::Arc<std::sync::atomic::AtomicUsize>,
}

impl Hook {
    async fn refusing(refuses: usize) -> Self {
        let (sender, heard) = mpsc::unbounded_channel();
        let hearing = Hearing {
            heard: sender,
            refuses: std::sync::Arc::new(refuses.into()),
        };
        let router = Router::new().route("/hook", post(hear)).with_state(hearing);
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!(
            "http://{}/hook?token=secret",
            listener.local_addr().unwrap()
        );
        let task = tokio::spawn(async move { serve(listener, router).await });
        Self { url, heard, task }
    }

    /// The next event; its headers have been checked.
    async fn event(&mut self) -> Value {
        let (headers, body) = soon(self.heard.recv()).await.unwrap();
        let mut mac = Hmac::<Sha256>::new_from_slice(KEY.as_bytes()).unwrap();
        mac.update(&body);
        let sign = STANDARD.encode(mac.finalize().into_bytes());
        assert_eq!(headers["Sign"], sign);
        assert_eq!(headers["SdkAppId"], DEVELOPMENT_SDK_APP_ID.to_string());
        assert_eq!(headers["Content-Type"], "application/json");
        serde_json::from_slice(&body).unwrap()
    }

    /// The next event: its number, who, and why.
    async fn hears(&mut self) -> (u64, String, Option<u64>) {
        let event = self.event().await;
        let info = &event["EventInfo"];
        assert_eq!(info["RoomId"], "standup");
        (
            event["EventType"].as_u64().unwrap(),
            info["UserId"].as_str().unwrap_or_default().to_owned(),
            info["Reason"].as_u64(),
        )
    }
}

async fn hear(
    State(hearing): State<Hearing>,
    headers: HeaderMap,
    body: Bytes,
) -> (StatusCode, &'static str) {
    use std::sync::atomic::Ordering::SeqCst;
    let refused = hearing
        .refuses
        .fetch_update(SeqCst, SeqCst, |left| left.checked_sub(1));
    hearing.heard.send((headers, body)).unwrap();
    match refused {
        Ok(_) => (StatusCode::OK, r#"{"code":1}"#),
        Err(_) => (StatusCode::OK, r#"{"code":0}"#),
    }
}

async fn serve(listener: TcpListener, router: Router) {
    use hyper_util::rt::TokioIo;
    use hyper_util::service::TowerToHyperService;
    let mut connections = tokio::task::JoinSet::new();
    loop {
        let (stream, _) = listener.accept().await.unwrap();
        let service = TowerToHyperService::new(router.clone());
        let builder = hyper::server::conn::http1::Builder::new();
        connections.spawn(builder.serve_connection(TokioIo::new(stream), service));
    }
}

async fn service_telling(urls: &[&str], limits: Limits) -> RunningService {
    let webhook = |url: &&str| Webhook::new(url, Secret::new(KEY), WebhookReach::Private).unwrap();
    service_with(Config {
        webhooks: urls.iter().map(webhook).collect(),
        limits: Limits {
            // Those who wait ask often.
            api_per_second: 100_000,
            requests_per_second_per_address: 1_000_000,
            // A busy machine takes its time, and what is to be told at the end is looked at here.
            time_to_tell_webhooks: Duration::from_secs(30),
            ..limits
        },
        ..Config::development()
    })
    .await
}

async fn deliveries(service: &RunningService) -> Value {
    let answer = call(service, |client| {
        client.ask("DescribeDeliveries", json!({}))
    });
    answer.await.unwrap()
}

/// Waits until this holds of what `DescribeDeliveries` answers.
async fn until(service: &RunningService, holds: impl Fn(&Value) -> bool) -> Value {
    soon(async {
        loop {
            let answer = deliveries(service).await;
            if holds(&answer) {
                return answer;
            }
            tokio::task::yield_now().await;
        }
    })
    .await
}

#[tokio::test]
async fn a_room_is_told_of_from_its_beginning_to_its_end_signed_and_in_order() {
    let mut hook = Hook::refusing(0).await;
    let service = service_telling(&[&hook.url], Limits::default()).await;
    let alice = Member::enter(service.url(), "alice").await;
    let _bob = Member::enter(service.url(), "bob").await;
    let _carol = Member::enter(service.url(), "carol").await;
    alice.leaves().await.unwrap();
    kick(&service, "bob").await;
    service.stop().await;
    let heard = |number, name: &str, reason| (number, name.to_owned(), reason);
    for expected in [
        heard(101, "alice", None),
        heard(103, "alice", Some(1)),
        heard(103, "bob", Some(1)),
        heard(103, "carol", Some(1)),
        heard(104, "alice", Some(1)),
        heard(104, "bob", Some(3)),
        heard(104, "carol", Some(3)),
        heard(102, "", None),
    ] {
        assert_eq!(hook.hears().await, expected);
    }
}

#[tokio::test]
async fn what_is_not_taken_is_sent_again_at_once_and_the_log_says_so() {
    let mut hook = Hook::refusing(1).await;
    let service = service_telling(&[&hook.url], Limits::default()).await;
    let _alice = Member::enter(service.url(), "alice").await;
    let answer = until(&service, |answer| answer["Receivers"][0]["Delivered"] == 2).await;
    let opened = &answer["Deliveries"][1];
    assert_eq!(
        (&opened["EventType"], &opened["State"]),
        (&json!(101), &json!("Delivered"))
    );
    let attempts = opened["Attempts"].as_array().unwrap();
    assert_eq!(attempts.len(), 2);
    let words = attempts[0]["Outcome"].as_str().unwrap();
    assert!(words.contains(r#"is not {"code":0}"#), "{words}");
    assert_eq!(attempts[1]["Outcome"], "ok");
    let url = answer["Receivers"][0]["Url"].as_str().unwrap();
    assert!(url.ends_with("/hook"), "without what may be secret: {url}");
    let numbers = [
        hook.hears().await.0,
        hook.hears().await.0,
        hook.hears().await.0,
    ];
    assert_eq!(numbers.iter().filter(|number| **number == 101).count(), 2);
}

#[tokio::test]
async fn a_receiver_that_never_answers_holds_nobody_up_and_what_it_loses_is_counted() {
    let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let silent = format!("http://{}/", silent.local_addr().unwrap());
    let mut hook = Hook::refusing(0).await;
    let limits = Limits {
        kept_happenings: 4,
        ..Limits::default()
    };
    let service = service_telling(&[&silent, &hook.url], limits).await;
    for _ in 0..5 {
        let alice = Member::enter(service.url(), "alice").await;
        for expected in [101, 103] {
            assert_eq!(hook.hears().await.0, expected);
        }
        alice.leaves().await.unwrap();
        for expected in [104, 102] {
            assert_eq!(hook.hears().await.0, expected);
        }
    }
    let answer = until(&service, |answer| {
        answer["Receivers"][0]["Dropped"].as_u64() > Some(0)
    });
    assert_eq!(answer.await["Receivers"][1]["Dropped"], 0);
}

#[tokio::test]
async fn an_address_that_a_name_leads_to_is_checked_as_well() {
    let hook = Hook::refusing(0).await;
    let port = hook.url.rsplit(':').next().unwrap();
    let url = format!("http://localhost:{port}");
    let webhook = Webhook::new(&url, Secret::new(KEY), WebhookReach::Public).unwrap();
    let service = service_with(Config {
        webhooks: vec![webhook],
        limits: Limits {
            api_per_second: 100_000,
            requests_per_second_per_address: 1_000_000,
            ..Limits::default()
        },
        ..Config::development()
    })
    .await;
    let _alice = Member::enter(service.url(), "alice").await;
    let answer = until(&service, |answer| {
        answer["Deliveries"][0]["Attempts"][0].is_object()
    })
    .await;
    let words = answer["Deliveries"][0]["Attempts"][0]["Outcome"]
        .as_str()
        .unwrap();
    assert!(words.contains("may not be reached by webhooks"), "{words}");
}
