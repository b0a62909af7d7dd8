//! What the hub knows, as a pure structure: requests in, words into mailboxes, no clock, no tasks.

use std::collections::{BTreeMap, VecDeque};

use exeunt_port::{RemoteLeaveReason, RoomId, RoomSignal, UserId};

use crate::HubError;

/// The number of one stay in the hub. A number is never given twice, so a word that was meant for an
/// old stay cannot reach a newer one of the same user (G-10).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct StayNumber(u64);

/// The number of one lease: it runs from when a member falls silent until he is heard again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct LeaseNumber(u64);

/// Why somebody is not let in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// The hub has stopped.
    Stopped,
    /// The room has as many members as it may have.
    Full,
}

/// All rooms, their members, and what is still to be told to whom.
#[derive(Debug, Default)]
pub(crate) struct Rooms {
    present: BTreeMap<RoomId, BTreeMap<UserId, StayNumber>>,
    members: BTreeMap<StayNumber, Member>,
    mailboxes: BTreeMap<StayNumber, VecDeque<RoomSignal>>,
    /// Whose mailbox has news; the hub wakes them after it has unlocked.
    woken: Vec<StayNumber>,
    /// Whose mailbox is full; they are cut off at the end of the step.
    deaf: Vec<StayNumber>,
    last_number: u64,
    stopped: bool,
}

#[derive(Debug)]
struct Member {
    room: RoomId,
    user: UserId,
    lease: Option<LeaseNumber>,
}

impl Rooms {
    /// Members a room may have. Together with the mailbox it bounds what a newcomer is told at once.
    pub(crate) const MEMBERS: usize = 256;
    /// Words that may wait for one member. Who is further behind is taken for dead.
    const MAILBOX: usize = 1024;

    /// Lets a user in. Tells everybody who is there, and the newcomer who was there before him.
    /// An earlier stay of the same user in this room ends as replaced.
    pub(crate) fn enter(&mut self, room: &RoomId, user: &UserId) -> Result<StayNumber, Refusal> {
        if self.stopped {
            return Err(Refusal::Stopped);
        }
        let earlier = self.stay_of(room, user);
        let others =
            self.present.get(room).map_or(0, BTreeMap::len) - usize::from(earlier.is_some());
        if others >= Self::MEMBERS {
            return Err(Refusal::Full);
        }
        if let Some(earlier) = earlier {
            self.expel(
                earlier,
                RemoteLeaveReason::Kicked,
                Some(RoomSignal::Replaced),
            );
        }
        let stay = StayNumber(self.next_number());
        let present: Vec<_> = self
            .present
            .get(room)
            .into_iter()
            .flatten()
            .map(|(user, stay)| (user.clone(), *stay))
            .collect();
        self.present
            .entry(room.clone())
            .or_default()
            .insert(user.clone(), stay);
        self.members.insert(
            stay,
            Member {
                room: room.clone(),
                user: user.clone(),
                lease: None,
            },
        );
        self.mailboxes.insert(stay, VecDeque::new());
        for (present_user, present_stay) in present {
            self.tell(present_stay, RoomSignal::RemoteUserEntered(user.clone()));
            self.tell(stay, RoomSignal::RemoteUserEntered(present_user));
        }
        self.cut_off_the_deaf();
        Ok(stay)
    }

    /// A member leaves by himself. Answers how many others are told; `None` if he is no member.
    pub(crate) fn leave(&mut self, stay: StayNumber) -> Option<u32> {
        let told = self.expel(stay, RemoteLeaveReason::Left, None);
        self.cut_off_the_deaf();
        told
    }

    /// An operator removes a user.
    pub(crate) fn kick(&mut self, room: &RoomId, user: &UserId) -> Result<(), HubError> {
        if !self.present.contains_key(room) {
            return Err(HubError::NoSuchRoom { room: room.clone() });
        }
        let Some(stay) = self.stay_of(room, user) else {
            return Err(HubError::NotInRoom {
                room: room.clone(),
                user: user.clone(),
            });
        };
        self.expel(stay, RemoteLeaveReason::Kicked, Some(RoomSignal::Kicked));
        self.cut_off_the_deaf();
        Ok(())
    }

