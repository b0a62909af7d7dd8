//! With which attempts to enter the latest stays began that are over, so that older ones are known for
//! what they are when they arrive at last (G-10).

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use exeunt_port::{RoomId, UserId};
use exeunt_websocket::wire::ClientId;

/// Who enters which room with which client.
pub(super) type Entrant = (RoomId, UserId, ClientId);

/// The latest attempts of each entrant whose stay is over: bounded in number and in time.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct PastEnters {
    capacity: usize,
    life: Duration,
    /// The latest attempt, and until when it is remembered.
    attempts: BTreeMap<Entrant, (u64, Duration)>,
    /// In the order in which they are forgotten.
    order: VecDeque<(Duration, Entrant)>,
}

impl PastEnters {
    pub(super) fn new(capacity: usize, life: Duration) -> Self {
        Self {
            capacity,
            life,
            attempts: BTreeMap::new(),
            order: VecDeque::new(),
        }
    }

    /// A stay that began with this attempt is over.
    pub(super) fn note(&mut self, now: Duration, entrant: Entrant, attempt: u64) {
        // Somebody may have meant for ever.
        let until = now.saturating_add(self.life);
        let remembered = self.attempts.entry(entrant.clone());
        let remembered = remembered.or_insert((attempt, until));
        *remembered = (attempt.max(remembered.0), until);
        self.order.push_back((until, entrant));
        self.forget(now);
    }

    /// The latest attempt of this entrant that is remembered.
    pub(super) fn latest(&mut self, now: Duration, entrant: &Entrant) -> Option<u64> {
        self.forget(now);
        self.attempts.get(entrant).map(|(attempt, _)| *attempt)
    }

    fn forget(&mut self, now: Duration) {
        while let Some((until, _)) = self.order.front()
            && (*until <= now || self.order.len() > self.capacity)
            && let Some((until, entrant)) = self.order.pop_front()
        {
            // Another stay of the same entrant may have ended since.
            if self
                .attempts
                .get(&entrant)
                .is_some_and(|(_, last)| *last <= until)
            {
                self.attempts.remove(&entrant);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn at(seconds: u64) -> Duration {
        Duration::from_secs(seconds)
    }

    fn entrant(user: &str) -> Entrant {
        let room = "standup".parse().unwrap();
        (room, user.parse().unwrap(), ClientId::from_number(1))
    }

    #[test]
    fn the_latest_attempt_of_each_entrant_is_remembered_for_a_while() {
        let mut enters = PastEnters::new(10, at(10));
        enters.note(at(0), entrant("alice"), 2);
        enters.note(at(5), entrant("alice"), 3);
        enters.note(at(6), entrant("alice"), 1);
        assert_eq!(enters.latest(at(15), &entrant("alice")), Some(3));
        assert_eq!(enters.latest(at(15), &entrant("bob")), None);
        assert_eq!(enters.latest(at(16), &entrant("alice")), None);
        assert!(enters.attempts.is_empty() && enters.order.is_empty());
    }

    #[test]
    fn more_than_there_is_room_for_is_not_remembered() {
        let mut enters = PastEnters::new(2, at(10));
        for (second, user) in (0..).zip(["alice", "bob", "carol"]) {
            enters.note(at(second), entrant(user), 1);
        }
        assert_eq!(enters.latest(at(3), &entrant("alice")), None);
        assert_eq!(enters.latest(at(3), &entrant("bob")), Some(1));
        assert_eq!(enters.latest(at(3), &entrant("carol")), Some(1));
    }
}
