//! A participant without media, who speaks the server's WebSocket API by hand.

use std::collections::VecDeque;
use std::sync::Arc;
use std::time::Duration;

use futures_util::stream::{SplitSink, SplitStream};
use futures_util::{SinkExt, StreamExt};
use serde_json::{Value, json};
use thiserror::Error;
use tokio::net::TcpStream;
use tokio::sync::Mutex;
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::http::HeaderValue;
use tokio_tungstenite::tungstenite::{self, Message};
use tokio_tungstenite::{MaybeTlsStream, WebSocketStream, connect_async};

/// What went wrong with a guest.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum GuestError {
    /// The WebSocket failed, or the server closed it.
    #[error("the guest's socket: {0}")]
    Socket(#[from] Box<tungstenite::Error>),
    /// The socket has ended.
    #[error("the guest's socket has ended; waited for was {what}")]
    Ended {
        /// What was waited for.
        what: String,
    },
    /// What was waited for did not happen.
    #[error("the guest waited for {what} in vain; unseen are {unseen:?}")]
    Overdue {
        /// What was waited for.
        what: String,
        /// What came instead.
        unseen: Vec<Value>,
    },
    /// The server refused something.
    #[error("the guest was refused: {0}")]
    Refused(Value),
}

/// A participant of a video room without media.
///
/// Janus does not need a peer connection for a membership: a guest is told who comes, publishes, leaves
/// and is kicked, and kicks and destroys. He keeps his session alive; dropping him cuts his socket.
#[derive(Debug)]
pub struct Guest {
    told: SplitStream<Socket>,
    telling: Arc<Mutex<SplitSink<Socket, Message>>>,
    /// What every request of his carries.
    manners: Value,
    asked: u64,
    unseen: VecDeque<Value>,
    /// Keeps the session alive, and ends with him.
    breathing: JoinSet<()>,
}

type Socket = WebSocketStream<MaybeTlsStream<TcpStream>>;

impl Guest {
    /// How long he waits for anything. It is no claim: it ends a story that hangs.
    const PATIENCE: Duration = Duration::from_secs(60);
    /// How often he keeps his session alive, whatever its timeout is.
    const BREATH: Duration = Duration::from_secs(1);

    /// Connects, and makes a session and a handle of the video room. `manners` is an object with what all
    /// his requests carry: `apisecret` or `token`.
    pub async fn connect(url: &str, manners: Value) -> Result<Self, GuestError> {
        let mut request = url.into_client_request().map_err(Box::new)?;
        let protocol = HeaderValue::from_static("janus-protocol");
        request
            .headers_mut()
            .insert("Sec-WebSocket-Protocol", protocol);
        let (socket, _) = connect_async(request).await.map_err(Box::new)?;
        let (telling, told) = socket.split();
        let mut guest = Self {
            told,
            telling: Arc::new(Mutex::new(telling)),
            manners,
            asked: 0,
            unseen: VecDeque::new(),
            breathing: JoinSet::new(),
        };
        let session = guest.ask(json!({"janus": "create"})).await?;
        guest.manners["session_id"] = session["data"]["id"].clone();
        let plugin = json!({"janus": "attach", "plugin": "janus.plugin.videoroom"});
        let handle = guest.ask(plugin).await?;
        guest.manners["handle_id"] = handle["data"]["id"].clone();
        guest.breathe();
        Ok(guest)
    }

    fn breathe(&mut self) {
        // Weakly: his end is the socket's, also where no runtime runs that would end this task.
        let telling = Arc::downgrade(&self.telling);
        let mut breath = self.dressed(json!({"janus": "keepalive"}));
        breath["transaction"] = "breath".into();
        let breath = Message::text(breath.to_string());
        self.breathing.spawn(async move {
            loop {
                sleep(Self::BREATH).await;
                // Whoever waits for something learns from his own end what has happened to the socket.
                let Some(telling) = telling.upgrade() else {
                    return;
                };
                if telling.lock().await.send(breath.clone()).await.is_err() {
                    return;
                }
            }
        });
    }

    /// The number of his session.
    #[must_use]
    pub fn session(&self) -> u64 {
        self.manners["session_id"].as_u64().unwrap_or_default()
    }

    /// Enters a room; answers what the room says of itself.
    pub async fn joins(&mut self, room: &Value, id: &Value) -> Result<Value, GuestError> {
        let body = json!({"request": "join", "ptype": "publisher", "room": room, "id": id});
        self.says(body).await
    }

    /// Sends a request of the video room; answers the plugin's answer, which may be an error of its own.
    pub async fn tries(&mut self, body: Value) -> Result<Value, GuestError> {
        let mut answer = self.ask(json!({"janus": "message", "body": body})).await?;
        Ok(answer["plugindata"]["data"].take())
    }

