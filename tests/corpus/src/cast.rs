//! Who plays in the stories, and the world they play in.

use std::future::Future;
use std::sync::{Arc, Mutex, PoisonError};

use exeunt_core::Event;
use exeunt_loopback::{FaultyDevice, Hub, LoopbackTransport, ToneMicrophone};
use exeunt_port::{EnterRequest, RoomId, UserId};
use exeunt_runtime::{Client, ExitReport, Room, RoomEvent, Step};
use tokio::sync::Notify;

/// Plays a story on virtual time: what waits for a deadline waits no real second.
pub(crate) fn play(story: impl Future<Output = ()>) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .start_paused(true)
        .build();
    runtime.expect("a runtime can be built").block_on(story);
}

pub(crate) fn request(user: &str) -> EnterRequest {
    EnterRequest::unsigned(user, "standup").expect("valid names")
}

pub(crate) fn user(name: &str) -> UserId {
    name.parse().expect("a valid name")
}

pub(crate) fn standup() -> RoomId {
    "standup".parse().expect("a valid room")
}

/// Somebody with nothing but a transport.
pub(crate) fn client(transport: LoopbackTransport) -> Client {
    Client::new(transport)
}

/// Somebody who is in the room.
pub(crate) async fn in_room(client: Client, name: &str) -> Room {
    let mut room = client.enter(request(name));
    assert!(room.entered().await, "{name} is let in");
    room
}

/// Waits for the end, and for the silence after it.
pub(crate) async fn end(mut room: Room) -> (Arc<ExitReport>, Client) {
    let mut exits = 0;
    while let Some(event) = room.next_event().await {
        exits += usize::from(matches!(event, RoomEvent::Exited(_)));
    }
    assert_eq!(exits, 1, "onExitRoom comes exactly once (G-1)");
    room.exit().await
}

/// A microphone that goes wrong on command.
pub(crate) fn microphone() -> FaultyDevice<ToneMicrophone> {
    FaultyDevice::new(ToneMicrophone::new(440))
}

/// Who is in the room, by the hub's own account.
pub(crate) fn members(hub: &Hub) -> Vec<String> {
    let rooms = hub.rooms();
    rooms
        .iter()
        .flat_map(|room| &room.members)
        .map(ToString::to_string)
        .collect()
}

/// Keeps every step of a session.
#[derive(Clone, Default)]
pub(crate) struct Steps(Arc<Mutex<Vec<Step>>>, Arc<Notify>);

impl Steps {
    pub(crate) fn of(&self, client: Client) -> Client {
        let (steps, changed) = (Arc::clone(&self.0), Arc::clone(&self.1));
        client.with_observer(move |step| {
            steps
                .lock()
                .unwrap_or_else(PoisonError::into_inner)
                .push(step.clone());
            changed.notify_one();
        })
    }

    pub(crate) fn all(&self) -> Vec<Step> {
        self.0
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }

    /// Waits until this has happened.
    pub(crate) async fn until(&self, event: Event) {
        while !self.all().iter().any(|step| step.event == event) {
            self.1.notified().await;
        }
    }
}
