//! Since when each room and each stay is there, and who is told of what happens.

use std::collections::BTreeMap;

use exeunt_port::RoomId;

use super::tally::{Counted, Tally};
use crate::backend::{
    Departure, Happening, HappeningSource, Happenings, LeaveReason, Moment, Owed, Receipt,
};
use crate::rooms::{Occurrence, StayId};

/// The times of day, which the rooms know nothing of, and the stream of what happens.
#[derive(Debug)]
pub(super) struct Register {
    tally: Tally,
    entered: BTreeMap<StayId, Moment>,
    source: HappeningSource,
}

/// What telling a departure settles, and the receipt for it.
#[derive(Clone, Debug)]
pub(super) struct Announcement {
    /// Which output tells it; `None` if nobody is to be told.
    pub(super) output: Option<usize>,
    pub(super) stay: StayId,
    /// Why it ended.
    pub(super) reason: LeaveReason,
    pub(super) owed: Owed,
    pub(super) receipt: Receipt,
}

impl Register {
    /// So many things that happened are kept for slow readers.
    pub(super) fn new(kept: usize) -> Self {
        Self {
            tally: Tally::default(),
            entered: BTreeMap::new(),
            source: HappeningSource::new(kept),
        }
    }

    pub(super) fn reader(&self) -> Happenings {
        self.source.reader()
    }

    /// What is known of a room without looking at its members.
    pub(super) fn counted(&self, room: &RoomId) -> Counted {
        self.tally.of(room)
    }

    /// A member of this room lost its connection, or has it back.
    pub(super) fn reconnected(&mut self, room: &RoomId) {
        self.tally.reconnected(room);
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
            let opened_at = match &occurrence {
                Occurrence::RoomClosed { room } => self.tally.of(room).opened_at,
                Occurrence::RoomOpened { .. }
                | Occurrence::Entered { .. }
                | Occurrence::Left { .. } => at,
            };
            self.tally.note(at, &occurrence);
            let what = match occurrence {
                Occurrence::RoomOpened { room, by } => Happening::RoomOpened { room, by: Some(by) },
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
                        reason,
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
                Occurrence::RoomClosed { room } => Happening::RoomClosed { room, opened_at },
            };
            self.source.tell(at, what);
        }
        announcements
    }
}
