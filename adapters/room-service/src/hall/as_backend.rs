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

    async fn ban(&self, bans: Vec<Ban>) -> Result<(), BackendError> {
        self.bans
            .add_all(today(), bans)
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

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use exeunt_websocket::wire::{ClientId, Enter, Refusal, Role};
    use prometheus_client::metrics::counter::Counter;

    use super::*;
    use crate::config::Config;
    use crate::outbox::Outbox;
    use crate::reception::{Admitted, admit};
    use crate::rooms::SocketId;
    use crate::user_sig::{Claims, sign};

    const NOW: u64 = 1_700_000_000;

    /// Somebody whose signature has just been found good.
    fn admitted(config: &Config, name: &str) -> Admitted {
        let user: UserId = name.parse().unwrap();
        let claims = Claims::new(config.sdk_app_id, user.clone(), NOW, 60);
        let enter = Enter {
            protocol: 1,
            sdk_app_id: config.sdk_app_id,
            user_id: user,
            user_sig: sign(config.user_sig_key.expose(), &claims),
            room_id: "standup".parse().unwrap(),
            client_id: ClientId::random(),
            attempt: 1,
            role: Role::Anchor,
        };
        admit(config, NOW, enter).unwrap()
    }

    fn socket(hall: &Hall) -> SocketId {
        hall.connect(Arc::new(Outbox::new(
            Config::development().limits,
            Counter::default(),
        )))
    }

    #[tokio::test]
    async fn who_shows_his_signature_before_a_ban_and_enters_after_it_is_not_let_in() {
        let config = Config::development();
        let hall = Hall::new(&config);
        let (alice, mallory) = (admitted(&config, "alice"), admitted(&config, "mallory"));
        hall.enter(socket(&hall), alice).unwrap();
        let (user, room) = ("mallory".parse().unwrap(), "standup".parse().unwrap());
        let ban = Ban {
            user,
            room: None,
            until: Moment(u64::MAX),
            issued_until: None,
        };
        hall.ban(vec![ban]).await.unwrap();
        let removals = hall.kick(&room, &["mallory".parse().unwrap()]).await;
        assert!(!removals.unwrap()[0].was_in_room());
        let refused = hall.enter(socket(&hall), mallory).unwrap_err();
        assert_eq!(refused.refusal, Refusal::MayNotEnter);
        assert!(refused.message.contains("banned until"), "{refused:?}");
        assert_eq!(hall.room(&room).await.unwrap().members.len(), 1);
    }
}
