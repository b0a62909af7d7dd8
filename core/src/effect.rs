//! What comes out of the machine.

use arrayvec::ArrayVec;

use crate::{Disposition, Epoch, Ignored, MAX_DEVICES, Rejected, Slot};

/// What the machine asks of the world. Each is asked for the stay of the reaction's epoch.
///
/// The enum is complete on purpose: a driver that does not know an effect should not compile.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[cfg_attr(feature = "serde", serde(rename_all = "snake_case"))]
pub enum Effect {
    /// Enter the room. Answered by `Entered` or `EnterFailed`.
    Connect,
    /// Stop entering, or stop recovering the link (G-5). A connect under way still answers.
    AbandonConnect,
    /// Open a device. Answered by `DeviceOpened` or `DeviceFailed`.
    OpenDevice(Slot),
    /// Let no frame captured from now on leave the machine (G-14).
    GateMedia,
    /// Release a device, whatever stage it is in. Answered by `DeviceReleased`, `ReleaseFailed`
    /// or `DeviceVanished`; an opening under way may answer `DeviceOpened` first, or `DeviceFailed`,
    /// and then nothing is left to release.
    ReleaseDevice(Slot),
    /// Tell the others that we leave (G-12). Answered by `DepartureConfirmed`, `DepartureFailed`
    /// or `AlreadyOut`.
    AnnounceDeparture,
    /// Close the transport. Answered by `TransportClosed` or `CloseFailed`.
    CloseTransport,
    /// Call `onEnterRoom`.
    ReportEntered,
    /// Call `onExitRoom`: the report is there (G-1).
    ReportExit,
}

/// The most effects that one event can have: the gate, every device, and the connect that is abandoned
/// with the announcement or the close.
pub const MAX_EFFECTS: usize = MAX_DEVICES + 3;

/// The effects of one event, in the order in which they are to be started.
pub type Effects = ArrayVec<Effect, MAX_EFFECTS>;

/// What became of an event, and what is to be done about it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
#[cfg_attr(feature = "serde", derive(serde::Serialize, serde::Deserialize))]
#[must_use = "the effects are the machine's only way to do anything"]
pub struct Reaction {
    /// The stay that the effects belong to.
    pub epoch: Epoch,
    /// What is to be done, in order. Starting them is enough; nothing has to be waited for in between.
    pub effects: Effects,
    /// What became of the event. Nothing vanishes silently.
    pub disposition: Disposition,
}

impl Reaction {
    pub(crate) fn new(epoch: Epoch) -> Self {
        Self {
            epoch,
            effects: Effects::new(),
            disposition: Disposition::Applied,
        }
    }

    pub(crate) fn emit(&mut self, effect: Effect) {
        // `MAX_EFFECTS` is what the table can emit; the walk over all configurations shows it.
        self.effects.push(effect);
    }

    pub(crate) fn ignore(&mut self, why: Ignored) {
        self.disposition = Disposition::Ignored(why);
    }

    pub(crate) fn reject(&mut self, why: Rejected) {
        self.disposition = Disposition::Rejected(why);
    }

    pub(crate) fn undo(&mut self) {
        self.disposition = Disposition::Undone;
    }
}
