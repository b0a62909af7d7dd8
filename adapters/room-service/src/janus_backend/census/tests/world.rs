//! A Janus that is a few sets, and questions and kicks that overtake each other on their way to it.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;

use super::super::*;

pub(super) const ROOMS: u32 = 2;
pub(super) const PEOPLE: u64 = 3;

/// What may happen next.
#[derive(Clone, Debug)]
pub(super) enum Step {
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
    /// Janus comes to the next of those that went out.
    Processed,
    /// One of its answers comes in.
    Arrives(usize),
}

/// The room is not there.
#[derive(Clone, Copy, Debug)]
struct NoRoom;

/// Something that is on its way.
#[derive(Clone, Debug)]
enum Flying {
    Question {
        ticket: Ticket,
        room: u32,
        /// Who is there; `None` before Janus has come to it.
        answer: Option<Result<BTreeSet<u64>, NoRoom>>,
    },
    Kick {
        room: u32,
        id: u64,
        /// Whether somebody was kicked.
        answer: Option<Result<bool, NoRoom>>,
    },
    End {
        room: u32,
        answer: Option<bool>,
    },
}

impl Flying {
    fn is_answered(&self) -> bool {
        match self {
            Self::Question { answer, .. } => answer.is_some(),
            Self::Kick { answer, .. } => answer.is_some(),
            Self::End { answer, .. } => answer.is_some(),
        }
    }
}

pub(super) fn step() -> impl Strategy<Value = Step> {
    let (room, id) = (1..=ROOMS, 1..=PEOPLE);
    prop_oneof![
        3 => (room.clone(), id.clone()).prop_map(|(room, id)| Step::Joins(room, id)),
        2 => (room.clone(), id.clone()).prop_map(|(room, id)| Step::Leaves(room, id)),
        1 => room.clone().prop_map(Step::Created),
        1 => room.clone().prop_map(Step::Destroyed),
        3 => room.clone().prop_map(Step::Asks),
        2 => (room.clone(), id).prop_map(|(room, id)| Step::Kicks(room, id)),
        1 => room.prop_map(Step::Ends),
        5 => Just(Step::Processed),
        4 => (0..3_usize).prop_map(Step::Arrives),
    ]
}

pub(super) struct World {
    pub(super) janus: BTreeMap<u32, BTreeSet<u64>>,
    pub(super) census: Census,
    pub(super) news: Happenings,
    flying: Vec<Flying>,
    clock: u64,
    /// How many rooms were made, stays begun, and kicks of ours done.
    pub(super) created: usize,
    pub(super) joined: usize,
    pub(super) kicked: usize,
}

