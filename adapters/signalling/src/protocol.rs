//! What differs between the protocols that are spoken over a WebSocket.

/// What a protocol over a WebSocket fixes: how its addresses look, and what is spoken there.
#[derive(Clone, Copy, Debug)]
pub struct Protocol {
    /// How an address looks, for whoever gives something else.
    pub address: &'static str,
    /// The port of a `ws://` address that names none.
    pub port: u16,
    /// The port of a `wss://` address that names none.
    pub tls_port: u16,
    /// The path of an address that names none; it begins with `/`.
    pub path: &'static str,
    /// The sub-protocol without which the server lets nobody talk, if there is one.
    pub sub_protocol: Option<&'static str>,
    /// The longest message that is taken, in bytes; a longer one breaks the connection.
    pub longest_read: usize,
    /// The longest message that is sent, in bytes, at least 64 KiB.
    pub longest_written: usize,
}
