//! One stay in a room, as the client knows it.

use std::collections::BTreeSet;
use std::time::Duration;

use exeunt_port::{RemoteLeaveReason, RoomSignal, UserId};

use crate::wire::Departed;

/// What the server said when it let us in, and who is there.
pub(crate) struct Stay {
    pub(crate) number: u64,
    pub(crate) secret: String,
    pub(crate) lease: Duration,
    pub(crate) heartbeat: Duration,
    pub(crate) members: BTreeSet<UserId>,
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
        members: Vec<UserId>,
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
            members: members.into_iter().collect(),
        })
    }

    /// For how many heartbeats the server may be silent before the link counts as lost: half a lease.
    pub(crate) fn silent_beats(&self) -> u128 {
        // At least 2: the lease has four heartbeats or more, and none is zero.
        self.lease.as_micros() / 2 / self.heartbeat.as_micros().max(1)
    }

    /// Takes over who is in the room now, and answers what was missed meanwhile.
    pub(crate) fn catch_up(&mut self, now: Vec<UserId>, departed: &[Departed]) -> Vec<RoomSignal> {
        let now: BTreeSet<UserId> = now.into_iter().collect();
        let gone = self.members.difference(&now).map(|user| {
            let known = departed
                .iter()
                .rev()
                .find(|departed| departed.user_id == *user);
            // Nobody remembers why; that the others fell silent together with us is the likeliest.
            let reason = known.map_or(RemoteLeaveReason::TimedOut, |departed| departed.reason);
            RoomSignal::RemoteUserLeft(user.clone(), reason)
        });
        let come = now
            .difference(&self.members)
            .cloned()
            .map(RoomSignal::RemoteUserEntered);
        let missed = gone.chain(come).collect();
        self.members = now;
        missed
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn user(name: &str) -> UserId {
        name.parse().unwrap()
    }

    #[test]
    fn what_was_missed_while_the_link_was_down_is_told_afterwards() {
        let second = Duration::from_secs(1);
        let members = vec![user("bob"), user("carol"), user("dave")];
        let mut stay = Stay::new(1, String::new(), 8 * second, second, members).unwrap();
        let departed = [Departed {
            user_id: user("bob"),
            reason: RemoteLeaveReason::Kicked,
        }];
        assert_eq!(
            stay.catch_up(vec![user("dave"), user("eve")], &departed),
            [
                RoomSignal::RemoteUserLeft(user("bob"), RemoteLeaveReason::Kicked),
                RoomSignal::RemoteUserLeft(user("carol"), RemoteLeaveReason::TimedOut),
                RoomSignal::RemoteUserEntered(user("eve")),
            ]
        );
        assert_eq!(
            stay.catch_up(vec![user("dave"), user("eve")], &departed),
            []
        );
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
