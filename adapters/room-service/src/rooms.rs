//! Who is in which room: a pure machine, without a clock, without randomness, without sockets.
//!
//! Time is an argument (how long the service has been running), what happened is a method, what is
//! to be done comes out as a list of [`Output`]s. A *stay* is one user's time in one room; it has a
//! number that is never used again, so that what comes late for an old stay cannot touch a new one
//! (G-10). A *socket* is one connection; a stay has one, or for a while none (its client may resume),
//! and only what comes over the stay's own socket counts.

mod ending;
mod entering;
mod graves;
mod life;
mod members;
mod output;
mod past_enters;
mod resuming;
mod secret;
#[cfg(test)]
mod tests;

pub use entering::Entrance;
pub use life::{RoomLife, Scene};
pub use members::{MemberView, RoomView};
pub use output::{Occurrence, Output, Outputs, SocketId, StayId};
pub use resuming::Claim;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use exeunt_port::{RoomId, UserId};
use exeunt_websocket::wire::{ClientId, Role};
use thiserror::Error;

use ending::Ending;
use graves::Graves;
use life::Closings;
use members::Room;
use past_enters::PastEnters;
use secret::StaySecret;

/// The bounds of [`Rooms`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct RoomLimits {
    /// Silence after which a stay is over and the others are told (G-12).
    pub lease: Duration,
    /// Members a room may have at a time.
    pub members_per_room: usize,
    /// Rooms there may be at a time.
    pub rooms: usize,
    /// Stays that are over and are remembered: their ends for clients that come to resume them, their
    /// beginnings for attempts to enter that come late.
    pub remembered_stays: usize,
    /// Whoever has connected says `enter` within this time, or is cut off; so late an attempt to enter
    /// can be.
    pub time_to_enter: Duration,
}

/// There is no room of that id.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("room {room} does not exist")]
pub struct NoSuchRoom {
    /// The id.
    pub room: RoomId,
}

/// All rooms of a service. Two that are equal answer alike from now on, which is what lets a model
/// checker visit every state.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Rooms {
    limits: RoomLimits,
    life: RoomLife,
    last_stay: u64,
    stopping: bool,
    open: BTreeMap<RoomId, Room>,
    stays: BTreeMap<StayId, Stay>,
    sockets: BTreeMap<SocketId, StayId>,
    /// When to look at a stay again. A stay that was heard meanwhile is put back then, so that
    /// hearing from somebody costs nothing here.
    expiries: BTreeSet<(Duration, StayId)>,
    closings: Closings,
    graves: Graves,
    past_enters: PastEnters,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Stay {
    user: UserId,
    room: RoomId,
    role: Role,
    client: ClientId,
    /// Which of the client's attempts to enter it began with.
    attempt: u64,
    /// The latest attempt to resume it.
    resumes: u64,
    secret: StaySecret,
    socket: Option<SocketId>,
    last_heard: Duration,
    /// When it is over, however alive its client is.
    ends_at: Option<Duration>,
    /// Its place in [`Rooms::expiries`].
    looked_at: Duration,
}

impl Stay {
    /// When it is over if nothing more is heard.
    fn due(&self, lease: Duration) -> Duration {
        let due = self.last_heard + lease;
        self.ends_at.map_or(due, |ends_at| due.min(ends_at))
    }
}

impl Rooms {
    /// No rooms yet.
    #[must_use]
    pub fn new(limits: RoomLimits) -> Self {
        Self {
            limits,
            life: RoomLife::default(),
            last_stay: 0,
            stopping: false,
            open: BTreeMap::new(),
            stays: BTreeMap::new(),
            sockets: BTreeMap::new(),
            expiries: BTreeSet::new(),
            closings: Closings::new(),
            graves: Graves::new(limits.remembered_stays, 2 * limits.lease),
            past_enters: PastEnters::new(
                limits.remembered_stays,
                limits.time_to_enter.saturating_mul(2),
            ),
        }
    }

    /// The client of this socket leaves. Answers the stay that ended, if the socket had one.
    pub fn leave(
        &mut self,
        now: Duration,
        socket: SocketId,
        outputs: &mut Outputs,
    ) -> Option<StayId> {
        let stay = self.sockets.get(&socket).copied()?;
        self.end(now, stay, Ending::Left, outputs);
        Some(stay)
    }

    /// Something was heard on this socket: the lease begins anew.
    pub fn heard(&mut self, now: Duration, socket: SocketId) {
        let stay = self
            .sockets
            .get(&socket)
            .and_then(|stay| self.stays.get_mut(stay));
        if let Some(stay) = stay {
            stay.last_heard = now;
        }
    }

