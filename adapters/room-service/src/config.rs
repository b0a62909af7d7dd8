//! How a room service is set up, and within which bounds it works.

use std::fmt;
use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use exeunt_websocket::wire::MAX_UPSTREAM;

use crate::rooms::RoomLife;
use crate::tls::TlsIdentity;
use crate::webhooks::Webhook;

/// The application of [`Config::development`].
pub const DEVELOPMENT_SDK_APP_ID: u32 = 1_400_000_000;
/// The key of [`Config::development`] with which `UserSig`s are signed. Everybody knows it.
pub const DEVELOPMENT_USER_SIG_KEY: &str = "exeunt-development-user-sig-key";
/// The secret id of [`Config::development`].
pub const DEVELOPMENT_SECRET_ID: &str = "exeunt-development";
/// The secret key of [`Config::development`] with which the server API is signed. Everybody knows it.
pub const DEVELOPMENT_SECRET_KEY: &str = "exeunt-development-secret-key";
/// The operator's token of [`Config::development`]. Everybody knows it.
pub const DEVELOPMENT_OPERATOR_TOKEN: &str = "exeunt-development-operator-token";

/// A key. It is shown in no log and no `Debug` output.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    /// Keeps a key.
    #[must_use]
    pub fn new(key: impl Into<String>) -> Self {
        Self(key.into())
    }

    /// Whether it is one of those of [`Config::development`].
    pub(crate) fn is_known_to_everybody(&self) -> bool {
        [
            DEVELOPMENT_USER_SIG_KEY,
            DEVELOPMENT_SECRET_KEY,
            DEVELOPMENT_OPERATOR_TOKEN,
        ]
        .contains(&self.expose())
    }

    /// The key itself.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("(secret)")
    }
}

/// How a room service is set up.
///
/// ```
/// use exeunt_room_service::Config;
/// use std::time::Duration;
///
/// let config = Config { lease: Duration::from_secs(4), ..Config::development() };
/// assert!(config.listen.ip().is_loopback());
/// ```
#[derive(Clone, Debug)]
pub struct Config {
    /// Where to listen; port 0 takes a free one.
    pub listen: SocketAddr,
    /// The one application whose rooms these are.
    pub sdk_app_id: u32,
    /// The key with which `UserSig`s are signed.
    pub user_sig_key: Secret,
    /// Who may use the server API.
    pub secret_id: String,
    /// The key with which the server API is signed.
    pub secret_key: Secret,
    /// What opens the console and the metrics to an operator. Without one both are closed.
    pub operator_token: Option<Secret>,
    /// Who the service is over TLS. With it, it speaks `wss://` and `https://` only; without it, `ws://`
    /// and `http://` only.
    pub tls: Option<TlsIdentity>,
    /// Silence after which a stay is over and the others are told (G-12): 100 ms to 1 hour. The
    /// client says a heartbeat eight times within it.
    pub lease: Duration,
    /// How long rooms and stays last, and who is announced to whom. Default: calls, as with TRTC, and
    /// stays without end.
    pub room_life: RoomLife,
    /// The origins of web pages that may bring their users in, for instance `https://app.example`,
    /// beside those that come from the host that the service is asked under. A browser on another
    /// page gets HTTP 403 for its WebSocket, and `UnauthorizedOperation` from the server API; whoever
    /// names no origin is no browser. Default: none.
    pub allowed_origins: Vec<String>,
    /// Who is told what happens in the rooms. Default: nobody.
    pub webhooks: Vec<Webhook>,
    /// The bounds of everything.
    pub limits: Limits,
}

impl Config {
    /// For development and tests: a free port of 127.0.0.1, a lease of 8 s, and the keys
    /// [`DEVELOPMENT_USER_SIG_KEY`], [`DEVELOPMENT_SECRET_KEY`] and [`DEVELOPMENT_OPERATOR_TOKEN`],
    /// which everybody knows. With one of these only loopback addresses can be listened on, and what it
    /// opens has to be asked for under a name of this machine (`localhost`, 127.0.0.1).
    #[must_use]
    pub fn development() -> Self {
        Self {
            listen: (Ipv4Addr::LOCALHOST, 0).into(),
            sdk_app_id: DEVELOPMENT_SDK_APP_ID,
            user_sig_key: Secret::new(DEVELOPMENT_USER_SIG_KEY),
            secret_id: DEVELOPMENT_SECRET_ID.to_owned(),
            secret_key: Secret::new(DEVELOPMENT_SECRET_KEY),
            operator_token: Some(Secret::new(DEVELOPMENT_OPERATOR_TOKEN)),
            tls: None,
            lease: Duration::from_secs(8),
            room_life: RoomLife::default(),
            allowed_origins: Vec::new(),
            webhooks: Vec::new(),
            limits: Limits::default(),
        }
    }

