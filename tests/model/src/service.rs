//! The server: the real `Rooms`, and what the shell around them does with sockets.
//!
//! The shell's part follows `client_socket.rs` and `hall.rs` of `exeunt-room-service`. Time is abstract: a
//! lease may run out at any moment; everybody else is then heard in that same moment.

mod judging;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use std::time::Duration;

use exeunt_port::{RemoteLeaveReason, UserId};
use exeunt_room_service::rooms::{
    Claim, Entrance, Output, Outputs, RoomLimits, Rooms, SocketId, StayId,
};
use exeunt_websocket::wire::{ClientId, CloseCode, Refusal, Role, ServerMessage};

use judging::{Cause, is_true};

use crate::breach::Breach;
use crate::network::{Downward, Network, ServerEnd, Upward};
use crate::scope::Flaw;
use crate::world::{Owner, room, user};

/// The lease of a stay, which is the only unit of time here.
const LEASE: Duration = Duration::from_secs(8);

/// From one attempt of a client to resume a stay to the next: between them there is room for those that
/// this model makes itself, where it wants a stay to have been heard.
const BETWEEN_ATTEMPTS: u64 = 1000;

/// A socket that no client has; used to be heard on behalf of a member without a socket.
const NOBODYS: SocketId = SocketId(u64::MAX);

/// What is known of a stay from outside of the rooms.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Booking {
    pub(crate) owner: Owner,
    secret: String,
    pub(crate) socket: Option<SocketId>,
    /// The latest attempt to resume it that the rooms have heard.
    resumes: u64,
}

/// The server.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Service {
    pub(crate) up: bool,
    /// How often it was started; what it hands out is different each time.
    run: u8,
    now: Duration,
    rooms: Arc<Rooms>,
    /// The stays that are not over.
    pub(crate) bookings: BTreeMap<StayId, Booking>,
    /// Whom it has let in, in all its runs.
    let_in: BTreeSet<Owner>,
    flaw: Option<Flaw>,
}

fn fresh_rooms() -> Arc<Rooms> {
    Arc::new(Rooms::new(RoomLimits {
        lease: LEASE,
        members_per_room: 4,
        rooms: 2,
        remembered_stays: 8,
        time_to_enter: LEASE,
    }))
}

impl Service {
    pub(crate) fn new(flaw: Option<Flaw>) -> Self {
        Self {
            up: true,
            run: 1,
            now: Duration::ZERO,
            rooms: fresh_rooms(),
            bookings: BTreeMap::new(),
            let_in: BTreeSet::new(),
            flaw,
        }
    }

    /// Who is in the room, and in which stay.
    pub(crate) fn members(&self) -> BTreeMap<UserId, StayId> {
        let rooms = self.rooms.rooms();
        rooms
            .flat_map(|room| {
                room.members()
                    .map(|member| (member.user.clone(), member.stay))
            })
            .collect()
    }

    /// The server hears what comes next on a socket; `None` is the end of it.
    pub(crate) fn hear(
        &mut self,
        socket: SocketId,
        message: Option<Upward>,
        network: &mut Network,
    ) -> Result<(), Breach> {
        let Some(found) = network.get(socket) else {
            return Ok(());
        };
        let (owner, end) = (found.owner, found.server);
        if end == ServerEnd::Closed {
            return match (self.flaw, message) {
                (Some(Flaw::LateLeaveOfNewerStay), Some(Upward::Leave)) => {
                    self.leave_whatever_he_is_in(owner, network)
                }
                _ => Ok(()),
            };
        }
        let inside = end == ServerEnd::Inside;
        match message {
            None => self.lose_socket(socket, network),
            Some(Upward::Leave) if inside => {
                let cause = Cause::Heard(owner);
                self.act(cause, network, |rooms, now, outputs| {
                    rooms.leave(now, socket, outputs);
                })
            }
            Some(Upward::Leave) => {
                refuse(socket, Refusal::NoParameters, network);
                Ok(())
            }
            Some(Upward::Enter { .. } | Upward::Resume { .. }) if inside => {
                self.lose_socket(socket, network)
            }
            Some(Upward::Enter { attempt }) => self.enter(socket, owner, attempt, network),
            Some(Upward::Resume {
                stay,
                secret,
                attempt,
            }) => {
                let secret = &secret;
                let claim = Claim {
                    stay,
                    secret,
                    attempt,
                };
                self.resume(socket, owner, claim, network)
            }
        }
    }

