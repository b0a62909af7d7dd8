//! The exit once more, in a few obvious lines: no states, no transitions, no machine.
//!
//! It keeps what happened, and derives from it what should have been asked of the world so far. What an
//! event leads to is the difference: what should have been asked with it, less what should have been
//! asked without it.

mod connection;
mod device;

use std::collections::{BTreeMap, BTreeSet};

use core::time::Duration;

use exeunt_core::{Cause, Effect, Epoch, Event, Instant, Outcome, Policy, Slot, Timeout, Wait};

use connection::Connection;
use device::Held;

/// The exit as it should be.
#[derive(Clone, Debug)]
pub struct Reference {
    policy: Policy,
    epoch: Epoch,
    stay: Option<Stay>,
}

/// What happened in a stay.
#[derive(Clone, Debug, Default)]
struct Stay {
    /// Every event of this stay that came, deadlines only when they were due.
    events: Vec<Event>,
    /// When each wait that is under way began.
    began: BTreeMap<Wait, Instant>,
    exit_began: Option<Instant>,
    verdict: Option<Verdict>,
}

/// How a stay ended: what its report has to say.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// What ended it.
    pub cause: Cause,
    /// What else would have.
    pub secondary: BTreeSet<Cause>,
    /// How the others were told.
    pub departure: Outcome,
    /// How the transport was closed.
    pub transport: Outcome,
    /// How each device was let go of.
    pub devices: BTreeMap<Slot, Outcome>,
    /// How long the exit took.
    pub took: Duration,
}

impl Reference {
    /// Nobody has entered yet.
    #[must_use]
    pub fn new(policy: Policy) -> Self {
        Self {
            policy,
            epoch: Epoch::NONE,
            stay: None,
        }
    }

    /// What should be done about an event, in an order that keeps every guarantee.
    pub fn handle(&mut self, epoch: Epoch, event: Event, now: Instant) -> Vec<(Epoch, Effect)> {
        if event == Event::EnterRequested {
            if epoch <= self.epoch || self.is_in_room() || self.is_exiting() {
                return Vec::new();
            }
            let mut stay = Stay::default();
            stay.note_waits(now);
            (self.epoch, self.stay) = (epoch, Some(stay));
            return vec![(epoch, Effect::Connect)];
        }
        if epoch < self.epoch {
            let undone = undone_whatever_the_stay(event);
            return undone.into_iter().map(|effect| (epoch, effect)).collect();
        }
        match &mut self.stay {
            Some(stay) if epoch == self.epoch => {
                let effects = stay.happens(event, now, &self.policy);
                effects.into_iter().map(|effect| (epoch, effect)).collect()
            }
            Some(_) | None => Vec::new(),
        }
    }

    /// The deadline that is reached first.
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Timeout> {
        let due = |(wait, began): (&Wait, &Instant)| Timeout {
            at: began.after(self.policy.bound(*wait)),
            wait: *wait,
        };
        let waits = self.stay.iter().flat_map(|stay| stay.began.iter());
        waits.map(due).min_by_key(|due| (due.at, due.wait))
    }

    /// The deadlines that it keeps.
    #[must_use]
    pub fn policy(&self) -> &Policy {
        &self.policy
    }

    /// The number of the stay under way, or of the last one.
    #[must_use]
    pub fn epoch(&self) -> Epoch {
        self.epoch
    }

    /// How the last stay ended, once it has.
    #[must_use]
    pub fn verdict(&self) -> Option<&Verdict> {
        self.stay.as_ref()?.verdict.as_ref()
    }

    /// When the exit under way, or the last one, began.
    #[must_use]
    pub fn exit_began(&self) -> Option<Instant> {
        self.stay.as_ref()?.exit_began
    }

    /// Whether somebody is in a room, or on his way into one.
    #[must_use]
    pub fn is_in_room(&self) -> bool {
        self.stay.is_some() && self.exit_began().is_none()
    }

    /// Whether somebody is on his way out.
    #[must_use]
    pub fn is_exiting(&self) -> bool {
        self.exit_began().is_some() && self.verdict().is_none()
    }

    /// Whether the others are still to be told before the transport may close.
    #[must_use]
    pub fn is_telling(&self) -> bool {
        let connection = self.stay.as_ref().map(Stay::connection);
        connection
            .is_some_and(|connection| connection.exit.is_some() && connection.departure.is_none())
    }

    /// Whether the device in this slot was lent to the stay.
    #[must_use]
    pub fn is_lent(&self, slot: Slot) -> bool {
        let stay = self.stay.as_ref();
        stay.is_some_and(|stay| stay.held(slot).lent)
    }

    /// Whether the stay has taken a device into this slot that it has to release.
    #[must_use]
    pub fn is_owned(&self, slot: Slot) -> bool {
        let stay = self.stay.as_ref();
        stay.is_some_and(|stay| stay.held(slot).ours)
    }

