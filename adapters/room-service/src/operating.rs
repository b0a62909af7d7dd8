//! What whoever runs the service asks it: is it well, and how much does it do.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, WWW_AUTHENTICATE};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use serde_json::json;

use crate::backend::Page;
use crate::metrics;
use crate::operator_token::is_shown;
use crate::origin;
use crate::service::Shared;

/// `GET /health`: 200 if the rooms answer, else 503. For everybody: it tells nothing else.
pub(crate) async fn health(State(shared): State<Arc<Shared>>) -> Response {
    let asked = Page {
        offset: 0,
        limit: 0,
    };
    let (status, word) = match shared.backend.rooms(asked).await {
        Ok(_) => (StatusCode::OK, "ok"),
        Err(error) => {
            tracing::warn!(%error, "not well");
            (StatusCode::SERVICE_UNAVAILABLE, "the rooms do not answer")
        }
    };
    let answer = Json(json!({ "status": word }));
    (status, [(CACHE_CONTROL, "no-store")], answer).into_response()
}

/// `GET /metrics`: what is counted, for whoever shows the operator token.
pub(crate) async fn metrics(State(shared): State<Arc<Shared>>, headers: HeaderMap) -> Response {
    let Some(token) = &shared.config.operator_token else {
        return (StatusCode::NOT_FOUND, "closed: no operator token is set").into_response();
    };
    if let Err(foreign) = origin::check(&headers, &shared.config.allowed_origins, token) {
        return (StatusCode::FORBIDDEN, foreign.to_string()).into_response();
    }
    let good = is_shown(&shared.config, &headers);
    shared.metrics.token_shown(good);
    if !good {
        let challenge = [(WWW_AUTHENTICATE, "Bearer realm=\"exeunt\"")];
        let words = "show the operator token: Authorization: Bearer TOKEN";
        return (StatusCode::UNAUTHORIZED, challenge, words).into_response();
    }
    match shared
        .metrics
        .text(&*shared.backend, shared.open_sockets())
        .await
    {
        Ok(text) => ([(CONTENT_TYPE, metrics::CONTENT_TYPE)], text).into_response(),
        Err(error) => (StatusCode::SERVICE_UNAVAILABLE, error.to_string()).into_response(),
    }
}
