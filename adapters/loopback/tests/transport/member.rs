//! Somebody in a room, as a test sees him.

use bytes::Bytes;
use exeunt_loopback::{Hub, LoopbackTransport, TransportFaults};
use exeunt_port::{
    Codec, Connection, EnterRequest, MediaFrame, RemoteLeaveReason, RoomId, RoomLink, RoomSide,
    RoomSignal, Transport, UserId,
};

/// A member with his end of the link and his connection.
pub(crate) struct Member {
    pub(crate) side: RoomSide,
    pub(crate) connection: Box<dyn Connection>,
    pub(crate) transport: LoopbackTransport,
}

impl Member {
    /// Lets somebody enter the room `standup`.
    pub(crate) async fn enter(hub: &Hub, name: &str) -> Self {
        let transport = hub.transport();
        let (link, side) = RoomLink::pair();
        let connection = transport
            .connect(request(name), link)
            .await
            .expect("the hub lets him in");
        Self {
            side,
            connection,
            transport,
        }
    }

    /// What goes wrong with his transport.
    pub(crate) fn faults(&self) -> TransportFaults {
        self.transport.faults()
    }

    /// What he is told next.
    pub(crate) async fn told(&mut self) -> RoomSignal {
        self.side
            .signals
            .recv()
            .await
            .expect("the transport still tells")
    }

    /// Whether he has been told everything. Lets the other tasks run first.
    pub(crate) async fn knows_all(&mut self) -> bool {
        for _ in 0..64 {
            tokio::task::yield_now().await;
        }
        self.side.signals.try_recv().is_err()
    }
}

pub(crate) fn request(name: &str) -> EnterRequest {
    EnterRequest::unsigned(name, "standup").expect("valid ids")
}

pub(crate) fn standup() -> RoomId {
    "standup".parse().expect("a valid id")
}

pub(crate) fn user(name: &str) -> UserId {
    name.parse().expect("a valid id")
}

pub(crate) fn entered(name: &str) -> RoomSignal {
    RoomSignal::RemoteUserEntered(user(name))
}

pub(crate) fn left(name: &str, reason: RemoteLeaveReason) -> RoomSignal {
    RoomSignal::RemoteUserLeft(user(name), reason)
}

pub(crate) fn frame(sequence: u32) -> MediaFrame {
    MediaFrame {
        codec: Codec::Opus,
        sequence,
        captured_at_micros: 0,
        payload: Bytes::from_static(b"sound"),
    }
}
