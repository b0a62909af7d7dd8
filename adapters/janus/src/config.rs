//! What a transport has to know of its Janus.

use std::net::IpAddr;
use std::time::Duration;

use exeunt_port::EnterError;
use exeunt_signalling::Trust;

use crate::endpoint::Endpoint;
use crate::secret::Secret;
use crate::translate::identity::Ids;

/// Where a Janus is, how its `VideoRoom` is set up, and how its rooms are entered.
///
/// ```
/// use exeunt_janus::{JanusConfig, RoomMaking};
///
/// let config = JanusConfig::new("ws://127.0.0.1:8188")?
///     .with_pin("of the rooms")
///     .making_rooms(RoomMaking::default().with_admin_key("of the plugin's configuration"));
/// # Ok::<(), exeunt_port::EnterError>(())
/// ```
#[derive(Clone, Debug)]
pub struct JanusConfig {
    pub(crate) endpoint: Endpoint,
    pub(crate) ids: Ids,
    pub(crate) pin: Option<Secret>,
    pub(crate) participant_token: Option<Secret>,
    pub(crate) making: Option<RoomMaking>,
    pub(crate) media_address: Option<IpAddr>,
}

/// How rooms that are not there are made by whoever enters first.
///
/// Such a room lives until somebody destroys it or Janus stops: `VideoRoom` has no timeout for rooms.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RoomMaking {
    pub(crate) admin_key: Option<Secret>,
    pub(crate) secret: Option<Secret>,
    pub(crate) publishers: u32,
}

impl JanusConfig {
    /// The Janus at this address, as [`Endpoint::new`]. Its ids are numbers, its rooms have no pin and are
    /// there already, media leave from the address from which Janus is reached; unless said otherwise.
    pub fn new(url: &str) -> Result<Self, EnterError> {
        Ok(Self::at(Endpoint::new(url)?))
    }

    /// The same for an endpoint that was described before.
    #[must_use]
    pub fn at(endpoint: Endpoint) -> Self {
        Self {
            endpoint,
            ids: Ids::default(),
            pin: None,
            participant_token: None,
            making: None,
            media_address: None,
        }
    }

    /// Which kind of ids its `VideoRoom` has: the plugin's `string_ids`.
    #[must_use]
    pub fn with_ids(mut self, ids: Ids) -> Self {
        self.ids = ids;
        self
    }

    /// Says Janus's `api_secret` with every request.
    #[must_use]
    pub fn with_api_secret(mut self, secret: impl Into<Secret>) -> Self {
        self.endpoint = self.endpoint.with_api_secret(secret);
        self
    }

    /// Says a token of Janus's `token_auth` with every request.
    #[must_use]
    pub fn with_token(mut self, token: impl Into<Secret>) -> Self {
        self.endpoint = self.endpoint.with_token(token);
        self
    }

    /// Says this pin on entering, and gives it to the rooms that are made.
    #[must_use]
    pub fn with_pin(mut self, pin: impl Into<Secret>) -> Self {
        self.pin = Some(pin.into());
        self
    }

    /// Says this on entering rooms that have a list of `allowed` tokens.
    #[must_use]
    pub fn with_participant_token(mut self, token: impl Into<Secret>) -> Self {
        self.participant_token = Some(token.into());
        self
    }

    /// Makes a room that is not there when it is to be entered. Without it entering such a room is refused
    /// (426).
    #[must_use]
    pub fn making_rooms(mut self, making: RoomMaking) -> Self {
        self.making = Some(making);
        self
    }

    /// Sends and receives media at this address of the machine. For a Janus behind a relay or on loopback:
    /// Janus itself never uses a loopback address for media.
    #[must_use]
    pub fn with_media_at(mut self, address: IpAddr) -> Self {
        self.media_address = Some(address);
        self
    }

    /// Believes these when they say who the server is. Makes no difference for `ws://`.
    pub fn trusting(mut self, trust: &Trust) -> Result<Self, EnterError> {
        self.endpoint = self.endpoint.trusting(trust)?;
        Ok(self)
    }

    /// How long an answer of Janus's may take; 5 s unless said. A connection on which nothing comes back
    /// to a `keepalive` for so long is lost.
    #[must_use]
    pub fn answering_within(mut self, patience: Duration) -> Self {
        self.endpoint = self.endpoint.answering_within(patience);
        self
    }
}

impl RoomMaking {
    /// How many may send in a room that was made, unless [`for_publishers`](Self::for_publishers) says
    /// otherwise. `VideoRoom`'s own default is 3, and the fourth would not be heard.
    pub const PUBLISHERS: u32 = 50;

    /// Says this to make a room: the plugin's `admin_key`.
    #[must_use]
    pub fn with_admin_key(mut self, key: impl Into<Secret>) -> Self {
        self.admin_key = Some(key.into());
        self
    }

    /// Gives the rooms this secret. Without one anybody who reaches Janus can kick and destroy there.
    #[must_use]
    pub fn with_room_secret(mut self, secret: impl Into<Secret>) -> Self {
        self.secret = Some(secret.into());
        self
    }

    /// As many may send in a room at a time. Who enters beyond that is in the room, and is not heard.
    #[must_use]
    pub fn for_publishers(mut self, publishers: u32) -> Self {
        self.publishers = publishers;
        self
    }
}

impl Default for RoomMaking {
    fn default() -> Self {
        Self {
            admin_key: None,
            secret: None,
            publishers: Self::PUBLISHERS,
        }
    }
}
