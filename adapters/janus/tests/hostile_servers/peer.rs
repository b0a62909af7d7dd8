//! The other end: a server by script, and the member who talks with it.

use std::collections::VecDeque;
use std::future::Future;
use std::net::Ipv4Addr;
use std::time::Duration;

use exeunt_janus::translate::requests::{Body, Join, Request, Verb};
use exeunt_janus::{JanusConfig, JanusTransport};
use exeunt_port::{
    Connection, EnterError, EnterRequest, RoomLink, RoomSide, RoomSignal, Transport as _,
};
use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::mpsc;
use tokio::task::JoinSet;
use tokio::time::timeout;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::handshake::server;
use tokio_tungstenite::tungstenite::http::HeaderValue;
use tokio_tungstenite::{WebSocketStream, accept_hdr_async};

/// The ids that the script hands out.
pub(crate) const SESSION: u64 = 11;
pub(crate) const HANDLE: u64 = 22;
pub(crate) const ALICE: u64 = 33;

/// Longer than anything here takes; a story that waits this long has failed.
pub(crate) async fn soon<T>(future: impl Future<Output = T>) -> T {
    timeout(Duration::from_secs(30), future)
        .await
        .expect("what is waited for does not happen")
}

/// A server that does this with every connection; it ends with the set of its tasks.
pub(crate) async fn serve<F: Future<Output = ()> + Send + 'static>(
    script: impl Fn(Peer) -> F + Send + 'static,
) -> (String, JoinSet<()>) {
    let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.unwrap();
    let url = format!("ws://{}", listener.local_addr().unwrap());
    let mut tasks = JoinSet::new();
    tasks.spawn(async move {
        let mut connections = JoinSet::new();
        loop {
            let (stream, _) = listener.accept().await.unwrap();
            // Who gave up in the middle of the handshake is nobody's business.
            if let Some(peer) = Peer::accept(stream).await {
                connections.spawn(script(peer));
            }
        }
    });
    (url, tasks)
}

/// The same, with an ear for what the script has to say.
pub(crate) async fn serve_and_hear<T: Send + 'static, F: Future<Output = ()> + Send + 'static>(
    script: impl Fn(Peer, mpsc::Sender<T>) -> F + Send + 'static,
) -> (String, JoinSet<()>, mpsc::Receiver<T>) {
    let (ear, heard) = mpsc::channel(64);
    let (url, tasks) = serve(move |peer| script(peer, ear.clone())).await;
    (url, tasks, heard)
}

/// A transport to it, whose media go nowhere.
pub(crate) fn transport(url: &str) -> JanusTransport {
    JanusTransport::new(config(url))
}

pub(crate) fn config(url: &str) -> JanusConfig {
    let config = JanusConfig::new(url).unwrap();
    config.with_media_at(Ipv4Addr::LOCALHOST.into())
}

pub(crate) fn request() -> EnterRequest {
    EnterRequest::unsigned("alice", "7").unwrap()
}

pub(crate) async fn connect(
    transport: &JanusTransport,
) -> (Result<Box<dyn Connection>, EnterError>, RoomSide) {
    let (link, side) = RoomLink::pair();
    (soon(transport.connect(request(), link)).await, side)
}

/// Somebody in the room.
pub(crate) async fn member(transport: &JanusTransport) -> (Box<dyn Connection>, RoomSide) {
    let (connection, side) = connect(transport).await;
    (connection.unwrap(), side)
}

pub(crate) async fn refusal(transport: &JanusTransport) -> EnterError {
    connect(transport).await.0.err().unwrap()
}

/// The next thing that the member is told.
pub(crate) async fn told(side: &mut RoomSide) -> RoomSignal {
    soon(side.signals.recv())
        .await
        .expect("nothing more is told")
}

/// One connection, as the server sees it.
pub(crate) struct Peer {
    socket: WebSocketStream<TcpStream>,
    /// What was asked meanwhile and is still to be looked at.
    passed_over: VecDeque<Request>,
    /// Whether it keeps silent to keepalives.
    pub(crate) hangs: bool,
}

