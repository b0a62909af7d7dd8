//! A headless Chromium, driven by its `DevTools` protocol, for tests.
//!
//! [`Browser::start`] runs the `chromium` of the search path with one page, and with a camera and a
//! microphone of its own making. Nothing outside of this machine is asked for; it ends when it is dropped.
//!
//! ```no_run
//! use exeunt_browser::{Browser, BrowserError, Key};
//!
//! # async fn story() -> Result<(), BrowserError> {
//! let mut browser = Browser::start().await?;
//! browser.go("http://127.0.0.1:7450/console", "document.activeElement.id === 'token'").await?;
//! browser.types("open sesame").await?;
//! browser.presses(Key::Enter).await?;
//! browser.until("document.querySelector('#refusal').textContent !== ''").await?;
//! assert!(browser.complaints.is_empty(), "{:#?}", browser.complaints);
//! # Ok(())
//! # }
//! ```

mod browser;
mod error;

pub use browser::{Browser, Key};
pub use error::BrowserError;
