//! One room: who is in it, and who left of late.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use exeunt_port::{RemoteLeaveReason, RoomId, UserId};
use exeunt_websocket::wire::{Departed, Member, Role};

use super::{Rooms, SocketId, Stay, StayId};

/// One room. It is there as long as somebody is in it, and for a while longer if that is so configured.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash)]
pub(super) struct Room {
    members: BTreeMap<UserId, (StayId, Role)>,
    departed: VecDeque<(Duration, Departed)>,
    /// When it closes, if nobody enters before.
    pub(super) closes_at: Option<Duration>,
}

impl Room {
    pub(super) fn len(&self) -> usize {
        self.members.len()
    }

    pub(super) fn is_empty(&self) -> bool {
        self.members.is_empty()
    }

    pub(super) fn stay_of(&self, user: &UserId) -> Option<StayId> {
        self.members.get(user).map(|(stay, _)| *stay)
    }

    /// As clients are told of them: who is in the audience is told of to nobody.
    pub(super) fn members(&self) -> impl Iterator<Item = Member> {
        let anchors = self
            .members
            .iter()
            .filter(|(_, (_, role))| role.is_anchor());
        anchors.map(|(user, (stay, _))| Member {
            user_id: user.clone(),
            stay: stay.0,
        })
    }

    pub(super) fn stays(&self) -> impl Iterator<Item = StayId> {
        self.members.values().map(|(stay, _)| *stay)
    }

    pub(super) fn admit(&mut self, user: UserId, stay: StayId, role: Role) {
        self.members.insert(user, (stay, role));
    }

    /// Strikes a member off, and remembers it among the latest `remembered` departures.
    pub(super) fn dismiss_member(
        &mut self,
        now: Duration,
        user: &UserId,
        reason: RemoteLeaveReason,
        remembered: usize,
    ) {
        let Some((stay, Role::Anchor)) = self.members.remove(user) else {
            return;
        };
        self.departed.push_back((
            now,
            Departed {
                user_id: user.clone(),
                stay: stay.0,
                reason,
            },
        ));
        while self.departed.len() > remembered {
            self.departed.pop_front();
        }
    }

    /// Who left within the last `window`, and forgets who left before.
    pub(super) fn departed(&mut self, now: Duration, window: Duration) -> Vec<Departed> {
        self.departed.retain(|(at, _)| *at + window > now);
        self.departed
            .iter()
            .map(|(_, departed)| departed.clone())
            .collect()
    }
}

/// A room as it is shown to an operator.
#[derive(Clone, Copy, Debug)]
pub struct RoomView<'a> {
    pub(super) id: &'a RoomId,
    pub(super) room: &'a Room,
    pub(super) stays: &'a BTreeMap<StayId, Stay>,
}

/// A member as it is shown to an operator.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MemberView<'a> {
    /// Who.
    pub user: &'a UserId,
    /// In which stay.
    pub stay: StayId,
    /// Whether there is a connection; without one the member is waited for until its lease ends.
    pub connected: bool,
    /// When something was heard from it last.
    pub last_heard: Duration,
    /// Its connection.
    pub socket: Option<SocketId>,
    /// As what.
    pub role: Role,
}

impl<'a> RoomView<'a> {
    /// The room's id.
    #[must_use]
    pub fn id(&self) -> &'a RoomId {
        self.id
    }

    /// How many of the members' ids are meant, and some of these members, in the order of their ids. Who
    /// is passed over costs no more than the look at the id.
    pub fn chosen(
        &self,
        means: impl Fn(&UserId) -> bool,
        offset: usize,
        limit: usize,
    ) -> (usize, Vec<MemberView<'a>>) {
        let (mut matching, mut chosen) = (0, Vec::new());
        for (user, (stay, role)) in self.room.members.iter().filter(|(user, _)| means(user)) {
            if matching >= offset && chosen.len() < limit {
                chosen.push(self.member(user, *stay, *role));
            }
            matching += 1;
        }
        (matching, chosen)
    }

    /// The members, in the order of their ids.
    pub fn members(&self) -> impl Iterator<Item = MemberView<'a>> + use<'a> {
        let room = *self;
        let members = room.room.members.iter();
        members.map(move |(user, (stay, role))| room.member(user, *stay, *role))
    }

    fn member(&self, user: &'a UserId, number: StayId, role: Role) -> MemberView<'a> {
        let stay = self.stays.get(&number);
        let socket = stay.and_then(|stay| stay.socket);
        MemberView {
            user,
            stay: number,
            connected: socket.is_some(),
            last_heard: stay.map_or(Duration::ZERO, |stay| stay.last_heard),
            socket,
            role,
        }
    }
}

impl Rooms {
    /// One room with its members.
    #[must_use]
    pub fn room(&self, id: &RoomId) -> Option<RoomView<'_>> {
        let (id, room) = self.open.get_key_value(id)?;
        let stays = &self.stays;
        Some(RoomView { id, room, stays })
    }

    /// The room of the stay that this socket has, if it has one.
    #[must_use]
    pub fn room_of(&self, socket: SocketId) -> Option<&RoomId> {
        let stay = self.sockets.get(&socket)?;
        self.stays.get(stay).map(|stay| &stay.room)
    }

    /// How many members are in all rooms, and how many of them have a connection.
    #[must_use]
    pub fn count(&self) -> (usize, usize) {
        (self.stays.len(), self.sockets.len())
    }

    /// The stay of this user in this room.
    #[must_use]
    pub fn stay_of(&self, room: &RoomId, user: &UserId) -> Option<StayId> {
        self.open.get(room)?.stay_of(user)
    }
}
