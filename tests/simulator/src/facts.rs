//! What was done to whom, and what everybody saw of it: the evidence on which a run is judged.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use exeunt_port::{RemoteLeaveReason, RoomId, UserId};
use exeunt_runtime::{ExitReport, Policy, Step};

/// Everything that is known about a run. Cloning gives another handle.
#[derive(Clone, Debug, Default)]
pub(crate) struct Evidence(Arc<Mutex<Facts>>);

impl Evidence {
    pub(crate) fn lock(&self) -> MutexGuard<'_, Facts> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Something was seen to be wrong on the spot.
    pub(crate) fn violation(&self, violation: Violation) {
        self.lock().violations.push(violation);
    }
}

/// Everything that is known about a run.
#[derive(Debug, Default)]
pub(crate) struct Facts {
    pub(crate) stays: Vec<StayFacts>,
    pub(crate) sessions: Vec<SessionFacts>,
    /// What operators asked of the service.
    pub(crate) orders: Vec<Order>,
    /// Each with its time, in the order of time.
    pub(crate) deeds: Vec<(Duration, Deed)>,
    /// Who is in which room, by the server's word, while everything is calm; `None` if it did not say.
    pub(crate) calm: Option<(Duration, Option<Listing>)>,
    /// The same after everybody has left.
    pub(crate) after: Option<(Duration, Option<Listing>)>,
    pub(crate) violations: Vec<Violation>,
}

/// The members of every room, by the server's word.
pub(crate) type Listing = BTreeMap<RoomId, BTreeSet<UserId>>;

/// What an operator asked of the service. It is done some time between the asking and the answer.
#[derive(Clone, Debug)]
pub(crate) struct Order {
    pub(crate) asked: Duration,
    pub(crate) answered: Option<Duration>,
    pub(crate) what: Ordered,
}

/// What operators ask.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Ordered {
    /// To remove this user.
    Kick(UserId, RoomId),
    /// To dismiss this room.
    Dismiss(RoomId),
}

/// What was done from outside.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Deed {
    /// The connections of this person broke.
    Broken(usize),
    /// From now on the path of this person is hurt; for good if he is never healed.
    Hurt(usize),
    /// From now on it is well.
    Healed(usize),
    /// His machine is gone.
    HostDied(usize),
    /// The service was stopped, and says so.
    ServerStopped,
    /// The service is gone without a word.
    ServerDied,
    /// There is a service.
    ServerStarted,
}

/// One stay, as its application saw it.
#[derive(Clone, Debug)]
pub(crate) struct StayFacts {
    pub(crate) person: usize,
    /// Its client's session, and its number in it.
    pub(crate) session: (usize, usize),
    /// As the transcript calls it.
    pub(crate) name: String,
    pub(crate) user: UserId,
    pub(crate) room: RoomId,
    pub(crate) policy: Policy,
    pub(crate) listens: bool,
    pub(crate) began: Duration,
    pub(crate) entered: Option<Duration>,
    pub(crate) exit_asked: Option<Duration>,
    pub(crate) exited: Option<Duration>,
    pub(crate) report: Option<Arc<ExitReport>>,
    pub(crate) exits_heard: usize,
    pub(crate) heard_of_others: Vec<(Duration, Heard)>,
    pub(crate) frames: Vec<FrameFacts>,
}

/// What a stay heard of others.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Heard {
    Entered(UserId),
    Left(UserId, RemoteLeaveReason),
}

/// A frame that a stay got.
#[derive(Clone, Debug)]
pub(crate) struct FrameFacts {
    pub(crate) got: Duration,
    pub(crate) sender: UserId,
    /// By whom and when it was captured, if it says so.
    pub(crate) stamp: Option<(usize, Duration)>,
}

/// The steps of one client's session.
#[derive(Clone, Debug)]
pub(crate) struct SessionFacts {
    pub(crate) name: String,
    pub(crate) policy: Policy,
    pub(crate) steps: Vec<Step>,
    /// How many stays it had.
    pub(crate) stays: usize,
}

/// Something that must not be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// Which guarantee it breaks, for instance `G-1`.
    pub guarantee: &'static str,
    /// What is wrong, in words.
    pub what: String,
}

impl Violation {
    pub(crate) fn new(guarantee: &'static str, what: impl Into<String>) -> Self {
        Self {
            guarantee,
            what: what.into(),
        }
    }
}

impl std::fmt::Display for Violation {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "{}: {}", self.guarantee, self.what)
    }
}

impl StayFacts {
    /// When its exit began.
    pub(crate) fn exit_began(&self) -> Option<Duration> {
        Some(self.exited?.saturating_sub(self.report.as_ref()?.took))
    }

    /// Whether it was inside at that time, as far as its application knew.
    pub(crate) fn is_inside(&self, at: Duration) -> bool {
        self.entered.is_some_and(|entered| entered <= at)
            && self.exited.is_none_or(|exited| exited > at)
    }
}
