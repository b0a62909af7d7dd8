//! Rooms and stays as they were told of: pure.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use exeunt_port::{RoomId, UserId};

use crate::backend::{Departure, Happened, Happening, LeaveReason, Moment, Receipt, RoomState};

/// A room from its opening to its end. The next room of the same id is another session.
#[derive(Clone, Debug)]
pub(crate) struct Session {
    pub(crate) room: RoomId,
    pub(crate) opened_at: Moment,
    /// Who entered first, where that is known.
    pub(crate) opened_by: Option<UserId>,
    pub(crate) closed_at: Option<Moment>,
    /// By their numbers.
    pub(crate) stays: BTreeMap<u64, StayRecord>,
}

/// A stay in a session.
#[derive(Clone, Debug)]
pub(crate) struct StayRecord {
    pub(crate) user: UserId,
    pub(crate) entered_at: Moment,
    pub(crate) left_at: Option<Moment>,
}

/// A stay that is over.
#[derive(Clone, Debug)]
pub(crate) struct EndedStay {
    session: u64,
    pub(crate) room: RoomId,
    pub(crate) user: UserId,
    pub(crate) stay: u64,
    pub(crate) entered_at: Moment,
    pub(crate) left_at: Moment,
    /// `None` where the record missed it, or the back end does not know it.
    pub(crate) reason: Option<LeaveReason>,
    pub(crate) receipt: Option<Receipt>,
}

/// All of them. Who is in a room is in the record; of those who left, the latest.
#[derive(Debug)]
pub(crate) struct Record {
    remembered: usize,
    last_session: u64,
    sessions: BTreeMap<u64, Session>,
    open: BTreeMap<RoomId, u64>,
    ended: VecDeque<EndedStay>,
    /// What happened since the rooms were asked how they are, if they were.
    meanwhile: Option<Meanwhile>,
}

/// What happened while the rooms were asked how they are: of that the stream is the judge, and not an
/// answer that may be older. It holds no more than happens within one question to the back end.
#[derive(Debug, Default)]
struct Meanwhile {
    entered: BTreeSet<u64>,
    left: BTreeSet<u64>,
    opened: BTreeSet<RoomId>,
    closed: BTreeSet<RoomId>,
}

impl Meanwhile {
    fn note(&mut self, what: &Happening) {
        match what {
            Happening::RoomOpened { room, .. } => drop(self.opened.insert(room.clone())),
            Happening::Entered { stay, .. } => drop(self.entered.insert(*stay)),
            Happening::Left(departure) => drop(self.left.insert(departure.stay)),
            Happening::RoomClosed { room, .. } => drop(self.closed.insert(room.clone())),
        }
    }
}

impl Record {
    pub(crate) fn new(remembered: usize) -> Self {
        Self {
            remembered,
            last_session: 0,
            sessions: BTreeMap::new(),
            open: BTreeMap::new(),
            ended: VecDeque::new(),
            meanwhile: None,
        }
    }

    /// The sessions, oldest first.
    pub(crate) fn sessions(&self) -> impl Iterator<Item = &Session> {
        self.sessions.values()
    }

    /// The stays that are over, latest first.
    pub(crate) fn ended(&self) -> impl Iterator<Item = &EndedStay> {
        self.ended.iter().rev()
    }

    /// Writes down what happened.
    pub(crate) fn note(&mut self, happened: &Happened) {
        let at = happened.at;
        if let Some(meanwhile) = &mut self.meanwhile {
            meanwhile.note(&happened.what);
        }
        match &happened.what {
            Happening::RoomOpened { room, by } => {
                self.close(at, room);
                self.open(at, room, by.as_ref());
            }
            Happening::Entered {
                room, user, stay, ..
            } => self.enter(at, room, user, *stay),
            Happening::Left(departure) => {
                let Departure {
                    room,
                    user,
                    stay,
                    entered_at,
                    reason,
                    receipt,
                    ..
                } = departure;
                self.enter(*entered_at, room, user, *stay);
                self.leave(at, room, *stay, *reason, receipt.clone());
            }
            Happening::RoomClosed { room, .. } => self.close(at, room),
        }
    }

    /// The rooms are going to be asked how they are.
    pub(crate) fn begin_to_compare(&mut self) {
        self.meanwhile = Some(Meanwhile::default());
    }

