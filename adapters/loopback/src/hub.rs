//! The hub: the server of the loopback transport, and its operator's side.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError, Weak};
use std::time::Duration;

use exeunt_port::{EnterRequest, MediaFrame, RemoteFrame, RoomId, RoomSignal, UserId};
use thiserror::Error;

use crate::LoopbackTransport;
use crate::client::Client;
use crate::rooms::{LeaseNumber, Refusal, Rooms, StayNumber};

/// Rooms in the memory of this process.
///
/// A hub is one application: the request's `sdk_app_id` and `user_sig` are not looked at. Cloning
/// gives another handle to the same rooms. A room has at most 256 members; it comes to be with its
/// first member and is gone with its last.
///
/// A member of whom nothing is heard any more (his link is down, or his connection was dropped or
/// closed without a goodbye) stays a member for the length of the lease; then the others hear that
/// he timed out (G-12).
#[derive(Clone, Debug)]
pub struct Hub(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    state: Mutex<State>,
    lease: Duration,
}

#[derive(Debug, Default)]
struct State {
    rooms: Rooms,
    clients: BTreeMap<StayNumber, Arc<Client>>,
}

/// Why the hub cannot do what its operator asks.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[non_exhaustive]
pub enum HubError {
    /// The room has no members, so there is no such room.
    #[error("room {room} does not exist")]
    NoSuchRoom {
        /// Which room.
        room: RoomId,
    },
    /// The room is there, but this user is not in it.
    #[error("{user} is not in room {room}")]
    NotInRoom {
        /// Which room.
        room: RoomId,
        /// Who was looked for.
        user: UserId,
    },
}

/// One room and who is in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RoomListing {
    /// Which room.
    pub room: RoomId,
    /// Its members by name, at least one.
    pub members: Vec<UserId>,
}

impl Hub {
    /// How long a silent member stays a member if nothing else is asked for.
    pub const DEFAULT_LEASE: Duration = Duration::from_secs(8);

    /// A hub without rooms whose lease is [`Hub::DEFAULT_LEASE`].
    #[must_use]
    pub fn new() -> Self {
        Self::with_lease(Self::DEFAULT_LEASE)
    }

    /// A hub without rooms. The lease runs on tokio's clock, so a test may pause it.
    #[must_use]
    pub fn with_lease(lease: Duration) -> Self {
        Self(Arc::new(Shared {
            state: Mutex::default(),
            lease,
        }))
    }

    /// A transport into this hub, without faults. Make one for each user whose faults are to be his own.
    #[must_use]
    pub fn transport(&self) -> LoopbackTransport {
        LoopbackTransport::new(self.clone())
    }

    /// Removes a user from a room: he hears [`RoomSignal::Kicked`], the others hear that he was
    /// kicked. It touches only the stay that he has now (G-10).
    pub fn kick(&self, room: &RoomId, user: &UserId) -> Result<(), HubError> {
        tracing::debug!(%room, %user, "kick");
        self.change(|state| state.rooms.kick(room, user))
    }

    /// Dismisses a room: every member hears [`RoomSignal::Dismissed`], and the room is gone.
    /// Answers how many members it had.
    pub fn dismiss(&self, room: &RoomId) -> Result<usize, HubError> {
        tracing::debug!(%room, "dismiss");
        self.change(|state| state.rooms.dismiss(room))
    }

    /// Stops the hub: every member of every room hears [`RoomSignal::ServerStopped`], and nobody is
    /// let in any more.
    pub fn stop(&self) {
        self.change(|state| state.rooms.stop());
    }

    /// Every room with its members, in order.
    #[must_use]
    pub fn rooms(&self) -> Vec<RoomListing> {
        self.change(|state| {
            let rooms = state.rooms.list();
            rooms
                .map(|(room, members)| RoomListing {
                    room: room.clone(),
                    members: members.cloned().collect(),
                })
                .collect()
        })
    }

    /// How long a silent member stays a member.
    #[must_use]
    pub fn lease(&self) -> Duration {
        self.0.lease
    }

