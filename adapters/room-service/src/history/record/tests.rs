//! The record, told of things in all sorts of orders.

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
    record.begin_to_compare();
    record.note(&entered(3, "carol", 4));
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
    record.begin_to_compare();
    record.compare(Moment(30), &[]);
    assert_eq!(
        record
            .sessions()
            .filter(|one| one.closed_at.is_none())
            .count(),
        0
    );
}

#[test]
fn what_ends_while_the_rooms_are_asked_does_not_begin_again() {
    let mut record = Record::new(10);
    record.note(&entered(1, "alice", 1));
    record.begin_to_compare();
    let members = ["alice", "bob"]
        .iter()
        .zip([1, 2])
        .map(|(name, stay)| MemberState {
            user: user(name),
            stay,
            entered_at: Moment(1),
            connected: true,
            may_publish: true,
            heard_at: None,
            publishes: Publishes::default(),
        });
    // So the room was when it was looked at; then everybody goes, and the room ends.
    let looked_at = RoomState {
        id: room(),
        opened_at: Moment(1),
        members: members.collect(),
    };
    record.note(&left(3, "alice", 1));
    record.note(&left(3, "bob", 2));
    let (room, opened_at) = (room(), Moment(1));
    record.note(&happened(4, Happening::RoomClosed { room, opened_at }));
    record.compare(Moment(5), std::slice::from_ref(&looked_at));
    assert!(record.sessions().all(|one| one.closed_at.is_some()));
    assert_eq!(record.ended().count(), 2);

    // And so with those who leave a room that goes on.
    let mut record = Record::new(10);
    record.begin_to_compare();
    record.note(&left(3, "alice", 1));
    record.compare(Moment(5), &[looked_at]);
    let session = record.sessions().next().unwrap();
    let in_it = session.stays.values().filter(|stay| stay.left_at.is_none());
    let names: Vec<_> = in_it.map(|stay| stay.user.as_str()).collect();
    assert_eq!(names, ["bob"]);
    assert!(session.closed_at.is_none());
}
