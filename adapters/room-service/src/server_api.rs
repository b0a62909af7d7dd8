//! TRTC's server API: `POST /` or `GET /`, signed, answered in TencentCloud's envelope.
//!
//! The official SDKs work against it once their endpoint is changed. An answer always has HTTP
//! status 200; whether it went well stands in it.

mod action;
mod answers;
mod call;
mod error;
mod kicks;
mod parameters;
mod reading;
mod request;

pub(crate) use action::Action;
pub(crate) use kicks::Repeated;

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use axum::Json;
use axum::body::Body;
use axum::extract::{Request, State};
use futures_util::StreamExt;
use serde_json::{Map, Value, json};
use tokio::time::timeout;
use uuid::Uuid;

use crate::clock::unix_seconds;
use crate::origin;
use crate::service::Shared;
use crate::token_bucket::TokenBucket;
use call::Call;
use error::{ApiError, ErrorCode};
use request::Asked;

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

async fn act(shared: &Arc<Shared>, request: Request) -> Result<Map<String, Value>, ApiError> {
    let (head, body) = request.into_parts();
    let (allowed, key) = (&shared.config.allowed_origins, &shared.config.secret_key);
    origin::check(&head.headers, allowed, key)?;
    let body = read(body, shared.config.limits.api_body_bytes).await?;
    let Asked { action, parameters } = Asked::read(&shared.config, &head, &body).await?;
    if !shared.call_rate.take(action, shared.hall.now()) {
        let allowed = shared.config.limits.api_per_second;
        let message = format!("more than {allowed} requests a second");
        return Err(ApiError::new(ErrorCode::RequestLimitExceeded, message));
    }
    let call = Call::parse(
        action,
        &parameters,
        shared.config.sdk_app_id,
        unix_seconds(),
    )?;
    if !call.changes_something() {
        return answers::answer(shared, call, &parameters).await;
    }
    // Whoever hangs up in the middle of it leaves nothing half done, and finds the answer to his key.
    let acting = {
        let shared = Arc::clone(shared);
        async move { answers::answer(&shared, call, &parameters).await }
    };
    let stopped = || ApiError::new(ErrorCode::InternalError, "the service has stopped");
    shared
        .to_the_end(acting)
        .await
        .unwrap_or_else(|| Err(stopped()))
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
