//! A session: the machine with its numbers and its deadlines.

use core::time::Duration;

use crate::ledger::undo_connect;
use crate::report::Settlement;
use crate::{
    Closing, Departure, DeviceStage, Disposition, Epoch, Event, ExitReport, Ignored, Instant,
    MAX_DEVICES, Machine, Outcome, Policy, Reaction, Rejected, Slot, State, Wait, devices,
};

/// One user's way into rooms and out of them: the machine, the number of its stay, and its deadlines.
///
/// Drive it with three calls: [`handle`](Self::handle) for everything that happens,
/// [`poll_timeout`](Self::poll_timeout) for when to come back, and
/// [`report`](Self::report) when an effect says that the report is there.
///
/// ```
/// use exeunt_core::{Effect, Epoch, Event, Instant, Policy, Session};
///
/// let mut session = Session::new(Policy::default());
/// let stay = session.next_epoch();
/// let reaction = session.handle(stay, Event::EnterRequested, Instant::ZERO);
/// assert_eq!(reaction.effects.as_slice(), [Effect::Connect]);
/// ```
#[derive(Clone, Debug)]
pub struct Session {
    policy: Policy,
    epoch: Epoch,
    latest: Instant,
    machine: Machine,
    connection: Option<(Wait, Instant)>,
    devices: [Option<(Wait, Instant)>; MAX_DEVICES],
    record: Record,
}

/// A wait and when its deadline is reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Timeout {
    /// When.
    pub at: Instant,
    /// For what is being waited; hand it back in [`Event::DeadlineReached`].
    pub wait: Wait,
}

/// When an exit began, and how its lines were settled so far.
#[derive(Clone, Copy, Debug, Default)]
struct Record {
    began: Option<Instant>,
    departure: Option<Settlement>,
    transport: Option<Settlement>,
    devices: [Option<Settlement>; MAX_DEVICES],
    took: Option<Duration>,
}

impl Session {
    /// A session that is Idle.
    #[must_use]
    pub fn new(policy: Policy) -> Self {
        Self {
            policy,
            epoch: Epoch::NONE,
            latest: Instant::ZERO,
            machine: Machine::new(),
            connection: None,
            devices: [None; MAX_DEVICES],
            record: Record::default(),
        }
    }

    /// The number that the next stay is to have, for [`Event::EnterRequested`].
    #[must_use]
    pub fn next_epoch(&self) -> Epoch {
        self.epoch.next()
    }

    /// The number of the stay under way, or of the last one.
    #[must_use]
    pub fn epoch(&self) -> Epoch {
        self.epoch
    }

    /// The deadlines it keeps.
    #[must_use]
    pub fn policy(&self) -> &Policy {
        &self.policy
    }

    /// Where it is.
    #[must_use]
    pub fn state(&self) -> &State {
        self.machine.state()
    }

    /// Answers an event of the stay `epoch` at the time `now`.
    ///
    /// Total: it never panics, never blocks and never allocates, and the reaction's disposition says
    /// what became of the event. An event of an earlier stay changes nothing, but what it acquired
    /// is let go of again (G-4, G-10). [`Event::EnterRequested`] begins the stay `epoch`, which has
    /// to be newer than the last one.
    pub fn handle(&mut self, epoch: Epoch, event: Event, now: Instant) -> Reaction {
        // A clock that runs backwards stands still, or a new deadline would be over before it began.
        let now = now.max(self.latest);
        self.latest = now;
        if let Some(reaction) = self.handle_foreign(epoch, event) {
            return reaction;
        }
        if let Event::DeadlineReached(wait) = event
            && !self.is_due(wait, now)
        {
            let mut reaction = Reaction::new(epoch);
            reaction.ignore(Ignored::NotDue);
            return reaction;
        }
        let reaction = self.machine.handle(epoch, event);
        if event == Event::EnterRequested && reaction.disposition == Disposition::Applied {
            self.begin(epoch);
        }
        self.keep_deadlines(now);
        self.keep_record(now);
        reaction
    }

    /// When to come back, and why, if nothing happens before. Hand [`Event::DeadlineReached`] back
    /// at that time, and ask again: several deadlines may be reached at once (G-17).
    #[must_use]
    pub fn poll_timeout(&self) -> Option<Timeout> {
        let waits = self.connection.iter().chain(self.devices.iter().flatten());
        // Ties go to the first in the order of `Wait`, so that a replay takes the same path (G-18).
        waits
            .map(|(wait, at)| Timeout {
                at: *at,
                wait: *wait,
            })
            .min_by_key(|due| (due.at, due.wait))
    }

    /// The report of the last stay, once it is over.
    #[must_use]
    pub fn report(&self) -> Option<ExitReport> {
        let State::Exited(ledger) = self.state() else {
            return None;
        };
        Some(ExitReport {
            epoch: self.epoch,
            cause: ledger.cause(),
            secondary: ledger.secondary(),
            departure: self.record.departure?,
            transport: self.record.transport?,
            devices: self.record.devices,
            took: self.record.took?,
        })
    }