    /// Lets a user in; `client` makes his end, which is told from the first word on.
    pub(crate) fn enter(
        &self,
        request: &EnterRequest,
        client: impl FnOnce(StayNumber) -> Client,
    ) -> Result<Arc<Client>, Refusal> {
        self.change(|state| {
            let stay = state.rooms.enter(&request.room, &request.user)?;
            let client = Arc::new(client(stay));
            state.clients.insert(stay, Arc::clone(&client));
            Ok(client)
        })
    }

    /// A member leaves by himself; see [`Rooms::leave`].
    pub(crate) fn leave(&self, stay: StayNumber) -> Option<u32> {
        self.change(|state| state.rooms.leave(stay))
    }

    /// Nobody listens for this stay any more. If it still is a member's, its lease begins.
    pub(crate) fn forget(&self, stay: StayNumber) -> Option<Lease> {
        // The client's last handle may go here; it must not take anything down under the lock.
        let (lease, _client) = self.change(|state| {
            state.rooms.forget(stay);
            (state.rooms.fall_silent(stay), state.clients.remove(&stay))
        });
        lease.map(|number| self.lease_of(stay, number))
    }

    /// A member is not heard any more; the lease that begins, if none runs already.
    pub(crate) fn fall_silent(&self, stay: StayNumber) -> Option<Lease> {
        let lease = self.change(|state| state.rooms.fall_silent(stay));
        lease.map(|number| self.lease_of(stay, number))
    }

    /// A silent member is heard again. Answers whether he still is a member.
    pub(crate) fn resume(&self, stay: StayNumber) -> bool {
        self.change(|state| state.rooms.resume(stay))
    }

    /// The oldest word for this stay.
    pub(crate) fn next_signal(&self, stay: StayNumber) -> Option<RoomSignal> {
        self.change(|state| state.rooms.next_signal(stay))
    }

    /// Carries a frame to the other members. Answers whether the sender is a member.
    pub(crate) fn forward(&self, stay: StayNumber, frame: &MediaFrame) -> bool {
        let audience = self.change(|state| {
            let (user, others) = state.rooms.audience(stay)?;
            let others = others.filter_map(|other| state.clients.get(&other).cloned());
            Some((user.clone(), others.collect::<Vec<_>>()))
        });
        let Some((user, others)) = audience else {
            return false;
        };
        for other in others {
            other.receive(RemoteFrame {
                user: user.clone(),
                frame: frame.clone(),
            });
        }
        true
    }

    fn lease_of(&self, stay: StayNumber, number: LeaseNumber) -> Lease {
        Lease {
            hub: Arc::downgrade(&self.0),
            length: self.0.lease,
            stay,
            number,
        }
    }

    /// The one place that locks. Nobody is woken before it has unlocked (G-8).
    fn change<T>(&self, act: impl FnOnce(&mut State) -> T) -> T {
        let (answer, woken) = {
            let mut state = self.0.state.lock().unwrap_or_else(PoisonError::into_inner);
            let answer = act(&mut state);
            let woken = state.rooms.take_woken();
            let clients = woken
                .iter()
                .filter_map(|stay| state.clients.get(stay).cloned());
            (answer, clients.collect::<Vec<_>>())
        };
        for client in woken {
            client.wake();
        }
        answer
    }
}

impl Default for Hub {
    fn default() -> Self {
        Self::new()
    }
}

/// The lease of a silent member. It is over when its time has come or when it is dropped (a runtime
/// that shuts down drops its tasks), so no member stays for ever.
#[derive(Debug)]
pub(crate) struct Lease {
    hub: Weak<Shared>,
    length: Duration,
    stay: StayNumber,
    number: LeaseNumber,
}

impl Lease {
    /// Waits until the lease is over.
    pub(crate) async fn run_out(self) {
        tokio::time::sleep(self.length).await;
    }
}

impl Drop for Lease {
    fn drop(&mut self) {
        if let Some(shared) = self.hub.upgrade() {
            Hub(shared).change(|state| state.rooms.lapse(self.stay, self.number));
        }
    }
}