    /// An operator dismisses a room. Answers how many members it had.
    pub(crate) fn dismiss(&mut self, room: &RoomId) -> Result<usize, HubError> {
        self.clear(room, &RoomSignal::Dismissed)
            .ok_or_else(|| HubError::NoSuchRoom { room: room.clone() })
    }

    /// The server stops: everybody is told, and nobody is let in any more.
    pub(crate) fn stop(&mut self) {
        self.stopped = true;
        let rooms: Vec<_> = self.present.keys().cloned().collect();
        for room in rooms {
            self.clear(&room, &RoomSignal::ServerStopped);
        }
    }

    /// A member is not heard any more: his lease begins. `None` if he is no member or was silent before.
    pub(crate) fn fall_silent(&mut self, stay: StayNumber) -> Option<LeaseNumber> {
        let lease = LeaseNumber(self.next_number());
        let member = self.members.get_mut(&stay)?;
        if member.lease.is_some() {
            return None;
        }
        member.lease = Some(lease);
        Some(lease)
    }

    /// A silent member is heard again. Answers whether he still is a member.
    pub(crate) fn resume(&mut self, stay: StayNumber) -> bool {
        let member = self.members.get_mut(&stay);
        member.is_some_and(|member| {
            member.lease = None;
            true
        })
    }

    /// A lease ran out. It counts only while it is the current one of its stay.
    pub(crate) fn lapse(&mut self, stay: StayNumber, lease: LeaseNumber) {
        if self
            .members
            .get(&stay)
            .is_some_and(|member| member.lease == Some(lease))
        {
            self.expel(
                stay,
                RemoteLeaveReason::TimedOut,
                Some(RoomSignal::LinkDead),
            );
            self.cut_off_the_deaf();
        }
    }

    /// Nobody listens for this stay any more; its membership is another matter.
    pub(crate) fn forget(&mut self, stay: StayNumber) {
        self.mailboxes.remove(&stay);
    }

    /// The oldest word for this stay.
    pub(crate) fn next_signal(&mut self, stay: StayNumber) -> Option<RoomSignal> {
        self.mailboxes.get_mut(&stay)?.pop_front()
    }

    /// Whose stay it is and who else is in his room; `None` if he is no member (any more).
    pub(crate) fn audience(
        &self,
        stay: StayNumber,
    ) -> Option<(&UserId, impl Iterator<Item = StayNumber>)> {
        let member = self.members.get(&stay)?;
        let present = self.present.get(&member.room)?;
        Some((
            &member.user,
            present
                .values()
                .copied()
                .filter(move |other| *other != stay),
        ))
    }

    /// Every room with its members.
    pub(crate) fn list(&self) -> impl Iterator<Item = (&RoomId, impl Iterator<Item = &UserId>)> {
        self.present
            .iter()
            .map(|(room, present)| (room, present.keys()))
    }

    /// Whose mailbox got news since this was last asked.
    pub(crate) fn take_woken(&mut self) -> Vec<StayNumber> {
        std::mem::take(&mut self.woken)
    }

    fn stay_of(&self, room: &RoomId, user: &UserId) -> Option<StayNumber> {
        self.present.get(room)?.get(user).copied()
    }

    fn next_number(&mut self) -> u64 {
        self.last_number += 1;
        self.last_number
    }

    /// Ends a membership: he hears his last word, the others hear why. Answers how many were told.
    fn expel(
        &mut self,
        stay: StayNumber,
        reason: RemoteLeaveReason,
        last_word: Option<RoomSignal>,
    ) -> Option<u32> {
        let Member {
            room,
            user,
            lease: _,
        } = self.members.remove(&stay)?;
        if let Some(word) = last_word {
            self.tell_last(stay, word);
        }
        let present = self.present.get_mut(&room)?;
        present.remove(&user);
        let others: Vec<_> = present.values().copied().collect();
        if others.is_empty() {
            self.present.remove(&room);
        }
        for other in &others {
            self.tell(*other, RoomSignal::RemoteUserLeft(user.clone(), reason));
        }
        u32::try_from(others.len()).ok()
    }

    fn clear(&mut self, room: &RoomId, last_word: &RoomSignal) -> Option<usize> {
        let present = self.present.remove(room)?;
        for stay in present.values() {
            self.members.remove(stay);
            self.tell_last(*stay, last_word.clone());
        }
        Some(present.len())
    }

