//! What is remembered of stays that others ended, for clients whose connection was down meanwhile.

use std::collections::{BTreeMap, VecDeque};
use std::time::Duration;

use exeunt_websocket::wire::{CloseCode, ServerMessage};

use super::StayId;
use super::secret::StaySecret;

/// The ends of the latest stays: bounded in number and in time.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Graves {
    capacity: usize,
    life: Duration,
    by_stay: BTreeMap<StayId, Grave>,
    /// In the order of burial, which is that of decay.
    order: VecDeque<(Duration, StayId)>,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Grave {
    secret: StaySecret,
    message: ServerMessage,
    code: CloseCode,
}

impl Graves {
    pub(super) fn new(capacity: usize, life: Duration) -> Self {
        Self {
            capacity,
            life,
            by_stay: BTreeMap::new(),
            order: VecDeque::new(),
        }
    }

    /// Remembers what to tell a client that comes to resume this stay.
    pub(super) fn bury(
        &mut self,
        now: Duration,
        stay: StayId,
        secret: StaySecret,
        message: ServerMessage,
        code: CloseCode,
    ) {
        self.by_stay.insert(
            stay,
            Grave {
                secret,
                message,
                code,
            },
        );
        self.order.push_back((now + self.life, stay));
        self.decay(now);
    }

    /// How this stay ended, if that is still known and the secret is its own.
    pub(super) fn ending(
        &mut self,
        now: Duration,
        stay: StayId,
        secret: &str,
    ) -> Option<(ServerMessage, CloseCode)> {
        self.decay(now);
        let grave = self.by_stay.get(&stay)?;
        grave
            .secret
            .is(secret)
            .then(|| (grave.message.clone(), grave.code))
    }

    fn decay(&mut self, now: Duration) {
        while let Some((until, stay)) = self.order.front().copied() {
            if until > now && self.order.len() <= self.capacity {
                break;
            }
            self.order.pop_front();
            self.by_stay.remove(&stay);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn bury(graves: &mut Graves, seconds: u64, stay: u64) {
        let now = Duration::from_secs(seconds);
        let secret = StaySecret::new("s".to_owned());
        graves.bury(
            now,
            StayId(stay),
            secret,
            ServerMessage::Kicked,
            CloseCode::Kicked,
        );
    }

    #[test]
    fn graves_are_bounded_in_number_and_in_time() {
        let mut graves = Graves::new(2, Duration::from_secs(10));
        (1..=3).for_each(|stay| bury(&mut graves, 0, stay));
        let at = Duration::from_secs;
        assert_eq!(graves.ending(at(1), StayId(1), "s"), None);
        assert!(graves.ending(at(1), StayId(2), "s").is_some());
        assert!(graves.ending(at(9), StayId(3), "s").is_some());
        assert_eq!(graves.ending(at(9), StayId(3), "wrong"), None);
        assert_eq!(graves.ending(at(10), StayId(3), "s"), None);
        assert!(graves.by_stay.is_empty() && graves.order.is_empty());
    }
}
