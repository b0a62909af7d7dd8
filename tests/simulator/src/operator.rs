//! The operator: TRTC's server API, signed, over the simulated network.

use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, SystemTime};

use exeunt_port::{RoomId, UserId};
use exeunt_room_service::tc3::{SignedRequest, sign};
use exeunt_room_service::{Config, RoomDescription};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::time::timeout;

use crate::facts::Listing;
use crate::network::HostDial;

/// The name that the service is called by; nobody looks it up.
pub(crate) const HOST: &str = "127.0.0.1:7000";
/// How long an operator waits for an answer.
const PATIENCE: Duration = Duration::from_secs(3);

/// Calls the server API.
#[derive(Clone, Debug)]
pub(crate) struct Operator {
    dial: HostDial,
    config: Config,
}

impl Operator {
    pub(crate) fn new(dial: HostDial, config: Config) -> Self {
        Self { dial, config }
    }

    /// Removes a user from a room. Answers what the service said to it.
    pub(crate) async fn kick(&self, user: &UserId, room: &RoomId) -> Result<(), String> {
        let action = match room {
            RoomId::Number(_) => "RemoveUser",
            RoomId::String(_) => "RemoveUserByStrRoomId",
        };
        let more = json!({"RoomId": room, "UserIds": [user]});
        self.call(action, more).await.map(drop)
    }

    /// Dismisses a room. Answers what the service said to it.
    pub(crate) async fn dismiss(&self, room: &RoomId) -> Result<(), String> {
        let action = match room {
            RoomId::Number(_) => "DismissRoom",
            RoomId::String(_) => "DismissRoomByStrRoomId",
        };
        self.call(action, json!({"RoomId": room})).await.map(drop)
    }

    /// Who is in which room.
    pub(crate) async fn listing(&self) -> Result<Listing, String> {
        let mut answer = self.call("DescribeRooms", json!({})).await?;
        let rooms: Vec<RoomDescription> =
            serde_json::from_value(answer["Rooms"].take()).map_err(|error| error.to_string())?;
        let members = |room: RoomDescription| {
            let users = room.members.into_iter().map(|member| member.user_id);
            (room.room_id, users.collect::<BTreeSet<_>>())
        };
        Ok(rooms.into_iter().map(members).collect::<BTreeMap<_, _>>())
    }

    async fn call(&self, action: &str, mut body: Value) -> Result<Value, String> {
        body["SdkAppId"] = self.config.sdk_app_id.into();
        let answer = timeout(PATIENCE, self.exchange(self.request(action, &body)?));
        let text = answer.await.map_err(|_| "no answer".to_owned())??;
        let (_, body) = text.split_once("\r\n\r\n").ok_or("no HTTP")?;
        let mut answer: Value = serde_json::from_str(body).map_err(|error| error.to_string())?;
        let response = answer["Response"].take();
        match response["Error"]["Code"].as_str() {
            None => Ok(response),
            Some(code) => Err(code.to_owned()),
        }
    }

    fn request(&self, action: &str, body: &Value) -> Result<String, String> {
        let body = body.to_string();
        // The one clock of the world that is real: signatures are checked against it.
        let timestamp = SystemTime::now()
            .duration_since(SystemTime::UNIX_EPOCH)
            .map_or(0, |since| i64::try_from(since.as_secs()).unwrap_or(0));
        let signed = SignedRequest {
            method: "POST",
            query: "",
            headers: &[("content-type", "application/json"), ("host", HOST)],
            payload: body.as_bytes(),
            timestamp,
        };
        let (id, key) = (&self.config.secret_id, self.config.secret_key.expose());
        let authorization = sign(id, key, &signed).map_err(|error| error.to_string())?;
        Ok(format!(
            "POST / HTTP/1.1\r\nHost: {HOST}\r\nContent-Type: application/json\r\n\
             Authorization: {authorization}\r\nX-TC-Action: {action}\r\nX-TC-Version: 2019-07-22\r\n\
             X-TC-Timestamp: {timestamp}\r\nContent-Length: {}\r\nConnection: close\r\n\r\n{body}",
            body.len()
        ))
    }

    async fn exchange(&self, request: String) -> Result<String, String> {
        let said = |error: std::io::Error| error.kind().to_string();
        let mut stream = self.dial.connect().await.map_err(said)?;
        stream.write_all(request.as_bytes()).await.map_err(said)?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.map_err(said)?;
        Ok(answer)
    }
}
