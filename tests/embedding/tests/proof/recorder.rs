//! An engine that writes down what it is called for.

use exeunt_core::{Effect, Epoch, Slot};
use exeunt_embedding::{Callbacks, Capture, Engine, Joined, LeaveReason};

#[derive(Debug, Default)]
pub(crate) struct Recorder {
    pub(crate) calls: Vec<(Epoch, Effect)>,
}

impl Recorder {
    fn note(&mut self, joined: Joined, effect: Effect) {
        self.calls.push((Epoch::from_number(joined.0), effect));
    }
}

fn slot(capture: Capture) -> Slot {
    match capture {
        Capture::Camera => crate::SLOTS[0],
        Capture::Microphone => crate::SLOTS[1],
    }
}

impl Engine for Recorder {
    fn dial(&mut self, joined: Joined) {
        self.note(joined, Effect::Connect);
    }

    fn stop_dialling(&mut self, joined: Joined) {
        self.note(joined, Effect::AbandonConnect);
    }

    fn start_capture(&mut self, joined: Joined, capture: Capture) {
        self.note(joined, Effect::OpenDevice(slot(capture)));
    }

    fn mute_everything(&mut self, joined: Joined) {
        self.note(joined, Effect::GateMedia);
    }

    fn stop_capture(&mut self, joined: Joined, capture: Capture) {
        self.note(joined, Effect::ReleaseDevice(slot(capture)));
    }

    fn send_bye(&mut self, joined: Joined) {
        self.note(joined, Effect::AnnounceDeparture);
    }

    fn hang_up(&mut self, joined: Joined) {
        self.note(joined, Effect::CloseTransport);
    }
}

impl Callbacks for Recorder {
    fn on_join_channel(&mut self, joined: Joined) {
        self.note(joined, Effect::ReportEntered);
    }

    fn on_leave_channel(&mut self, joined: Joined, _: LeaveReason) {
        self.note(joined, Effect::ReportExit);
    }
}
