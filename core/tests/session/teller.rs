//! Tells a story to a session, a millisecond count with each event.

use exeunt_core::{
    Effect, Epoch, Event, ExitReport, Instant, Policy, Reaction, Session, Slot, State,
};

pub(crate) const CAMERA: u8 = 0;
pub(crate) const MICROPHONE: u8 = 1;

pub(crate) struct Teller {
    pub(crate) session: Session,
    pub(crate) stay: Epoch,
    now: u64,
}

impl Teller {
    /// Somebody who begins to enter at 0 ms.
    pub(crate) fn entering() -> Self {
        let session = Session::new(Policy::default());
        let mut teller = Self {
            stay: session.next_epoch(),
            session,
            now: 0,
        };
        assert_eq!(teller.at(0, Event::EnterRequested), [Effect::Connect]);
        teller
    }

    /// Somebody who is in the room since 10 ms, with camera and microphone open.
    pub(crate) fn in_room() -> Self {
        let mut teller = Self::entering();
        teller.at(10, Event::Entered);
        for slot in [slot(CAMERA), slot(MICROPHONE)] {
            teller.at(10, Event::DeviceRequested(slot));
            teller.at(10, Event::DeviceOpened(slot));
        }
        teller
    }

    /// What happens at this millisecond, and what it leads to.
    pub(crate) fn at(&mut self, millis: u64, event: Event) -> Vec<Effect> {
        self.reaction(millis, event).effects.to_vec()
    }

    pub(crate) fn reaction(&mut self, millis: u64, event: Event) -> Reaction {
        assert!(millis >= self.now, "stories are told in order");
        self.now = millis;
        self.session
            .handle(self.stay, event, Instant::from_millis(millis))
    }

    /// Lets time pass until this millisecond: every deadline on the way is reached.
    pub(crate) fn wait_until(&mut self, millis: u64) -> Vec<(u64, Effect)> {
        let mut effects = Vec::new();
        while let Some(due) = self.session.poll_timeout() {
            let at = due.at.as_micros() / 1000;
            if at > millis {
                break;
            }
            let reached = self.at(at, Event::DeadlineReached(due.wait));
            effects.extend(reached.into_iter().map(|effect| (at, effect)));
            // Or time would stand still here for ever.
            let next = self.session.poll_timeout();
            assert_ne!(next, Some(due), "a deadline that is reached moves (G-17)");
        }
        self.now = millis;
        effects
    }

    pub(crate) fn report(&self) -> ExitReport {
        self.session.report().expect("the stay is over")
    }

    pub(crate) fn is_exited(&self) -> bool {
        matches!(self.session.state(), State::Exited(_))
    }
}

pub(crate) fn slot(number: u8) -> Slot {
    Slot::new(number).expect("a slot")
}
