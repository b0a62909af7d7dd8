//! What make check looks at beside fmt, clippy and docs
