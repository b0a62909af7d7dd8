//! Rooms and members as Janus's answers tell of them, and what must have happened in between.
//!
//! Janus is asked again and again; what differs from the answer before has happened. Pure: answers come
//! in, happenings go out. Every question takes a ticket before it is asked, and an answer counts for a room
//! only if nothing newer is known about it (G-10): an answer that was overtaken by a kick, or by the answer
//! to a later question, would bring the dead back to life.

use std::collections::BTreeMap;

use exeunt_janus::translate::Id;
use exeunt_janus::translate::identity::{has_id_of, user_of};
use exeunt_janus::translate::videoroom::Participant;
use exeunt_port::{RoomId, UserId};

use crate::backend::{
    Departure, Happening, HappeningSource, Happenings, LeaveReason, MemberState, Moment, Publishes,
    RoomState,
};

/// The place of a question among all questions and deeds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Ticket(u64);

/// What is known of every answer.
#[derive(Clone, Copy, Debug)]
pub(super) struct Answered {
    /// Of the question.
    pub(super) ticket: Ticket,
    /// Over which connection.
    pub(super) connection: u64,
    /// When.
    pub(super) at: Moment,
}

/// All that is known of Janus's rooms.
#[derive(Debug)]
pub(super) struct Census {
    source: HappeningSource,
    last_ticket: u64,
    last_stay: u64,
    /// When a room ended last.
    last_end: Ticket,
    /// Whether the rooms that there were at the beginning are known: from then on what is new is told.
    begun: bool,
    rooms: BTreeMap<RoomId, Room>,
}

#[derive(Debug)]
struct Room {
    opened_at: Moment,
    /// What is older than this is known better.
    known: Ticket,
    /// The connection over which it was seen last: over another one it may be another Janus's.
    connection: u64,
    /// How many are about to end it. Meanwhile it is they who say how it ended.
    ending: u32,
    members: BTreeMap<Id, Member>,
}

#[derive(Debug)]
struct Member {
    user: UserId,
    stay: u64,
    entered_at: Moment,
    sends: bool,
    /// How many are about to kick this member. Meanwhile it is they who say why it is out.
    kicking: u32,
}

impl Census {
    /// Nothing is known yet. So many things that happen are kept for slow readers.
    pub(super) fn new(kept: usize) -> Self {
        Self {
            source: HappeningSource::new(kept),
            last_ticket: 0,
            last_stay: 0,
            last_end: Ticket(0),
            begun: false,
            rooms: BTreeMap::new(),
        }
    }

    pub(super) fn reader(&self) -> Happenings {
        self.source.reader()
    }

    /// For a question that is about to be asked.
    pub(super) fn ticket(&mut self) -> Ticket {
        self.last_ticket += 1;
        Ticket(self.last_ticket)
    }

    /// What there was already is known: what is new from now on has happened.
    pub(super) fn begin(&mut self) {
        self.begun = true;
    }

    /// Who is in a room: the answer to a question.
    pub(super) fn found(&mut self, answer: Answered, room: &RoomId, present: &[Participant]) {
        if !self.open(answer, room) {
            return;
        }
        let Some(known) = self.rooms.get_mut(room) else {
            return;
        };
        if known.known > answer.ticket {
            return;
        }
        (known.known, known.connection) = (answer.ticket, answer.connection);
        let is_gone = |(id, member): (&Id, &Member)| {
            let is_there = present.iter().any(|one| one.id == *id);
            (!is_there && member.kicking == 0).then(|| id.clone())
        };
        let gone: Vec<Id> = known.members.iter().filter_map(is_gone).collect();
        for id in gone {
            self.leave(answer.at, room, &id, None);
        }
        for one in present {
            self.enter(answer.at, room, one);
        }
    }