    /// What the stay still owes before it may end, in words.
    #[must_use]
    pub fn owed(&self) -> Vec<String> {
        let Some(stay) = &self.stay else {
            return Vec::new();
        };
        let connection = stay.connection();
        let mut owed = Vec::new();
        if connection.exit.is_none() {
            owed.push("an end: nothing has ended it".to_owned());
        }
        if connection.departure.is_none() {
            owed.push("the others are not told".to_owned());
        }
        if connection.closing.is_none() {
            owed.push("the transport is not closed".to_owned());
        }
        let devices = stay.slots(&connection).filter(|(_, held)| held.ours);
        owed.extend(devices.map(|(slot, _)| format!("device {slot} is not released")));
        owed
    }
}

impl Stay {
    fn happens(&mut self, event: Event, now: Instant, policy: &Policy) -> Vec<Effect> {
        if let Event::DeadlineReached(wait) = event {
            let due = |began: &Instant| began.after(policy.bound(wait)) <= now;
            if !self.began.get(&wait).is_some_and(due) {
                return Vec::new();
            }
        }
        let acquires = matches!(event, Event::Entered | Event::DeviceOpened(_));
        if self.verdict.is_some() && !acquires {
            // It is over. Only what acquires something counts any more, for it has to be undone.
            return Vec::new();
        }
        let before = self.asked();
        self.events.push(event);
        self.note_waits(now);
        self.note_end(now);
        let mut effects = self.asked();
        for (effect, count) in &mut effects {
            let known = before.iter().filter(|(one, _)| one == effect);
            *count -= known.map(|(_, count)| count).sum::<usize>();
        }
        let repeated = effects
            .into_iter()
            .flat_map(|(effect, count)| std::iter::repeat_n(effect, count));
        repeated.collect()
    }

    /// How often each effect should have been asked for until now, in the order in which those of one
    /// event are asked: silence first, what is local, what is remote, the end.
    fn asked(&self) -> Vec<(Effect, usize)> {
        let connection = self.connection();
        let held: Vec<_> = self.slots(&connection).collect();
        let mut asked = vec![
            (Effect::ReportEntered, usize::from(connection.was_entered)),
            (Effect::GateMedia, usize::from(connection.exit.is_some())),
        ];
        asked.extend(
            held.iter()
                .map(|(slot, held)| (Effect::OpenDevice(*slot), held.opens)),
        );
        asked.extend(
            held.iter()
                .map(|(slot, held)| (Effect::ReleaseDevice(*slot), held.releases)),
        );
        asked.extend([
            (Effect::AbandonConnect, usize::from(connection.abandons)),
            (Effect::AnnounceDeparture, connection.announces),
            (Effect::CloseTransport, connection.closes),
            (Effect::ReportExit, usize::from(self.verdict.is_some())),
        ]);
        asked
    }

    fn connection(&self) -> Connection {
        Connection::after(&self.events)
    }

    fn held(&self, slot: Slot) -> Held {
        let exit = self.connection().exit.map(|(place, _)| place);
        Held::after(&self.events, slot, exit)
    }

    /// What every slot holds.
    fn slots(&self, connection: &Connection) -> impl Iterator<Item = (Slot, Held)> {
        let exit = connection.exit.map(|(place, _)| place);
        Slot::all().map(move |slot| (slot, Held::after(&self.events, slot, exit)))
    }

    /// A wait goes on from when it began; what is not waited for any more is forgotten.
    fn note_waits(&mut self, now: Instant) {
        let connection = self.connection();
        let devices = self.slots(&connection);
        let devices = devices.filter_map(|(slot, held)| held.wait(slot));
        let waits: BTreeSet<_> = connection.wait().into_iter().chain(devices).collect();
        self.began.retain(|wait, _| waits.contains(wait));
        for wait in waits {
            self.began.entry(wait).or_insert(now);
        }
    }

    /// A stay is over when its exit began and nothing is owed.
    fn note_end(&mut self, now: Instant) {
        let connection = self.connection();
        let Some((_, cause)) = connection.exit else {
            return;
        };
        let began = *self.exit_began.get_or_insert(now);
        let (Some(departure), Some(transport)) = (connection.departure, connection.closing) else {
            return;
        };
        let held: Vec<_> = self.slots(&connection).collect();
        if self.verdict.is_some() || held.iter().any(|(_, held)| held.ours) {
            return;
        }
        let devices = held.iter();
        self.verdict = Some(Verdict {
            cause,
            secondary: connection.secondary,
            departure,
            transport,
            devices: devices
                .filter_map(|(slot, held)| Some((*slot, held.outcome()?)))
                .collect(),
            took: now.since(began),
        });
    }
}

/// What is acquired for a stay that is over is let go of, however long it is over.
fn undone_whatever_the_stay(event: Event) -> Vec<Effect> {
    if let Event::DeviceOpened(slot) = event {
        vec![Effect::ReleaseDevice(slot)]
    } else if event == Event::Entered {
        vec![Effect::AnnounceDeparture, Effect::CloseTransport]
    } else {
        Vec::new()
    }
}