    /// Rooms that are open as far as is known, and are not among these.
    pub(crate) fn missing(&self, rooms: &[RoomState]) -> Vec<RoomId> {
        let found: BTreeSet<&RoomId> = rooms.iter().map(|room| &room.id).collect();
        let open = self.open.keys();
        open.filter(|room| !found.contains(room)).cloned().collect()
    }

    /// Makes the record agree with the rooms as they were found since
    /// [`begin_to_compare`](Self::begin_to_compare). What is missing from them was over by now.
    pub(crate) fn compare(&mut self, now: Moment, rooms: &[RoomState]) {
        let meanwhile = self.meanwhile.take().unwrap_or_default();
        for room in rooms {
            // It ended after it was looked at; if it is open again, that is known.
            if !self.open.contains_key(&room.id) && meanwhile.closed.contains(&room.id) {
                continue;
            }
            if !self.open.contains_key(&room.id) {
                self.open(room.opened_at, &room.id, None);
            }
            let members = room.members.iter();
            for member in members.filter(|member| !meanwhile.left.contains(&member.stay)) {
                self.enter(member.entered_at, &room.id, &member.user, member.stay);
            }
        }
        let found: BTreeSet<&RoomId> = rooms.iter().map(|room| &room.id).collect();
        let members = rooms.iter().flat_map(|room| &room.members);
        let present: BTreeSet<u64> = members.map(|member| member.stay).collect();
        let mut gone = Vec::new();
        for (id, session) in &self.open {
            let Some(session) = self.sessions.get(session) else {
                continue;
            };
            let stays = session.stays.iter().filter(|(number, stay)| {
                stay.left_at.is_none()
                    && !present.contains(number)
                    && !meanwhile.entered.contains(number)
            });
            let stays: Vec<u64> = stays.map(|(number, _)| *number).collect();
            let is_over = !found.contains(id) && !meanwhile.opened.contains(id);
            gone.push((id.clone(), stays, is_over));
        }
        for (room, stays, is_over) in gone {
            for stay in stays {
                self.leave(now, &room, stay, None, None);
            }
            if is_over {
                self.close(now, &room);
            }
        }
    }

    fn open(&mut self, at: Moment, room: &RoomId, by: Option<&UserId>) {
        self.last_session += 1;
        let session = Session {
            room: room.clone(),
            opened_at: at,
            opened_by: by.cloned(),
            closed_at: None,
            stays: BTreeMap::new(),
        };
        self.sessions.insert(self.last_session, session);
        self.open.insert(room.clone(), self.last_session);
    }

    fn enter(&mut self, at: Moment, room: &RoomId, user: &UserId, stay: u64) {
        if !self.open.contains_key(room) {
            self.open(at, room, None);
        }
        let session = self.open.get(room);
        if let Some(session) = session.and_then(|number| self.sessions.get_mut(number)) {
            session.stays.entry(stay).or_insert_with(|| StayRecord {
                user: user.clone(),
                entered_at: at,
                left_at: None,
            });
        }
    }

    fn leave(
        &mut self,
        at: Moment,
        room: &RoomId,
        stay: u64,
        reason: Option<LeaveReason>,
        receipt: Option<Receipt>,
    ) {
        let Some(number) = self.open.get(room).copied() else {
            return;
        };
        let session = self.sessions.get_mut(&number);
        let Some(found) = session.and_then(|session| session.stays.get_mut(&stay)) else {
            return;
        };
        if found.left_at.replace(at).is_some() {
            return;
        }
        self.ended.push_back(EndedStay {
            session: number,
            room: room.clone(),
            user: found.user.clone(),
            stay,
            entered_at: found.entered_at,
            left_at: at,
            reason,
            receipt,
        });
        while self.ended.len() > self.remembered {
            let Some(oldest) = self.ended.pop_front() else {
                break;
            };
            if let Some(session) = self.sessions.get_mut(&oldest.session) {
                session.stays.remove(&oldest.stay);
            }
            self.forget_if_over(oldest.session);
        }
    }

    fn close(&mut self, at: Moment, room: &RoomId) {
        let Some(number) = self.open.remove(room) else {
            return;
        };
        if let Some(session) = self.sessions.get_mut(&number) {
            session.closed_at = Some(at);
        }
        self.forget_if_over(number);
    }

    fn forget_if_over(&mut self, number: u64) {
        let is_over = |session: &Session| session.closed_at.is_some() && session.stays.is_empty();
        if self.sessions.get(&number).is_some_and(is_over) {
            self.sessions.remove(&number);
        }
    }
}

#[cfg(test)]
mod tests;
