//! Our own kick: once only and whole, whoever hangs up, and with bans that hold for all or for none.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{SystemTime, UNIX_EPOCH};

use exeunt_port::{RoomId, UserId, async_trait};
use exeunt_room_service::backend::{
    Backend, BackendError, Ban, Dismissal, HappeningSource, Happenings, Page, Receipt,
    ReceiptState, Removal, RemovalOutcome, RoomPage, RoomState,
};
use exeunt_room_service::tc3::{SignedRequest, sign};
use exeunt_room_service::{
    Config, DEVELOPMENT_SDK_APP_ID, DEVELOPMENT_SECRET_ID, DEVELOPMENT_SECRET_KEY, KickTerms,
    Limits, RoomService, RunningService, ServerApiError,
};
use serde_json::{Value, json};
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio::sync::{Mutex, Notify};

use crate::scene::{Member, call, request, service, service_limited, soon, user};

/// Rooms elsewhere, in which a kick takes its time; only the first one finds somebody.
#[derive(Debug)]
struct Slow {
    source: HappeningSource,
    asked: Notify,
    goes_on: Notify,
    began: AtomicUsize,
    kicked: Mutex<Vec<UserId>>,
}

impl Slow {
    fn new() -> Arc<Self> {
        Arc::new(Self {
            source: HappeningSource::new(8),
            asked: Notify::new(),
            goes_on: Notify::new(),
            began: AtomicUsize::new(0),
            kicked: Mutex::default(),
        })
    }
}

#[async_trait]
impl Backend for Slow {
    async fn rooms(&self, _page: Page) -> Result<RoomPage, BackendError> {
        Ok(RoomPage::default())
    }

    async fn room(&self, room: &RoomId) -> Result<RoomState, BackendError> {
        Err(BackendError::NoSuchRoom { room: room.clone() })
    }

    async fn kick(&self, _room: &RoomId, users: &[UserId]) -> Result<Vec<Removal>, BackendError> {
        let is_first = self.began.fetch_add(1, Ordering::SeqCst) == 0;
        self.asked.notify_one();
        self.goes_on.notified().await;
        self.kicked.lock().await.extend(users.iter().cloned());
        let outcome = if is_first {
            let receipt = Some(Receipt::settled(ReceiptState::default()));
            RemovalOutcome::Removed { stay: 7, receipt }
        } else {
            RemovalOutcome::NotInRoom
        };
        let user = users[0].clone();
        Ok(vec![Removal { user, outcome }])
    }

    async fn dismiss(&self, room: &RoomId) -> Result<Dismissal, BackendError> {
        Err(BackendError::NoSuchRoom { room: room.clone() })
    }

    async fn ban(&self, _bans: Vec<Ban>) -> Result<(), BackendError> {
        Ok(())
    }

    fn happenings(&self) -> Happenings {
        self.source.reader()
    }
}

/// A call that kicks Alice, as bytes, so that whoever sends it can hang up.
fn kick_once() -> String {
    let body = json!({
        "SdkAppId": DEVELOPMENT_SDK_APP_ID, "RoomId": "standup", "UserIds": ["alice"],
        "IdempotencyKey": "once",
    });
    let body = body.to_string();
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    let timestamp = i64::try_from(now.as_secs()).unwrap();
    let signed = SignedRequest {
        method: "POST",
        query: "",
        headers: &[("content-type", "application/json"), ("host", "localhost")],
        payload: body.as_bytes(),
        timestamp,
    };
    let authorization = sign(DEVELOPMENT_SECRET_ID, DEVELOPMENT_SECRET_KEY, &signed).unwrap();
    let length = body.len();
    format!(
        "POST / HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n\
         X-TC-Action: KickUsers\r\nX-TC-Version: 2019-07-22\r\nX-TC-Timestamp: {timestamp}\r\n\
         Authorization: {authorization}\r\nContent-Length: {length}\r\n\r\n{body}"
    )
}

/// Somebody asks for the kick and hangs up when it is under way.
async fn asks_and_hangs_up(service: &RunningService, elsewhere: &Slow) {
    let mut stream = TcpStream::connect(service.local_addr()).await.unwrap();
    stream.write_all(kick_once().as_bytes()).await.unwrap();
    soon(elsewhere.asked.notified()).await;
    stream.shutdown().await.unwrap();
    // The service has hung up as well: it knows.
    let mut rest = Vec::new();
    let _ = soon(tokio::io::AsyncReadExt::read_to_end(&mut stream, &mut rest)).await;
    assert!(rest.is_empty(), "{rest:?}");
}

async fn over(elsewhere: &Arc<Slow>) -> RunningService {
    let service = RoomService::bind(Config::development()).await.unwrap();
    service.with_backend(elsewhere.clone()).spawn()
}

