//! The page that a visitor's browser shows.

use std::net::Ipv4Addr;
use std::path::{Path, PathBuf};

use axum::Router;
use axum::http::header::CONTENT_TYPE;
use axum::routing::get;
use tokio::net::TcpListener;
use tokio::task::JoinSet;

/// The library, where it is installed: beside the build's output.
#[derive(Clone, Debug)]
pub(crate) struct Library(PathBuf);

impl Library {
    /// What it is called in a list of what is missing.
    pub(crate) const NAME: &str = "Janus's JavaScript library (sh tests/setup/sdks.sh)";

    /// In this folder of cargo's, `CARGO_TARGET_TMPDIR`.
    pub(crate) fn beside(temporary: &Path) -> Self {
        let output = temporary.parent().unwrap_or(temporary);
        Self(output.join("official-sdks/janus/node_modules"))
    }

    pub(crate) fn is_there(&self) -> bool {
        self.janus().is_file() && self.adapter().is_file()
    }

    fn janus(&self) -> PathBuf {
        self.0.join("janus-gateway/npm/dist/janus.es.js")
    }

    fn adapter(&self) -> PathBuf {
        self.0.join("webrtc-adapter/out/adapter.js")
    }
}

/// A server of one page, on loopback, where a browser grants camera and microphone without TLS.
#[derive(Debug)]
pub(crate) struct Page {
    url: String,
    _serving: JoinSet<()>,
}

impl Page {
    pub(crate) async fn serve(library: &Library) -> std::io::Result<Self> {
        const SCRIPT: &str = "text/javascript";
        let file = |kind: &'static str, text: String| {
            get(move || async move { ([(CONTENT_TYPE, kind)], text) })
        };
        let pages = Router::new()
            .route(
                "/",
                file(
                    "text/html",
                    include_str!("../participant/page.html").to_owned(),
                ),
            )
            .route(
                "/participant.js",
                file(
                    SCRIPT,
                    include_str!("../participant/participant.js").to_owned(),
                ),
            )
            .route(
                "/janus.js",
                file(SCRIPT, std::fs::read_to_string(library.janus())?),
            )
            .route(
                "/adapter.js",
                file(SCRIPT, std::fs::read_to_string(library.adapter())?),
            );
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let url = format!("http://{}/", listener.local_addr()?);
        let mut serving = JoinSet::new();
        serving.spawn(async move {
            // It ends with the set.
            let _ = axum::serve(listener, pages).await;
        });
        Ok(Self {
            url,
            _serving: serving,
        })
    }

    pub(crate) fn url(&self) -> &str {
        &self.url
    }
}
