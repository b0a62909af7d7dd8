//! What a back end answers to whoever looks without wanting everything: rooms without their members,
//! and some of the members of one.

use exeunt_port::{RoomId, UserId};

use super::{MemberState, Moment, Page, RoomPage, RoomState};

/// How many there are.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Census {
    /// Rooms.
    pub rooms: usize,
    /// Members in all of them.
    pub members: usize,
    /// Those of the members who have a connection; the others are waited for.
    pub connected: usize,
}

/// A room without its members.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RoomSummary {
    /// The room.
    pub id: RoomId,
    /// Since when it is open.
    pub opened_at: Moment,
    /// How many are in it.
    pub members: usize,
    /// How many of them the others see and hear.
    pub publishers: usize,
}

/// Some rooms without their members.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct SummaryPage {
    /// How many there are in all.
    pub total: usize,
    /// Those that were asked for.
    pub rooms: Vec<RoomSummary>,
}

/// Which members of a room are asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MembersWanted {
    /// Those whose ids have this in them, whether in small letters or in capitals.
    pub named: String,
    /// Which of these, in the order of their ids.
    pub page: Page,
    /// None, unless the room has changed since it was of this [version](MemberPage::version).
    pub newer_than: Option<u64>,
}

/// Some of the members of a room.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MemberPage {
    /// The room with those that were asked for.
    pub room: RoomState,
    /// How many are in the room.
    pub total: usize,
    /// How many of the room have an id like that.
    pub matching: usize,
    /// Another one after somebody entered or left, or lost or regained the connection; the same one
    /// means that nothing of this happened. What is heard from members does not change it. `None` where
    /// the back end has no such thing.
    pub version: Option<u64>,
}

impl From<&RoomState> for RoomSummary {
    fn from(room: &RoomState) -> Self {
        let publishers = room.members.iter().filter(|member| member.may_publish);
        Self {
            id: room.id.clone(),
            opened_at: room.opened_at,
            members: room.members.len(),
            publishers: publishers.count(),
        }
    }
}

impl From<RoomPage> for SummaryPage {
    fn from(page: RoomPage) -> Self {
        let rooms = page.rooms.iter().map(RoomSummary::from).collect();
        let total = page.total;
        Self { total, rooms }
    }
}

impl MembersWanted {
    /// Whether a member of this id is meant.
    #[must_use]
    pub fn means(&self, user: &UserId) -> bool {
        let (name, part) = (user.as_str().as_bytes(), self.named.as_bytes());
        part.is_empty() || {
            let mut places = name.windows(part.len());
            places.any(|place| place.eq_ignore_ascii_case(part))
        }
    }
}

impl MemberPage {
    /// Those of a whole room that were asked for.
    #[must_use]
    pub fn of(mut room: RoomState, wanted: &MembersWanted) -> Self {
        let total = room.members.len();
        room.members.retain(|member| wanted.means(&member.user));
        let matching = room.members.len();
        let Page { offset, limit } = wanted.page;
        let members: Vec<MemberState> = room.members.drain(..).skip(offset).take(limit).collect();
        room.members = members;
        Self {
            room,
            total,
            matching,
            version: None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::backend::Publishes;

    fn member(name: &str) -> MemberState {
        MemberState {
            user: name.parse().unwrap(),
            stay: 1,
            entered_at: Moment(0),
            connected: true,
            heard_at: None,
            publishes: Publishes::default(),
            may_publish: name.starts_with('A'),
        }
    }

    #[test]
    fn those_whose_ids_have_it_are_counted_and_some_of_them_are_shown() {
        let room = RoomState {
            id: RoomId::number(7).unwrap(),
            opened_at: Moment(0),
            members: ["Alice", "Bob", "alina", "malin"].map(member).into(),
        };
        assert_eq!(RoomSummary::from(&room).publishers, 1);
        let wanted = MembersWanted {
            named: "ALI".to_owned(),
            page: Page {
                offset: 1,
                limit: 1,
            },
            newer_than: None,
        };
        let page = MemberPage::of(room, &wanted);
        assert_eq!((page.total, page.matching), (4, 3));
        let names: Vec<_> = page
            .room
            .members
            .iter()
            .map(|one| one.user.as_str())
            .collect();
        assert_eq!(names, ["alina"]);
    }
}
