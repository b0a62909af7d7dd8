//! Somebody in a room, as a case sees him: what he hears, and what he does.

use std::collections::BTreeSet;
use std::time::Duration;

use exeunt_port::{
    CloseError, Connection, DepartureError, DepartureReceipt, RemoteLeaveReason, RoomSide,
    RoomSignal, UserId,
};
use tokio::time::timeout;

use crate::duty::{ANNOUNCE, CLOSE, Duty, ENTERED, LEFT};
use crate::finding::{Finding, Outcome, demand};
use crate::patience::Patience;

/// A member of the room.
pub(super) struct Member {
    pub(super) user: UserId,
    pub(super) connection: Box<dyn Connection>,
    pub(super) side: RoomSide,
    /// Everything that he was told, in order.
    pub(super) heard: Vec<RoomSignal>,
    patience: Patience,
}

impl Member {
    pub(super) fn new(
        user: UserId,
        connection: Box<dyn Connection>,
        side: RoomSide,
        patience: Patience,
    ) -> Self {
        Self {
            user,
            connection,
            side,
            heard: Vec::new(),
            patience,
        }
    }

    // ---- what he hears ------------------------------------------------------------------------

    /// Listens until what he has heard so far is as wanted.
    pub(super) async fn until(
        &mut self,
        duty: &'static Duty,
        what: &str,
        wanted: impl Fn(&Self) -> bool,
    ) -> Outcome {
        self.until_within(duty, what, Duration::ZERO, wanted).await
    }

    /// The same, for what may rightly take this much longer than an answer.
    pub(super) async fn until_within(
        &mut self,
        duty: &'static Duty,
        what: &str,
        longer: Duration,
        wanted: impl Fn(&Self) -> bool,
    ) -> Outcome {
        let patience = self.patience.and(longer);
        let (awaited, bound) = (format!("{}: {what}", self.user), patience.bound());
        let listening = async {
            while !wanted(self) {
                let Some(signal) = self.side.signals.recv().await else {
                    return false;
                };
                self.heard.push(signal);
            }
            true
        };
        // The future borrows what he heard, so the failure is told after it.
        let heard = patience.answers(duty, awaited, listening).await;
        let ending = match heard {
            Ok(true) => return Ok(()),
            Ok(false) => "his signals ended before".to_owned(),
            Err(_) => format!("not told within {bound:?}"),
        };
        let seen = format!("{}: {what}: {ending}; he heard {:?}", self.user, self.heard);
        Err(Finding::broken(duty, seen))
    }

    /// Listens until he has heard this.
    pub(super) async fn hears(&mut self, duty: &'static Duty, signal: &RoomSignal) -> Outcome {
        let what = format!("hears {signal:?}");
        self.until(duty, &what, |heard| heard.heard.contains(signal))
            .await
    }

    /// Listens until this user is in the room.
    pub(super) async fn sees_enter(&mut self, user: &UserId) -> Outcome {
        let what = format!("hears that {user} entered");
        let is_there = |heard: &Self| heard.present().contains(user);
        self.until(&ENTERED, &what, is_there).await
    }

    /// Listens until this user has left, and demands that it was for this reason.
    pub(super) async fn sees_leave(&mut self, user: &UserId, reason: RemoteLeaveReason) -> Outcome {
        self.sees_leave_within(&LEFT, user, reason, Duration::ZERO)
            .await
    }

    /// The same, for a departure that may take this much longer to be noticed.
    pub(super) async fn sees_leave_within(
        &mut self,
        duty: &'static Duty,
        user: &UserId,
        reason: RemoteLeaveReason,
        longer: Duration,
    ) -> Outcome {
        let what = format!("hears that {user} left");
        let has_left = |heard: &Self| !heard.reasons(user).is_empty();
        self.until_within(duty, &what, longer, has_left).await?;
        let reasons = self.reasons(user);
        demand(duty, reasons == [reason], || {
            format!(
                "{} heard that {user} left for {reasons:?}, and it was {reason:?}",
                self.user
            )
        })
    }

    /// Takes in what has been told by now.
    pub(super) fn catch_up(&mut self) {
        while let Ok(signal) = self.side.signals.try_recv() {
            self.heard.push(signal);
        }
    }

