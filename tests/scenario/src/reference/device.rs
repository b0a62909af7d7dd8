//! One slot of a stay, as it follows from what happened.

use exeunt_core::{Event, Outcome, Slot, Wait};

/// What a slot holds, and what should have been asked about it.
#[derive(Clone, Copy, Debug, Default)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "facts side by side, where the machine has states"
)]
pub(super) struct Held {
    /// Opening, open or being released, and this stay's to release.
    pub(super) ours: bool,
    /// The application's own.
    pub(super) lent: bool,
    /// It was asked to open and has not said how that went.
    opening: bool,
    /// Its release was asked for and has not been answered.
    releasing: bool,
    /// How the last device in the slot was let go of.
    result: Option<Outcome>,
    /// How often an opening should have been asked for.
    pub(super) opens: usize,
    /// How often a release should have been asked for.
    pub(super) releases: usize,
}

impl Held {
    /// `exit` is the place of the event that began the exit.
    pub(super) fn after(events: &[Event], slot: Slot, exit: Option<usize>) -> Self {
        let mut held = Self::default();
        for (place, event) in events.iter().enumerate() {
            if exit.is_none_or(|exit| place < exit) {
                held.is_asked(*event, slot);
            }
            held.is_told(*event, slot);
            if exit == Some(place) && held.ours && !held.releasing {
                held.release();
            }
        }
        held
    }

    /// What the application asks for, which it can in the room only.
    fn is_asked(&mut self, event: Event, slot: Slot) {
        let not_returned = matches!(self.result, Some(Outcome::Failed | Outcome::TimedOut));
        let is_free = !self.ours && !self.lent && !not_returned;
        if event == Event::DeviceRequested(slot) && is_free {
            (self.ours, self.opening, self.result) = (true, true, None);
            self.opens += 1;
        } else if event == Event::DeviceAdopted(slot) && is_free {
            (self.ours, self.result) = (true, None);
        } else if event == Event::DeviceLent(slot) && is_free {
            (self.lent, self.result) = (true, None);
        } else if event == Event::DeviceStopRequested(slot) {
            self.lent = false;
            if self.ours && !self.releasing {
                self.release();
            }
        }
    }

    fn is_told(&mut self, event: Event, slot: Slot) {
        if event == Event::DeviceOpened(slot) && !self.lent {
            if !self.ours || (self.opening && self.releasing) {
                // Nobody wants it any more.
                self.releases += 1;
            }
            self.opening = false;
        } else if event == Event::DeviceFailed(slot) && self.ours {
            if self.opening {
                self.is_gone(Outcome::NotOwed);
            } else if !self.releasing {
                self.release();
            }
        } else if event == Event::ReleaseFailed(slot) && self.releasing {
            self.is_gone(Outcome::Failed);
        } else if event == Event::DeviceReleased(slot) {
            match (self.ours, self.opening, self.releasing) {
                // Nobody asked: asked for now, to be sure.
                (true, false, false) => self.release(),
                (true, true, false) => {}
                // It was lent: nobody releases it but the application.
                (false, _, _) if self.lent => {}
                _ => self.is_gone_if_held(Outcome::Done),
            }
        } else if event == Event::DeviceVanished(slot) {
            self.is_gone_if_held(Outcome::Vanished);
        } else if event == Event::DeadlineReached(Wait::Opening(slot)) {
            self.release();
        } else if event == Event::DeadlineReached(Wait::Releasing(slot)) {
            self.is_gone(Outcome::TimedOut);
        }
    }

    fn release(&mut self) {
        self.releasing = true;
        self.releases += 1;
    }

    /// What was not returned may be returned after all.
    fn is_gone_if_held(&mut self, outcome: Outcome) {
        let not_returned = matches!(self.result, Some(Outcome::Failed | Outcome::TimedOut));
        if self.ours || self.lent || not_returned {
            self.is_gone(outcome);
        }
    }

    fn is_gone(&mut self, outcome: Outcome) {
        *self = Self {
            result: Some(outcome),
            opens: self.opens,
            releases: self.releases,
            ..Self::default()
        };
    }

    pub(super) fn wait(&self, slot: Slot) -> Option<Wait> {
        if self.releasing {
            Some(Wait::Releasing(slot))
        } else {
            self.opening.then_some(Wait::Opening(slot))
        }
    }

    /// What a report says of it.
    pub(super) fn outcome(&self) -> Option<Outcome> {
        if self.lent {
            Some(Outcome::NotOwed)
        } else {
            self.result
        }
    }
}
