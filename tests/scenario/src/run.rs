//! Plays a history to a wrapper, a reference and a world at once.

use exeunt_core::{Epoch, Event, Instant};

use crate::invariants::{INVARIANTS, Scene};
use crate::world::World;
use crate::{Answer, Guarantee, History, Line, Reference, Step, Transcript, Violation, Wrapper};

/// Looks at wrapper and reference after every event.
pub(crate) type Look<'look, W> = &'look dyn Fn(&W, &Reference) -> Result<(), String>;

/// More deadlines than can be under way at once, twice over.
const MOST_DEADLINES: usize = 32;

pub(crate) struct Run<'look, W> {
    wrapper: W,
    reference: Reference,
    world: World,
    now: Instant,
    transcript: Transcript,
    look: Look<'look, W>,
}

impl<'look, W: Wrapper> Run<'look, W> {
    pub(crate) fn new(history: &History, wrapper: W, look: Look<'look, W>) -> Self {
        Self {
            wrapper,
            reference: Reference::new(history.policy),
            world: World::default(),
            now: Instant::ZERO,
            transcript: Transcript::default(),
            look,
        }
    }

    /// Plays the whole history, leaves, and looks at what is left behind.
    pub(crate) fn play(mut self, history: &History) -> Result<Transcript, Violation> {
        for step in &history.steps {
            self.step(step)?;
        }
        self.leave(&history.policy)?;
        self.answer_everything()?;
        if let Err((guarantee, found)) = self.world.is_left_clean(&self.reference) {
            return Err(self.violation(guarantee, found));
        }
        Ok(self.transcript)
    }

    fn step(&mut self, step: &Step) -> Result<(), Violation> {
        let epoch = self.reference.epoch();
        let told = match *step {
            Step::Pass(pause) => return self.pass(self.now.after(pause)),
            Step::Ask(Event::EnterRequested) => Some((epoch.next(), Event::EnterRequested)),
            Step::Ask(request) => Some((epoch, request)),
            Step::Answer { which, answer } => self.world.answer(which, answer),
            Step::Happen(event) => self.world.happen(epoch, event),
            Step::Again { which } => self.world.again(which),
            Step::Stray { newer, event } => {
                let number = i64::from(epoch.number()) + i64::from(newer);
                let epoch = Epoch::from_number(u32::try_from(number).unwrap_or_default());
                self.world.is_lied_about(epoch);
                Some((epoch, event))
            }
        };
        told.map_or(Ok(()), |(epoch, event)| self.tell(epoch, event))
    }

    /// Lets time pass until then; every deadline on the way is said when it is reached.
    fn pass(&mut self, until: Instant) -> Result<(), Violation> {
        for _ in 0..MOST_DEADLINES {
            let due = self.wrapper.poll_timeout();
            let Some(due) = due.filter(|due| due.at <= until) else {
                self.now = until;
                return Ok(());
            };
            self.now = self.now.max(due.at);
            self.tell(self.reference.epoch(), Event::DeadlineReached(due.wait))?;
        }
        let found = format!(
            "{MOST_DEADLINES} deadlines were reached one after the other and it still asks for {:?}",
            self.wrapper.poll_timeout()
        );
        Err(self.violation(Guarantee::Progress, found))
    }

    /// However it stands, asking to leave ends it within the bound, with nobody answering.
    fn leave(&mut self, policy: &exeunt_core::Policy) -> Result<(), Violation> {
        if self.reference.is_in_room() {
            self.tell(self.reference.epoch(), Event::ExitRequested)?;
        }
        self.pass(self.now.after(policy.total()))?;
        if let Some(waiting) = self.wrapper.poll_timeout() {
            let found = format!(
                "{:?} after leaving was asked for it still waits: {waiting:?}",
                policy.total()
            );
            return Err(self.violation(Guarantee::Bounded, found));
        }
        Ok(())
    }

    /// What has not been answered until now comes as late as can be.
    fn answer_everything(&mut self) -> Result<(), Violation> {
        // Each answer can lead to one more release, and that to none.
        let most = 4 * self.world.waiting() + 8;
        for _ in 0..most {
            if let Some((epoch, event)) = self.world.answer(0, Answer::Done) {
                self.tell(epoch, event)?;
            }
        }
        if self.world.waiting() > 0 {
            let found = "answers lead to ever more to answer".to_owned();
            return Err(self.violation(Guarantee::ThroughToTheEnd, found));
        }
        Ok(())
    }

    fn tell(&mut self, epoch: Epoch, event: Event) -> Result<(), Violation> {
        let before = self.reference.clone();
        let due_before = self.wrapper.poll_timeout();
        let expected = self.reference.handle(epoch, event, self.now);
        let done = self.wrapper.handle(epoch, event, self.now);
        self.transcript.lines.push(Line {
            at: self.now,
            epoch,
            event,
            effects: done.clone(),
        });
        let scene = Scene {
            epoch,
            event,
            before: &before,
            after: &self.reference,
            expected: &expected,
            done: &done,
            due_before,
            due_after: self.wrapper.poll_timeout(),
            exit_reason: self.wrapper.exit_reason(),
        };
        for (guarantee, invariant) in INVARIANTS {
            if let Err(found) = invariant(&scene) {
                return Err(self.violation(guarantee, found));
            }
        }
        if let Err(found) = (self.look)(&self.wrapper, &self.reference) {
            return Err(self.violation(Guarantee::SameInSameOut, found));
        }
        if let Event::DeviceAdopted(slot) = event
            && self.reference.is_owned(slot)
            && !before.is_owned(slot)
        {
            self.world.is_adopted(epoch, slot);
        } else if let Event::DeviceLent(slot) = event
            && self.reference.is_lent(slot)
            && !before.is_lent(slot)
        {
            self.world.is_lent(epoch, slot);
        }
        self.world.take(&done);
        Ok(())
    }

    fn violation(&self, guarantee: Guarantee, found: String) -> Violation {
        Violation {
            guarantee,
            found,
            transcript: self.transcript.clone(),
        }
    }
}
