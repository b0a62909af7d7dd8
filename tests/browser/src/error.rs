//! Why a browser does not do what it is to.

use thiserror::Error;
use tokio_tungstenite::tungstenite;

/// Why a browser does not do what it is to.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum BrowserError {
    /// The system refused something.
    #[error("{what}: {error}")]
    System {
        /// What was tried.
        what: &'static str,
        /// The system's words.
        error: std::io::Error,
    },
    /// Its `DevTools` socket failed.
    #[error("the browser's socket: {0}")]
    Socket(#[from] Box<tungstenite::Error>),
    /// It does not answer.
    #[error("the browser does not answer to {what}")]
    Silent {
        /// What was asked.
        what: String,
    },
    /// It refused something, or a script of the page threw.
    #[error("the browser answers {answer} to {what}")]
    Refused {
        /// What was asked.
        what: String,
        /// What was answered.
        answer: String,
    },
    /// What was waited for did not happen.
    #[error("{what} never happens; the page shows: {page}\nits complaints: {complaints:?}")]
    Never {
        /// What was waited for.
        what: String,
        /// The page's text.
        page: String,
        /// What its scripts complained of.
        complaints: Vec<String>,
    },
}