    fn tell(&mut self, stay: StayNumber, signal: RoomSignal) {
        let Some(mailbox) = self.mailboxes.get_mut(&stay) else {
            return;
        };
        if mailbox.len() < Self::MAILBOX {
            mailbox.push_back(signal);
            self.woken.push(stay);
        } else {
            self.deaf.push(stay);
        }
    }

    /// A last word always finds room: there is one in a stay.
    fn tell_last(&mut self, stay: StayNumber, signal: RoomSignal) {
        if let Some(mailbox) = self.mailboxes.get_mut(&stay) {
            mailbox.push_back(signal);
            self.woken.push(stay);
        }
    }

    /// Ends when nobody is left to be told: each turn removes a member or does nothing.
    fn cut_off_the_deaf(&mut self) {
        while let Some(stay) = self.deaf.pop() {
            self.expel(
                stay,
                RemoteLeaveReason::TimedOut,
                Some(RoomSignal::LinkDead),
            );
        }
    }
}

#[cfg(test)]
mod tests {
    use exeunt_port::{RemoteLeaveReason, RoomId, RoomSignal, UserId};

    use super::{Refusal, Rooms};

    fn room() -> RoomId {
        "standup".parse().expect("a room id")
    }

    fn user(name: &str) -> UserId {
        name.parse().expect("a user id")
    }

    #[test]
    fn a_member_who_never_listens_is_cut_off_and_the_others_hear_a_timeout() {
        let mut rooms = Rooms::default();
        let deaf = rooms.enter(&room(), &user("deaf")).expect("let in");
        let witness = rooms.enter(&room(), &user("witness")).expect("let in");
        let told_of_the_end = std::iter::from_fn(|| {
            let visitor = rooms.enter(&room(), &user("visitor")).expect("let in");
            rooms.leave(visitor).expect("a member leaves");
            let heard: Vec<_> = std::iter::from_fn(|| rooms.next_signal(witness)).collect();
            Some(heard.contains(&RoomSignal::RemoteUserLeft(
                user("deaf"),
                RemoteLeaveReason::TimedOut,
            )))
        });
        let visits = told_of_the_end.take(Rooms::MAILBOX).position(|told| told);
        assert_eq!(visits, Some(Rooms::MAILBOX / 2 - 1));
        let heard: Vec<_> = std::iter::from_fn(|| rooms.next_signal(deaf)).collect();
        assert_eq!(heard.last(), Some(&RoomSignal::LinkDead));
        assert_eq!(rooms.leave(deaf), None, "he is no member any more");
    }

    #[test]
    fn an_outdated_lease_ends_nothing() {
        let mut rooms = Rooms::default();
        let stay = rooms.enter(&room(), &user("alice")).expect("let in");
        let first = rooms.fall_silent(stay).expect("a lease");
        assert_eq!(rooms.fall_silent(stay), None, "one lease at a time");
        assert!(rooms.resume(stay));
        let second = rooms.fall_silent(stay).expect("another lease");
        rooms.lapse(stay, first);
        assert!(rooms.resume(stay), "still a member");
        rooms.lapse(stay, second);
        assert!(rooms.resume(stay), "still a member");
        let third = rooms.fall_silent(stay).expect("a third lease");
        rooms.lapse(stay, third);
        assert!(!rooms.resume(stay), "the current lease counts");
    }

    #[test]
    fn a_full_room_lets_in_nobody_but_who_is_there_already() {
        let mut rooms = Rooms::default();
        for number in 0..Rooms::MEMBERS {
            rooms
                .enter(&room(), &user(&format!("user{number}")))
                .expect("let in");
        }
        assert_eq!(rooms.enter(&room(), &user("late")), Err(Refusal::Full));
        rooms
            .enter(&room(), &user("user7"))
            .expect("replaces himself");
    }

    #[test]
    fn a_room_without_members_is_gone() {
        let mut rooms = Rooms::default();
        let stay = rooms.enter(&room(), &user("alice")).expect("let in");
        assert_eq!(rooms.leave(stay), Some(0));
        assert_eq!(rooms.list().count(), 0);
        assert_eq!(rooms.leave(stay), None);
    }
}
