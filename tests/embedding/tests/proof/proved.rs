//! What the suite says, in the SDK's own words.

use exeunt_core::{Effect, Epoch, Event, Instant, Policy, Reason, Slot, Timeout};
use exeunt_embedding::{Capture, Joined, ToySdk};
use exeunt_scenario::Wrapper;

use crate::recorder::Recorder;

pub(crate) struct Proved {
    sdk: ToySdk<Recorder>,
}

impl Proved {
    pub(crate) fn new(policy: Policy) -> Self {
        Self {
            sdk: ToySdk::new(policy, Recorder::default()),
        }
    }
}

impl Wrapper for Proved {
    fn handle(&mut self, epoch: Epoch, event: Event, now: Instant) -> Vec<(Epoch, Effect)> {
        let sdk = &mut self.sdk;
        let stay = Joined(epoch.number());
        let is_current = stay == sdk.joined();
        match event {
            // The SDK gives the next stay its number itself.
            Event::EnterRequested if stay.0 == sdk.joined().0 + 1 => {
                sdk.join_channel(now);
            }
            Event::ExitRequested if is_current => sdk.leave_channel(now),
            Event::DeviceRequested(slot) if is_current => sdk.enable(capture(slot), now),
            Event::DeviceAdopted(slot) if is_current => sdk.take_over(capture(slot), now),
            Event::DeviceLent(slot) if is_current => sdk.borrow(capture(slot), now),
            Event::DeviceStopRequested(slot) if is_current => sdk.disable(capture(slot), now),
            Event::DeadlineReached(wait) if is_current => sdk.timer_fires(wait, now),
            // There is one SDK, and it asks, and keeps time, for the stay under way only.
            Event::EnterRequested
            | Event::ExitRequested
            | Event::DeviceRequested(_)
            | Event::DeviceAdopted(_)
            | Event::DeviceLent(_)
            | Event::DeviceStopRequested(_)
            | Event::DeadlineReached(_) => {}
            // The engine may be late.
            Event::Entered
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
            | Event::DeviceOpened(_)
            | Event::DeviceFailed(_)
            | Event::DeviceReleased(_)
            | Event::ReleaseFailed(_)
            | Event::DeviceVanished(_) => sdk.engine_tells(stay, event, now),
        }
        std::mem::take(&mut sdk.engine().calls)
    }

    fn poll_timeout(&self) -> Option<Timeout> {
        self.sdk.next_timeout()
    }

    fn exit_reason(&self) -> Option<Reason> {
        self.sdk.left_because()
    }
}

fn capture(slot: Slot) -> Capture {
    if slot == crate::SLOTS[0] {
        Capture::Camera
    } else {
        Capture::Microphone
    }
}
