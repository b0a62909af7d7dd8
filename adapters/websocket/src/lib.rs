//! Transport to the Exeunt room service over a WebSocket