    fn enter(
        &mut self,
        socket: SocketId,
        owner: Owner,
        attempt: u64,
        network: &mut Network,
    ) -> Result<(), Breach> {
        let secret = format!("{owner} in run {}", self.run);
        let entrance = Entrance {
            user: user(owner.who).clone(),
            room: room().clone(),
            client: self.client_of(owner),
            attempt,
            role: Role::Anchor,
            secret: secret.clone(),
            may_create: true,
        };
        let mut answer = Err(Refusal::Suspended);
        self.act(Cause::Entered(owner), network, |rooms, now, outputs| {
            answer = rooms.enter(now, socket, entrance, outputs);
        })?;
        match answer {
            Ok(stay) => {
                network.seat(socket);
                let socket = Some(socket);
                let booking = Booking {
                    owner,
                    secret,
                    socket,
                    resumes: 0,
                };
                self.bookings.insert(stay, booking);
                if !self.let_in.insert(owner) {
                    return Err(Breach::BackUnasked { owner });
                }
            }
            Err(refusal) => refuse(socket, refusal, network),
        }
        Ok(())
    }

    /// Each process of each user has a transport of its own.
    fn client_of(&self, owner: Owner) -> ClientId {
        let unnumbered = self.flaw == Some(Flaw::EntersUnnumbered);
        let of_its_own = if unnumbered { owner.epoch } else { 0 };
        let parts = [owner.who as u128, owner.process.into(), of_its_own.into()];
        ClientId::from_number(parts.iter().fold(0, |number, part| (number << 32) | part))
    }

    fn resume(
        &mut self,
        socket: SocketId,
        owner: Owner,
        claim: Claim<'_>,
        network: &mut Network,
    ) -> Result<(), Breach> {
        let (stay, attempt) = (claim.stay, claim.attempt * BETWEEN_ATTEMPTS);
        let known = self
            .bookings
            .get(&stay)
            .map_or(0, |booking| booking.resumes);
        let shown = if self.flaw == Some(Flaw::ResumesUnnumbered) {
            attempt.max(known + 1)
        } else {
            attempt
        };
        let claim = Claim {
            attempt: shown,
            ..claim
        };
        let mut answer = Ok(());
        self.act(Cause::Heard(owner), network, |rooms, now, outputs| {
            answer = rooms.resume(now, socket, claim, outputs);
        })?;
        match answer {
            Ok(()) => {
                network.seat(socket);
                if let Some(booking) = self.bookings.get_mut(&stay) {
                    booking.may_be_resumed(owner, attempt)?;
                    booking.resumes = shown;
                    booking.socket = Some(socket);
                }
            }
            Err(refusal) => refuse(socket, refusal, network),
        }
        Ok(())
    }

    /// A socket is gone, be it that the server noticed or that it had enough of it.
    pub(crate) fn lose_socket(
        &mut self,
        socket: SocketId,
        network: &mut Network,
    ) -> Result<(), Breach> {
        Arc::make_mut(&mut self.rooms).socket_gone(socket);
        network.server_lets_go(socket, false);
        let mut bookings = self.bookings.iter_mut();
        let Some((stay, booking)) = bookings.find(|(_, booking)| booking.socket == Some(socket))
        else {
            return Ok(());
        };
        booking.socket = None;
        if self.flaw != Some(Flaw::LossToldAsDeparture) {
            return Ok(());
        }
        let message = ServerMessage::UserLeft {
            user_id: user(booking.owner.who).clone(),
            stay: stay.0,
            reason: RemoteLeaveReason::TimedOut,
        };
        is_true(&message, &BTreeMap::new(), &self.members())?;
        for other in self.bookings.values().filter_map(|booking| booking.socket) {
            network.deliver(other, Downward::Say(message.clone()));
        }
        Ok(())
    }

