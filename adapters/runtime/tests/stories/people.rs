//! Who plays in the stories.

use std::sync::{Arc, Mutex};

use exeunt_core::Event;
use exeunt_loopback::{Hub, LoopbackTransport};
use exeunt_port::{EnterRequest, RoomId, UserId};
use exeunt_runtime::{Client, ExitReport, Room, RoomEvent, Step};
use tokio::sync::Notify;

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

/// A bystander, who sees what the others do.
pub(crate) async fn bystander(hub: &Hub) -> Room {
    in_room(client(hub.transport()), "bystander").await
}

/// Waits for the next coming or going, as `+name` or `-name reason`.
pub(crate) async fn sees(room: &mut Room) -> String {
    loop {
        let event = room.next_event().await;
        if let Some(RoomEvent::RemoteUserEntered(user)) = event {
            return format!("+{user}");
        }
        if let Some(RoomEvent::RemoteUserLeft(user, reason)) = event {
            return format!("-{user} {}", u8::from(reason));
        }
        let over = matches!(event, None | Some(RoomEvent::Exited(_)));
        assert!(!over, "the stay ended before anybody came or went");
    }
}

/// Waits for the end, and for the silence after it.
pub(crate) async fn end(mut room: Room) -> (Arc<ExitReport>, Client) {
    while let Some(event) = room.next_event().await {
        if matches!(event, RoomEvent::Exited(_)) {
            assert!(
                room.next_event().await.is_none(),
                "nothing comes after the exit (G-14)"
            );
            break;
        }
    }
    room.exit().await
}

/// Keeps every step of a session.
#[derive(Clone, Default)]
pub(crate) struct Steps(Arc<Mutex<Vec<Step>>>, Arc<Notify>);

impl Steps {
    pub(crate) fn of(&self, client: Client) -> Client {
        let (steps, changed) = (Arc::clone(&self.0), Arc::clone(&self.1));
        client.with_observer(move |step| {
            steps.lock().expect("no panics").push(step.clone());
            changed.notify_one();
        })
    }

    /// Waits until this has happened.
    pub(crate) async fn until(&self, event: Event) {
        while !self.all().iter().any(|step| step.event == event) {
            self.1.notified().await;
        }
    }

    pub(crate) fn all(&self) -> Vec<Step> {
        self.0.lock().expect("no panics").clone()
    }
}
