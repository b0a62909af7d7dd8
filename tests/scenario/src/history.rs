//! What a hostile world does, step by step.

use core::fmt;
use core::time::Duration;

use exeunt_core::{Event, Policy, Slot, Wait};

/// A story to play: what the application asks for, and what the world does about what it is asked.
///
/// It names no effects: what there is to answer depends on what the [`Wrapper`](crate::Wrapper) asked.
#[derive(Clone, PartialEq, Eq)]
pub struct History {
    /// The deadlines that the wrapper is to keep.
    pub policy: Policy,
    /// What happens, in order.
    pub steps: Vec<Step>,
}

/// One thing that happens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// Time passes; deadlines that are reached on the way are said.
    Pass(Duration),
    /// The application asks for something; the event is a request.
    Ask(Event),
    /// Something that was asked of the world and has not been answered is answered: the
    /// `which`-th, counted around. What is never chosen hangs; what is chosen late is late.
    Answer {
        /// Which of the effects that wait.
        which: u8,
        /// How.
        answer: Answer,
    },
    /// The world does something by itself to the stay under way; the event is a fact.
    Happen(Event),
    /// A fact that was said before is said again, with the number that it had.
    Again {
        /// Which of the facts so far, counted around.
        which: u8,
    },
    /// Any event at all, true or not, of the stay `newer` after the one under way (or before it).
    Stray {
        /// 0 is the stay under way; -1 the one before; 1 one that has not begun.
        newer: i8,
        /// What is said.
        event: Event,
    },
}

/// How something that was asked is answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answer {
    /// It is done, and said.
    Done,
    /// It failed, and that is said.
    Failed,
    /// It is done, but the answer is lost.
    Unheard,
    /// It is lost on the way; nothing was done and nothing is said.
    Lost,
}

impl History {
    /// The same history with only these slots in it: for an SDK that has not eight devices. With no
    /// slots at all it stays as it is.
    #[must_use]
    pub fn on_slots(mut self, slots: &[Slot]) -> Self {
        let fitting = |slot: Slot| {
            let place = usize::from(slot.number()) % slots.len().max(1);
            slots.get(place).copied().unwrap_or(slot)
        };
        for step in &mut self.steps {
            match step {
                Step::Ask(event) | Step::Happen(event) | Step::Stray { event, .. } => {
                    *event = on_slot(*event, fitting);
                }
                Step::Pass(_) | Step::Answer { .. } | Step::Again { .. } => {}
            }
        }
        self
    }
}

fn on_slot(event: Event, fitting: impl Fn(Slot) -> Slot) -> Event {
    match event {
        Event::DeviceRequested(slot) => Event::DeviceRequested(fitting(slot)),
        Event::DeviceAdopted(slot) => Event::DeviceAdopted(fitting(slot)),
        Event::DeviceLent(slot) => Event::DeviceLent(fitting(slot)),
        Event::DeviceStopRequested(slot) => Event::DeviceStopRequested(fitting(slot)),
        Event::DeviceOpened(slot) => Event::DeviceOpened(fitting(slot)),
        Event::DeviceFailed(slot) => Event::DeviceFailed(fitting(slot)),
        Event::DeviceReleased(slot) => Event::DeviceReleased(fitting(slot)),
        Event::ReleaseFailed(slot) => Event::ReleaseFailed(fitting(slot)),
        Event::DeviceVanished(slot) => Event::DeviceVanished(fitting(slot)),
        Event::DeadlineReached(wait) => Event::DeadlineReached(match wait {
            Wait::Opening(slot) => Wait::Opening(fitting(slot)),
            Wait::Releasing(slot) => Wait::Releasing(fitting(slot)),
            Wait::Entering | Wait::Recovering | Wait::Departure | Wait::Transport => wait,
        }),
        Event::EnterRequested
        | Event::ExitRequested
        | Event::Entered
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
        | Event::CloseFailed => event,
    }
}

/// One step a line, since a failed property prints it.
impl fmt::Debug for History {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(formatter, "{:?}", self.policy)?;
        for step in &self.steps {
            writeln!(formatter, "    {step:?}")?;
        }
        Ok(())
    }
}