pub(super) fn room(number: u32) -> RoomId {
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
    pub(super) fn new() -> Self {
        let mut census = Census::new(1 << 12);
        census.begin();
        Self {
            janus: BTreeMap::new(),
            news: census.reader(),
            census,
            flying: Vec::new(),
            clock: 0,
            created: 0,
            joined: 0,
            kicked: 0,
        }
    }

    /// In room 1 there is member 1, and that is known.
    pub(super) fn with_a_member() -> Self {
        let mut world = Self::new();
        for step in [
            Step::Created(1),
            Step::Joins(1, 1),
            Step::Asks(1),
            Step::Processed,
            Step::Arrives(0),
        ] {
            world.goes(&step);
        }
        world
    }

    pub(super) fn answered(&mut self, ticket: Ticket) -> Answered {
        self.clock += 1;
        Answered {
            ticket,
            connection: 1,
            at: Moment(self.clock),
        }
    }

    fn is_open(&self, number: u32) -> bool {
        self.census.rooms.contains_key(&room(number))
    }

    fn knows(&self, number: u32, id: u64) -> bool {
        let known = self.census.rooms.get(&room(number));
        known.is_some_and(|known| known.members.contains_key(&Id::Number(id)))
    }

    pub(super) fn goes(&mut self, step: &Step) {
        match *step {
            Step::Joins(room, id) => {
                if let Some(people) = self.janus.get_mut(&room) {
                    self.joined += usize::from(people.insert(id));
                }
            }
            Step::Leaves(room, id) => {
                if let Some(people) = self.janus.get_mut(&room) {
                    people.remove(&id);
                }
            }
            Step::Created(room) => {
                self.created += usize::from(!self.janus.contains_key(&room));
                self.janus.entry(room).or_default();
            }
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
            Step::Kicks(number, id)
                if self.knows(number, id) && !self.acts_on(number, Some(id)) =>
            {
                self.census.kicks_begin(&room(number), &[Id::Number(id)]);
                let (room, answer) = (number, None);
                self.flying.push(Flying::Kick { room, id, answer });
            }
            Step::Ends(number) if self.is_open(number) && !self.acts_on(number, None) => {
                self.census.end_begins(&room(number));
                let (room, answer) = (number, None);
                self.flying.push(Flying::End { room, answer });
            }
            // Two deeds at once for one person are the first one's.
            Step::Kicks(..) | Step::Ends(_) => {}
            Step::Processed => self.process(),
            Step::Arrives(at) => self.arrive(at),
        }
    }

    /// Whether a deed of ours is on its way that concerns this room, or this member of it.
    fn acts_on(&self, number: u32, who: Option<u64>) -> bool {
        self.flying.iter().any(|flying| match flying {
            Flying::Question { .. } => false,
            Flying::Kick { room, id, .. } => *room == number && who.is_none_or(|who| who == *id),
            Flying::End { room, .. } => *room == number,
        })
    }

    fn process(&mut self) {
        let janus = &mut self.janus;
        match self.flying.iter_mut().find(|flying| !flying.is_answered()) {
            Some(Flying::Question { room, answer, .. }) => {
                answer.get_or_insert_with(|| janus.get(room).cloned().ok_or(NoRoom));
            }
            Some(Flying::Kick { room, id, answer }) => {
                let mut kick = || Ok(janus.get_mut(room).ok_or(NoRoom)?.remove(id));
                answer.get_or_insert_with(&mut kick);
            }
            Some(Flying::End { room, answer }) => {
                answer.get_or_insert_with(|| janus.remove(room).is_some());
            }
            None => {}
        }
    }

    fn arrive(&mut self, at: usize) {
        if !self.flying.get(at).is_some_and(Flying::is_answered) {
            return;
        }
        match self.flying.remove(at) {
            Flying::Question {
                ticket,
                room: number,
                answer,
            } => {
                let answered = self.answered(ticket);
                match answer {
                    Some(Ok(people)) => {
                        let people: Vec<_> = people.into_iter().map(participant).collect();
                        self.census.found(answered, &room(number), &people);
                    }
                    Some(Err(NoRoom)) | None => self.census.missing(answered, &room(number)),
                }
            }
            Flying::Kick {
                room: number,
                id,
                answer,
            } => {
                let (room, id) = (room(number), Id::Number(id));
                self.clock += 1;
                let is_known = self.knows(number, id_number(&id));
                match answer {
                    Some(Ok(true)) => {
                        assert!(is_known, "whom we kick nobody else declares to have left");
                        self.kicked += 1;
                        let reason = Some(LeaveReason::Kicked);
                        self.census.out(Moment(self.clock), &room, &id, reason);
                    }
                    Some(Ok(false)) => self.census.out(Moment(self.clock), &room, &id, None),
                    Some(Err(NoRoom)) | None => {}
                }
                self.census.kicks_done(&room, &[id]);
            }
            Flying::End {
                room: number,
                answer,
            } => {
                self.clock += 1;
                if answer == Some(true) {
                    assert!(
                        self.is_open(number),
                        "the room that we end nobody else declares ended"
                    );
                    self.census.dismissed(Moment(self.clock), &room(number));
                }
                self.census.end_done(&room(number));
            }
        }
    }

    /// Everything arrives, and everybody is asked about once more.
    pub(super) fn settles(&mut self) {
        while !self.flying.is_empty() {
            self.process();
            self.arrive(0);
        }
        for number in 1..=ROOMS {
            self.goes(&Step::Asks(number));
            self.process();
            self.arrive(0);
        }
    }

    pub(super) fn known(&self) -> BTreeMap<u32, BTreeSet<u64>> {
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
