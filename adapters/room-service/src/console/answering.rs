//! What the console's page asks: to be let in, to kick, to dismiss.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::extract::rejection::JsonRejection;
use axum::http::header::SET_COOKIE;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use exeunt_port::{RoomId, UserId};
use serde::Deserialize;
use serde_json::json;

use crate::backend::{BackendError, Removal};
use crate::operator_token::is_token;
use crate::service::Shared;

/// The most users one request kicks.
const MAX_USERS: usize = 100;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Login {
    token: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Kick {
    room: RoomId,
    users: Vec<UserId>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Dismiss {
    room: RoomId,
}

/// Whether the page is let in already.
pub(super) async fn session(State(shared): State<Arc<Shared>>, headers: HeaderMap) -> Response {
    if shared.sessions.holds(shared.hall.now(), &headers) {
        Json(json!({})).into_response()
    } else {
        stranger()
    }
}

pub(super) async fn login(
    State(shared): State<Arc<Shared>>,
    login: Result<Json<Login>, JsonRejection>,
) -> Response {
    // What is wrong with the body is not repeated: it is meant to hold the token.
    let Ok(Json(Login { token })) = login else {
        return said(StatusCode::BAD_REQUEST, "expected {\"token\": \"…\"}");
    };
    let expected = shared.config.operator_token.as_ref();
    let good = expected.is_some_and(|expected| is_token(expected, token.trim()));
    shared.metrics.token_shown(good);
    if !good {
        tracing::warn!("a wrong operator token was shown at the console");
        return said(StatusCode::UNAUTHORIZED, "this is not the operator token");
    }
    tracing::info!("an operator logged in at the console");
    let encrypted = shared.config.tls.is_some();
    let cookie = shared.sessions.begin(shared.hall.now(), encrypted);
    ([(SET_COOKIE, cookie)], Json(json!({}))).into_response()
}

pub(super) async fn logout(State(shared): State<Arc<Shared>>, headers: HeaderMap) -> Response {
    let encrypted = shared.config.tls.is_some();
    let cookie = shared.sessions.end(shared.hall.now(), &headers, encrypted);
    ([(SET_COOKIE, cookie)], Json(json!({}))).into_response()
}

pub(super) async fn kick(
    State(shared): State<Arc<Shared>>,
    headers: HeaderMap,
    asked: Result<Json<Kick>, JsonRejection>,
) -> Response {
    if !shared.sessions.holds(shared.hall.now(), &headers) {
        return stranger();
    }
    let Kick { room, users } = match asked {
        Ok(Json(asked)) => asked,
        Err(rejection) => return said(StatusCode::BAD_REQUEST, &rejection.body_text()),
    };
    if !(1..=MAX_USERS).contains(&users.len()) {
        let words = format!("{} users; 1 to {MAX_USERS} are allowed", users.len());
        return said(StatusCode::BAD_REQUEST, &words);
    }
    // A page that is closed in the middle of it leaves nothing half done.
    let backend = Arc::clone(&shared.backend);
    let kicking = async move {
        match backend.kick(&room, &users).await {
            Ok(removals) => {
                let failed = removals.iter().filter_map(|removal| {
                    let error = removal.failure()?.to_string();
                    Some(json!({ "user": removal.user, "error": error }))
                });
                let failed: Vec<_> = failed.collect();
                let removed = removals.iter().filter(|removal| removal.was_in_room());
                let removed: Vec<_> = removed.map(|Removal { user, .. }| user).collect();
                tracing::info!(%room, ?removed, failed = failed.len(), "kicked from the console");
                Json(json!({ "removed": removed, "failed": failed })).into_response()
            }
            Err(error) => failed(&error),
        }
    };
    shared.to_the_end(kicking).await.unwrap_or_else(stopped)
}

pub(super) async fn dismiss(
    State(shared): State<Arc<Shared>>,
    headers: HeaderMap,
    asked: Result<Json<Dismiss>, JsonRejection>,
) -> Response {
    if !shared.sessions.holds(shared.hall.now(), &headers) {
        return stranger();
    }
    let Dismiss { room } = match asked {
        Ok(Json(asked)) => asked,
        Err(rejection) => return said(StatusCode::BAD_REQUEST, &rejection.body_text()),
    };
    let backend = Arc::clone(&shared.backend);
    let dismissing = async move {
        match backend.dismiss(&room).await {
            Ok(dismissal) => {
                let members = dismissal.members;
                tracing::info!(%room, members, "dismissed from the console");
                Json(json!({ "members": members })).into_response()
            }
            Err(error) => failed(&error),
        }
    };
    shared.to_the_end(dismissing).await.unwrap_or_else(stopped)
}

fn stopped() -> Response {
    said(StatusCode::SERVICE_UNAVAILABLE, "the service has stopped")
}

pub(super) fn stranger() -> Response {
    said(StatusCode::UNAUTHORIZED, "nobody is logged in")
}

fn said(status: StatusCode, words: &str) -> Response {
    (status, Json(json!({ "error": words }))).into_response()
}

fn failed(error: &BackendError) -> Response {
    let status = match error {
        BackendError::NoSuchRoom { .. } => StatusCode::NOT_FOUND,
        BackendError::Unreachable { .. }
        | BackendError::Unreadable { .. }
        | BackendError::Refused { .. } => StatusCode::BAD_GATEWAY,
        BackendError::TooMany { .. } => StatusCode::CONFLICT,
        BackendError::Unsupported { .. } => StatusCode::NOT_IMPLEMENTED,
    };
    said(status, &error.to_string())
}
