//! TRTC's server API: `POST /`, signed with TC3-HMAC-SHA256, answered in TencentCloud's envelope.
//!
//! The official SDKs work against it once their endpoint is changed. An answer always has HTTP
//! status 200; whether it went well stands in it.

mod call;
mod error;

pub(crate) use call::Action;
use error::ErrorCode;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::Json;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::request::Parts;
use futures_util::StreamExt;
use serde_json::{Map, Value, json};
use tokio::time::timeout;
use uuid::Uuid;

use crate::backend::{Backend, Dismissal, Page, RoomPage};
use crate::clock::unix_seconds;
use crate::config::Config;
use crate::room_description::RoomDescription;
use crate::service::Shared;
use crate::tc3::{ReceivedRequest, verify};
use crate::token_bucket::TokenBucket;
use call::Call;
use error::ApiError;

/// The version of the API.
pub(crate) const VERSION: &str = "2019-07-22";
/// How long the body of a request may take to come.
const TIME_TO_READ: Duration = Duration::from_secs(5);

/// How often each action may be called.
#[derive(Debug)]
pub(crate) struct CallRate(Mutex<BTreeMap<Action, TokenBucket>>);

impl CallRate {
    pub(crate) fn new(per_second: u32) -> Self {
        let bucket = TokenBucket::new(per_second, per_second);
        Self(Mutex::new(
            Action::ALL
                .into_iter()
                .map(|action| (action, bucket))
                .collect(),
        ))
    }

    fn take(&self, action: Action, now: Duration) -> bool {
        let mut buckets = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        buckets
            .get_mut(&action)
            .is_some_and(|bucket| bucket.take(now))
    }
}

/// Answers one request.
pub(crate) async fn answer(State(shared): State<Arc<Shared>>, request: Request) -> Json<Value> {
    let request_id = Uuid::new_v4().to_string();
    let answered = act(&shared, request).await;
    let code = answered
        .as_ref()
        .map_or_else(|error| error.code.as_str(), |_| "OK");
    shared.metrics.api_answered(code);
    let answered = answered.unwrap_or_else(|error| {
        tracing::info!(
            request_id,
            code = error.code.as_str(),
            why = error.message,
            "API call failed"
        );
        let mut response = Map::new();
        let error = json!({"Code": error.code.as_str(), "Message": error.message});
        response.insert("Error".to_owned(), error);
        response
    });
    let mut response = answered;
    response.insert("RequestId".to_owned(), request_id.into());
    Json(json!({ "Response": response }))
}

async fn act(shared: &Shared, request: Request) -> Result<Map<String, Value>, ApiError> {
    let (head, body) = request.into_parts();
    if head.method != "POST" {
        return Err(ApiError::new(
            ErrorCode::UnsupportedProtocol,
            "only POST is supported",
        ));
    }
    let body = read(body, shared.config.limits.api_body_bytes).await?;
    authorize(&shared.config, &head, &body)?;
    let action = Action::named(header(&head, "x-tc-action"))?;
    if header(&head, "x-tc-version") != Some(VERSION) {
        let message = format!("X-TC-Version must be {VERSION}");
        return Err(ApiError::new(ErrorCode::NoSuchVersion, message));
    }
    if !shared.call_rate.take(action, shared.hall.now()) {
        let allowed = shared.config.limits.api_per_second;
        let message = format!("more than {allowed} requests a second");
        return Err(ApiError::new(ErrorCode::RequestLimitExceeded, message));
    }
    let parameters = serde_json::from_slice(&body).map_err(|error| {
        ApiError::new(
            ErrorCode::InvalidParameter,
            format!("the body is no JSON object: {error}"),
        )
    })?;
    let call = Call::parse(action, &parameters, shared.config.sdk_app_id)?;
    carry_out(shared.backend.as_ref(), call).await
}

async fn read(body: Body, limit: usize) -> Result<Vec<u8>, ApiError> {
    let invalid = |message: String| ApiError::new(ErrorCode::InvalidRequest, message);
    let reading = async {
        let (mut pieces, mut whole) = (body.into_data_stream(), Vec::new());
        while let Some(piece) = pieces.next().await {
            let piece =
                piece.map_err(|error| invalid(format!("the body could not be read: {error}")))?;
            if piece.len() > limit - whole.len() {
                let message = format!("a body of more than {limit} bytes");
                return Err(ApiError::new(ErrorCode::RequestSizeLimitExceeded, message));
            }
            whole.extend(piece);
        }
        Ok(whole)
    };
    timeout(TIME_TO_READ, reading).await.unwrap_or_else(|_| {
        Err(invalid(format!(
            "the body did not come within {TIME_TO_READ:?}"
        )))
    })
}

fn authorize(config: &Config, head: &Parts, body: &[u8]) -> Result<(), ApiError> {
    let received = ReceivedRequest {
        method: head.method.as_str(),
        query: head.uri.query().unwrap_or_default(),
        header: |name: &str| header(head, name),
        body,
    };
    let now = i64::try_from(unix_seconds()).unwrap_or(i64::MAX);
    Ok(verify(
        &config.secret_id,
        config.secret_key.expose(),
        now,
        &received,
    )?)
}

fn header<'a>(head: &'a Parts, name: &str) -> Option<&'a str> {
    head.headers.get(name)?.to_str().ok()
}

async fn carry_out(backend: &dyn Backend, call: Call) -> Result<Map<String, Value>, ApiError> {
    match call {
        Call::RemoveUsers { room, users } => {
            let removals = backend.kick(&room, &users).await;
            let removals = removals.map_err(|error| ApiError::of_backend(&error, Some(&room)))?;
            let removed = removals.iter().filter(|removal| removal.was_in_room());
            tracing::info!(%room, ?users, removed = removed.count(), "kicked");
        }
        Call::DismissRoom { room } => {
            let dismissal = backend.dismiss(&room).await;
            let Dismissal { members } =
                dismissal.map_err(|error| ApiError::of_backend(&error, Some(&room)))?;
            tracing::info!(%room, members, "dismissed");
        }
        Call::DescribeRooms { offset, limit } => {
            let page = backend.rooms(Page { offset, limit }).await;
            let RoomPage { total, rooms } =
                page.map_err(|error| ApiError::of_backend(&error, None))?;
            let rooms: Vec<_> = rooms.into_iter().map(RoomDescription::from).collect();
            let rooms = serde_json::to_value(rooms)
                .map_err(|error| ApiError::new(ErrorCode::InternalError, error.to_string()))?;
            return Ok(Map::from_iter([
                ("TotalCount".to_owned(), total.into()),
                ("Rooms".to_owned(), rooms),
            ]));
        }
    }
    Ok(Map::new())
}