    /// Events that are not of the stay under way.
    fn handle_foreign(&self, epoch: Epoch, event: Event) -> Option<Reaction> {
        let mut reaction = Reaction::new(epoch);
        let begins = matches!(event, Event::EnterRequested);
        match (begins, epoch.cmp(&self.epoch)) {
            (true, core::cmp::Ordering::Greater) | (false, core::cmp::Ordering::Equal) => {
                return None;
            }
            (true, _) | (false, core::cmp::Ordering::Greater) => {
                reaction.reject(Rejected::WrongEpoch);
            }
            // 'Ignore what is stale' would be the leak: what it acquired is let go of (G-4).
            (false, core::cmp::Ordering::Less) => match event {
                Event::DeviceOpened(slot) => devices::undo_opening(slot, &mut reaction),
                Event::Entered => undo_connect(&mut reaction),
                Event::EnterRequested
                | Event::ExitRequested
                | Event::DeviceRequested(_)
                | Event::DeviceAdopted(_)
                | Event::DeviceLent(_)
                | Event::DeviceStopRequested(_)
                | Event::EnterFailed
                | Event::Kicked
                | Event::Dismissed
                | Event::Replaced
                | Event::ServerStopped
                | Event::LinkLost
                | Event::LinkRecovered
                | Event::LinkDead
                | Event::DepartureConfirmed
                | Event::DepartureFailed
                | Event::AlreadyOut
                | Event::TransportClosed
                | Event::CloseFailed
                | Event::DeviceFailed(_)
                | Event::DeviceReleased(_)
                | Event::ReleaseFailed(_)
                | Event::DeviceVanished(_)
                | Event::DeadlineReached(_) => reaction.ignore(Ignored::StaleEpoch),
            },
        }
        Some(reaction)
    }

    /// A new stay finds nothing of the old one (G-11).
    fn begin(&mut self, epoch: Epoch) {
        self.epoch = epoch;
        self.connection = None;
        self.devices = [None; MAX_DEVICES];
        self.record = Record::default();
    }

    fn is_due(&self, wait: Wait, now: Instant) -> bool {
        let mut waits = self.connection.iter().chain(self.devices.iter().flatten());
        waits.any(|(kept, at)| *kept == wait && *at <= now)
    }

    /// Deadlines follow from the state, so that no wait can be without one (G-17) and none outlives
    /// its wait (G-10). A wait that goes on keeps the deadline it began with.
    fn keep_deadlines(&mut self, now: Instant) {
        let policy = self.policy;
        let keep = |kept: &mut Option<(Wait, Instant)>, wanted: Option<Wait>| match (*kept, wanted)
        {
            (_, None) => *kept = None,
            (Some((wait, _)), Some(wanted)) if wait == wanted => {}
            (_, Some(wanted)) => *kept = Some((wanted, now.after(policy.bound(wanted)))),
        };
        keep(&mut self.connection, self.machine.state().connection_wait());
        for slot in Slot::all() {
            keep(
                &mut self.devices[slot.index()],
                self.machine.state().device_wait(slot),
            );
        }
    }

    /// Notes when the exit began and how each of its lines was settled. What was reported stands:
    /// a fact that comes after the end is undone, not written into the report.
    fn keep_record(&mut self, now: Instant) {
        let (State::Exiting(ledger) | State::Exited(ledger)) = self.machine.state() else {
            return;
        };
        let record = &mut self.record;
        if record.took.is_some() {
            return;
        }
        let took = now.since(*record.began.get_or_insert(now));
        if let Departure::Settled(outcome) = ledger.departure() {
            note(&mut record.departure, outcome, took);
        }
        if let Closing::Settled(outcome) = ledger.closing() {
            note(&mut record.transport, outcome, took);
        }
        for slot in Slot::all() {
            match ledger.devices.stage(slot) {
                DeviceStage::Settled(outcome) => {
                    note(&mut record.devices[slot.index()], outcome, took);
                }
                DeviceStage::Lent => {
                    note(&mut record.devices[slot.index()], Outcome::NotOwed, took);
                }
                DeviceStage::Absent
                | DeviceStage::Opening
                | DeviceStage::Open
                | DeviceStage::Releasing { .. } => {}
            }
        }
        if matches!(self.machine.state(), State::Exited(_)) {
            record.took = Some(took);
        }
    }
}

/// Writes down an outcome when it is first seen, and again if a driver that had been given up lets go.
fn note(line: &mut Option<Settlement>, outcome: Outcome, took: Duration) {
    if line.is_none_or(|noted| noted.outcome != outcome) {
        *line = Some(Settlement { outcome, took });
    }
}
