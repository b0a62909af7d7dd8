//! The embedded rooms as a back end: the first one.

use std::time::Duration;

use exeunt_port::{RoomId, UserId, async_trait};

use super::{Hall, Inside};
use crate::backend::{
    Backend, BackendError, Ban, Dismissal, Happenings, MemberState, Moment, Page, Removal,
    RemovalOutcome, RoomPage, RoomState,
};
use crate::bans::TooManyBans;
use crate::clock::today;
use crate::rooms::{NoSuchRoom, RoomView};

impl From<NoSuchRoom> for BackendError {
    fn from(NoSuchRoom { room }: NoSuchRoom) -> Self {
        Self::NoSuchRoom { room }
    }
}

#[async_trait]
impl Backend for Hall {
    async fn rooms(&self, page: Page) -> Result<RoomPage, BackendError> {
        let inside = self.lock();
        let rooms = inside.rooms.rooms();
        Ok(RoomPage {
            total: rooms.len(),
            rooms: rooms
                .skip(page.offset)
                .take(page.limit)
                .map(|room| state(&inside, self.now(), room))
                .collect(),
        })
    }

    async fn room(&self, room: &RoomId) -> Result<RoomState, BackendError> {
        let inside = self.lock();
        let found = inside.rooms.room(room);
        let found = found.ok_or_else(|| BackendError::NoSuchRoom { room: room.clone() })?;
        Ok(state(&inside, self.now(), found))
    }

    async fn kick(&self, room: &RoomId, users: &[UserId]) -> Result<Vec<Removal>, BackendError> {
        let (stays, announcements) = self.announce(|rooms, now, outputs| {
            let stays: Vec<_> = users.iter().map(|user| rooms.stay_of(room, user)).collect();
            rooms.kick(now, room, users, outputs).map(|_| stays)
        });
        let outcome = |stay| {
            let found = announcements.iter().find(|told| Some(told.stay) == stay);
            found.map_or(RemovalOutcome::NotInRoom, |told| RemovalOutcome::Removed {
                stay: told.stay.0,
                receipt: Some(told.receipt.clone()),
            })
        };
        let removals = users.iter().zip(stays?).map(|(user, stay)| Removal {
            user: user.clone(),
            outcome: outcome(stay),
        });
        Ok(removals.collect())
    }

    async fn dismiss(&self, room: &RoomId) -> Result<Dismissal, BackendError> {
        let members = self.act(|rooms, now, outputs| rooms.dismiss(now, room, outputs))?;
        Ok(Dismissal { members })
    }

    async fn ban(&self, ban: Ban) -> Result<(), BackendError> {
        self.bans
            .add(today(), ban)
            .map_err(|TooManyBans { most }| BackendError::TooMany { what: "bans", most })
    }

    async fn lift_ban(&self, user: &UserId, room: Option<&RoomId>) -> Result<bool, BackendError> {
        Ok(self.bans.lift(today(), user, room))
    }

    async fn bans(&self) -> Result<Vec<Ban>, BackendError> {
        Ok(self.bans.all(today()))
    }

    fn happenings(&self) -> Happenings {
        self.lock().register.reader()
    }
}

fn state(inside: &Inside, now: Duration, room: RoomView<'_>) -> RoomState {
    let register = &inside.register;
    let today = today();
    let members = room.members().map(|member| {
        let silence = now.saturating_sub(member.last_heard).as_millis();
        let silence = u64::try_from(silence).unwrap_or(u64::MAX);
        MemberState {
            user: member.user.clone(),
            stay: member.stay.0,
            entered_at: register.entered_at(member.stay),
            connected: member.connected,
            may_publish: member.role.is_anchor(),
            heard_at: Some(Moment(today.0.saturating_sub(silence))),
            publishes: inside.traffic.of(now, member.socket),
        }
    });
    RoomState {
        id: room.id().clone(),
        opened_at: register.opened_at(room.id()),
        members: members.collect(),
    }
}