#[tokio::test]
async fn a_kick_whose_caller_hangs_up_is_done_once_and_answers_whoever_asks_again() {
    let elsewhere = Slow::new();
    let service = over(&elsewhere).await;
    asks_and_hangs_up(&service, &elsewhere).await;
    let again = call(&service, |client| {
        let asked = json!({
            "RoomId": "standup", "UserIds": ["alice"], "IdempotencyKey": "once",
        });
        client.ask("KickUsers", asked)
    });
    let (answer, ()) = tokio::join!(again, async { elsewhere.goes_on.notify_one() });
    let answer = answer.unwrap();
    assert_eq!(answer["Results"][0]["Outcome"], "Removed", "{answer}");
    assert_eq!(*elsewhere.kicked.lock().await, [user("alice")], "once");
}

#[tokio::test]
async fn a_service_that_stops_waits_for_a_kick_that_nobody_waits_for_any_more() {
    let elsewhere = Slow::new();
    let service = over(&elsewhere).await;
    asks_and_hangs_up(&service, &elsewhere).await;
    let goes_on = async {
        tokio::task::yield_now().await;
        elsewhere.goes_on.notify_one();
    };
    tokio::join!(soon(service.stop()), goes_on);
    assert_eq!(*elsewhere.kicked.lock().await, [user("alice")]);
}

#[tokio::test]
async fn a_service_that_stops_answers_what_it_has_been_asked() {
    let elsewhere = Slow::new();
    let service = over(&elsewhere).await;
    let mut stream = TcpStream::connect(service.local_addr()).await.unwrap();
    stream.write_all(kick_once().as_bytes()).await.unwrap();
    soon(elsewhere.asked.notified()).await;
    let answered = async {
        tokio::task::yield_now().await;
        elsewhere.goes_on.notify_one();
        let mut answer = String::new();
        tokio::io::AsyncReadExt::read_to_string(&mut stream, &mut answer)
            .await
            .unwrap();
        answer
    };
    let ((), answer) = soon(async { tokio::join!(service.stop(), answered) }).await;
    assert!(answer.contains("\"Outcome\":\"Removed\""), "{answer}");
}

#[tokio::test]
async fn a_kick_that_takes_for_ever_holds_a_stop_up_for_no_longer_than_is_allowed() {
    let elsewhere = Slow::new();
    let limits = Limits {
        time_to_stop: std::time::Duration::from_millis(50),
        ..Limits::default()
    };
    let config = Config {
        limits,
        ..Config::development()
    };
    let service = RoomService::bind(config).await.unwrap();
    let service = service.with_backend(elsewhere.clone()).spawn();
    asks_and_hangs_up(&service, &elsewhere).await;
    soon(service.stop()).await;
    assert!(elsewhere.kicked.lock().await.is_empty(), "it was given up");
}

fn banning(users: &[&str]) -> Value {
    json!({"RoomId": "standup", "UserIds": users, "BanUntil": 4_000_000_000_u64})
}

async fn banned(service: &RunningService) -> Vec<String> {
    let answer = call(service, |client| client.ask("DescribeBans", json!({})));
    let answer = answer.await.unwrap();
    let bans = answer["Bans"].as_array().unwrap().iter();
    bans.map(|ban| ban["UserId"].as_str().unwrap().to_owned())
        .collect()
}

#[tokio::test]
async fn who_is_banned_from_a_room_that_is_not_open_does_not_enter_when_it_is() {
    let service = service().await;
    let asked = banning(&["mallory", "bob"]);
    let answer = call(&service, move |client| client.ask("KickUsers", asked)).await;
    let answer = answer.unwrap();
    for number in 0..2 {
        let result = &answer["Results"][number];
        assert_eq!(result["Outcome"], "NotInRoom", "{answer}");
    }
    assert_eq!(banned(&service).await, ["bob", "mallory"]);
    let _alice = Member::enter(service.url(), "alice").await;
    let refused = Member::try_enter(service.url(), request("mallory")).await;
    assert!(refused.is_err(), "he is banned");
    // A kick alone of a room that is not open has nothing to do, and says so.
    let nowhere = json!({"RoomId": 7, "UserIds": ["bob"]});
    let answer = call(&service, move |client| client.ask("KickUsers", nowhere)).await;
    let Err(ServerApiError::Refused { code, .. }) = answer else {
        panic!("{answer:?}")
    };
    assert_eq!(code, "FailedOperation.RoomNotExist");
}

#[tokio::test]
async fn if_not_all_can_be_banned_nobody_is_banned_or_kicked() {
    let limits = Limits {
        bans: 1,
        ..Limits::default()
    };
    let service = service_limited(limits).await;
    let alice = Member::enter(service.url(), "alice").await;
    let terms = KickTerms {
        ban_until: Some(4_000_000_000),
        ..KickTerms::default()
    };
    let both = [user("alice"), user("bob")];
    let kick = call(&service, move |client| {
        client.kick_users(&"standup".parse().unwrap(), &both, &terms)
    });
    let Err(ServerApiError::Refused { code, .. }) = kick.await else {
        panic!("there is one ban too many")
    };
    assert_eq!(code, "LimitExceeded");
    assert_eq!(banned(&service).await, [""; 0]);
    let left = alice.leaves().await;
    assert!(left.is_ok(), "she was there all the time: {left:?}");
}