    /// Takes in what is told from now on, until something is or this time is over.
    pub(super) async fn overhears(&mut self, time: Duration) {
        // Signals that have ended tell nothing more.
        if let Ok(Some(signal)) = timeout(time, self.side.signals.recv()).await {
            self.heard.push(signal);
        }
        self.catch_up();
    }

    /// For which reasons this user has left, one for each time.
    pub(super) fn reasons(&self, user: &UserId) -> Vec<RemoteLeaveReason> {
        let reasons = self.heard.iter().filter_map(|signal| match signal {
            RoomSignal::RemoteUserLeft(left, reason) if left == user => Some(*reason),
            RoomSignal::RemoteUserLeft(..)
            | RoomSignal::RemoteUserEntered(_)
            | RoomSignal::Kicked
            | RoomSignal::Dismissed
            | RoomSignal::Replaced
            | RoomSignal::ServerStopped
            | RoomSignal::LinkLost
            | RoomSignal::LinkRecovered
            | RoomSignal::LinkDead
            | RoomSignal::Closed => None,
        });
        reasons.collect()
    }

    /// Who else is in the room, by what he has heard.
    pub(super) fn present(&self) -> BTreeSet<UserId> {
        let mut present = BTreeSet::new();
        for signal in &self.heard {
            match signal {
                RoomSignal::RemoteUserEntered(user) => drop(present.insert(user.clone())),
                RoomSignal::RemoteUserLeft(user, _) => drop(present.remove(user)),
                RoomSignal::Kicked
                | RoomSignal::Dismissed
                | RoomSignal::Replaced
                | RoomSignal::ServerStopped
                | RoomSignal::LinkLost
                | RoomSignal::LinkRecovered
                | RoomSignal::LinkDead
                | RoomSignal::Closed => {}
            }
        }
        present
    }

    /// Demands that he heard of this user either nothing, or that he entered and left in turn.
    pub(super) fn heard_whole_stays_of(&self, user: &UserId) -> Outcome {
        let entered = RoomSignal::RemoteUserEntered(user.clone());
        let about = self.heard.iter().filter(|signal| match signal {
            RoomSignal::RemoteUserEntered(who) | RoomSignal::RemoteUserLeft(who, _) => who == user,
            RoomSignal::Kicked
            | RoomSignal::Dismissed
            | RoomSignal::Replaced
            | RoomSignal::ServerStopped
            | RoomSignal::LinkLost
            | RoomSignal::LinkRecovered
            | RoomSignal::LinkDead
            | RoomSignal::Closed => false,
        });
        let about: Vec<_> = about.collect();
        let whole = about.chunks(2).all(
            |stay| matches!(stay, [first, second] if **first == entered && **second != entered),
        );
        demand(&LEFT, whole, || {
            format!("{} heard of {user}: {about:?}", self.user)
        })
    }

    // ---- what he does -------------------------------------------------------------------------

    /// Announces his departure.
    pub(super) async fn announces(
        &self,
    ) -> Result<Result<DepartureReceipt, DepartureError>, Finding> {
        let what = format!("{}'s announce_departure()", self.user);
        let announcing = self.connection.announce_departure();
        self.patience.answers(&ANNOUNCE, what, announcing).await
    }

    /// Announces his departure, and demands that it is confirmed.
    pub(super) async fn leaves(&self) -> Result<DepartureReceipt, Finding> {
        self.announces().await?.map_err(|error| {
            let seen = format!("{} could not leave: {error}", self.user);
            Finding::broken(&ANNOUNCE, seen)
        })
    }

    /// Closes his connection, and demands that it goes well: for links and servers that are well.
    pub(super) async fn closes_well(&self) -> Outcome {
        self.closes().await?.map_err(|error| {
            let seen = format!("{}'s close() answered: {error}", self.user);
            Finding::broken(&CLOSE, seen)
        })
    }

    /// Closes his connection. That it answers is what counts; an error gives everything up as well.
    pub(super) async fn closes(&self) -> Result<Result<(), CloseError>, Finding> {
        let what = format!("{}'s close()", self.user);
        self.patience
            .answers(&CLOSE, what, self.connection.close())
            .await
    }
}