    /// The same for what has to succeed.
    pub async fn says(&mut self, body: Value) -> Result<Value, GuestError> {
        let answer = self.tries(body).await?;
        if answer["error_code"].is_null() {
            Ok(answer)
        } else {
            Err(GuestError::Refused(answer))
        }
    }

    /// Waits until the room tells something that `is_it`, and answers it. What was told before and not
    /// waited for counts; what is told meanwhile can be waited for later.
    pub async fn hears(
        &mut self,
        what: &str,
        is_it: impl Fn(&Value) -> bool,
    ) -> Result<Value, GuestError> {
        let heard = self.until(what, |said| is_it(&said["plugindata"]["data"]));
        Ok(heard.await?["plugindata"]["data"].take())
    }

    /// Waits until the server says anything, but that it has got what it was sent.
    pub async fn hears_anything(&mut self) -> Result<Value, GuestError> {
        self.until("anything", |said| said["janus"] != "ack").await
    }

    /// Waits until this participant is told to have come.
    pub async fn sees_come(&mut self, id: &Value) -> Result<(), GuestError> {
        self.hears("somebody's coming", |told| told["joining"]["id"] == *id)
            .await
            .map(drop)
    }

    /// Waits until this participant is told to have left by himself, or to have been lost.
    pub async fn sees_leave(&mut self, id: &Value) -> Result<(), GuestError> {
        self.hears("somebody's leaving", |told| told["leaving"] == *id)
            .await
            .map(drop)
    }

    /// What was told and not waited for until this moment: everything that the server sent before it
    /// answered a question that is asked now.
    pub async fn unheard(&mut self) -> Result<Vec<Value>, GuestError> {
        self.ask(json!({"janus": "keepalive"})).await?;
        let told = self.unseen.drain(..);
        Ok(told
            .map(|mut said| said["plugindata"]["data"].take())
            .collect())
    }

    /// Sends a request to the server itself; answers its answer: what is no mere `ack` of something that
    /// is answered later.
    pub async fn ask(&mut self, request: Value) -> Result<Value, GuestError> {
        let is_last = request["janus"] == "keepalive";
        let transaction = self.send(request).await?;
        let answer = self
            .until("an answer", |said| {
                said["transaction"] == transaction && (is_last || said["janus"] != "ack")
            })
            .await?;
        if answer["janus"] == "error" {
            return Err(GuestError::Refused(answer["error"].clone()));
        }
        Ok(answer)
    }

    /// Sends a request of the video room and does not wait for its answer.
    pub async fn sends(&mut self, body: Value) -> Result<(), GuestError> {
        self.send(json!({"janus": "message", "body": body}))
            .await
            .map(drop)
    }

    async fn send(&mut self, request: Value) -> Result<Value, GuestError> {
        self.asked += 1;
        let transaction = Value::from(self.asked.to_string());
        let mut request = self.dressed(request);
        request["transaction"] = transaction.clone();
        let message = Message::text(request.to_string());
        let sent = self.telling.lock().await.send(message).await;
        sent.map_err(Box::new)?;
        Ok(transaction)
    }

    /// The request with what every request of his carries.
    fn dressed(&self, mut request: Value) -> Value {
        // With a handle's number a request is the handle's, and these are the session's.
        let is_of_session = request["janus"] == "keepalive" || request["janus"] == "destroy";
        for (name, value) in self.manners.as_object().into_iter().flatten() {
            if !(is_of_session && name == "handle_id") {
                request[name] = value.clone();
            }
        }
        request
    }

    async fn until(
        &mut self,
        what: &str,
        is_it: impl Fn(&Value) -> bool,
    ) -> Result<Value, GuestError> {
        if let Some(place) = self.unseen.iter().position(&is_it) {
            return Ok(self.unseen.remove(place).unwrap_or_default());
        }
        let waiting = async {
            loop {
                let said = self.told.next().await;
                let said = said.ok_or_else(|| GuestError::Ended {
                    what: what.to_owned(),
                })?;
                let said = said.map_err(Box::new)?;
                let text = said.to_text().unwrap_or_default();
                let Ok(said) = serde_json::from_str::<Value>(text) else {
                    continue;
                };
                if is_it(&said) {
                    return Ok(said);
                }
                if said["janus"] != "ack" {
                    self.unseen.push_back(said);
                }
            }
        };
        match timeout(Self::PATIENCE, waiting).await {
            Ok(heard) => heard,
            Err(_) => Err(GuestError::Overdue {
                what: what.to_owned(),
                unseen: self.unseen.iter().cloned().collect(),
            }),
        }
    }
}
