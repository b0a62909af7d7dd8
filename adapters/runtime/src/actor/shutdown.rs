//! The end of the session's task before the end of its stay: a runtime that is shut down, or a bug.

use exeunt_core::{DeviceStage, Epoch, Event, Slot, State};
use tokio::sync::mpsc;

use super::{Actor, Enter};
use crate::client::Setup;

impl Actor {
    /// Ends a stay that no runtime can begin any more.
    pub(crate) fn end_at_once(setup: &Setup, enter: Enter) {
        let (client, enters) = mpsc::channel(1);
        // It has room for one; the session that takes it ends here, and reports it.
        let _ = client.try_send(enter);
        drop(Self::new(setup, enters));
    }

    /// A step whose effects nobody can carry out any more.
    fn handle_dropped(&mut self, epoch: Epoch, event: Event) {
        let step = self.handle(epoch, event);
        self.conclude(&step);
    }
}

/// However the session's task ends, its stay is reported (G-1). A runtime that is shut down under it
/// can carry nothing out any more: everything is dropped, and nothing confirmed.
impl Drop for Actor {
    fn drop(&mut self) {
        // From here on a client knows that it needs another task.
        self.enters.close();
        while let Ok(enter) = self.enters.try_recv() {
            let epoch = enter.epoch;
            self.expect(enter);
            self.handle_dropped(epoch, Event::EnterRequested);
        }
        let epoch = self.session.epoch();
        let Some(stay) = self.stays.get_mut(&epoch).filter(|stay| !stay.is_over()) else {
            return;
        };
        let said = if std::thread::panicking() {
            "the session's task panicked"
        } else {
            "the session's runtime was shut down"
        };
        let lines = &mut stay.lines;
        for error in [&mut lines.departure_error, &mut lines.transport_error] {
            error.get_or_insert_with(|| said.to_owned());
        }
        if stay.exit.is_cancelled() && matches!(self.session.state(), State::InRoom(_)) {
            self.handle_dropped(epoch, Event::ExitRequested);
        }
        // A close that was asked for has not succeeded; before that the transport is just gone.
        self.handle_dropped(epoch, Event::CloseFailed);
        self.handle_dropped(epoch, Event::TransportClosed);
        for slot in Slot::all() {
            if matches!(
                self.session.state().device(slot),
                DeviceStage::Releasing { .. }
            ) {
                self.handle_dropped(epoch, Event::ReleaseFailed(slot));
            }
        }
    }
}
