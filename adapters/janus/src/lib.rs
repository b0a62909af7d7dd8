//! Transport to Janus's VideoRoom over its WebSocket API, and the admin's side of it.
