//! A Janus that is a few sets, questions and kicks that overtake each other, and what has to hold.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;

use super::*;
use crate::backend::News;

const ROOMS: u32 = 2;
const PEOPLE: u64 = 3;

/// What may happen next.
#[derive(Clone, Debug)]
enum Step {
    /// In a room of Janus's, or outside of any.
    Joins(u32, u64),
    Leaves(u32, u64),
    Created(u32),
    Destroyed(u32),
    /// A question goes out.
    Asks(u32),
    /// A kick goes out, of somebody who is known.
    Kicks(u32, u64),
    /// A dismissal goes out.
    Ends(u32),
    /// Janus comes to one of those that went out.
    Processed(usize),
    /// One of its answers comes in.
    Arrives(usize),
}

/// Something that is on its way.
#[derive(Clone, Debug)]
enum Flying {
    Question {
        ticket: Ticket,
        room: u32,
        /// Who is there; `None` before Janus has come to it, `Some(None)` if the room is not.
        answer: Option<Option<BTreeSet<u64>>>,
    },
    Kick {
        room: u32,
        id: u64,
        /// Whether somebody was kicked; `None` inside if the room is not there.
        answer: Option<Option<bool>>,
    },
    End {
        room: u32,
        answer: Option<bool>,
    },
}

fn step() -> impl Strategy<Value = Step> {
    let (room, id) = (1..=ROOMS, 1..=PEOPLE);
    prop_oneof![
        3 => (room.clone(), id.clone()).prop_map(|(room, id)| Step::Joins(room, id)),
        2 => (room.clone(), id.clone()).prop_map(|(room, id)| Step::Leaves(room, id)),
        1 => room.clone().prop_map(Step::Created),
        1 => room.clone().prop_map(Step::Destroyed),
        3 => room.clone().prop_map(Step::Asks),
        2 => (room.clone(), id).prop_map(|(room, id)| Step::Kicks(room, id)),
        1 => room.prop_map(Step::Ends),
        5 => (0..8_usize).prop_map(Step::Processed),
        5 => (0..8_usize).prop_map(Step::Arrives),
    ]
}

struct World {
    janus: BTreeMap<u32, BTreeSet<u64>>,
    census: Census,
    news: Happenings,
    flying: Vec<Flying>,
    clock: u64,
    kicked: usize,
}

fn room(number: u32) -> RoomId {
    RoomId::number(number).unwrap()
}

fn participant(id: u64) -> Participant {
    Participant {
        id: Id::Number(id),
        display: Some(format!("user-{id}")),
        publisher: false,
    }
}

impl World {
    fn new() -> Self {
        let mut census = Census::new(1 << 12);
        census.begin();
        Self {
            janus: BTreeMap::new(),
            news: census.reader(),
            census,
            flying: Vec::new(),
            clock: 0,
            kicked: 0,
        }
    }

    fn answered(&mut self, ticket: Ticket) -> Answered {
        self.clock += 1;
        Answered {
            ticket,
            connection: 1,
            at: Moment(self.clock),
        }
    }

    fn knows(&self, number: u32, id: u64) -> bool {
        let known = self.census.rooms.get(&room(number));
        known.is_some_and(|known| known.members.contains_key(&Id::Number(id)))
    }

    fn goes(&mut self, step: &Step) {
        match *step {
            Step::Joins(room, id) => {
                if let Some(people) = self.janus.get_mut(&room) {
                    people.insert(id);
                }
            }
            Step::Leaves(room, id) => {
                if let Some(people) = self.janus.get_mut(&room) {
                    people.remove(&id);
                }
            }
            Step::Created(room) => drop(self.janus.entry(room).or_default()),
            Step::Destroyed(room) => drop(self.janus.remove(&room)),
            Step::Asks(room) => {
                let ticket = self.census.ticket();
                let answer = None;
                self.flying.push(Flying::Question {
                    ticket,
                    room,
                    answer,
                });
            }
            Step::Kicks(number, id) if self.knows(number, id) => {
                self.census.kicks_begin(&room(number), &[Id::Number(id)]);
                let (room, answer) = (number, None);
                self.flying.push(Flying::Kick { room, id, answer });
            }
            Step::Kicks(..) => {}
            Step::Ends(number) => {
                self.census.end_begins(&room(number));
                let (room, answer) = (number, None);
                self.flying.push(Flying::End { room, answer });
            }
            Step::Processed(at) => self.process(at),
            Step::Arrives(at) => self.arrive(at),
        }
    }

    fn process(&mut self, at: usize) {
        let janus = &mut self.janus;
        match self.flying.get_mut(at) {
            Some(Flying::Question { room, answer, .. }) => {
                answer.get_or_insert_with(|| janus.get(room).cloned());
            }
            Some(Flying::Kick { room, id, answer }) => {
                let mut kick = || Some(janus.get_mut(room)?.remove(id));
                answer.get_or_insert_with(&mut kick);
            }
            Some(Flying::End { room, answer }) => {
                answer.get_or_insert_with(|| janus.remove(room).is_some());
            }
            None => {}
        }
    }

