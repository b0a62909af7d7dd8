//! The console: a page on which an operator sees rooms and members, kicks and dismisses.
//!
//! The page and what it needs are part of this crate; no script or style stands in the page itself, and
//! the browser is told to run none but ours. Who shows the operator token gets a session in a cookie
//! that no script can read and that no other site's requests carry; whatever changes something must
//! come from our own page as well. What the page shows comes over a WebSocket ([`live`]) as data and is
//! put in as text, so that no name can be markup.

mod answering;
mod forms;
mod guard;
mod live;
mod sessions;

pub(crate) use sessions::Sessions;

use std::sync::Arc;

use axum::Router;
use axum::extract::DefaultBodyLimit;
use axum::http::header::CONTENT_TYPE;
use axum::middleware::from_fn_with_state;
use axum::response::IntoResponse;
use axum::routing::{get, post};

use crate::service::Shared;

/// Where the page is.
pub(crate) const PATH: &str = "/console";
/// The largest body of a request, in bytes.
const MAX_BODY: usize = 16 << 10;
/// How many pages may be shown live at a time.
pub(crate) const MAX_LIVE: usize = 32;

const PAGE: &str = include_str!("console/page.html");
const STYLE: &str = include_str!("console/page.css");
const SCRIPT: &str = include_str!("console/page.js");
const ICON: &str = include_str!("console/icon.svg");
const VIEW: &str = include_str!("console/view.js");

/// The console's part of the service.
pub(crate) fn routes(shared: &Arc<Shared>) -> Router<Arc<Shared>> {
    let file = |kind: &'static str, text: &'static str| {
        get(async move || ([(CONTENT_TYPE, kind)], text).into_response())
    };
    Router::new()
        .route(PATH, file("text/html; charset=utf-8", PAGE))
        .route("/console/icon.svg", file("image/svg+xml", ICON))
        .route("/console/page.css", file("text/css; charset=utf-8", STYLE))
        .route(
            "/console/page.js",
            file("text/javascript; charset=utf-8", SCRIPT),
        )
        .route(
            "/console/view.js",
            file("text/javascript; charset=utf-8", VIEW),
        )
        .route("/console/session", get(answering::session))
        .route("/console/login", post(answering::login))
        .route("/console/logout", post(answering::logout))
        .route("/console/kick", post(answering::kick))
        .route("/console/dismiss", post(answering::dismiss))
        .route("/console/live", get(live::upgrade))
        .route_layer(DefaultBodyLimit::max(MAX_BODY))
        .route_layer(from_fn_with_state(Arc::clone(shared), guard::guard))
}
