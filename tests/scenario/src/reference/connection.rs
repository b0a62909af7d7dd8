//! Membership, departure and transport, as they follow from what happened.

use std::collections::BTreeSet;

use exeunt_core::{Cause, Event, Outcome, Wait};

/// Where the connection of a stay is, and what should have been asked of it.
#[derive(Clone, Debug, Default)]
#[expect(
    clippy::struct_excessive_bools,
    reason = "facts side by side, where the machine has states"
)]
pub(super) struct Connection {
    /// Whether the server let us in before the exit began.
    pub(super) was_entered: bool,
    /// Whether the link was down when last heard of.
    link_lost: bool,
    /// Which event began the exit, by its place, and the cause that it is.
    pub(super) exit: Option<(usize, Cause)>,
    pub(super) secondary: BTreeSet<Cause>,
    pub(super) abandons: bool,
    pub(super) announces: usize,
    pub(super) closes: usize,
    /// How the announcement was settled; `None` while it is owed.
    pub(super) departure: Option<Outcome>,
    /// How the closing was settled; `None` while it is owed.
    pub(super) closing: Option<Outcome>,
    late_entered: bool,
}

impl Connection {
    pub(super) fn after(events: &[Event]) -> Self {
        let mut connection = Self::default();
        for (place, event) in events.iter().enumerate() {
            if connection.exit.is_none() {
                connection.in_room(place, *event);
            } else {
                connection.on_the_way_out(*event);
            }
        }
        connection
    }

    fn in_room(&mut self, place: usize, event: Event) {
        if event == Event::Entered {
            self.was_entered = true;
        } else if event == Event::LinkLost {
            self.link_lost = self.was_entered;
        } else if event == Event::LinkRecovered {
            self.link_lost = false;
        }
        let Some(cause) = self.cause_of(event) else {
            return;
        };
        self.exit = Some((place, cause));
        self.abandons = !self.was_entered || self.link_lost;
        self.departure = match cause {
            Cause::ExitRequested | Cause::EnteringTimedOut => None,
            Cause::Kicked
            | Cause::Dismissed
            | Cause::Replaced
            | Cause::ServerStopped
            | Cause::EnterFailed => Some(Outcome::NotOwed),
            Cause::LinkDead | Cause::RecoveringTimedOut | Cause::TransportClosed => {
                Some(Outcome::Impossible)
            }
        };
        if event == Event::TransportClosed {
            self.closing = Some(Outcome::Vanished);
        }
        if matches!(event, Event::LinkDead | Event::TransportClosed) {
            // The server may have counted us in; nothing is left that could tell it otherwise.
            self.departure = Some(Outcome::Impossible);
        }
        self.announces = usize::from(self.departure.is_none() && self.was_entered);
        self.close_when_told();
    }

    fn on_the_way_out(&mut self, event: Event) {
        let is_over = self.departure.is_some() && self.closing.is_some();
        if event == Event::Entered && !self.was_entered && !self.late_entered {
            self.late_entered = true;
            self.announces += 1;
            self.closes += usize::from(self.departure.is_some());
        }
        if let Some(noted) = self
            .cause_of(event)
            .filter(|_| event != Event::TransportClosed)
        {
            let (_, first) = self.exit.unwrap_or((0, noted));
            if noted != first {
                self.secondary.insert(noted);
            }
        }
        if event == Event::TransportClosed && self.closing.is_none() {
            let asked = self.departure.is_some();
            self.closing = Some(if asked {
                Outcome::Done
            } else {
                Outcome::Vanished
            });
        }
        if event == Event::CloseFailed && self.departure.is_some() {
            self.closing.get_or_insert(Outcome::Failed);
        }
        if event == Event::DeadlineReached(Wait::Transport) && !is_over {
            self.closing.get_or_insert(Outcome::TimedOut);
        }
        if self.departure.is_none() {
            self.departure = self.departure_settled_by(event);
            self.close_when_told();
        }
    }

    fn close_when_told(&mut self) {
        self.closes += usize::from(self.departure.is_some() && self.closing.is_none());
    }

    fn departure_settled_by(&self, event: Event) -> Option<Outcome> {
        let nobody_counts_us_in = !self.was_entered && !self.late_entered;
        match event {
            Event::DepartureConfirmed => Some(Outcome::Done),
            Event::Kicked
            | Event::Dismissed
            | Event::Replaced
            | Event::ServerStopped
            | Event::AlreadyOut => Some(Outcome::NotOwed),
            Event::EnterFailed if nobody_counts_us_in => Some(Outcome::NotOwed),
            Event::DepartureFailed | Event::LinkLost | Event::LinkDead | Event::TransportClosed => {
                Some(Outcome::Failed)
            }
            Event::DeadlineReached(Wait::Departure) => Some(Outcome::TimedOut),
            Event::EnterRequested
            | Event::ExitRequested
            | Event::DeviceRequested(_)
            | Event::DeviceAdopted(_)
            | Event::DeviceLent(_)
            | Event::DeviceStopRequested(_)
            | Event::Entered
            | Event::EnterFailed
            | Event::LinkRecovered
            | Event::CloseFailed
            | Event::DeviceOpened(_)
            | Event::DeviceFailed(_)
            | Event::DeviceReleased(_)
            | Event::ReleaseFailed(_)
            | Event::DeviceVanished(_)
            | Event::DeadlineReached(_) => None,
        }
    }

    /// The cause that an event is, for a stay that stands as this one.
    fn cause_of(&self, event: Event) -> Option<Cause> {
        let exiting = self.exit.is_some();
        let entering = !self.was_entered && !exiting;
        match event {
            Event::ExitRequested => Some(Cause::ExitRequested),
            Event::Kicked => Some(Cause::Kicked),
            Event::Dismissed => Some(Cause::Dismissed),
            Event::Replaced => Some(Cause::Replaced),
            Event::ServerStopped => Some(Cause::ServerStopped),
            Event::EnterFailed | Event::LinkDead | Event::TransportClosed if entering => {
                Some(Cause::EnterFailed)
            }
            Event::LinkDead => Some(Cause::LinkDead),
            Event::TransportClosed => Some(Cause::TransportClosed),
            Event::DeadlineReached(Wait::Entering) => Some(Cause::EnteringTimedOut),
            Event::DeadlineReached(Wait::Recovering) => Some(Cause::RecoveringTimedOut),
            Event::EnterRequested
            | Event::DeviceRequested(_)
            | Event::DeviceAdopted(_)
            | Event::DeviceLent(_)
            | Event::DeviceStopRequested(_)
            | Event::Entered
            | Event::EnterFailed
            | Event::LinkLost
            | Event::LinkRecovered
            | Event::DepartureConfirmed
            | Event::DepartureFailed
            | Event::AlreadyOut
            | Event::CloseFailed
            | Event::DeviceOpened(_)
            | Event::DeviceFailed(_)
            | Event::DeviceReleased(_)
            | Event::ReleaseFailed(_)
            | Event::DeviceVanished(_)
            | Event::DeadlineReached(_) => None,
        }
    }

    pub(super) fn wait(&self) -> Option<Wait> {
        match (self.exit, self.departure, self.closing) {
            (None, _, _) if !self.was_entered => Some(Wait::Entering),
            (None, _, _) => self.link_lost.then_some(Wait::Recovering),
            (Some(_), None, _) => Some(Wait::Departure),
            (Some(_), Some(_), None) => Some(Wait::Transport),
            (Some(_), Some(_), Some(_)) => None,
        }
    }
}