    fn arrive(&mut self, at: usize) {
        let is_answered = self.flying.get(at).is_some_and(|flying| match flying {
            Flying::Question { answer, .. } => answer.is_some(),
            Flying::Kick { answer, .. } => answer.is_some(),
            Flying::End { answer, .. } => answer.is_some(),
        });
        if !is_answered {
            return;
        }
        match self.flying.remove(at) {
            Flying::Question {
                ticket,
                room: number,
                answer,
            } => {
                let answered = self.answered(ticket);
                match answer.flatten() {
                    Some(people) => {
                        let people: Vec<_> = people.into_iter().map(participant).collect();
                        self.census.found(answered, &room(number), &people);
                    }
                    None => self.census.missing(answered, &room(number)),
                }
            }
            Flying::Kick {
                room: number,
                id,
                answer,
            } => {
                let (room, id) = (room(number), Id::Number(id));
                self.clock += 1;
                let was_known = self.knows(number, id_number(&id));
                match answer.flatten() {
                    Some(true) => {
                        self.kicked += usize::from(was_known);
                        let reason = Some(LeaveReason::Kicked);
                        self.census.out(Moment(self.clock), &room, &id, reason);
                    }
                    Some(false) => self.census.out(Moment(self.clock), &room, &id, None),
                    None => {}
                }
                self.census.kicks_done(&room, &[id]);
            }
            Flying::End {
                room: number,
                answer,
            } => {
                self.clock += 1;
                if answer == Some(true) {
                    self.census.dismissed(Moment(self.clock), &room(number));
                }
                self.census.end_done(&room(number));
            }
        }
    }

    /// Everything arrives, and everybody is asked about once more.
    fn settles(&mut self) {
        for at in (0..self.flying.len()).rev() {
            self.process(at);
            self.arrive(at);
        }
        for number in 1..=ROOMS {
            self.goes(&Step::Asks(number));
            self.process(0);
            self.arrive(0);
        }
    }

    fn known(&self) -> BTreeMap<u32, BTreeSet<u64>> {
        let rooms = (1..=ROOMS).filter_map(|number| {
            let known = self.census.rooms.get(&room(number))?;
            Some((number, known.members.keys().map(id_number).collect()))
        });
        rooms.collect()
    }
}

fn id_number(id: &Id) -> u64 {
    match id {
        Id::Number(number) => *number,
        Id::Text(text) => panic!("{text}"),
    }
}

proptest! {
    #[test]
    fn every_stay_begins_once_and_ends_once_and_in_the_end_it_is_as_janus_says(
        steps in proptest::collection::vec(step(), 0..60)
    ) {
        let mut world = World::new();
        steps.iter().for_each(|step| world.goes(step));
        world.settles();
        prop_assert_eq!(world.known(), world.janus.clone());

        let (mut open, mut stays, mut ended) = (BTreeSet::new(), BTreeMap::new(), BTreeSet::new());
        let mut kicked = 0;
        while let Some(News::Happened(happened)) = world.news.next_now() {
            match &happened.what {
                Happening::RoomOpened { room, .. } => prop_assert!(open.insert(room.clone())),
                Happening::Entered { room, user, stay, .. } => {
                    prop_assert!(open.contains(room));
                    prop_assert!(!ended.contains(stay));
                    prop_assert!(stays.insert(*stay, (room.clone(), user.clone())).is_none());
                }
                Happening::Left(left) => {
                    let began = stays.remove(&left.stay);
                    prop_assert_eq!(began, Some((left.room.clone(), left.user.clone())));
                    prop_assert!(ended.insert(left.stay));
                    kicked += usize::from(left.reason == Some(LeaveReason::Kicked));
                }
                Happening::RoomClosed { room, .. } => {
                    prop_assert!(open.remove(room));
                    prop_assert!(stays.values().all(|(of, _)| of != room), "a room outlived by members");
                }
            }
        }
        let present: usize = world.janus.values().map(BTreeSet::len).sum();
        prop_assert_eq!(stays.len(), present);
        prop_assert_eq!(open.len(), world.janus.len());
        prop_assert_eq!(kicked, world.kicked, "a kick of ours that was not told as one");
    }
}

#[test]
fn an_answer_that_a_kick_has_overtaken_brings_nobody_back() {
    let mut world = World::new();
    for step in [
        Step::Created(1),
        Step::Joins(1, 1),
        Step::Asks(1),
        Step::Processed(0),
        Step::Arrives(0),
        // Asked before the kick, answered before the kick, and it arrives after it.
        Step::Asks(1),
        Step::Processed(0),
        Step::Kicks(1, 1),
        Step::Processed(1),
        Step::Arrives(1),
        Step::Arrives(0),
    ] {
        world.goes(&step);
    }
    assert_eq!(world.known()[&1], BTreeSet::new());
}

#[test]
fn a_room_that_is_gone_over_another_connection_was_perhaps_not_ended_by_anybody() {
    for (connection, reason) in [(1, Some(LeaveReason::Dismissed)), (2, None)] {
        let mut world = World::new();
        for step in [
            Step::Created(1),
            Step::Joins(1, 1),
            Step::Asks(1),
            Step::Processed(0),
            Step::Arrives(0),
        ] {
            world.goes(&step);
        }
        let ticket = world.census.ticket();
        let mut answer = world.answered(ticket);
        answer.connection = connection;
        world.census.missing(answer, &room(1));
        let mut left = None;
        while let Some(News::Happened(happened)) = world.news.next_now() {
            if let Happening::Left(departure) = &happened.what {
                left = Some(departure.reason);
            }
        }
        assert_eq!(left, Some(reason));
    }
}
