//! The rooms and the sockets together: what the rooms want done is done here.
//!
//! One short lock holds both, so that every socket hears things in the order in which they happened.
//! It is never held across an await: what is to be said goes into outboxes, which never wait.

mod as_backend;
mod register;
mod tally;
mod traffic;

use std::collections::BTreeMap;
use std::future::pending;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::extract::ws::Utf8Bytes;
use bytes::Bytes;
use exeunt_websocket::wire::{CloseCode, Refusal, WireError, downstream_from_upstream};
use tokio::sync::Notify;
use tokio::time::{sleep, sleep_until};

use crate::backend::Owed;
use crate::bans::Bans;
use crate::clock::{Uptime, today};
use crate::config::Config;
use crate::outbox::{Debt, Outbox};
use crate::reception::{Admitted, NotAdmitted};
use crate::rooms::{Claim, Output, Outputs, RoomLimits, Rooms, SocketId, StayId, heartbeat};
use register::{Announcement, Register};
use traffic::Traffic;

/// The rooms with their sockets, shared by all tasks of a service.
#[derive(Debug)]
pub(crate) struct Hall {
    uptime: Uptime,
    lease: Duration,
    /// Who may not enter.
    bans: Bans,
    inside: Mutex<Inside>,
    /// Somebody entered or left: the next deadline may have changed.
    entered: Notify,
}

#[derive(Debug)]
struct Inside {
    rooms: Rooms,
    register: Register,
    outboxes: BTreeMap<SocketId, Arc<Outbox>>,
    traffic: Traffic,
    last_socket: u64,
    stopping: bool,
}

impl Hall {
    pub(crate) fn new(config: &Config) -> Self {
        let rooms = Rooms::new(RoomLimits {
            lease: config.lease,
            members_per_room: config.limits.members_per_room,
            rooms: config.limits.rooms,
            remembered_stays: config.limits.remembered_stays,
            time_to_enter: config.limits.time_to_enter,
        })
        .with_life(config.room_life);
        let inside = Inside {
            rooms,
            register: Register::new(config.limits.kept_happenings),
            outboxes: BTreeMap::new(),
            traffic: Traffic::default(),
            last_socket: 0,
            stopping: false,
        };
        Self {
            uptime: Uptime::begin(),
            lease: config.lease,
            bans: Bans::new(config.limits.bans),
            inside: Mutex::new(inside),
            entered: Notify::new(),
        }
    }

    pub(crate) fn now(&self) -> Duration {
        self.uptime.now()
    }

    /// Takes in a new socket, which writes what its outbox holds. Who comes while the service stops
    /// is sent away at once, or the stop would wait for it.
    pub(crate) fn connect(&self, outbox: Arc<Outbox>) -> SocketId {
        let mut inside = self.lock();
        if inside.stopping {
            outbox.close(CloseCode::ServerStopped, CloseCode::ServerStopped.reason());
        }
        inside.last_socket += 1;
        let socket = SocketId(inside.last_socket);
        inside.outboxes.insert(socket, outbox);
        socket
    }

    /// This socket is gone; its stay waits for a resume.
    pub(crate) fn disconnect(&self, socket: SocketId) {
        let mut inside = self.lock();
        inside.outboxes.remove(&socket);
        inside.traffic.forget(socket);
        inside.socket_gone(socket);
    }

    /// Lets somebody in, unless he is banned. That is looked up under the lock under which he enters: a
    /// kick with a ban bans first, so whoever gets in before the ban holds is there to be kicked.
    pub(crate) fn enter(
        &self,
        socket: SocketId,
        admitted: Admitted,
    ) -> Result<StayId, NotAdmitted> {
        let Admitted {
            entrance,
            issued_at,
        } = admitted;
        let entered = self.act(|rooms, now, outputs| {
            let (user, room) = (&entrance.user, &entrance.room);
            if let Some(ban) = self.bans.holding(today(), user, room, issued_at) {
                return Err(NotAdmitted::banned(&ban));
            }
            Ok(rooms.enter(now, socket, entrance, outputs)?)
        });
        self.entered.notify_one();
        entered
    }

    pub(crate) fn resume(&self, socket: SocketId, claim: Claim<'_>) -> Result<(), Refusal> {
        let resumed = self.act(|rooms, now, outputs| rooms.resume(now, socket, claim, outputs));
        let mut inside = self.lock();
        let inside = &mut *inside;
        if let Some(room) = inside.rooms.room_of(socket) {
            inside.register.reconnected(room);
        }
        resumed
    }

    pub(crate) fn leave(&self, socket: SocketId) -> Option<StayId> {
        self.act(|rooms, now, outputs| rooms.leave(now, socket, outputs))
    }

    pub(crate) fn heard(&self, socket: SocketId) {
        let now = self.now();
        self.lock().rooms.heard(now, socket);
    }

