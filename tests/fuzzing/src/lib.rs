//! What the fuzz targets do, one function each: it takes whatever bytes there are, and panics when
//! something does not hold.
//!
//! `fuzz/` wraps them for libFuzzer (`make fuzz`); this crate's test replays the corpus that is
//! committed there, with plain `cargo test`.

#![expect(
    clippy::missing_panics_doc,
    reason = "panicking is how every target says that it found something"
)]

mod histories;
mod query;
mod server;
mod server_api;
mod transcript;
mod wire;

pub use histories::histories;
pub use query::query_signature;
pub use server::{private_map, tc3_request, user_sig};
pub use server_api::{api_form, api_multipart};
pub use transcript::transcript;
pub use wire::{websocket_control, websocket_media};

/// A target by the name that its folder in `fuzz/corpus` has.
pub type Target = (&'static str, fn(&[u8]));

/// Every target.
pub const TARGETS: [Target; 10] = [
    ("histories", histories),
    ("websocket_control", websocket_control),
    ("websocket_media", websocket_media),
    ("tc3_request", tc3_request),
    ("query_signature", query_signature),
    ("api_form", api_form),
    ("api_multipart", api_multipart),
    ("user_sig", user_sig),
    ("private_map", private_map),
    ("transcript", transcript),
];

/// The longest that an error may be in words: whoever sends something must not fill a log with it.
const MAX_WORDS: usize = 2000;

fn is_short(error: &impl std::fmt::Display) {
    let words = error.to_string();
    assert!(words.len() <= MAX_WORDS, "{} bytes of error", words.len());
}
