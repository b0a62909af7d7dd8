//! Rooms and stays as they were told of: pure.

use std::collections::{BTreeMap, VecDeque};

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
}

impl Record {
    pub(crate) fn new(remembered: usize) -> Self {
        Self {
            remembered,
            last_session: 0,
            sessions: BTreeMap::new(),
            open: BTreeMap::new(),
            ended: VecDeque::new(),
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

    /// Makes the record agree with the rooms as they were at that time.
    pub(crate) fn compare(&mut self, asked_at: Moment, rooms: &[RoomState]) {
        for room in rooms {
            if !self.open.contains_key(&room.id) {
                self.open(room.opened_at, &room.id, None);
            }
            for member in &room.members {
                self.enter(member.entered_at, &room.id, &member.user, member.stay);
            }
        }
        let found: BTreeMap<&RoomId, &RoomState> =
            rooms.iter().map(|room| (&room.id, room)).collect();
        let mut gone = Vec::new();
        for (id, session) in &self.open {
            let Some(session) = self.sessions.get(session) else {
                continue;
            };
            let members = found.get(id).map_or(&[][..], |room| &room.members);
            let is_in = |stay: u64| members.iter().any(|member| member.stay == stay);
            let stays = session.stays.iter().filter(|(number, stay)| {
                stay.left_at.is_none() && stay.entered_at < asked_at && !is_in(**number)
            });
            let stays: Vec<u64> = stays.map(|(number, _)| *number).collect();
            let is_over = !found.contains_key(id) && session.opened_at < asked_at;
            gone.push((id.clone(), stays, is_over));
        }
        for (room, stays, is_over) in gone {
            for stay in stays {
                self.leave(asked_at, &room, stay, None, None);
            }
            if is_over {
                self.close(asked_at, &room);
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
mod tests {
    use super::*;
    use crate::backend::Publishes;
    use crate::backend::{MemberState, ReceiptState};

    fn room() -> RoomId {
        RoomId::number(7).unwrap()
    }

    fn user(name: &str) -> UserId {
        name.parse().unwrap()
    }

    fn happened(at: u64, what: Happening) -> Happened {
        let (sequence, at) = (0, Moment(at));
        Happened { sequence, at, what }
    }

    fn entered(at: u64, name: &str, stay: u64) -> Happened {
        let (room, user) = (room(), user(name));
        let may_publish = true;
        happened(
            at,
            Happening::Entered {
                room,
                user,
                stay,
                may_publish,
            },
        )
    }

    fn left(at: u64, name: &str, stay: u64) -> Happened {
        let departure = Departure {
            room: room(),
            user: user(name),
            stay,
            entered_at: Moment(1),
            may_publish: true,
            reason: Some(LeaveReason::Kicked),
            receipt: Some(Receipt::settled(ReceiptState::default())),
        };
        happened(at, Happening::Left(departure))
    }

    #[test]
    fn what_is_over_is_remembered_within_bounds_and_who_is_in_a_room_always() {
        let mut record = Record::new(2);
        for stay in 1..=4 {
            record.note(&entered(stay, "alice", stay));
            record.note(&left(stay, "alice", stay));
        }
        record.note(&entered(9, "bob", 9));
        let over: Vec<u64> = record.ended().map(|ended| ended.stay).collect();
        assert_eq!(over, [4, 3]);
        let session = record.sessions().next().unwrap();
        let stays: Vec<u64> = session.stays.keys().copied().collect();
        assert_eq!(stays, [3, 4, 9]);
        let (room, opened_at) = (room(), Moment(1));
        record.note(&happened(10, Happening::RoomClosed { room, opened_at }));
        for stay in 11..=13 {
            record.note(&entered(stay, "carol", stay));
            record.note(&left(stay, "carol", stay));
        }
        assert_eq!(record.ended().count(), 2);
    }

    #[test]
    fn a_gap_is_closed_by_what_the_rooms_say_and_what_is_newer_stays() {
        let mut record = Record::new(10);
        record.note(&entered(1, "alice", 1));
        record.note(&entered(2, "bob", 2));
        record.note(&entered(20, "carol", 4));
        let member = MemberState {
            user: user("bob"),
            stay: 3,
            entered_at: Moment(5),
            connected: true,
            may_publish: true,
            heard_at: None,
            publishes: Publishes::default(),
        };
        let state = RoomState {
            id: room(),
            opened_at: Moment(1),
            members: vec![member],
        };
        record.compare(Moment(10), &[state]);
        let in_it: Vec<u64> = record
            .sessions()
            .flat_map(|session| &session.stays)
            .filter(|(_, stay)| stay.left_at.is_none())
            .map(|(number, _)| *number)
            .collect();
        assert_eq!(in_it, [3, 4]);
        assert!(record.ended().all(|ended| ended.reason.is_none()));
        record.compare(Moment(30), &[]);
        assert_eq!(
            record
                .sessions()
                .filter(|one| one.closed_at.is_none())
                .count(),
            0
        );
    }
}
