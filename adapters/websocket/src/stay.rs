//! One stay in a room, as the client knows it.

use std::collections::BTreeMap;
use std::time::Duration;

use exeunt_port::{RemoteLeaveReason, RoomSignal, UserId};

use crate::wire::{Departed, Member};

/// What the server said when it let us in, and who is there.
pub(crate) struct Stay {
    pub(crate) number: u64,
    pub(crate) secret: String,
    pub(crate) lease: Duration,
    pub(crate) heartbeat: Duration,
    /// The others in the room, each with the number of the stay that it is in.
    pub(crate) members: BTreeMap<UserId, u64>,
    /// How often it was tried to resume this stay.
    pub(crate) resumes: u64,
}

impl Stay {
    /// The longest lease that makes sense; a server that says more is mistaken.
    const MAX_LEASE: Duration = Duration::from_secs(3600);

    /// A stay whose lease and heartbeat can be kept, or what is wrong with them.
    pub(crate) fn new(
        number: u64,
        secret: String,
        lease: Duration,
        heartbeat: Duration,
        members: Vec<Member>,
    ) -> Result<Self, String> {
        // A lease below four heartbeats could run out while everything is well.
        if lease > Self::MAX_LEASE || heartbeat.is_zero() || heartbeat > lease / 4 {
            return Err(format!(
                "a lease of {lease:?} with a heartbeat of {heartbeat:?}; a lease of at most \
                 {:?} and at least four heartbeats is allowed",
                Self::MAX_LEASE
            ));
        }
        Ok(Self {
            number,
            secret,
            lease,
            heartbeat,
            members: by_user(members),
            resumes: 0,
        })
    }

    /// For how many heartbeats the server may be silent before the link counts as lost: half a lease.
    pub(crate) fn silent_beats(&self) -> u128 {
        // At least 2: the lease has four heartbeats or more, and none is zero.
        self.lease.as_micros() / 2 / self.heartbeat.as_micros().max(1)
    }

    /// Takes over who is in the room now, and answers what was missed meanwhile. Who left and came back
    /// is in another stay, and both are told.
    pub(crate) fn catch_up(&mut self, now: Vec<Member>, departed: &[Departed]) -> Vec<RoomSignal> {
        let now = by_user(now);
        let mut missed = Vec::new();
        for (user, stay) in &self.members {
            if now.get(user) == Some(stay) {
                continue;
            }
            // The first that ended of this stay and those after it. If nobody remembers why, that the
            // others fell silent together with us is the likeliest.
            let known = departed
                .iter()
                .find(|departed| departed.user_id == *user && departed.stay >= *stay);
            let reason = known.map_or(RemoteLeaveReason::TimedOut, |departed| departed.reason);
            missed.push(RoomSignal::RemoteUserLeft(user.clone(), reason));
        }
        let come = now
            .iter()
            .filter(|(user, stay)| self.members.get(*user) != Some(*stay));
        missed.extend(come.map(|(user, _)| RoomSignal::RemoteUserEntered(user.clone())));
        self.members = now;
        missed
    }
}

fn by_user(members: Vec<Member>) -> BTreeMap<UserId, u64> {
    let members = members.into_iter();
    members
        .map(|member| (member.user_id, member.stay))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn user(name: &str) -> UserId {
        name.parse().unwrap()
    }

    fn member(name: &str, stay: u64) -> Member {
        let user_id = user(name);
        Member { user_id, stay }
    }

    fn left(name: &str, stay: u64, reason: RemoteLeaveReason) -> Departed {
        let user_id = user(name);
        Departed {
            user_id,
            stay,
            reason,
        }
    }

    fn in_room_with(members: Vec<Member>) -> Stay {
        let second = Duration::from_secs(1);
        Stay::new(1, String::new(), 8 * second, second, members).unwrap()
    }

    #[test]
    fn what_was_missed_while_the_link_was_down_is_told_afterwards() {
        let members = vec![member("bob", 2), member("carol", 3), member("dave", 4)];
        let mut stay = in_room_with(members);
        let departed = [left("bob", 2, RemoteLeaveReason::Kicked)];
        let now = vec![member("dave", 4), member("eve", 5)];
        assert_eq!(
            stay.catch_up(now.clone(), &departed),
            [
                RoomSignal::RemoteUserLeft(user("bob"), RemoteLeaveReason::Kicked),
                RoomSignal::RemoteUserLeft(user("carol"), RemoteLeaveReason::TimedOut),
                RoomSignal::RemoteUserEntered(user("eve")),
            ]
        );
        assert_eq!(stay.catch_up(now, &departed), []);
    }

    #[test]
    fn who_left_and_came_back_while_the_link_was_down_is_told_to_have_done_both() {
        let departed = [
            left("bob", 1, RemoteLeaveReason::TimedOut),
            left("bob", 2, RemoteLeaveReason::Kicked),
            left("bob", 3, RemoteLeaveReason::Left),
        ];
        let both = [
            RoomSignal::RemoteUserLeft(user("bob"), RemoteLeaveReason::Kicked),
            RoomSignal::RemoteUserEntered(user("bob")),
        ];
        let mut stay = in_room_with(vec![member("bob", 2)]);
        assert_eq!(stay.catch_up(vec![member("bob", 4)], &departed), both);
        assert_eq!(stay.catch_up(vec![member("bob", 4)], &departed), []);
        // Of a stay whose end is forgotten, the next that ended has the likeliest reason.
        let mut stay = in_room_with(vec![member("bob", 2)]);
        let left = &stay.catch_up(vec![member("bob", 4)], &departed[2..])[0];
        let by_himself = RoomSignal::RemoteUserLeft(user("bob"), RemoteLeaveReason::Left);
        assert_eq!(*left, by_himself);
    }

    #[test]
    fn a_lease_that_cannot_be_kept_is_not_taken() {
        let millis = Duration::from_millis;
        for (lease, heartbeat) in [(0, 0), (100, 26), (100, 0), (3_600_001, 1)] {
            let stay = Stay::new(1, String::new(), millis(lease), millis(heartbeat), vec![]);
            assert!(stay.is_err(), "{lease} {heartbeat}");
        }
        let stay = Stay::new(1, String::new(), millis(100), millis(25), vec![]).unwrap();
        assert_eq!(stay.silent_beats(), 2);
    }
}
