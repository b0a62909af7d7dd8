//! Who may not enter, until when. Ours, not TRTC's: a kick by itself does not keep anybody out.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use exeunt_port::{RoomId, UserId};

use crate::backend::{Ban, Moment};

/// The bans that hold: bounded in number and in time.
#[derive(Debug)]
pub(crate) struct Bans {
    most: usize,
    by_user: Mutex<ByUser>,
}

type ByUser = BTreeMap<(UserId, Option<RoomId>), Ban>;

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

    /// Bans, each in place of an earlier ban of the same user from the same room. If there is no room
    /// for all of them, nobody is banned.
    pub(crate) fn add_all(&self, now: Moment, added: Vec<Ban>) -> Result<(), TooManyBans> {
        let mut bans = self.current(now);
        let keyed = added
            .into_iter()
            .map(|ban| ((ban.user.clone(), ban.room.clone()), ban));
        let added: BTreeMap<_, _> = keyed.collect();
        let more = added.keys().filter(|key| !bans.contains_key(*key)).count();
        if bans.len() + more > self.most {
            return Err(TooManyBans { most: self.most });
        }
        bans.extend(added);
        Ok(())
    }

    /// Lifts a ban. Answers whether there was one.
    pub(crate) fn lift(&self, now: Moment, user: &UserId, room: Option<&RoomId>) -> bool {
        let key = (user.clone(), room.cloned());
        self.current(now).remove(&key).is_some()
    }

    /// All that hold, in the order of the users.
    pub(crate) fn all(&self, now: Moment) -> Vec<Ban> {
        self.current(now).values().cloned().collect()
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
        // Everybody who enters is looked up, with the rooms waiting: those that are over stay for now.
        let bans = self.lock();
        let keys = [(user.clone(), None), (user.clone(), Some(room.clone()))];
        let found = keys.iter().filter_map(|key| bans.get(key));
        let holds =
            |ban: &&Ban| ban.until > now && ban.issued_until.is_none_or(|until| issued_at <= until);
        found.filter(holds).max_by_key(|ban| ban.until).cloned()
    }

    /// The bans without those that are over.
    fn current(&self, now: Moment) -> MutexGuard<'_, ByUser> {
        let mut bans = self.lock();
        bans.retain(|_, ban| ban.until > now);
        bans
    }

    fn lock(&self) -> MutexGuard<'_, ByUser> {
        self.by_user.lock().unwrap_or_else(PoisonError::into_inner)
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
        bans.add_all(Moment(0), vec![ban("alice", None, 100, None)])
            .unwrap();
        let two = vec![
            ban("bob", Some(7), 100, None),
            ban("carol", None, 100, Some(50)),
        ];
        bans.add_all(Moment(0), two).unwrap();
        assert_eq!(
            bans.add_all(Moment(0), vec![ban("dave", None, 100, None)]),
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
        bans.add_all(Moment(100), vec![ban("dave", None, 200, None)])
            .unwrap();
    }

    #[test]
    fn of_several_all_are_banned_or_none() {
        let bans = Bans::new(2);
        let of = |names: &[&str], until| -> Vec<Ban> {
            let bans = names.iter().map(|name| ban(name, None, until, None));
            bans.collect()
        };
        let users = || -> Vec<String> {
            let bans = bans.all(Moment(0));
            bans.iter().map(|ban| ban.user.to_string()).collect()
        };
        let too_many = Err(TooManyBans { most: 2 });
        assert_eq!(
            bans.add_all(Moment(0), of(&["alice", "bob", "carol"], 100)),
            too_many
        );
        assert_eq!(users(), Vec::<String>::new());
        // Who is named twice, or is banned already, takes one place.
        assert_eq!(
            bans.add_all(Moment(0), of(&["alice", "alice"], 100)),
            Ok(())
        );
        assert_eq!(bans.add_all(Moment(0), of(&["alice", "bob"], 200)), Ok(()));
        assert_eq!(
            bans.add_all(Moment(0), of(&["alice", "carol"], 300)),
            too_many
        );
        assert_eq!(users(), ["alice", "bob"]);
        let kept = bans.all(Moment(0));
        assert!(kept.iter().all(|ban| ban.until == Moment(200)), "{kept:?}");
    }
}