    /// Whether one of the keys is one that everybody knows.
    pub(crate) fn has_development_keys(&self) -> bool {
        let token = self.operator_token.as_ref();
        [&self.user_sig_key, &self.secret_key]
            .into_iter()
            .chain(token)
            .any(Secret::is_known_to_everybody)
    }
}

/// The bounds of a room service. What goes beyond is refused or dropped, never stored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// The largest WebSocket message from a client, in bytes. Default: a media frame with the largest
    /// payload that there is (1 MiB and 14 bytes).
    pub message_bytes: usize,
    /// Members a room may have at a time. Default 300, as with TRTC; at most 10 000, which is
    /// what a message has room to name.
    pub members_per_room: usize,
    /// Rooms there may be at a time. Default 10 000.
    pub rooms: usize,
    /// Clients that may be connected at a time; further ones get HTTP 503. Default 10 000.
    pub connections: usize,
    /// Of these, how many may come from one address (of IPv6: one /64 network), behind which there may
    /// be a whole company; further ones get HTTP 503. Default 2000.
    pub connections_per_address: usize,
    /// HTTP connections that may be open at a time, clients not counted; further ones wait to be
    /// accepted. Default 256.
    pub requests: usize,
    /// Of these, and of the clients that have not entered yet, how many may come from one address (of
    /// IPv6: one /64 network); further ones are hung up on. So whoever sends half of a request, or opens
    /// sockets and says nothing, leaves places for those at other addresses. Default 128.
    pub requests_per_address: usize,
    /// How often one address (of IPv6: one /64 network) may connect or, on a connection that it has, ask
    /// again, per second, and twice as often at once; it is hung up on, or gets HTTP 429, beyond that.
    /// Default 500.
    pub requests_per_second_per_address: u32,
    /// How long such a connection may go on asking, and how long after that it has to take its last
    /// answer before it is cut. Who does not read can so keep nobody out for long. Default 15 s.
    pub time_for_requests: Duration,
    /// Control messages a client may say per second, beside the heartbeats that its lease demands, and
    /// twice as many at once; more close its connection with 4429. Default 20.
    pub control_per_second: u32,
    /// Media frames a client may send per second, and twice as many at once; more are dropped.
    /// Default 400.
    pub media_per_second: u32,
    /// Control messages that may wait for a client to read them; more cut it off with 4430, and its
    /// lease runs on. Default 1024.
    pub waiting_control: usize,
    /// Media frames that may wait for a client to read them; more displace the oldest. Default 96.
    pub waiting_media: usize,
    /// Bytes of media that may wait for a client to read them; more displace the oldest. Default 4 MiB.
    pub waiting_media_bytes: usize,
    /// Time to enter or resume after connecting, then 4408. Default 5 s.
    pub time_to_enter: Duration,
    /// Stays that are over and are remembered: how others ended them, which is told to clients that come
    /// to resume them, and how they began, so that what comes late is known. Default 4096.
    pub remembered_stays: usize,
    /// Things that happened that are kept for a slow reader of them (webhooks, history, console); it
    /// loses the oldest, and nobody waits for it. Default 16 384.
    pub kept_happenings: usize,
    /// Stays that are over and that an operator can still read about. Default 10 000.
    pub remembered_departures: usize,
    /// Webhooks sent, or tried, whose fate an operator can still read. Default 1000.
    pub remembered_deliveries: usize,
    /// How long stopping may take for the webhooks that say so, after everybody was told. Default 2 s.
    pub time_to_tell_webhooks: Duration,
    /// Bans that may hold at a time. Default 10 000.
    pub bans: usize,
    /// Requests per second and action of the server API. Default 20, as with TRTC.
    pub api_per_second: u32,
    /// The largest body of a server API request, in bytes. Default 64 KiB.
    pub api_body_bytes: usize,
    /// How long stopping may take once everybody was told. Default 2 s.
    pub time_to_stop: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            message_bytes: MAX_UPSTREAM,
            members_per_room: 300,
            rooms: 10_000,
            connections: 10_000,
            connections_per_address: 2000,
            requests: 256,
            requests_per_address: 128,
            requests_per_second_per_address: 500,
            time_for_requests: Duration::from_secs(15),
            control_per_second: 20,
            media_per_second: 400,
            waiting_control: 1024,
            waiting_media: 96,
            waiting_media_bytes: 4 << 20,
            time_to_enter: Duration::from_secs(5),
            remembered_stays: 4096,
            kept_happenings: 16_384,
            remembered_departures: 10_000,
            remembered_deliveries: 1000,
            time_to_tell_webhooks: Duration::from_secs(2),
            bans: 10_000,
            api_per_second: 20,
            api_body_bytes: 64 << 10,
            time_to_stop: Duration::from_secs(2),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::Config;

    #[test]
    fn no_key_is_shown() {
        let shown = format!("{:?}", Config::development());
        assert!(!shown.contains("-key"), "{shown}");
    }
}
