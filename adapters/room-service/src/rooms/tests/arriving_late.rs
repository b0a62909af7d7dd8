//! Stories of attempts to enter that arrive when they are not wanted any more.

use std::time::Duration;

use exeunt_port::RoomId;
use exeunt_websocket::wire::{ClientId, Refusal};

use super::super::{Entrance, Outputs, Rooms, SocketId, StayId};
use super::{SECOND, entrance, rooms, standup, user};

const PHONE: ClientId = ClientId::from_number(1);
const LAPTOP: ClientId = ClientId::from_number(2);

/// Alice enters from a fresh socket with this attempt of this client.
fn enter(
    rooms: &mut Rooms,
    at: Duration,
    socket: u64,
    client: ClientId,
    attempt: u64,
) -> Result<StayId, Refusal> {
    let alice = Entrance {
        client,
        attempt,
        ..entrance("alice")
    };
    let mut outputs = Outputs::default();
    let entered = rooms.enter(at, SocketId(socket), alice, &mut outputs);
    if entered.is_err() {
        assert!(outputs.is_empty(), "who is refused changes nothing");
    }
    entered
}

#[test]
fn an_attempt_that_was_overtaken_by_a_later_one_of_its_client_ends_nothing() {
    let mut rooms = rooms();
    enter(&mut rooms, SECOND, 2, PHONE, 2).unwrap();
    for late in [1, 2] {
        assert_eq!(
            enter(&mut rooms, SECOND, 1, PHONE, late),
            Err(Refusal::Overtaken)
        );
    }
    assert!(rooms.relay(SECOND, SocketId(2)).is_some());
    // What follows on the late socket touches nothing either.
    assert_eq!(
        rooms.leave(SECOND, SocketId(1), &mut Outputs::default()),
        None
    );
    assert!(rooms.relay(SECOND, SocketId(2)).is_some());
}

#[test]
fn a_later_attempt_of_the_same_client_and_any_of_another_one_replaces() {
    let mut rooms = rooms();
    enter(&mut rooms, SECOND, 1, PHONE, 7).unwrap();
    enter(&mut rooms, SECOND, 2, PHONE, 8).unwrap();
    enter(&mut rooms, SECOND, 3, LAPTOP, 1).unwrap();
    for (socket, is_in) in [(1, false), (2, false), (3, true)] {
        assert_eq!(rooms.relay(SECOND, SocketId(socket)).is_some(), is_in);
    }
}

#[test]
fn a_late_attempt_is_known_after_its_clients_later_stay_was_replaced_or_is_over() {
    let mut rooms = rooms();
    enter(&mut rooms, SECOND, 2, PHONE, 2).unwrap();
    enter(&mut rooms, SECOND, 3, LAPTOP, 1).unwrap();
    assert_eq!(
        enter(&mut rooms, SECOND, 1, PHONE, 1),
        Err(Refusal::Overtaken)
    );
    rooms.leave(2 * SECOND, SocketId(3), &mut Outputs::default());
    for client in [PHONE, LAPTOP] {
        let late = enter(&mut rooms, 3 * SECOND, 1, client, 1);
        assert_eq!(late, Err(Refusal::Overtaken));
    }
    assert_eq!(rooms.rooms().len(), 0, "and no ghost makes the room again");
}

#[test]
fn an_attempt_that_can_come_no_more_is_forgotten() {
    let mut rooms = rooms();
    enter(&mut rooms, SECOND, 2, PHONE, 2).unwrap();
    rooms.leave(2 * SECOND, SocketId(2), &mut Outputs::default());
    assert!(enter(&mut rooms, 11 * SECOND, 1, PHONE, 1).is_err());
    assert!(enter(&mut rooms, 12 * SECOND, 1, PHONE, 1).is_ok());
}

#[test]
fn attempts_are_compared_only_with_those_of_the_same_user_into_the_same_room() {
    let mut rooms = rooms();
    enter(&mut rooms, SECOND, 1, PHONE, 2).unwrap();
    let first = |name, room| Entrance {
        user: user(name),
        room,
        client: PHONE,
        ..entrance(name)
    };
    let mut enters =
        |socket, entrance| rooms.enter(SECOND, SocketId(socket), entrance, &mut Outputs::default());
    assert!(enters(2, first("bob", standup())).is_ok());
    assert!(enters(3, first("alice", RoomId::number(1).unwrap())).is_ok());
}
