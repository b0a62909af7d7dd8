//! Somebody who enters and leaves, and what his application hears.

use exeunt_loopback::TransportFaults;
use exeunt_port::{EnterRequest, UserId};
use exeunt_runtime::{Client, Room, RoomHandle};
use serde_json::{Value, json};
use tokio::task::JoinHandle;

use super::standstill::Standstill;
use super::told::told;
use crate::guest::failure::{LabFailure, Outcome};
use crate::guest::line::{now_micros, tell, tell_at};

/// Somebody who enters and leaves.
pub(super) struct Person {
    pub(super) user: UserId,
    /// What goes wrong with his network.
    pub(super) faults: TransportFaults,
    standstill: Standstill,
    /// Outside of every room.
    client: Option<Client>,
    /// In a room: the task that listens to it, which answers the client when it is over.
    stay: Option<(RoomHandle, JoinHandle<Client>)>,
}

impl Person {
    pub(super) fn new(
        user: UserId,
        client: Client,
        faults: TransportFaults,
        standstill: Standstill,
    ) -> Self {
        Self {
            user,
            faults,
            standstill,
            client: Some(client),
            stay: None,
        }
    }

    /// Begins to enter; first waits for the end of an earlier stay.
    pub(super) async fn enter(&mut self, room: &str) -> Outcome {
        self.is_out().await?;
        let Some(client) = self.client.take() else {
            return Err(LabFailure::Wrong(
                "there is no client to enter with".to_owned(),
            ));
        };
        let user = self.user.clone();
        let request = EnterRequest::unsigned(user.as_str(), room)
            .map_err(|error| LabFailure::Wrong(error.to_string()))?;
        tell("entering", json!({ "user": user }));
        let room = client.enter(request);
        let handle = room.handle();
        let listening = tokio::spawn(listen(room, user, self.standstill.clone()));
        self.stay = Some((handle, listening));
        Ok(())
    }

    /// Asks to leave.
    pub(super) fn exit(&self) {
        if let Some((handle, _)) = &self.stay {
            let at = now_micros();
            handle.request_exit();
            tell_at(at, "exiting", json!({ "user": self.user }));
        }
    }

    /// Waits for the end of the stay.
    pub(super) async fn is_out(&mut self) -> Outcome {
        if let Some((_, listening)) = self.stay.take() {
            let client = listening.await;
            self.client = Some(client.map_err(|error| LabFailure::Wrong(error.to_string()))?);
        }
        Ok(())
    }
}

/// Says what the application hears; answers the client when the stay is over.
async fn listen(mut room: Room, user: UserId, standstill: Standstill) -> Client {
    while let Some(event) = room.next_event().await {
        let at = now_micros();
        let (name, mut detail) = told(&event);
        if let Value::Object(detail) = &mut detail {
            detail.insert("user".to_owned(), json!(user));
            if name == "exited" {
                detail.insert("began".to_owned(), json!(standstill.exit_began()));
            }
        }
        tell_at(at, name, detail);
    }
    room.exit().await.1
}
