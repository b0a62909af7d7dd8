//! A hub whose transports are made wrong.

use std::time::Duration;

use exeunt_conformance::{Obstacle, World, async_trait};
use exeunt_loopback::{Hub, LoopbackTransport};
use exeunt_port::{RoomId, Transport, UserId};

/// What is made of each transport.
pub(crate) type Make = fn(LoopbackTransport) -> Box<dyn Transport>;

pub(crate) struct Rooms {
    hub: Hub,
    make: Make,
    has_operator: bool,
}

/// A transport that is not wrong.
pub(crate) fn honest(transport: LoopbackTransport) -> Box<dyn Transport> {
    Box::new(transport)
}

impl Rooms {
    pub(crate) fn with(make: Make) -> Self {
        Self {
            hub: Hub::with_lease(Duration::from_millis(400)),
            make,
            has_operator: true,
        }
    }

    pub(crate) fn without_operator(make: Make) -> Self {
        Self {
            has_operator: false,
            ..Self::with(make)
        }
    }
}

#[async_trait]
impl World for Rooms {
    async fn transport(&self, _user: &UserId) -> Result<Box<dyn Transport>, Obstacle> {
        Ok((self.make)(self.hub.transport()))
    }

    fn lease(&self) -> Result<Duration, Obstacle> {
        Ok(self.hub.lease())
    }

    async fn kick(&self, room: &RoomId, user: &UserId) -> Result<(), Obstacle> {
        if !self.has_operator {
            return Err(Obstacle::not_offered("no operator kicks users"));
        }
        // An error means that he, or the whole room, is not there any more.
        let _ = self.hub.kick(room, user);
        Ok(())
    }
}
