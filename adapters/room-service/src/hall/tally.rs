//! What is known of each room without looking at its members: kept up to date as things happen, so that
//! whoever watches the rooms costs them nothing (the lock is theirs).

use std::collections::BTreeMap;

use exeunt_port::RoomId;

use crate::backend::Moment;
use crate::rooms::Occurrence;

/// What is known of each room that is open.
#[derive(Debug, Default)]
pub(super) struct Tally {
    rooms: BTreeMap<RoomId, Counted>,
    changes: u64,
}

/// What is known of a room.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Counted {
    pub(super) opened_at: Moment,
    pub(super) members: usize,
    pub(super) publishers: usize,
    /// The number of the latest change of it: never that of a change of another one or another time.
    pub(super) version: u64,
}

impl Tally {
    /// What is known of this room.
    pub(super) fn of(&self, room: &RoomId) -> Counted {
        self.rooms.get(room).copied().unwrap_or_default()
    }

    /// Something happened.
    pub(super) fn note(&mut self, at: Moment, occurrence: &Occurrence) {
        match occurrence {
            Occurrence::RoomOpened { room, .. } => {
                let opened = Counted {
                    opened_at: at,
                    ..Counted::default()
                };
                self.rooms.insert(room.clone(), opened);
            }
            Occurrence::Entered { room, role, .. } => self.change(room, |counted| {
                counted.members += 1;
                counted.publishers += usize::from(role.is_anchor());
            }),
            Occurrence::Left { room, role, .. } => self.change(room, |counted| {
                counted.members = counted.members.saturating_sub(1);
                let publishers = usize::from(role.is_anchor());
                counted.publishers = counted.publishers.saturating_sub(publishers);
            }),
            Occurrence::RoomClosed { room } => drop(self.rooms.remove(room)),
        }
    }

    /// A member of this room lost its connection, or has it back.
    pub(super) fn reconnected(&mut self, room: &RoomId) {
        self.change(room, |_| {});
    }

    fn change(&mut self, room: &RoomId, change: impl FnOnce(&mut Counted)) {
        self.changes += 1;
        if let Some(counted) = self.rooms.get_mut(room) {
            counted.version = self.changes;
            change(counted);
        }
    }
}

#[cfg(test)]
mod tests {
    use exeunt_websocket::wire::Role;

    use super::*;
    use crate::backend::LeaveReason;
    use crate::rooms::StayId;

    #[test]
    fn a_room_is_counted_as_it_changes_and_no_version_comes_back() {
        let (room, user) = (RoomId::number(7).unwrap(), "alice".parse().unwrap());
        let stay = StayId(1);
        let opened = Occurrence::RoomOpened {
            room: room.clone(),
            by: "alice".parse().unwrap(),
        };
        let entered = |role| Occurrence::Entered {
            stay,
            room: room.clone(),
            user: "alice".parse().unwrap(),
            role,
        };
        let left = Occurrence::Left {
            stay,
            room: room.clone(),
            user,
            role: Role::Audience,
            reason: LeaveReason::ByItself,
            announced_by: None,
        };
        let (mut tally, mut versions) = (Tally::default(), Vec::new());
        let happened = [
            opened.clone(),
            entered(Role::Anchor),
            entered(Role::Audience),
            left,
        ];
        for occurrence in happened {
            tally.note(Moment(5), &occurrence);
            versions.push(tally.of(&room).version);
        }
        let counted = tally.of(&room);
        let counts = (counted.opened_at, counted.members, counted.publishers);
        assert_eq!(counts, (Moment(5), 1, 1));
        tally.reconnected(&room);
        versions.push(tally.of(&room).version);
        tally.note(Moment(6), &Occurrence::RoomClosed { room: room.clone() });
        assert_eq!(tally.of(&room), Counted::default());
        tally.note(Moment(7), &opened);
        tally.note(Moment(7), &entered(Role::Anchor));
        versions.push(tally.of(&room).version);
        assert!(
            versions.is_sorted_by(|one, other| one < other),
            "{versions:?}"
        );
    }
}