    /// Hands a client's media message on to the others in its room.
    pub(crate) fn relay(&self, socket: SocketId, message: &Bytes) -> Result<(), WireError> {
        let now = self.now();
        let Some((sender, listeners)) = self.lock().rooms.relay(now, socket) else {
            return Ok(());
        };
        // A copy of up to a megabyte is made outside of the lock.
        let message = downstream_from_upstream(message, &sender)?;
        let mut inside = self.lock();
        inside.traffic.note(now, socket, &message);
        for outbox in listeners
            .iter()
            .filter_map(|listener| inside.outboxes.get(listener))
        {
            outbox.send(message.clone());
        }
        Ok(())
    }

    /// Tells everybody that the service stops, and closes the sockets that never entered.
    pub(crate) fn stop(&self) {
        self.act(Rooms::stop);
        let mut inside = self.lock();
        inside.stopping = true;
        for outbox in inside.outboxes.values() {
            outbox.close(CloseCode::ServerStopped, CloseCode::ServerStopped.reason());
        }
    }

    /// Ends stays whose lease has run out, for as long as this is polled.
    pub(crate) async fn watch_leases(&self) {
        loop {
            let entered = self.entered.notified();
            let deadline = self.lock().rooms.next_deadline();
            let expiry = async {
                let instant = deadline.and_then(|deadline| self.uptime.instant(deadline));
                let (Some(deadline), Some(instant)) = (deadline, instant) else {
                    return pending().await;
                };
                sleep_until(instant).await;
                // A process that was held up has heard nobody meanwhile: it listens first.
                if self.now() > deadline + heartbeat(self.lease) {
                    sleep(heartbeat(self.lease)).await;
                }
            };
            tokio::select! {
                biased;
                () = expiry => {}
                () = entered => continue,
            }
            for ended in self.announce(Rooms::expire).1 {
                tracing::info!(stay = ended.stay.0, reason = ended.reason.as_str(), "left");
            }
        }
    }

    fn act<T>(&self, act: impl FnOnce(&mut Rooms, Duration, &mut Outputs) -> T) -> T {
        self.announce(act).0
    }

    /// Does something to the rooms; answers also which departures came of it.
    fn announce<T>(
        &self,
        act: impl FnOnce(&mut Rooms, Duration, &mut Outputs) -> T,
    ) -> (T, Vec<Announcement>) {
        let now = self.now();
        let mut outputs = Outputs::default();
        let mut inside = self.lock();
        let answer = act(&mut inside.rooms, now, &mut outputs);
        let announcements = inside.carry_out(outputs);
        drop(inside);
        if !announcements.is_empty() {
            // A room may have become empty, and close in its time.
            self.entered.notify_one();
        }
        (answer, announcements)
    }

    fn lock(&self) -> MutexGuard<'_, Inside> {
        // The machine does not panic half-way; if it did, going on serves the others best.
        self.inside.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Inside {
    fn carry_out(&mut self, mut outputs: Outputs) -> Vec<Announcement> {
        let occurred = outputs.take_occurred();
        let outputs: Vec<Output> = outputs.into_iter().collect();
        let to_tell = |place: usize| match outputs.get(place) {
            Some(Output::Deliver { to, .. }) => u32::try_from(to.len()).unwrap_or(u32::MAX),
            Some(Output::Close { .. }) | None => 0,
        };
        let announcements = self.register.note(today(), occurred, to_tell);
        let mut telling = announcements.iter().filter(|told| told.output.is_some());
        let mut next = telling.next();
        for (place, output) in outputs.into_iter().enumerate() {
            match output {
                Output::Deliver { to, message } => {
                    let told = next.filter(|next| next.output == Some(place));
                    if told.is_some() {
                        next = telling.next();
                    }
                    // Encoded once, however many hear it.
                    let message = Utf8Bytes::from(message.encode());
                    for socket in to {
                        self.say(socket, message.clone(), told.map(|told| &told.owed));
                    }
                }
                Output::Close { socket, code } => {
                    if let Some(outbox) = self.outboxes.get(&socket) {
                        outbox.close(code, code.reason());
                    }
                }
            }
        }
        announcements
    }

    fn say(&mut self, socket: SocketId, message: Utf8Bytes, owed: Option<&Owed>) {
        let owed = owed.cloned().map(Debt::new);
        let Some(outbox) = self.outboxes.get(&socket) else {
            return;
        };
        if outbox.say(message, owed).is_err() {
            outbox.close(CloseCode::TooSlow, CloseCode::TooSlow.reason());
            self.socket_gone(socket);
        }
    }

    fn socket_gone(&mut self, socket: SocketId) {
        if let Some(room) = self.rooms.room_of(socket) {
            self.register.reconnected(room);
        }
        self.rooms.socket_gone(socket);
    }
}
