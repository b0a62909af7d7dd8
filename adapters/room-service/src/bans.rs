//! Who may not enter, until when. Ours, not TRTC's: a kick by itself does not keep anybody out.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use exeunt_port::{RoomId, UserId};

use crate::backend::{Ban, Moment};

/// The bans that hold: bounded in number and in time.
#[derive(Debug)]
pub(crate) struct Bans {
    most: usize,
    by_user: Mutex<BTreeMap<(UserId, Option<RoomId>), Ban>>,
}

/// There are as many bans as there may be.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct TooManyBans {
    /// How many that is.
    pub(crate) most: usize,
}

impl Bans {
    pub(crate) fn new(most: usize) -> Self {
        let by_user = Mutex::default();
        Self { most, by_user }
    }

    /// Bans, in place of an earlier ban of the same user from the same room.
    pub(crate) fn add(&self, now: Moment, ban: Ban) -> Result<(), TooManyBans> {
        let mut bans = self.lock(now);
        let key = (ban.user.clone(), ban.room.clone());
        if bans.len() >= self.most && !bans.contains_key(&key) {
            return Err(TooManyBans { most: self.most });
        }
        bans.insert(key, ban);
        Ok(())
    }

    /// Lifts a ban. Answers whether there was one.
    pub(crate) fn lift(&self, now: Moment, user: &UserId, room: Option<&RoomId>) -> bool {
        let key = (user.clone(), room.cloned());
        self.lock(now).remove(&key).is_some()
    }

    /// All that hold, in the order of the users.
    pub(crate) fn all(&self, now: Moment) -> Vec<Ban> {
        self.lock(now).values().cloned().collect()
    }

    /// The ban that keeps this user out of this room, if its `UserSig` is of that time (seconds since
    /// 1970).
    pub(crate) fn holding(
        &self,
        now: Moment,
        user: &UserId,
        room: &RoomId,
        issued_at: u64,
    ) -> Option<Ban> {
        let bans = self.lock(now);
        let keys = [(user.clone(), None), (user.clone(), Some(room.clone()))];
        let found = keys.iter().filter_map(|key| bans.get(key));
        let holds = |ban: &&Ban| ban.issued_until.is_none_or(|until| issued_at <= until);
        found.filter(holds).max_by_key(|ban| ban.until).cloned()
    }

    /// The bans without those that are over.
    fn lock(&self, now: Moment) -> MutexGuard<'_, BTreeMap<(UserId, Option<RoomId>), Ban>> {
        let mut bans = self.by_user.lock().unwrap_or_else(PoisonError::into_inner);
        bans.retain(|_, ban| ban.until > now);
        bans
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ban(name: &str, room: Option<u32>, until: u64, issued_until: Option<u64>) -> Ban {
        Ban {
            user: name.parse().unwrap(),
            room: room.map(|number| RoomId::number(number).unwrap()),
            until: Moment(until),
            issued_until,
        }
    }

    #[test]
    fn a_ban_holds_for_its_user_its_room_its_time_and_its_tokens() {
        let bans = Bans::new(3);
        bans.add(Moment(0), ban("alice", None, 100, None)).unwrap();
        bans.add(Moment(0), ban("bob", Some(7), 100, None)).unwrap();
        bans.add(Moment(0), ban("carol", None, 100, Some(50)))
            .unwrap();
        assert_eq!(
            bans.add(Moment(0), ban("dave", None, 100, None)),
            Err(TooManyBans { most: 3 })
        );
        let holds = |at, name: &str, room, issued| {
            let room = RoomId::number(room).unwrap();
            bans.holding(Moment(at), &name.parse().unwrap(), &room, issued)
                .is_some()
        };
        assert!(holds(99, "alice", 8, 60));
        assert!(holds(99, "bob", 7, 60) && !holds(99, "bob", 8, 60));
        assert!(holds(99, "carol", 7, 50) && !holds(99, "carol", 7, 51));
        let room = RoomId::number(7).unwrap();
        assert!(!bans.lift(Moment(0), &"bob".parse().unwrap(), None));
        assert!(bans.lift(Moment(0), &"bob".parse().unwrap(), Some(&room)));
        assert!(!holds(99, "bob", 7, 60));
        assert!(!holds(100, "alice", 8, 60));
        assert!(bans.all(Moment(100)).is_empty());
        bans.add(Moment(100), ban("dave", None, 200, None)).unwrap();
    }
}
