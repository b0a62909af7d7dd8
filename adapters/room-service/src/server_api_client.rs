//! The other end of the server API: kicks, dismisses and lists rooms over HTTP.

use std::sync::Arc;
use std::time::Duration;

use exeunt_port::{RoomId, UserId};
use exeunt_websocket::{Trust, without_secrets};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use thiserror::Error;
use tokio_rustls::rustls::crypto::ring;
use ureq::tls::{Certificate, RootCerts, TlsConfig};

use crate::clock::unix_seconds;
use crate::config::Secret;
use crate::room_description::{RemovalDescription, RoomDescription};
use crate::server_api::{Action, VERSION};
use crate::tc3::{SignedRequest, Tc3Error, sign};
use crate::this_machine::is_this_machine;

/// A blocking client of the server API, for command lines and tools.
///
/// Each call answers within 10 s. Against TRTC itself everything but
/// [`describe_rooms`](Self::describe_rooms) works as well.
#[derive(Clone, Debug)]
pub struct ServerApiClient {
    endpoint: String,
    host: String,
    sdk_app_id: u32,
    secret_id: String,
    secret_key: Secret,
    agent: ureq::Agent,
}

/// Why a call of the server API did not go well.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum ServerApiError {
    /// The address of the service makes no sense.
    #[error(
        "{endpoint:?} is no address of a room service; expected http://HOST:PORT or https://HOST:PORT"
    )]
    Endpoint {
        /// What was given, without a user name, a password and a query.
        endpoint: String,
    },
    /// The service did not answer.
    #[error("no answer from {endpoint}: {source}")]
    Unreachable {
        /// Where it was looked for.
        endpoint: String,
        /// What the network said.
        source: Box<ureq::Error>,
    },
    /// The service answered something else.
    #[error("{endpoint} does not speak the server API: {detail}")]
    Answer {
        /// Who answered.
        endpoint: String,
        /// What was wrong with it.
        detail: String,
    },
    /// The service said no.
    #[error("{code}: {message} (request {request_id})")]
    Refused {
        /// TencentCloud's name for it, for instance `FailedOperation.RoomNotExist`.
        code: String,
        /// The service's words.
        message: String,
        /// The call's number, which stands in the service's log.
        request_id: String,
    },
    /// The request could not be signed.
    #[error(transparent)]
    Signature(#[from] Tc3Error),
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Envelope {
    response: Value,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Answer {
    request_id: String,
    error: Option<AnswerError>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Listed {
    total_count: usize,
    rooms: Vec<RoomDescription>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Removed {
    results: Vec<RemovalDescription>,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct AnswerError {
    code: String,
    message: String,
}

/// How a kick is to be, beyond what TRTC has.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct KickTerms {
    /// What makes a call that is repeated the same call: 1 to 64 printable ASCII characters.
    pub idempotency_key: Option<String>,
    /// Until when those who are kicked may not enter, in seconds since 1970.
    pub ban_until: Option<u64>,
    /// Whether they may not enter any room, and not only this one.
    pub ban_everywhere: bool,
    /// Whether only the `UserSig`s that they have by now are banned.
    pub ban_present_tokens: bool,
}

impl ServerApiClient {
    const TIMEOUT: Duration = Duration::from_secs(10);
    /// The largest answer in bytes: 100 rooms of 1000 members.
    const MAX_ANSWER: u64 = 16 << 20;
    const CONTENT_TYPE: &str = "application/json";

    /// A client of the service at `endpoint`, for instance `http://127.0.0.1:7000`. Nothing is
    /// connected yet. With `https://` the service has to show a certificate that the system's
    /// authorities have signed; [`trusting`](Self::trusting) says whom to believe otherwise.
    pub fn new(
        endpoint: &str,
        sdk_app_id: u32,
        secret_id: &str,
        secret_key: Secret,
    ) -> Result<Self, ServerApiError> {
        let trimmed = endpoint.trim_end_matches('/');
        let secure = trimmed.strip_prefix("https://");
        let host = secure.or_else(|| trimmed.strip_prefix("http://"));
        let host =
            host.filter(|host| !host.is_empty() && !host.contains(['/', '?', '#', '@', ' ']));
        let Some(host) = host else {
            return Err(ServerApiError::Endpoint {
                endpoint: without_secrets(endpoint),
            });
        };
        let trust = secure.map(|_| Trust::system());
        Ok(Self {
            endpoint: format!("{trimmed}/"),
            host: host.to_owned(),
            sdk_app_id,
            secret_id: secret_id.to_owned(),
            secret_key,
            agent: agent(host, trust.as_ref()),
        })
    }

    /// The same, believing these when they say who the service is. Makes no difference for `http://`.
    #[must_use]
    pub fn trusting(mut self, trust: &Trust) -> Self {
        if self.endpoint.starts_with("https://") {
            self.agent = agent(&self.host, Some(trust));
        }
        self
    }

    /// Removes users from a room: `RemoveUser` or `RemoveUserByStrRoomId`, as the id demands. Those who
    /// are not in the room are skipped without a word, as with TRTC. Answers the call's request id.
    pub fn remove_user(&self, room: &RoomId, users: &[UserId]) -> Result<String, ServerApiError> {
        let action = match room {
            RoomId::Number(_) => Action::RemoveUser,
            RoomId::String(_) => Action::RemoveUserByStrRoomId,
        };
        let users: Vec<&str> = users.iter().map(UserId::as_str).collect();
        let body = json!({"SdkAppId": self.sdk_app_id, "RoomId": room, "UserIds": users});
        Ok(self.call(action.as_str(), &body)?.0)
    }

    /// Dismisses a room: `DismissRoom` or `DismissRoomByStrRoomId`, as the id demands. Answers the
    /// call's request id.
    pub fn dismiss_room(&self, room: &RoomId) -> Result<String, ServerApiError> {
        let action = match room {
            RoomId::Number(_) => Action::DismissRoom,
            RoomId::String(_) => Action::DismissRoomByStrRoomId,
        };
        let body = json!({"SdkAppId": self.sdk_app_id, "RoomId": room});
        Ok(self.call(action.as_str(), &body)?.0)
    }

    /// Removes users from a room on these terms, and answers what became of each of them, with a receipt
    /// for those who were there: up to a second is waited for the others to be told. This action is the
    /// room service's own.
    pub fn kick_users(
        &self,
        room: &RoomId,
        users: &[UserId],
        terms: &KickTerms,
    ) -> Result<Vec<RemovalDescription>, ServerApiError> {
        let choice = |chosen: bool, usual, other| if chosen { other } else { usual };
        let body = json!({
            "SdkAppId": self.sdk_app_id,
            "RoomId": room,
            "UserIds": users,
            "IdempotencyKey": terms.idempotency_key,
            "BanUntil": terms.ban_until,
            "BanScope": choice(terms.ban_everywhere, "Room", "Application"),
            "BanTokens": choice(terms.ban_present_tokens, "All", "Present"),
        });
        let (_, answer) = self.call(Action::KickUsers.as_str(), &body)?;
        Ok(self.read::<Removed>(answer)?.results)
    }

    /// Calls any action with these parameters, a JSON object to which the application is added, and
    /// answers all that it answers.
    pub fn ask(&self, action: &str, mut parameters: Value) -> Result<Value, ServerApiError> {
        if let Some(parameters) = parameters.as_object_mut() {
            parameters.insert("SdkAppId".to_owned(), self.sdk_app_id.into());
        }
        Ok(self.call(action, &parameters)?.1)
    }

    /// Lists rooms and members, in the order of their ids: at most 100 rooms, from the `offset`th on.
    /// Answers how many there are in all as well. This action is the room service's own.
    pub fn describe_rooms(
        &self,
        offset: u32,
    ) -> Result<(usize, Vec<RoomDescription>), ServerApiError> {
        let body = json!({"SdkAppId": self.sdk_app_id, "Offset": offset});
        let (_, answer) = self.call(Action::DescribeRooms.as_str(), &body)?;
        let Listed { total_count, rooms } = self.read(answer)?;
        Ok((total_count, rooms))
    }

    fn read<T: DeserializeOwned>(&self, answer: Value) -> Result<T, ServerApiError> {
        serde_json::from_value(answer).map_err(|error| ServerApiError::Answer {
            endpoint: self.endpoint.clone(),
            detail: error.to_string(),
        })
    }

    /// Answers the call's request id, and the whole answer.
    fn call(&self, action: &str, body: &Value) -> Result<(String, Value), ServerApiError> {
        let body = body.to_string();
        let timestamp = i64::try_from(unix_seconds()).unwrap_or(i64::MAX);
        // The action is signed along, so that nobody on the way can make a kick a dismissal.
        let action_in_lower_case = action.to_ascii_lowercase();
        let request = SignedRequest {
            method: "POST",
            query: "",
            headers: &[
                ("content-type", Self::CONTENT_TYPE),
                ("host", &self.host),
                ("x-tc-action", &action_in_lower_case),
            ],
            payload: body.as_bytes(),
            timestamp,
        };
        let authorization = sign(&self.secret_id, self.secret_key.expose(), &request)?;
        let unreachable = |source| ServerApiError::Unreachable {
            endpoint: self.endpoint.clone(),
            source: Box::new(source),
        };
        let mut answered = self
            .agent
            .post(&self.endpoint)
            .header("Host", &self.host)
            .header("Content-Type", Self::CONTENT_TYPE)
            .header("Authorization", authorization)
            .header("X-TC-Action", action)
            .header("X-TC-Version", VERSION)
            .header("X-TC-Timestamp", timestamp.to_string())
            .send(&body)
            .map_err(unreachable)?;
        let status = answered.status();
        let text = answered
            .body_mut()
            .with_config()
            .limit(Self::MAX_ANSWER)
            .read_to_string()
            .map_err(unreachable)?;
        let strange = |detail: String| ServerApiError::Answer {
            endpoint: self.endpoint.clone(),
            detail,
        };
        if status != 200 {
            return Err(strange(format!("HTTP status {status}")));
        }
        let Envelope { response } =
            serde_json::from_str(&text).map_err(|error| strange(error.to_string()))?;
        let Answer { request_id, error } =
            Answer::deserialize(&response).map_err(|error| strange(error.to_string()))?;
        match error {
            None => Ok((request_id, response)),
            Some(AnswerError { code, message }) => Err(ServerApiError::Refused {
                code,
                message,
                request_id,
            }),
        }
    }
}

fn agent(host: &str, trust: Option<&Trust>) -> ureq::Agent {
    let mut config = ureq::Agent::config_builder()
        .timeout_global(Some(ServerApiClient::TIMEOUT))
        .http_status_as_error(false)
        // A service closes a connection on which nothing is asked for a while, and the next call may be on
        // its way at that moment. It would be lost, and what removes people is not sent twice unasked.
        .max_idle_connections(0);
    // A proxy from the environment is for other machines: it does not know what runs on this one.
    if host.parse().is_ok_and(|host| is_this_machine(&host)) {
        config = config.proxy(None);
    }
    if let Some(trust) = trust {
        let roots: Vec<_> = trust
            .certificates()
            .map(|der| Certificate::from_der(der).to_owned())
            .collect();
        let tls = TlsConfig::builder()
            .root_certs(RootCerts::new_with_certs(&roots))
            .unversioned_rustls_crypto_provider(Arc::new(ring::default_provider()));
        config = config.tls_config(tls.build());
    }
    config.build().into()
}

#[cfg(test)]
mod tests;
