//! What whoever runs the service asks it: is it well, and how much does it do.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

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
use crate::token_bucket::TokenBucket;

/// How often the rooms are asked whether they are well, per second, and twice as often at once.
const PULSE: u32 = 2;

/// How the rooms were when they were asked last. They may be those of another server, which is not to be
/// asked as often as everybody who likes to asks here.
#[derive(Debug)]
pub(crate) struct Pulse(Mutex<Felt>);

#[derive(Debug)]
struct Felt {
    allowance: TokenBucket,
    well: bool,
}

impl Default for Pulse {
    fn default() -> Self {
        let allowance = TokenBucket::new(PULSE, 2 * PULSE);
        // Nobody has said so yet.
        let well = false;
        Self(Mutex::new(Felt { allowance, well }))
    }
}

impl Pulse {
    /// Whether they were well; `None` if it is time to ask them.
    fn known(&self, now: Duration) -> Option<bool> {
        self.with(|felt| (!felt.allowance.take(now)).then_some(felt.well))
    }

    fn felt(&self, well: bool) {
        self.with(|felt| felt.well = well);
    }

    fn with<T>(&self, act: impl FnOnce(&mut Felt) -> T) -> T {
        act(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

async fn is_well(shared: &Shared) -> bool {
    if let Some(well) = shared.pulse.known(shared.hall.now()) {
        return well;
    }
    let asked = Page {
        offset: 0,
        limit: 0,
    };
    let answer = shared.backend.rooms(asked).await;
    if let Err(error) = &answer {
        tracing::warn!(%error, "not well");
    }
    shared.pulse.felt(answer.is_ok());
    answer.is_ok()
}

/// `GET /health`: 200 if the rooms answer, or did within the last second, else 503. For everybody: it
/// tells nothing else.
pub(crate) async fn health(State(shared): State<Arc<Shared>>) -> Response {
    let (status, word) = if is_well(&shared).await {
        (StatusCode::OK, "ok")
    } else {
        (StatusCode::SERVICE_UNAVAILABLE, "the rooms do not answer")
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn however_often_it_is_asked_how_the_rooms_are_they_are_asked_now_and_then() {
        let pulse = Pulse::default();
        let asks = |millis| pulse.known(Duration::from_millis(millis)).is_none();
        assert_eq!((0..100).filter(|_| asks(0)).count(), 4);
        assert_eq!(
            pulse.known(Duration::ZERO),
            Some(false),
            "nobody has answered"
        );
        pulse.felt(true);
        assert_eq!(pulse.known(Duration::ZERO), Some(true));
        assert_eq!((0..10_000).filter(|millis| asks(*millis)).count(), 19);
        pulse.felt(false);
        assert_eq!(pulse.known(Duration::from_millis(9_999)), Some(false));
    }
}
