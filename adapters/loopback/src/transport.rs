//! The loopback transport: entering a hub's rooms.

use std::sync::Arc;

use exeunt_port::{Connection, EnterError, EnterRequest, RoomLink, Transport, async_trait};
use tokio::runtime::Handle;

use crate::client::Client;
use crate::connection::LoopbackConnection;
use crate::rooms::{Refusal, Rooms};
use crate::{ConnectFault, Hub, TransportFaults};

/// A transport into the rooms of a [`Hub`].
///
/// It keeps the port's obligations, and breaks the calls that its [`TransportFaults`] say.
/// Cloning gives a transport with the same faults.
#[derive(Clone, Debug)]
pub struct LoopbackTransport {
    hub: Hub,
    faults: TransportFaults,
}

impl LoopbackTransport {
    pub(crate) fn new(hub: Hub) -> Self {
        Self {
            hub,
            faults: TransportFaults::default(),
        }
    }

    /// The same transport, with these faults; the same handle may serve several transports.
    #[must_use]
    pub fn with_faults(self, faults: TransportFaults) -> Self {
        Self { faults, ..self }
    }

    /// The handle that changes this transport's faults.
    #[must_use]
    pub fn faults(&self) -> TransportFaults {
        self.faults.clone()
    }

    /// What the fault leaves of the way in.
    #[expect(
        clippy::panic,
        reason = "an adapter that panics is one of the faults on demand"
    )]
    async fn pass(&self, link: &RoomLink) -> Result<(), EnterError> {
        match self.faults.plan().connect {
            Some(ConnectFault::Fails(error)) => return Err(error),
            Some(ConnectFault::Hangs) => {
                tokio::select! {
                    () = self.faults.hold() => {}
                    () = link.abandoned() => {}
                }
            }
            Some(ConnectFault::SucceedsLate) => {
                self.faults.hold().await;
                return Ok(());
            }
            Some(ConnectFault::Panics) => {
                panic!("the transport panics on entering, as it was told")
            }
            None => {}
        }
        if link.is_abandoned() {
            Err(EnterError::Abandoned)
        } else {
            Ok(())
        }
    }
}

#[async_trait]
impl Transport for LoopbackTransport {
    fn name(&self) -> &'static str {
        "loopback"
    }

    async fn connect(
        &self,
        request: EnterRequest,
        link: RoomLink,
    ) -> Result<Box<dyn Connection>, EnterError> {
        self.pass(&link).await?;
        // From here on nothing waits, so a future that is dropped leaves nothing behind (G-7).
        let runtime = Handle::current();
        let admitted = self.hub.enter(&request, |stay| {
            Client::new(stay, self.hub.clone(), link, self.faults.clone(), runtime)
        });
        match admitted {
            Ok(client) => {
                tracing::debug!(room = %request.room, user = %request.user, "entered");
                self.faults.attach(&client);
                Ok(Box::new(LoopbackConnection::start(
                    Arc::clone(&client),
                    self.faults.clone(),
                )))
            }
            Err(Refusal::Stopped) => Err(EnterError::Unreachable {
                endpoint: "loopback".to_owned(),
                detail: "the hub has stopped".to_owned(),
            }),
            // TRTC has no number for a full room; this is its general one (`ERR_ROOM_ENTER_FAIL`).
            Err(Refusal::Full) => Err(EnterError::Refused {
                code: -3301,
                message: format!(
                    "room {} has {} members, and no more are let in",
                    request.room,
                    Rooms::MEMBERS
                ),
            }),
        }
    }
}
