//! Devices that a stay did not open: handed over, lent, or used by others as well (G-16).

use exeunt_core::{Event, Outcome, Settlement, Slot};
use exeunt_port::DeviceSignal;

use super::{Held, Meaning, Places};
use crate::equipment::Source;
use crate::ports;
use crate::{ExitLine, ReleasedDevice, RoomEvent};

impl Places {
    /// Begins to use what stands in the slot and is open already, or not the stay's to open.
    pub(crate) fn take_up(&mut self, slot: Slot) -> Option<Meaning> {
        let place = self.by_slot.get_mut(&slot)?;
        let (kind, answers) = (place.kind, self.answers.clone());
        let (listening, meaning) = match place.source.take()? {
            // It is being opened.
            device @ Source::Device(_) => {
                place.source = Some(device);
                return None;
            }
            Source::Preview(preview) => {
                let (link, signals) = place.connect(&mut self.openings, &self.captured);
                let number = place.opening;
                let (opened, broken) = preview.adopt(link);
                place.held = Held::Open(opened.device);
                let listening = tokio::spawn(ports::listen(signals, slot, number, answers));
                let description = opened.description;
                let meaning = match broken {
                    None => {
                        let told = RoomEvent::DeviceOpened {
                            slot,
                            kind,
                            description,
                        };
                        (None, Some(told))
                    }
                    Some(error) => self.signalled(slot, number, DeviceSignal::Vanished(error)),
                };
                (listening, meaning)
            }
            Source::Lent(lent) => {
                let (link, signals) = place.connect(&mut self.openings, &self.captured);
                let number = place.opening;
                let Some(user) = lent.join(link) else {
                    let gone = DeviceSignal::Vanished(lent.why_not());
                    return Some(self.signalled(slot, number, gone));
                };
                place.held = Held::Lent(user);
                let borrowing = ports::borrow(lent, signals, slot, number, answers);
                (tokio::spawn(borrowing), (None, None))
            }
        };
        if let Some(place) = self.by_slot.get_mut(&slot) {
            place.listening = Some(listening);
        }
        self.list_speakers();
        Some(meaning)
    }

    /// Uses a device no more that was lent, and leaves it open (G-16).
    pub(crate) fn give_back(&mut self, slot: Slot) -> Option<RoomEvent> {
        let place = self.by_slot.get_mut(&slot)?;
        if !matches!(place.held, Held::Lent(_)) {
            return None;
        }
        if let Some(side) = place.side.take() {
            side.silence();
        }
        place.held = Held::Nothing;
        let kind = place.kind;
        self.list_speakers();
        Some(RoomEvent::DeviceReturned { slot, kind })
    }

    /// A device that was lent is open.
    pub(crate) fn lent(&mut self, slot: Slot, opening: u32, description: String) -> Meaning {
        let place = self.by_slot.get(&slot);
        let used = place.filter(|place| place.opening == opening && place.side.is_some());
        let told = used.map(|place| RoomEvent::DeviceOpened {
            slot,
            kind: place.kind,
            description,
        });
        (None, told)
    }

    /// A device that was lent has gone, or is of no use any more: its owner sees to the rest.
    pub(super) fn lost(&mut self, slot: Slot, signal: DeviceSignal) -> Meaning {
        let Some(place) = self.by_slot.get_mut(&slot) else {
            return (None, None);
        };
        if let Some(side) = place.side.take() {
            side.silence();
        }
        place.held = Held::Nothing;
        let kind = place.kind;
        self.list_speakers();
        let told = match signal {
            DeviceSignal::Failed(error) => RoomEvent::DeviceFailed { slot, kind, error },
            DeviceSignal::Vanished(error) => RoomEvent::DeviceVanished { slot, kind, error },
        };
        (Some(Event::DeviceVanished(slot)), Some(told))
    }

    /// How what stood in a slot was let go of, for the report.
    pub(crate) fn released_device(
        &self,
        slot: Slot,
        settlement: Settlement,
    ) -> Option<ReleasedDevice> {
        let place = self.by_slot.get(&slot)?;
        let mut line = ExitLine::new(settlement, self.errors.get(&slot).cloned());
        if place.other_users > 0 && line.outcome == Outcome::Done {
            // What ended is this stay's use of it. The handle is there, for the others (G-13, G-16).
            line.outcome = Outcome::NotOwed;
        }
        Some(ReleasedDevice {
            slot,
            kind: place.kind,
            name: place.name.clone(),
            ownership: place.ownership,
            other_users: place.other_users,
            line,
        })
    }
}
