//! What is checked.

use exeunt_core::{Effect, Epoch, Event, Instant, Reason, Session, State, Timeout};

/// An exit that can be checked: a [`Session`], or what you built around one.
///
/// A wrapper of an SDK turns each event into the SDK's own call or callback, and what the SDK then
/// does to its engine into effects.
pub trait Wrapper {
    /// What is done about an event of the stay `epoch` at the time `now`, in order, each with the stay
    /// that it is done for. [`Event::EnterRequested`] comes with the number of the stay that it would
    /// begin.
    fn handle(&mut self, epoch: Epoch, event: Event, now: Instant) -> Vec<(Epoch, Effect)>;

    /// When it wants to be called back if nothing happens before, and for which wait.
    fn poll_timeout(&self) -> Option<Timeout>;

    /// The reason that the last `onExitRoom` gave; `None` while a stay is under way.
    fn exit_reason(&self) -> Option<Reason>;
}

impl Wrapper for Session {
    fn handle(&mut self, epoch: Epoch, event: Event, now: Instant) -> Vec<(Epoch, Effect)> {
        let reaction = Self::handle(self, epoch, event, now);
        let epoch = reaction.epoch;
        let effects = reaction.effects.into_iter();
        effects.map(|effect| (epoch, effect)).collect()
    }

    fn poll_timeout(&self) -> Option<Timeout> {
        Self::poll_timeout(self)
    }

    fn exit_reason(&self) -> Option<Reason> {
        match self.state() {
            State::Exited(ledger) => Some(ledger.cause().reason()),
            State::Idle | State::InRoom(_) | State::Exiting(_) => None,
        }
    }
}
