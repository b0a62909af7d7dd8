//! The embedded rooms as a back end: the first one.

use std::time::Duration;

use exeunt_port::{RoomId, UserId, async_trait};

use super::{Hall, Inside};
use crate::backend::{
    Backend, BackendError, Ban, Census, Dismissal, Happenings, MemberPage, MemberState,
    MembersWanted, Moment, Page, Removal, RemovalOutcome, RoomPage, RoomState, RoomSummary,
    SummaryPage,
};
use crate::bans::TooManyBans;
use crate::clock::today;
use crate::rooms::{MemberView, NoSuchRoom};

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
                .map(|room| state(&inside, self.now(), room.id(), room.members()))
                .collect(),
        })
    }

    async fn room(&self, room: &RoomId) -> Result<RoomState, BackendError> {
        let inside = self.lock();
        let found = inside.rooms.room(room);
        let found = found.ok_or_else(|| BackendError::NoSuchRoom { room: room.clone() })?;
        Ok(state(&inside, self.now(), found.id(), found.members()))
    }

    async fn summaries(&self, page: Page) -> Result<SummaryPage, BackendError> {
        let inside = self.lock();
        let rooms = inside.rooms.rooms();
        let total = rooms.len();
        let summaries = rooms.skip(page.offset).take(page.limit).map(|room| {
            let counted = inside.register.counted(room.id());
            RoomSummary {
                id: room.id().clone(),
                opened_at: counted.opened_at,
                members: counted.members,
                publishers: counted.publishers,
            }
        });
        let rooms = summaries.collect();
        Ok(SummaryPage { total, rooms })
    }

    async fn census(&self) -> Result<Census, BackendError> {
        let inside = self.lock();
        let (members, connected) = inside.rooms.count();
        Ok(Census {
            rooms: inside.rooms.rooms().len(),
            members,
            connected,
        })
    }

    async fn members(
        &self,
        room: &RoomId,
        wanted: &MembersWanted,
    ) -> Result<Option<MemberPage>, BackendError> {
        let inside = self.lock();
        let found = inside.rooms.room(room);
        let found = found.ok_or_else(|| BackendError::NoSuchRoom { room: room.clone() })?;
        let counted = inside.register.counted(room);
        if wanted.newer_than == Some(counted.version) {
            return Ok(None);
        }
        let Page { offset, limit } = wanted.page;
        let (matching, chosen) = found.chosen(|user| wanted.means(user), offset, limit);
        Ok(Some(MemberPage {
            room: state(&inside, self.now(), found.id(), chosen.into_iter()),
            total: counted.members,
            matching,
            version: Some(counted.version),
        }))
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
                receipt: told.receipt.clone(),
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

fn state<'a>(
    inside: &Inside,
    now: Duration,
    room: &RoomId,
    members: impl Iterator<Item = MemberView<'a>>,
) -> RoomState {
    let register = &inside.register;
    let today = today();
    let members = members.map(|member| {
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
        id: room.clone(),
        opened_at: register.counted(room).opened_at,
        members: members.collect(),
    }
}
