//! Since when each room and each stay is there, and who is told of what happens.

use std::collections::BTreeMap;

use exeunt_port::RoomId;

use crate::backend::{Departure, Happening, HappeningSource, Happenings, Moment, Owed, Receipt};
use crate::rooms::{Occurrence, StayId};

/// The times of day, which the rooms know nothing of, and the stream of what happens.
#[derive(Debug)]
pub(super) struct Register {
    opened: BTreeMap<RoomId, Moment>,
    entered: BTreeMap<StayId, Moment>,
    source: HappeningSource,
}

/// What telling a departure settles, and the receipt for it.
#[derive(Clone, Debug)]
pub(super) struct Announcement {
    /// Which output tells it; `None` if nobody is to be told.
    pub(super) output: Option<usize>,
    pub(super) stay: StayId,
    pub(super) owed: Owed,
    pub(super) receipt: Receipt,
}

impl Register {
    /// So many things that happened are kept for slow readers.
    pub(super) fn new(kept: usize) -> Self {
        Self {
            opened: BTreeMap::new(),
            entered: BTreeMap::new(),
            source: HappeningSource::new(kept),
        }
    }

    pub(super) fn reader(&self) -> Happenings {
        self.source.reader()
    }

    pub(super) fn opened_at(&self, room: &RoomId) -> Moment {
        self.opened.get(room).copied().unwrap_or_default()
    }

    pub(super) fn entered_at(&self, stay: StayId) -> Moment {
        self.entered.get(&stay).copied().unwrap_or_default()
    }

    /// Notes what happened, and tells whoever reads of it. `to_tell` says how many hear an output.
    pub(super) fn note(
        &mut self,
        at: Moment,
        occurred: Vec<Occurrence>,
        to_tell: impl Fn(usize) -> u32,
    ) -> Vec<Announcement> {
        let mut announcements = Vec::new();
        for occurrence in occurred {
            let what = match occurrence {
                Occurrence::RoomOpened { room, by } => {
                    self.opened.insert(room.clone(), at);
                    Happening::RoomOpened { room, by: Some(by) }
                }
                Occurrence::Entered {
                    stay,
                    room,
                    user,
                    role,
                } => {
                    self.entered.insert(stay, at);
                    let stay = stay.0;
                    Happening::Entered {
                        room,
                        user,
                        stay,
                        may_publish: role.is_anchor(),
                    }
                }
                Occurrence::Left {
                    stay,
                    room,
                    user,
                    role,
                    reason,
                    announced_by,
                } => {
                    let (receipt, owed) = Receipt::owing(announced_by.map_or(0, &to_tell));
                    announcements.push(Announcement {
                        output: announced_by,
                        stay,
                        owed,
                        receipt: receipt.clone(),
                    });
                    Happening::Left(Departure {
                        room,
                        user,
                        stay: stay.0,
                        entered_at: self.entered.remove(&stay).unwrap_or(at),
                        may_publish: role.is_anchor(),
                        reason: Some(reason),
                        receipt: Some(receipt),
                    })
                }
                Occurrence::RoomClosed { room } => {
                    let opened_at = self.opened.remove(&room).unwrap_or(at);
                    Happening::RoomClosed { room, opened_at }
                }
            };
            self.source.tell(at, what);
        }
        announcements
    }
}
