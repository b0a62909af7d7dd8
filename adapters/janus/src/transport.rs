//! The transport: enters rooms of one Janus.

use std::sync::Arc;

use async_trait::async_trait;
use exeunt_port::{Connection, EnterError, EnterRequest, RoomLink, Transport};

use crate::config::JanusConfig;
use crate::connection::start;
use crate::entering::enter;

/// Enters rooms of a Janus's `VideoRoom`.
///
/// Cheap to clone; one transport serves any number of stays. Each has a session of its own with a handle of
/// its own for what it sends, and one more for what it receives.
///
/// The server decides who may enter by the room's pin and tokens; [`EnterRequest::user_sig`] and
/// [`EnterRequest::sdk_app_id`] are not said to it. Of two who enter a room as the same user Janus refuses
/// the second ([`code::ID_IN_USE`](crate::code::ID_IN_USE)); nobody is replaced.
#[derive(Clone, Debug)]
pub struct JanusTransport {
    config: Arc<JanusConfig>,
}

impl JanusTransport {
    /// A transport to this Janus. Nothing is connected yet.
    #[must_use]
    pub fn new(config: JanusConfig) -> Self {
        let config = Arc::new(config);
        Self { config }
    }
}

#[async_trait]
impl Transport for JanusTransport {
    // The port's signature leaves the lifetime open; ours is static.
    #[allow(
        clippy::unnecessary_literal_bound,
        reason = "the trait fixes the signature"
    )]
    fn name(&self) -> &str {
        "janus"
    }

    async fn connect(
        &self,
        request: EnterRequest,
        link: RoomLink,
    ) -> Result<Box<dyn Connection>, EnterError> {
        let entered = enter(&self.config, &request, &link).await?;
        Ok(Box::new(start(&self.config, entered, link)))
    }
}