    /// The lease of one stay runs out, and of no other.
    pub(crate) fn expire(&mut self, stay: StayId, network: &mut Network) -> Result<(), Breach> {
        self.now += LEASE;
        let now = self.now;
        let rooms = Arc::make_mut(&mut self.rooms);
        for (other, booking) in &mut self.bookings {
            if *other == stay {
                continue;
            }
            if let Some(socket) = booking.socket {
                rooms.heard(now, socket);
            } else {
                // It was heard just before its socket was lost; the rooms are brought there by a
                // resume that is lost again at once.
                booking.resumes += 1;
                let claim = Claim {
                    stay: *other,
                    secret: &booking.secret,
                    attempt: booking.resumes,
                };
                let _ = rooms.resume(now, NOBODYS, claim, &mut Outputs::default());
                rooms.socket_gone(NOBODYS);
            }
        }
        self.act(Cause::Lease(stay), network, |rooms, now, outputs| {
            rooms.expire(now, outputs);
        })
    }

    pub(crate) fn kick(&mut self, who: usize, network: &mut Network) -> Result<(), Breach> {
        self.act(Cause::Kick(who), network, |rooms, now, outputs| {
            let _ = rooms.kick(now, room(), &[user(who).clone()], outputs);
        })
    }

    pub(crate) fn dismiss(&mut self, network: &mut Network) -> Result<(), Breach> {
        self.act(Cause::Everybody, network, |rooms, now, outputs| {
            let _ = rooms.dismiss(now, room(), outputs);
        })
    }

    /// Stops in order: everybody is told, then the process ends.
    pub(crate) fn stop(&mut self, network: &mut Network) -> Result<(), Breach> {
        self.act(Cause::Everybody, network, Rooms::stop)?;
        self.crash(network);
        Ok(())
    }

    pub(crate) fn crash(&mut self, network: &mut Network) {
        self.up = false;
        self.rooms = fresh_rooms();
        self.bookings.clear();
        network.lose_server();
    }

    pub(crate) fn start(&mut self) {
        self.up = true;
        self.run += 1;
    }

    /// The flaw: whoever says `leave` on a dead socket is taken out of whatever he is in now.
    fn leave_whatever_he_is_in(
        &mut self,
        owner: Owner,
        network: &mut Network,
    ) -> Result<(), Breach> {
        let mut bookings = self.bookings.values();
        let present = bookings
            .find(|booking| booking.owner.who == owner.who)
            .and_then(|booking| booking.socket);
        let Some(socket) = present else { return Ok(()) };
        self.act(Cause::Heard(owner), network, |rooms, now, outputs| {
            rooms.leave(now, socket, outputs);
        })
    }

    /// Does something to the rooms, looks at what became of everybody's stay, and carries out what the
    /// rooms want done.
    fn act(
        &mut self,
        cause: Cause,
        network: &mut Network,
        act: impl FnOnce(&mut Rooms, Duration, &mut Outputs),
    ) -> Result<(), Breach> {
        let before = self.members();
        let mut outputs = Outputs::default();
        act(Arc::make_mut(&mut self.rooms), self.now, &mut outputs);
        let after = self.members();
        let ended: BTreeMap<&UserId, StayId> = before
            .iter()
            .filter(|(user, stay)| after.get(user) != Some(stay))
            .map(|(user, stay)| (user, *stay))
            .collect();
        for stay in ended.values() {
            if let Some(booking) = self.bookings.remove(stay) {
                cause.may_end(*stay, booking.owner)?;
            }
        }
        for output in outputs {
            match output {
                Output::Deliver { to, message } => {
                    is_true(&message, &ended, &after)?;
                    if self.keeps_quiet(cause, &message) {
                        continue;
                    }
                    for socket in to {
                        network.deliver(socket, Downward::Say(message.clone()));
                    }
                }
                Output::Close { socket, code } => {
                    let reads_on = self.flaw == Some(Flaw::LateLeaveOfNewerStay);
                    network.close(socket, code, reads_on);
                }
            }
        }
        Ok(())
    }

    fn keeps_quiet(&self, cause: Cause, message: &ServerMessage) -> bool {
        self.flaw == Some(Flaw::LeaseExpiryUnannounced)
            && matches!(cause, Cause::Lease(_))
            && matches!(message, ServerMessage::UserLeft { .. })
    }
}

fn refuse(socket: SocketId, refusal: Refusal, network: &mut Network) {
    let message = ServerMessage::refused(refusal, "no");
    network.deliver(socket, Downward::Say(message));
    network.close(socket, CloseCode::Refused, false);
}
