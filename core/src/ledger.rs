//! The ledger: what a stay owes before it may end, and how each line was settled.

use crate::devices::Devices;
use crate::{Cause, Causes, Effect, Ignored, Membership, Outcome, Reaction};

/// The announcement of the departure.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Departure {
    /// The connect was abandoned, but the server may count us in: its answer decides.
    AwaitingConnect,
    /// The others are being told.
    Announced,
    /// Nothing is owed any more.
    Settled(Outcome),
}

/// The closing of the transport.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Closing {
    /// Owed, once the departure is settled.
    Owed,
    /// Asked for.
    Asked,
    /// Nothing is owed any more.
    Settled(Outcome),
}

/// What a stay owes before it may end.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Ledger {
    cause: Cause,
    secondary: Causes,
    /// Whether the server has let this stay in; a second `Entered` is then no news.
    entered: bool,
    departure: Departure,
    closing: Closing,
    pub(crate) devices: Devices,
}

impl Ledger {
    /// Begins the exit: everything in one reaction, local before remote, nothing waiting for
    /// anything but the transport's close for the announcement (G-3, G-6).
    pub(crate) fn open(
        cause: Cause,
        membership: Membership,
        mut devices: Devices,
        reaction: &mut Reaction,
    ) -> Self {
        // 1. Asking to leave is going silent (G-14).
        reaction.emit(Effect::GateMedia);
        // 2. Nothing local waits for the network (G-6).
        devices.release_all(reaction);
        // 3. No connect or recovery outlives the decision to leave (G-5) ...
        if membership != Membership::Entered {
            reaction.emit(Effect::AbandonConnect);
        }
        let mut ledger = Self {
            cause: as_told(cause, membership),
            secondary: Causes::NONE,
            entered: membership != Membership::Entering,
            departure: departure_owed(cause, membership),
            closing: closing_owed(cause),
            devices,
        };
        // ... and the others are told, unless they know, or nothing can carry it (G-12).
        if ledger.departure == Departure::Announced {
            reaction.emit(Effect::AnnounceDeparture);
        }
        // 4. at once where no announcement is owed; 5. is the state Exited.
        ledger.proceed(reaction);
        ledger
    }

    /// Closes the transport as soon as the announcement is settled (G-12).
    pub(crate) fn proceed(&mut self, reaction: &mut Reaction) {
        if self.closing == Closing::Owed && matches!(self.departure, Departure::Settled(_)) {
            self.closing = Closing::Asked;
            reaction.emit(Effect::CloseTransport);
        }
    }

    /// Whether nothing is owed any more.
    #[must_use]
    pub fn is_settled(&self) -> bool {
        matches!(self.departure, Departure::Settled(_))
            && matches!(self.closing, Closing::Settled(_))
            && self.devices.are_settled()
    }

    /// What ended the stay (G-2).
    #[must_use]
    pub fn cause(&self) -> Cause {
        self.cause
    }

    /// What else would have ended it.
    #[must_use]
    pub fn secondary(&self) -> Causes {
        self.secondary
    }

    /// The same ledger with no secondary causes noted. They change nothing that is done, so whoever
    /// visits every configuration may leave them out.
    #[must_use]
    pub fn without_secondary(self) -> Self {
        Self {
            secondary: Causes::NONE,
            ..self
        }
    }

    /// Whether the server has let this stay in, as far as was told.
    #[must_use]
    pub fn was_entered(&self) -> bool {
        self.entered
    }

    /// How far the announcement is.
    #[must_use]
    pub fn departure(&self) -> Departure {
        self.departure
    }

    /// How far the closing of the transport is.
    #[must_use]
    pub fn closing(&self) -> Closing {
        self.closing
    }

    // ---- what facts do to the ledger ----------------------------------------------------------

    /// Another cause: it changes neither the reason nor the effects, but it is noted (G-2).
    pub(crate) fn note(&mut self, cause: Cause, reaction: &mut Reaction) {
        if cause == self.cause || !self.secondary.insert(cause) {
            reaction.ignore(Ignored::AlreadySo);
        }
    }

    /// A connect succeeded although it was abandoned: announced and closed (G-4).
    pub(crate) fn entered(&mut self, reaction: &mut Reaction) {
        if self.entered {
            return reaction.ignore(Ignored::AlreadySo);
        }
        self.entered = true;
        reaction.undo();
        reaction.emit(Effect::AnnounceDeparture);
        match self.departure {
            Departure::AwaitingConnect => self.departure = Departure::Announced,
            // The others know, or we could not wait. The transport was asked to close, but what it
            // has become since is asked again; both are bounded by the closing's deadline.
            Departure::Announced | Departure::Settled(_) => reaction.emit(Effect::CloseTransport),
        }
    }

    /// The connect failed: nobody counts us in, nothing is to be announced.
    pub(crate) fn enter_failed(&mut self, reaction: &mut Reaction) {
        match self.departure {
            Departure::AwaitingConnect => {
                self.departure = Departure::Settled(Outcome::NotOwed);
            }
            Departure::Announced => reaction.reject(crate::Rejected::Contradiction),
            Departure::Settled(_) => reaction.ignore(Ignored::AlreadySettled),
        }
    }

