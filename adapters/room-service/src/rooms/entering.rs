//! How stays begin.

use std::fmt;
use std::time::Duration;

use exeunt_port::{RoomId, UserId};
use exeunt_websocket::wire::{ClientId, Refusal, Role, ServerMessage};

use super::ending::Ending;
use super::past_enters::Entrant;
use super::secret::StaySecret;
use super::{Occurrence, Outputs, Rooms, SocketId, Stay, StayId, heartbeat, millis};

/// Who wants to enter which room, after the signature was found to be good.
#[derive(Clone, PartialEq, Eq)]
pub struct Entrance {
    /// Who enters.
    pub user: UserId,
    /// Which room.
    pub room: RoomId,
    /// With which client.
    pub client: ClientId,
    /// Which of this client's attempts it is.
    pub attempt: u64,
    /// What the user wants to be in the room.
    pub role: Role,
    /// What a resume will have to show.
    pub secret: String,
    /// Whether the room may be made if it is not there.
    pub may_create: bool,
}

/// The secret stays out of logs.
impl fmt::Debug for Entrance {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("Entrance")
            .field("user", &self.user)
            .field("room", &self.room)
            .field("client", &self.client)
            .field("attempt", &self.attempt)
            .field("role", &self.role)
            .field("may_create", &self.may_create)
            .finish_non_exhaustive()
    }
}

impl Rooms {
    /// Lets a user into a room, which the first one makes. The same user's earlier stay in it is
    /// replaced; but an attempt that was overtaken by a later one of the same client is refused, so
    /// that what was given up ends nothing that is newer (G-10).
    pub fn enter(
        &mut self,
        now: Duration,
        socket: SocketId,
        entrance: Entrance,
        outputs: &mut Outputs,
    ) -> Result<StayId, Refusal> {
        let Entrance {
            user,
            room: room_id,
            client,
            attempt,
            role,
            secret,
            may_create,
        } = entrance;
        let role = self.life.role(role);
        if self.stopping {
            return Err(Refusal::Suspended);
        }
        if self.sockets.contains_key(&socket) {
            return Err(Refusal::NoParameters);
        }
        let entrant = (room_id, user, client);
        if self.latest_attempt(now, &entrant) >= Some(attempt) {
            return Err(Refusal::Overtaken);
        }
        let (room_id, user, client) = entrant;
        let earlier = match self.open.get(&room_id) {
            Some(room) => {
                let earlier = room.stay_of(&user);
                if earlier.is_none() && room.len() >= self.limits.members_per_room {
                    return Err(Refusal::RoomFull);
                }
                earlier
            }
            None if !may_create => return Err(Refusal::MayNotCreate),
            None => {
                self.make_place(outputs)?;
                None
            }
        };
        if let Some(earlier) = earlier {
            self.end(now, earlier, Ending::Replaced, outputs);
        }

        self.last_stay += 1;
        let stay = StayId(self.last_stay);
        let entered = ServerMessage::UserEntered {
            user_id: user.clone(),
            stay: stay.0,
        };
        if role.is_anchor() {
            outputs.deliver(self.listeners(&room_id), entered);
        }
        if earlier.is_none() && !self.open.contains_key(&room_id) {
            outputs.occurred(Occurrence::RoomOpened {
                room: room_id.clone(),
                by: user.clone(),
            });
        }
        outputs.occurred(Occurrence::Entered {
            stay,
            room: room_id.clone(),
            user: user.clone(),
            role,
        });
        self.cancel_closing(&room_id);
        let room = self.open.entry(room_id.clone()).or_default();
        let members = room.members().collect();
        room.admit(user.clone(), stay, role);
        let lease = self.limits.lease;
        let entered = ServerMessage::Entered {
            stay: stay.0,
            secret: secret.clone(),
            lease_ms: millis(lease),
            heartbeat_ms: millis(heartbeat(lease)),
            members,
        };
        outputs.deliver(vec![socket], entered);
        self.sockets.insert(socket, stay);
        let ends_at = self
            .life
            .longest_stay
            .map(|longest| now.saturating_add(longest));
        let looked_at = ends_at.map_or(now + lease, |ends_at| ends_at.min(now + lease));
        self.expiries.insert((looked_at, stay));
        self.stays.insert(
            stay,
            Stay {
                user,
                room: room_id,
                role,
                client,
                attempt,
                resumes: 0,
                secret: StaySecret::new(secret),
                socket: Some(socket),
                last_heard: now,
                ends_at,
                looked_at,
            },
        );
        Ok(stay)
    }

    /// The latest attempt of this entrant that is known of: that of its stay, or of one that is over.
    fn latest_attempt(&mut self, now: Duration, entrant: &Entrant) -> Option<u64> {
        let (room, user, client) = entrant;
        let present = self.open.get(room).and_then(|room| room.stay_of(user));
        let present = present
            .and_then(|stay| self.stays.get(&stay))
            .filter(|stay| stay.client == *client)
            .map(|stay| stay.attempt);
        present.max(self.past_enters.latest(now, entrant))
    }
}
