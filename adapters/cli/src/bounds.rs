//! The bounds of the room service by name: one table for the config file, the flag and what is printed.

use std::ops::RangeInclusive;
use std::time::Duration;

use exeunt_room_service::Limits;

/// One bound of the room service.
pub(crate) struct Bound {
    /// Its name in the config file and for `--limit`.
    pub(crate) name: &'static str,
    /// What it bounds, and in which unit.
    pub(crate) about: &'static str,
    /// What it may be.
    pub(crate) allowed: RangeInclusive<u64>,
    place: fn(&mut Limits) -> Place<'_>,
}

/// Where a bound stands.
enum Place<'a> {
    Size(&'a mut usize),
    Number(&'a mut u32),
    Milliseconds(&'a mut Duration),
}

impl Bound {
    /// All that there are.
    pub(crate) const ALL: &[Self] = &[
        Self {
            name: "connections",
            about: "Clients that may be connected at a time; further ones get HTTP 503",
            allowed: 1..=1_000_000,
            place: |limits| Place::Size(&mut limits.connections),
        },
        Self {
            name: "connections_per_address",
            about: "Of these, how many may come from one address (of IPv6: one /64 network)",
            allowed: 1..=1_000_000,
            place: |limits| Place::Size(&mut limits.connections_per_address),
        },
        Self {
            name: "rooms",
            about: "Rooms there may be at a time",
            allowed: 1..=1_000_000,
            place: |limits| Place::Size(&mut limits.rooms),
        },
        Self {
            name: "members_per_room",
            about: "Members a room may have at a time; TRTC has 300",
            allowed: 1..=10_000,
            place: |limits| Place::Size(&mut limits.members_per_room),
        },
        Self {
            name: "requests",
            about: "HTTP connections that may be open at a time, clients not counted; further ones wait",
            allowed: 1..=100_000,
            place: |limits| Place::Size(&mut limits.requests),
        },
        Self {
            name: "requests_per_address",
            about: "Of these and of clients that have not entered, how many may come from one address",
            allowed: 1..=100_000,
            place: |limits| Place::Size(&mut limits.requests_per_address),
        },
        Self {
            name: "requests_per_second_per_address",
            about: "How often one address may connect, or ask again, per second; more are turned away",
            allowed: 1..=1_000_000,
            place: |limits| Place::Number(&mut limits.requests_per_second_per_address),
        },
        Self {
            name: "time_for_requests_ms",
            about: "How long such a connection may go on asking, and again to take its last answer",
            allowed: 100..=600_000,
            place: |limits| Place::Milliseconds(&mut limits.time_for_requests),
        },
        Self {
            name: "time_to_enter_ms",
            about: "Time to enter or resume after connecting",
            allowed: 100..=600_000,
            place: |limits| Place::Milliseconds(&mut limits.time_to_enter),
        },
        Self {
            name: "message_bytes",
            about: "The largest message from a client, in bytes",
            allowed: 1024..=1_048_590,
            place: |limits| Place::Size(&mut limits.message_bytes),
        },
        Self {
            name: "control_per_second",
            about: "Control messages a client may say per second beside its heartbeats; more cut it off",
            allowed: 1..=100_000,
            place: |limits| Place::Number(&mut limits.control_per_second),
        },
        Self {
            name: "media_per_second",
            about: "Media frames a client may send per second; more are dropped",
            allowed: 1..=100_000,
            place: |limits| Place::Number(&mut limits.media_per_second),
        },
        Self {
            name: "waiting_control",
            about: "Control messages that may wait for a client to read them; more cut it off",
            allowed: 1..=1_000_000,
            place: |limits| Place::Size(&mut limits.waiting_control),
        },
        Self {
            name: "waiting_media",
            about: "Media frames that may wait for a client to read them; more displace the oldest",
            allowed: 1..=100_000,
            place: |limits| Place::Size(&mut limits.waiting_media),
        },
        Self {
            name: "waiting_media_bytes",
            about: "Bytes of media that may wait for a client to read them; more displace the oldest",
            allowed: 1024..=1_073_741_824,
            place: |limits| Place::Size(&mut limits.waiting_media_bytes),
        },
        Self {
            name: "remembered_stays",
            about: "Stays that others ended and whose end is told to clients that come to resume them",
            allowed: 0..=10_000_000,
            place: |limits| Place::Size(&mut limits.remembered_stays),
        },
        Self {
            name: "kept_happenings",
            about: "Things that happened that are kept for webhooks and console while they are slow",
            allowed: 1..=1_000_000,
            place: |limits| Place::Size(&mut limits.kept_happenings),
        },
        Self {
            name: "remembered_departures",
            about: "Stays that are over and that an operator can still read about",
            allowed: 0..=10_000_000,
            place: |limits| Place::Size(&mut limits.remembered_departures),
        },
        Self {
            name: "remembered_deliveries",
            about: "Webhooks, sent or tried, whose fate an operator can still read",
            allowed: 0..=1_000_000,
            place: |limits| Place::Size(&mut limits.remembered_deliveries),
        },
        Self {
            name: "bans",
            about: "Bans that may hold at a time",
            allowed: 0..=1_000_000,
            place: |limits| Place::Size(&mut limits.bans),
        },
        Self {
            name: "api_per_second",
            about: "Requests per second and action of the server API; TRTC has 20",
            allowed: 1..=1_000_000,
            place: |limits| Place::Number(&mut limits.api_per_second),
        },
        Self {
            name: "api_body_bytes",
            about: "The largest body of a server API request, in bytes",
            allowed: 1024..=10_485_760,
            place: |limits| Place::Size(&mut limits.api_body_bytes),
        },
        Self {
            name: "time_to_tell_webhooks_ms",
            about: "How long stopping may take for the webhooks that say so",
            allowed: 0..=600_000,
            place: |limits| Place::Milliseconds(&mut limits.time_to_tell_webhooks),
        },
        Self {
            name: "time_to_stop_ms",
            about: "How long stopping may take once everybody was told",
            allowed: 1..=600_000,
            place: |limits| Place::Milliseconds(&mut limits.time_to_stop),
        },
    ];

    /// The bound of this name; else words that say which there are.
    pub(crate) fn named(name: &str) -> Result<&'static Self, String> {
        let found = Self::ALL.iter().find(|bound| bound.name == name);
        found.ok_or_else(|| {
            let names: Vec<_> = Self::ALL.iter().map(|bound| bound.name).collect();
            format!("there is no limit {name:?}; there are {}", names.join(", "))
        })
    }

    /// What it is in these limits.
    pub(crate) fn of(&self, limits: &Limits) -> u64 {
        let mut limits = *limits;
        match (self.place)(&mut limits) {
            Place::Size(size) => u64::try_from(*size).unwrap_or(u64::MAX),
            Place::Number(number) => u64::from(*number),
            Place::Milliseconds(time) => u64::try_from(time.as_millis()).unwrap_or(u64::MAX),
        }
    }

    /// Checks a value for it; words that say what is allowed if it is none.
    pub(crate) fn checked(&'static self, value: i128) -> Result<Bounded, String> {
        let found = u64::try_from(value).ok();
        let value = found
            .filter(|value| self.allowed.contains(value))
            .ok_or_else(|| {
                let (least, most) = (self.allowed.start(), self.allowed.end());
                format!("{} = {value}: {least} to {most} are allowed", self.name)
            })?;
        Ok(Bounded { bound: self, value })
    }
}

/// A bound with a value that it may have.
#[derive(Clone, Copy)]
pub(crate) struct Bounded {
    bound: &'static Bound,
    value: u64,
}

impl Bounded {
    /// What was typed: `members_per_room=500`.
    pub(crate) fn typed(text: &str) -> Result<Self, String> {
        let (name, value) = text
            .split_once('=')
            .ok_or("expected NAME=NUMBER, for instance members_per_room=500")?;
        let bound = Bound::named(name.trim())?;
        let value = value
            .trim()
            .replace('_', "")
            .parse()
            .map_err(|_| format!("{} takes a whole number", bound.name))?;
        bound.checked(value)
    }

    /// Sets it in these limits.
    pub(crate) fn set(&self, limits: &mut Limits) {
        match (self.bound.place)(limits) {
            // What a machine cannot count it cannot have either.
            Place::Size(size) => *size = usize::try_from(self.value).unwrap_or(usize::MAX),
            Place::Number(number) => *number = u32::try_from(self.value).unwrap_or(u32::MAX),
            Place::Milliseconds(time) => *time = Duration::from_millis(self.value),
        }
    }
}

impl std::fmt::Debug for Bounded {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "{}={}", self.bound.name, self.value)
    }
}

#[cfg(test)]
mod tests {
    use super::{Bound, Bounded, Limits};

    #[test]
    fn every_default_is_allowed_and_every_bound_can_be_set() {
        for bound in Bound::ALL {
            let usual = bound.of(&Limits::default());
            assert!(bound.allowed.contains(&usual), "{}", bound.name);
            let mut limits = Limits::default();
            let least = *bound.allowed.start();
            bound
                .checked(least.into())
                .expect("the least is allowed")
                .set(&mut limits);
            assert_eq!(bound.of(&limits), least, "{}", bound.name);
        }
    }

    #[test]
    fn what_is_no_bound_is_told_what_would_be_one() {
        for (typed, said) in [
            ("members=3", "members_per_room"),
            ("members_per_room", "NAME=NUMBER"),
            ("members_per_room=many", "whole number"),
            ("members_per_room=0", "1 to "),
            ("members_per_room=-1", "1 to "),
        ] {
            let error = Bounded::typed(typed).expect_err("it makes no sense");
            assert!(error.contains(said), "{typed}: {error}");
        }
        assert!(Bounded::typed("waiting_media_bytes = 4_194_304").is_ok());
    }
}
