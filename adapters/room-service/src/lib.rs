//! Rooms over WebSockets, with TRTC's server API