impl Peer {
    #[allow(
        clippy::result_large_err,
        reason = "the callback's type is tungstenite's"
    )]
    async fn accept(stream: TcpStream) -> Option<Self> {
        let with_protocol = |request: &server::Request, mut response: server::Response| {
            let asked = request.headers().get("Sec-WebSocket-Protocol");
            assert_eq!(asked, Some(&HeaderValue::from_static("janus-protocol")));
            let headers = response.headers_mut();
            headers.insert("Sec-WebSocket-Protocol", asked.unwrap().clone());
            Ok(response)
        };
        Some(Self {
            socket: accept_hdr_async(stream, with_protocol).await.ok()?,
            passed_over: VecDeque::new(),
            hangs: false,
        })
    }

    /// The next request, whatever it is; `None` once the client is gone.
    pub(crate) async fn next(&mut self) -> Option<Request> {
        if let Some(request) = self.passed_over.pop_front() {
            return Some(request);
        }
        self.read().await
    }

    async fn read(&mut self) -> Option<Request> {
        loop {
            match self.socket.next().await? {
                Ok(Message::Text(text)) => return Some(Request::decode(&text).unwrap()),
                Ok(Message::Close(_)) | Err(_) => return None,
                Ok(_) => {}
            }
        }
    }

    /// The next request of this kind. Keepalives are answered meanwhile; what else is asked stays to be
    /// looked at.
    pub(crate) async fn asked(&mut self, wanted: impl Fn(&Verb) -> bool) -> Request {
        let found = self.passed_over.iter().position(|one| wanted(&one.verb));
        if let Some(found) = found.and_then(|place| self.passed_over.remove(place)) {
            return found;
        }
        loop {
            let request = self.read().await.expect("the client has gone");
            if wanted(&request.verb) {
                return request;
            }
            if request.verb == Verb::Keepalive {
                if !self.hangs {
                    self.takes(&request).await;
                }
                continue;
            }
            self.passed_over.push_back(request);
        }
    }

    /// The next thing that `VideoRoom` is asked for, of this kind.
    pub(crate) async fn asked_for(&mut self, wanted: impl Fn(&Body) -> bool) -> Request {
        let is_wanted = |verb: &Verb| matches!(verb, Verb::Message { body, .. } if wanted(body));
        self.asked(is_wanted).await
    }

    pub(crate) async fn says(&mut self, message: Value) {
        self.says_text(message.to_string()).await;
    }

    pub(crate) async fn says_text(&mut self, text: String) {
        // The client may be gone already, which is its right.
        let _ = self.socket.send(Message::text(text)).await;
    }

    pub(crate) async fn says_binary(&mut self) {
        let _ = self.socket.send(Message::binary(vec![0; 20])).await;
    }

    /// Cuts the connection without a word.
    pub(crate) fn cut(self) {
        drop(self.socket);
    }

    pub(crate) async fn takes(&mut self, request: &Request) {
        let transaction = &request.transaction;
        self.says(json!({"janus": "ack", "transaction": transaction}))
            .await;
    }

    /// Did what was asked, and made this.
    pub(crate) async fn made(&mut self, request: &Request, id: u64) {
        let transaction = &request.transaction;
        let message = json!({"janus": "success", "transaction": transaction, "data": {"id": id}});
        self.says(message).await;
    }

    /// `VideoRoom`'s answer: an event of this transaction.
    pub(crate) async fn answers(&mut self, request: &Request, data: Value) {
        let transaction = &request.transaction;
        let said = json!({"plugin": "janus.plugin.videoroom", "data": data});
        self.says(json!({
            "janus": "event", "sender": HANDLE, "transaction": transaction, "plugindata": said
        }))
        .await;
    }

    /// `VideoRoom`'s answer to what it does at once.
    pub(crate) async fn answers_at_once(&mut self, request: &Request, data: Value) {
        let transaction = &request.transaction;
        let said = json!({"plugin": "janus.plugin.videoroom", "data": data});
        self.says(json!({
            "janus": "success", "sender": HANDLE, "transaction": transaction, "plugindata": said
        }))
        .await;
    }

    /// Something that `VideoRoom` says unasked.
    pub(crate) async fn tells(&mut self, data: Value) {
        self.tells_handle(HANDLE, data).await;
    }

    pub(crate) async fn tells_handle(&mut self, handle: u64, data: Value) {
        let said = json!({"plugin": "janus.plugin.videoroom", "data": data});
        self.says(json!({"janus": "event", "sender": handle, "plugindata": said}))
            .await;
    }

    pub(crate) async fn refuses(&mut self, request: &Request, code: i32) {
        let transaction = &request.transaction;
        let error = json!({"code": code, "reason": "by script"});
        self.says(json!({"janus": "error", "transaction": transaction, "error": error}))
            .await;
    }

    pub(crate) async fn says_what_it_is(&mut self, session_timeout: u64, reclaim: u64) {
        let info = self.asked(|verb| *verb == Verb::Info).await;
        let transaction = &info.transaction;
        self.says(json!({
            "janus": "server_info", "transaction": transaction, "name": "by script",
            "session-timeout": session_timeout, "reclaim-session-timeout": reclaim,
        }))
        .await;
    }

    /// Makes a session and a handle.
    pub(crate) async fn attaches(&mut self, session_timeout: u64, reclaim: u64) {
        self.says_what_it_is(session_timeout, reclaim).await;
        let create = self.asked(|verb| *verb == Verb::Create).await;
        self.made(&create, SESSION).await;
        let attach = self.asked(|verb| matches!(verb, Verb::Attach { .. })).await;
        assert_eq!(attach.session_id, Some(SESSION));
        self.made(&attach, HANDLE).await;
    }

    pub(crate) async fn asked_to_join(&mut self) -> Request {
        self.asked_for(|body| matches!(body, Body::Join(Join::Publisher { .. })))
            .await
    }

    /// Lets the client in, where these are already.
    pub(crate) async fn lets_in(&mut self, session_timeout: u64, reclaim: u64, attendees: Value) {
        self.attaches(session_timeout, reclaim).await;
        let join = self.asked_to_join().await;
        self.takes(&join).await;
        self.answers(&join, joined(&attendees)).await;
    }

    pub(crate) async fn asked_to_leave(&mut self) -> Request {
        self.asked_for(|body| *body == Body::Leave).await
    }

    /// Answers whatever ends something, until the client is gone. Answers what it was asked, in order.
    pub(crate) async fn sees_off(&mut self) -> Vec<Verb> {
        let mut asked = Vec::new();
        while let Some(request) = self.next().await {
            if matches!(request.verb, Verb::Detach | Verb::Destroy) {
                self.says(json!({"janus": "success", "transaction": request.transaction}))
                    .await;
            } else if asks_who_is_there(&request.verb) {
                self.answers_at_once(&request, gone()).await;
            }
            asked.push(request.verb);
        }
        asked
    }

    /// Says nothing more until the client is gone.
    pub(crate) async fn hears_out(&mut self) {
        while self.next().await.is_some() {}
    }
}

pub(crate) fn asks_who_is_there(verb: &Verb) -> bool {
    matches!(
        verb,
        Verb::Message {
            body: Body::ListParticipants { .. },
            ..
        }
    )
}

pub(crate) fn joined(attendees: &Value) -> Value {
    json!({
        "videoroom": "joined", "room": 7, "description": "7", "id": ALICE, "private_id": 44,
        "publishers": [], "attendees": attendees,
    })
}

pub(crate) fn left() -> Value {
    json!({"videoroom": "event", "room": 7, "leaving": "ok"})
}

pub(crate) fn kicked() -> Value {
    json!({"videoroom": "event", "room": 7, "leaving": "ok", "reason": "kicked"})
}

pub(crate) fn destroyed() -> Value {
    json!({"videoroom": "destroyed", "room": 7})
}

/// The answer to who is in the room.
fn gone() -> Value {
    json!({"videoroom": "event", "error_code": 426, "error": "No such room (7)"})
}