    /// A room is there, whoever is in it. Answers whether it is known now.
    pub(super) fn open(&mut self, answer: Answered, room: &RoomId) -> bool {
        if self.rooms.contains_key(room) {
            return true;
        }
        // It may be one that was ended after the question was asked.
        if answer.ticket < self.last_end {
            return false;
        }
        let opened = Room {
            opened_at: answer.at,
            known: answer.ticket,
            connection: answer.connection,
            ending: 0,
            members: BTreeMap::new(),
        };
        self.rooms.insert(room.clone(), opened);
        let room = room.clone();
        self.tell(answer.at, Happening::RoomOpened { room, by: None });
        true
    }

    /// A room is not there: the answer to a question. Over the same connection somebody has ended it;
    /// over another one Janus may have begun anew.
    pub(super) fn missing(&mut self, answer: Answered, room: &RoomId) {
        let Some(known) = self.rooms.get(room) else {
            return;
        };
        let pending = known.members.values().any(|member| member.kicking > 0);
        if known.known > answer.ticket || known.ending > 0 || pending {
            return;
        }
        let same = known.connection == answer.connection;
        self.close(answer.at, room, same.then_some(LeaveReason::Dismissed));
    }

    /// Some are about to be kicked: from here to [`kicks_done`](Self::kicks_done) no answer says why they
    /// are out.
    pub(super) fn kicks_begin(&mut self, room: &RoomId, ids: &[Id]) {
        self.count_kicks(room, ids, |kicking| kicking + 1);
    }

    /// The end of it, however it went.
    pub(super) fn kicks_done(&mut self, room: &RoomId, ids: &[Id]) {
        self.count_kicks(room, ids, |kicking| kicking.saturating_sub(1));
    }

    fn count_kicks(&mut self, room: &RoomId, ids: &[Id], counted: fn(u32) -> u32) {
        let members = self.rooms.get_mut(room).map(|room| &mut room.members);
        for (id, member) in members.into_iter().flatten() {
            if ids.contains(id) {
                member.kicking = counted(member.kicking);
            }
        }
    }

    /// Somebody is out, because we kicked him (`reason`), or was when we came to do it.
    pub(super) fn out(&mut self, at: Moment, room: &RoomId, id: &Id, reason: Option<LeaveReason>) {
        let ticket = self.ticket();
        if let Some(known) = self.rooms.get_mut(room) {
            known.known = ticket;
        }
        self.leave(at, room, id, reason);
    }

    /// A room is about to be ended: from here to [`end_done`](Self::end_done) no answer says how it ended.
    pub(super) fn end_begins(&mut self, room: &RoomId) {
        if let Some(known) = self.rooms.get_mut(room) {
            known.ending += 1;
        }
    }

    /// The end of it, however it went.
    pub(super) fn end_done(&mut self, room: &RoomId) {
        if let Some(known) = self.rooms.get_mut(room) {
            known.ending = known.ending.saturating_sub(1);
        }
    }

    /// A room is over, for we ended it. Answers how many were in it.
    pub(super) fn dismissed(&mut self, at: Moment, room: &RoomId) -> usize {
        self.close(at, room, Some(LeaveReason::Dismissed))
    }

    /// All rooms that are known, in the order of their ids.
    pub(super) fn ids(&self) -> Vec<RoomId> {
        self.rooms.keys().cloned().collect()
    }

    /// Whether somebody is known to be in the room.
    pub(super) fn is_occupied(&self, room: &RoomId) -> bool {
        self.rooms
            .get(room)
            .is_some_and(|room| !room.members.is_empty())
    }

    /// Whom a user's name means in a room, and which stay.
    pub(super) fn find(&self, room: &RoomId, user: &UserId) -> Option<(Id, u64)> {
        let mut members = self.rooms.get(room)?.members.iter();
        let (id, member) = members.find(|(_, member)| member.user == *user)?;
        Some((id.clone(), member.stay))
    }

