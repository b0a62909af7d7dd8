//! What has to hold of a census, whatever happens in a Janus and in whichever order it hears of it.

mod world;

use std::collections::{BTreeMap, BTreeSet};

use exeunt_janus::translate::identity::Ids;
use proptest::prelude::*;

use super::*;
use crate::backend::News;
use world::{PEOPLE, ROOMS, Step, World, room, step};

proptest! {
    #[test]
    fn every_stay_begins_once_and_ends_once_and_in_the_end_it_is_as_janus_says(
        steps in proptest::collection::vec(step(), 0..60)
    ) {
        let mut world = World::new();
        for room in 1..=ROOMS {
            world.goes(&Step::Created(room));
            (1..=PEOPLE).for_each(|id| world.goes(&Step::Joins(room, id)));
        }
        world.settles();
        for step in &steps {
            world.goes(step);
        }
        world.settles();
        prop_assert_eq!(world.known(), world.janus.clone());

        let (mut open, mut stays, mut ended) = (BTreeSet::new(), BTreeMap::new(), BTreeSet::new());
        let (mut opened, mut entered, mut kicked) = (0, 0, 0);
        while let Some(News::Happened(happened)) = world.news.next_now() {
            match &happened.what {
                Happening::RoomOpened { room, .. } => {
                    opened += 1;
                    prop_assert!(open.insert(room.clone()));
                }
                Happening::Entered { room, user, stay, .. } => {
                    entered += 1;
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
        prop_assert!(opened <= world.created, "a room that was over came back to life");
        prop_assert!(entered <= world.joined, "somebody who was out came back to life");
        prop_assert_eq!(kicked, world.kicked, "a kick of ours that was not told as one");
    }
}

#[test]
fn an_answer_that_a_kick_has_overtaken_brings_nobody_back() {
    let mut world = World::with_a_member();
    for step in [
        // Asked before the kick, answered before the kick, and it arrives after it.
        Step::Asks(1),
        Step::Processed,
        Step::Kicks(1, 1),
        Step::Processed,
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
        let mut world = World::with_a_member();
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

#[test]
fn a_name_means_whoever_has_its_number_whoever_showed_it_first() {
    let alice: UserId = "alice".parse().unwrap();
    let shows_alice = |id| Participant {
        id,
        display: Some("alice".to_owned()),
        publisher: false,
    };
    let hers = Ids::Numbers.of_user(&alice);
    let (first, second) = (shows_alice(Id::Number(2)), shows_alice(hers.clone()));
    let mut world = World::new();
    for present in [vec![first.clone()], vec![first, second]] {
        let ticket = world.census.ticket();
        let answer = world.answered(ticket);
        world.census.found(answer, &room(1), &present);
    }
    let found = |name: &str| {
        let found = world.census.find(&room(1), &name.parse().unwrap());
        found.map(|(id, _)| id)
    };
    assert_eq!(found("alice"), Some(hers));
    assert_eq!(found("janus-2"), Some(Id::Number(2)));
}