    /// The server ended the stay as well: the others know.
    pub(crate) fn ended_by_server(&mut self, cause: Cause, reaction: &mut Reaction) {
        self.note(cause, reaction);
        self.settle_departure(Outcome::NotOwed);
    }

    /// The link went down: nothing is recovered during an exit, so nothing carries the announcement.
    pub(crate) fn link_lost(&mut self, reaction: &mut Reaction) {
        if !self.settle_departure(Outcome::Failed) {
            reaction.ignore(Ignored::ExitUnderWay);
        }
    }

    /// The link went down for good.
    pub(crate) fn link_dead(&mut self, reaction: &mut Reaction) {
        self.note(Cause::LinkDead, reaction);
        self.settle_departure(Outcome::Failed);
    }

    /// The transport answered the announcement. An answer that comes early counts.
    pub(crate) fn departure_answered(&mut self, outcome: Outcome, reaction: &mut Reaction) {
        if !self.settle_departure(outcome) {
            reaction.ignore(Ignored::AlreadySettled);
        }
    }

    /// A transport that closed by itself needs no close and can carry no announcement.
    pub(crate) fn transport_closed(&mut self, reaction: &mut Reaction) {
        match self.closing {
            Closing::Owed => {
                self.settle_departure(Outcome::Failed);
                self.closing = Closing::Settled(Outcome::Vanished);
            }
            Closing::Asked => self.closing = Closing::Settled(Outcome::Done),
            Closing::Settled(_) => reaction.ignore(Ignored::AlreadySettled),
        }
    }

    /// The transport answered that it could not be closed. Before that was asked it is no answer.
    pub(crate) fn close_failed(&mut self, reaction: &mut Reaction) {
        match self.closing {
            Closing::Owed => reaction.ignore(Ignored::NotAskedFor),
            Closing::Asked => self.closing = Closing::Settled(Outcome::Failed),
            Closing::Settled(_) => reaction.ignore(Ignored::AlreadySettled),
        }
    }

    pub(crate) fn departure_timed_out(&mut self, reaction: &mut Reaction) {
        if !self.settle_departure(Outcome::TimedOut) {
            reaction.ignore(Ignored::NotDue);
        }
    }

    pub(crate) fn closing_timed_out(&mut self, reaction: &mut Reaction) {
        match self.closing {
            Closing::Asked => self.closing = Closing::Settled(Outcome::TimedOut),
            Closing::Owed | Closing::Settled(_) => reaction.ignore(Ignored::NotDue),
        }
    }

    /// After the exit: a connect that succeeds all the same is still undone, once (G-4).
    pub(crate) fn entered_after_exit(&mut self, reaction: &mut Reaction) {
        if self.entered {
            return reaction.ignore(Ignored::AlreadyExited);
        }
        self.entered = true;
        undo_connect(reaction);
    }

    /// Settles the announcement unless it is settled; answers whether it was open.
    fn settle_departure(&mut self, outcome: Outcome) -> bool {
        match self.departure {
            Departure::AwaitingConnect | Departure::Announced => {
                self.departure = Departure::Settled(outcome);
                true
            }
            Departure::Settled(_) => false,
        }
    }
}

/// Undoes a connect of a stay that is over: told and closed, under its own epoch (G-4).
pub(crate) fn undo_connect(reaction: &mut Reaction) {
    reaction.undo();
    reaction.emit(Effect::AnnounceDeparture);
    reaction.emit(Effect::CloseTransport);
}

/// A loss before the server let us in is a failure to enter, and told as such (G-2).
fn as_told(cause: Cause, membership: Membership) -> Cause {
    match (membership, cause) {
        (Membership::Entering, Cause::LinkDead | Cause::TransportClosed) => Cause::EnterFailed,
        (Membership::Entering | Membership::Entered | Membership::Recovering, other) => other,
    }
}

/// Whether the others have to be told, and whether anything can carry it.
fn departure_owed(cause: Cause, membership: Membership) -> Departure {
    match cause {
        Cause::ExitRequested | Cause::EnteringTimedOut => match membership {
            // The server may count us in from the moment the connect has left.
            Membership::Entering => Departure::AwaitingConnect,
            // A link that is being recovered may still carry it.
            Membership::Entered | Membership::Recovering => Departure::Announced,
        },
        // The server told us: the others know, or nobody ever counted us in.
        Cause::Kicked
        | Cause::Dismissed
        | Cause::Replaced
        | Cause::ServerStopped
        | Cause::EnterFailed => Departure::Settled(Outcome::NotOwed),
        // No link, no announcement; the server's lease tells the others, if it counted us in.
        Cause::LinkDead | Cause::RecoveringTimedOut | Cause::TransportClosed => {
            Departure::Settled(Outcome::Impossible)
        }
    }
}

/// A transport that has closed by itself needs no close.
fn closing_owed(cause: Cause) -> Closing {
    if cause == Cause::TransportClosed {
        Closing::Settled(Outcome::Vanished)
    } else {
        Closing::Owed
    }
}