    /// A room as it is known.
    pub(super) fn state(&self, id: &RoomId) -> Option<RoomState> {
        let room = self.rooms.get(id)?;
        let members = room.members.values().map(|member| MemberState {
            user: member.user.clone(),
            stay: member.stay,
            entered_at: member.entered_at,
            // Who has no connection is no participant.
            connected: true,
            heard_at: None,
            publishes: Publishes {
                something: member.sends,
                ..Publishes::default()
            },
            may_publish: true,
        });
        let mut members: Vec<_> = members.collect();
        members.sort_by(|one, other| one.user.cmp(&other.user));
        Some(RoomState {
            id: id.clone(),
            opened_at: room.opened_at,
            members,
        })
    }

    fn enter(&mut self, at: Moment, room: &RoomId, one: &Participant) {
        let Some(known) = self.rooms.get_mut(room) else {
            return;
        };
        if let Some(member) = known.members.get_mut(&one.id) {
            member.sends = one.publisher;
            return;
        }
        let named = user_of(&one.id, one.display.as_deref());
        let mut members = known.members.iter();
        let shown_by = members.find(|(_, member)| member.user == named);
        let user = match shown_by.map(|(id, _)| id.clone()) {
            // A kick by this name is meant for whoever has its number.
            Some(shown_by) if has_id_of(&one.id, &named) => {
                self.call_by_id(at, room, &shown_by);
                named
            }
            Some(_) => user_of(&one.id, None),
            None => named,
        };
        let Some(known) = self.rooms.get_mut(room) else {
            return;
        };
        self.last_stay += 1;
        let stay = self.last_stay;
        let member = Member {
            user: user.clone(),
            stay,
            entered_at: at,
            sends: one.publisher,
            kicking: 0,
        };
        known.members.insert(one.id.clone(), member);
        let (room, may_publish) = (room.clone(), true);
        let entered = Happening::Entered {
            room,
            user,
            stay,
            may_publish,
        };
        self.tell(at, entered);
    }

    /// Somebody shows a name that another one has: for all who hear of it he leaves, and somebody enters.
    fn call_by_id(&mut self, at: Moment, room: &RoomId, id: &Id) {
        let known = self.rooms.get(room);
        let Some(member) = known.and_then(|known| known.members.get(id)) else {
            return;
        };
        let (publisher, kicking) = (member.sends, member.kicking);
        self.leave(at, room, id, None);
        let nameless = Participant {
            id: id.clone(),
            display: None,
            publisher,
        };
        self.enter(at, room, &nameless);
        let known = self.rooms.get_mut(room);
        if let Some(member) = known.and_then(|known| known.members.get_mut(id)) {
            member.kicking = kicking;
        }
    }

    fn leave(&mut self, at: Moment, room: &RoomId, id: &Id, reason: Option<LeaveReason>) {
        let known = self.rooms.get_mut(room);
        let Some(member) = known.and_then(|known| known.members.remove(id)) else {
            return;
        };
        let left = Departure {
            room: room.clone(),
            user: member.user,
            stay: member.stay,
            entered_at: member.entered_at,
            may_publish: true,
            reason,
            // Janus tells the others, and nobody else that it did.
            receipt: None,
        };
        self.tell(at, Happening::Left(left));
    }

    fn close(&mut self, at: Moment, room: &RoomId, reason: Option<LeaveReason>) -> usize {
        let Some(known) = self.rooms.get(room) else {
            return 0;
        };
        let (opened_at, members) = (known.opened_at, known.members.keys().cloned());
        let members: Vec<Id> = members.collect();
        for id in &members {
            self.leave(at, room, id, reason);
        }
        self.rooms.remove(room);
        self.last_end = self.ticket();
        let room = room.clone();
        self.tell(at, Happening::RoomClosed { room, opened_at });
        members.len()
    }

    fn tell(&self, at: Moment, what: Happening) {
        if self.begun {
            self.source.tell(at, what);
        }
    }
}

#[cfg(test)]
mod tests;