    /// A frame was heard on this socket: the lease begins anew. Answers who sent it and to whom it goes.
    pub fn relay(&mut self, now: Duration, socket: SocketId) -> Option<(UserId, Vec<SocketId>)> {
        let stay = self.stays.get_mut(self.sockets.get(&socket)?)?;
        stay.last_heard = now;
        if !stay.role.is_anchor() {
            return None;
        }
        let (user, room) = (stay.user.clone(), stay.room.clone());
        let mut listeners = self.listeners(&room);
        listeners.retain(|listener| *listener != socket);
        Some((user, listeners))
    }

    /// This socket is gone. Its stay, if it had one, waits for a resume until its lease ends.
    pub fn socket_gone(&mut self, socket: SocketId) {
        let stay = self.sockets.remove(&socket);
        if let Some(stay) = stay.and_then(|stay| self.stays.get_mut(&stay)) {
            stay.socket = None;
        }
    }

    /// Removes users from a room; those who are not in it are skipped, as with TRTC. Answers how many
    /// were.
    pub fn kick(
        &mut self,
        now: Duration,
        room: &RoomId,
        users: &[UserId],
        outputs: &mut Outputs,
    ) -> Result<usize, NoSuchRoom> {
        let found = self
            .open
            .get(room)
            .ok_or_else(|| NoSuchRoom { room: room.clone() })?;
        let named: BTreeSet<StayId> = users
            .iter()
            .filter_map(|user| found.stay_of(user))
            .collect();
        for stay in &named {
            self.end(now, *stay, Ending::Kicked, outputs);
        }
        Ok(named.len())
    }

    /// Dismisses a room: everybody in it is out, and it is gone. Answers how many were in it.
    pub fn dismiss(
        &mut self,
        now: Duration,
        room: &RoomId,
        outputs: &mut Outputs,
    ) -> Result<usize, NoSuchRoom> {
        self.cancel_closing(room);
        let found = self
            .open
            .remove(room)
            .ok_or_else(|| NoSuchRoom { room: room.clone() })?;
        Ok(self.end_all(now, room, &found, Ending::Dismissed, outputs))
    }

    /// The service stops: everybody is out, and nobody gets in any more.
    pub fn stop(&mut self, now: Duration, outputs: &mut Outputs) {
        self.stopping = true;
        self.closings.clear();
        while let Some((id, room)) = self.open.pop_first() {
            self.end_all(now, &id, &room, Ending::ServerStopped, outputs);
        }
    }

    /// Ends every stay whose lease has run out or that has lasted as long as it may, and every room whose
    /// time without anybody is over. Answers which stays.
    pub fn expire(&mut self, now: Duration, outputs: &mut Outputs) -> Vec<StayId> {
        let mut expired = Vec::new();
        while let Some((deadline, stay)) = self.expiries.first().copied() {
            if deadline > now {
                break;
            }
            self.expiries.pop_first();
            let Some(found) = self.stays.get_mut(&stay) else {
                continue;
            };
            let is_over = found.ends_at.is_some_and(|ends_at| ends_at <= now);
            let due = found.due(self.limits.lease);
            if is_over {
                self.end(now, stay, Ending::Overlong, outputs);
                expired.push(stay);
            } else if due > now {
                found.looked_at = due;
                self.expiries.insert((due, stay));
            } else {
                self.end(now, stay, Ending::TimedOut, outputs);
                expired.push(stay);
            }
        }
        self.close_empty(now, outputs);
        expired
    }

    /// When [`expire`](Self::expire) has something to look at, at the earliest.
    #[must_use]
    pub fn next_deadline(&self) -> Option<Duration> {
        let stays = self.expiries.first().map(|(deadline, _)| *deadline);
        let rooms = self.closings.first().map(|(deadline, _)| *deadline);
        stays.into_iter().chain(rooms).min()
    }

    /// The rooms with their members, in the order of their ids.
    #[must_use]
    pub fn rooms(&self) -> impl ExactSizeIterator<Item = RoomView<'_>> {
        self.open.iter().map(|(id, room)| RoomView {
            id,
            room,
            stays: &self.stays,
        })
    }

    /// The sockets of the room's members.
    fn listeners(&self, room: &RoomId) -> Vec<SocketId> {
        let stays = self.open.get(room).into_iter().flat_map(Room::stays);
        stays
            .filter_map(|stay| self.stays.get(&stay)?.socket)
            .collect()
    }
}

/// How often a client says a heartbeat: eight times within its lease, in whole milliseconds.
pub(crate) fn heartbeat(lease: Duration) -> Duration {
    Duration::from_millis(millis(lease / 8).max(1))
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}
