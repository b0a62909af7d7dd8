//! Stories of rooms, on a clock made of numbers.

mod arriving_late;
mod life;
mod resuming;

use std::time::Duration;

use exeunt_port::{RemoteLeaveReason, RoomId, UserId};
use exeunt_websocket::wire::{ClientId, CloseCode, Member, Refusal, Role, ServerMessage};

use super::{Entrance, NoSuchRoom, Output, Outputs, RoomLimits, Rooms, SocketId, StayId};

const SECOND: Duration = Duration::from_secs(1);
const LEASE: Duration = Duration::from_secs(8);

fn rooms() -> Rooms {
    Rooms::new(RoomLimits {
        lease: LEASE,
        members_per_room: 3,
        rooms: 2,
        remembered_stays: 10,
        time_to_enter: 5 * SECOND,
    })
}

fn user(name: &str) -> UserId {
    name.parse().unwrap()
}

fn standup() -> RoomId {
    "standup".parse().unwrap()
}

/// The first attempt of a client that nobody knows yet.
fn entrance(name: &str) -> Entrance {
    let secret = format!("secret of {name}");
    Entrance {
        user: user(name),
        room: standup(),
        client: ClientId::random(),
        attempt: 1,
        role: Role::Anchor,
        secret,
        may_create: true,
    }
}

/// What is to be done, as the messages that each socket hears, in order.
fn heard_on(socket: u64, outputs: impl IntoIterator<Item = Output>) -> Vec<String> {
    let mut heard = Vec::new();
    for output in outputs {
        match output {
            Output::Deliver { to, message } if to.contains(&SocketId(socket)) => {
                heard.push(message.encode());
            }
            Output::Close {
                socket: closed,
                code,
            } if closed == SocketId(socket) => {
                heard.push(format!("close {}", code.number()));
            }
            Output::Deliver { .. } | Output::Close { .. } => {}
        }
    }
    heard
}

fn enter(rooms: &mut Rooms, at: Duration, socket: u64, name: &str) -> (StayId, Outputs) {
    let mut outputs = Outputs::default();
    let stay = rooms.enter(at, SocketId(socket), entrance(name), &mut outputs);
    (stay.unwrap(), outputs)
}

/// Alice on socket 1 and Bob on socket 2.
fn two() -> Rooms {
    let mut rooms = rooms();
    enter(&mut rooms, Duration::ZERO, 1, "alice");
    enter(&mut rooms, Duration::ZERO, 2, "bob");
    rooms
}

fn left(name: &str, stay: u64, reason: RemoteLeaveReason) -> String {
    ServerMessage::UserLeft {
        user_id: user(name),
        stay,
        reason,
    }
    .encode()
}

#[test]
fn the_second_to_enter_sees_the_first_and_is_seen_by_it() {
    let mut rooms = rooms();
    enter(&mut rooms, Duration::ZERO, 1, "alice");
    let (_, outputs) = enter(&mut rooms, Duration::ZERO, 2, "bob");
    let outputs: Vec<Output> = outputs.into_iter().collect();
    let [to_alice, to_bob] = &outputs[..] else {
        panic!("{outputs:?}")
    };
    let message = ServerMessage::UserEntered {
        user_id: user("bob"),
        stay: 2,
    };
    assert_eq!(
        to_alice,
        &Output::Deliver {
            to: vec![SocketId(1)],
            message
        }
    );
    let Output::Deliver {
        to,
        message:
            ServerMessage::Entered {
                stay,
                members,
                lease_ms,
                ..
            },
    } = to_bob
    else {
        panic!("{to_bob:?}")
    };
    assert_eq!((to, *stay, *lease_ms), (&vec![SocketId(2)], 2, 8000));
    let alice = Member {
        user_id: user("alice"),
        stay: 1,
    };
    assert_eq!(members, &[alice]);
}

#[test]
fn who_leaves_is_told_how_many_learned_of_it_and_the_last_takes_the_room_along() {
    let mut rooms = two();
    let mut outputs = Outputs::default();
    rooms.leave(SECOND, SocketId(1), &mut outputs);
    let order: Vec<Output> = outputs.into_iter().collect();
    assert!(
        matches!(&order[0], Output::Deliver { to, .. } if *to == [SocketId(2)]),
        "the others are told before the receipt: {order:?}"
    );
    assert!(
        order[1..]
            == [
                Output::Deliver {
                    to: vec![SocketId(1)],
                    message: ServerMessage::Left { told: 1 }
                },
                Output::Close {
                    socket: SocketId(1),
                    code: CloseCode::Normal
                },
            ]
    );
    let mut outputs = Outputs::default();
    rooms.leave(SECOND, SocketId(2), &mut outputs);
    assert_eq!(
        heard_on(2, outputs)[0],
        ServerMessage::Left { told: 0 }.encode()
    );
    assert_eq!(rooms.rooms().len(), 0);
}

#[test]
fn leaving_twice_is_leaving_once() {
    let mut rooms = two();
    rooms.leave(SECOND, SocketId(1), &mut Outputs::default());
    let mut outputs = Outputs::default();
    assert_eq!(rooms.leave(SECOND, SocketId(1), &mut outputs), None);
    assert!(outputs.is_empty());
}

#[test]
fn who_is_kicked_hears_so_and_the_others_hear_reason_2() {
    let mut rooms = two();
    let mut outputs = Outputs::default();
    let named = [user("alice"), user("alice"), user("nobody")];
    assert_eq!(rooms.kick(SECOND, &standup(), &named, &mut outputs), Ok(1));
    let all: Vec<Output> = outputs.into_iter().collect();
    assert_eq!(
        all.len(),
        3,
        "one word to Bob, one to Alice, one close: {all:?}"
    );
    assert!(matches!(
        &all[0],
        Output::Deliver { to, message } if *to == [SocketId(2)]
            && message.encode() == left("alice", 1, RemoteLeaveReason::Kicked)
    ));
    let nowhere: RoomId = "nowhere".parse().unwrap();
    assert_eq!(
        rooms.kick(SECOND, &nowhere, &named, &mut Outputs::default()),
        Err(NoSuchRoom { room: nowhere })
    );
}

#[test]
fn a_dismissed_room_is_gone_and_nobody_hears_of_the_others() {
    let mut rooms = two();
    let mut outputs = Outputs::default();
    assert_eq!(rooms.dismiss(SECOND, &standup(), &mut outputs), Ok(2));
    assert_eq!(
        heard_on(2, outputs),
        [ServerMessage::Dismissed.encode(), "close 4002".to_owned()]
    );
    assert_eq!(rooms.rooms().len(), 0);
    assert!(
        rooms
            .dismiss(SECOND, &standup(), &mut Outputs::default())
            .is_err()
    );
}

#[test]
fn the_same_user_entering_again_replaces_its_earlier_stay() {
    let mut rooms = two();
    let (stay, outputs) = enter(&mut rooms, SECOND, 3, "alice");
    assert_eq!(stay, StayId(3));
    let entered = ServerMessage::UserEntered {
        user_id: user("alice"),
        stay: 3,
    }
    .encode();
    let all: Vec<Output> = outputs.into_iter().collect();
    let on = |socket| heard_on(socket, all.clone());
    assert_eq!(
        on(1),
        [ServerMessage::Replaced.encode(), "close 4003".to_owned()]
    );
    assert_eq!(
        on(2),
        [left("alice", 1, RemoteLeaveReason::Kicked), entered]
    );
    // What still comes over the old socket touches the new stay no more (G-10).
    let mut outputs = Outputs::default();
    assert_eq!(rooms.leave(SECOND, SocketId(1), &mut outputs), None);
    rooms.socket_gone(SocketId(1));
    assert_eq!(rooms.relay(SECOND, SocketId(1)), None);
    assert_eq!(
        rooms.relay(SECOND, SocketId(3)),
        Some((user("alice"), vec![SocketId(2)]))
    );
}

#[test]
fn who_falls_silent_is_out_when_the_lease_has_run_out_and_not_before() {
    let mut rooms = two();
    rooms.socket_gone(SocketId(1));
    rooms.heard(7 * SECOND, SocketId(2));
    let mut outputs = Outputs::default();
    let just_before = LEASE.checked_sub(Duration::from_nanos(1)).unwrap();
    assert!(rooms.expire(just_before, &mut outputs).is_empty());
    assert_eq!(rooms.next_deadline(), Some(LEASE));
    assert_eq!(rooms.expire(LEASE, &mut outputs), [StayId(1)]);
    assert_eq!(
        heard_on(2, outputs),
        [left("alice", 1, RemoteLeaveReason::TimedOut)]
    );
    assert_eq!(rooms.next_deadline(), Some(15 * SECOND));
}

#[test]
fn rooms_and_their_members_are_bounded_and_a_replacement_needs_no_place() {
    let mut rooms = two();
    enter(&mut rooms, SECOND, 3, "carol");
    let mut outputs = Outputs::default();
    let mut try_in =
        |socket, entrance| rooms.enter(SECOND, SocketId(socket), entrance, &mut outputs);
    assert_eq!(try_in(4, entrance("dave")), Err(Refusal::RoomFull));
    assert!(try_in(4, entrance("carol")).is_ok());
    let elsewhere = |number: i32| Entrance {
        room: RoomId::number(number).unwrap(),
        ..entrance("alice")
    };
    let mut unprivileged = elsewhere(1);
    unprivileged.may_create = false;
    assert_eq!(try_in(5, unprivileged.clone()), Err(Refusal::MayNotCreate));
    assert!(try_in(5, elsewhere(1)).is_ok());
    assert_eq!(try_in(6, elsewhere(2)), Err(Refusal::TooManyRooms));
    unprivileged.user = user("bob");
    assert!(try_in(6, unprivileged).is_ok(), "the room is there now");
    assert_eq!(
        try_in(6, elsewhere(1)),
        Err(Refusal::NoParameters),
        "one stay a socket"
    );
}

#[test]
fn a_stopping_service_tells_everybody_and_lets_nobody_in() {
    let mut rooms = two();
    let mut outputs = Outputs::default();
    rooms.stop(SECOND, &mut outputs);
    assert_eq!(
        heard_on(1, outputs),
        [
            ServerMessage::ServerStopped.encode(),
            "close 4004".to_owned()
        ]
    );
    let outputs = &mut Outputs::default();
    let refused = rooms.enter(SECOND, SocketId(3), entrance("carol"), outputs);
    assert_eq!(refused, Err(Refusal::Suspended));
}

#[test]
fn after_everybody_has_left_nothing_is_kept_but_what_is_bounded() {
    let mut rooms = rooms();
    for round in 0..100 {
        let (now, socket) = (LEASE * round, u64::from(round));
        enter(&mut rooms, now, socket, "alice");
        enter(&mut rooms, now, 1000 + socket, "bob");
        rooms.expire(now + SECOND, &mut Outputs::default());
        rooms.leave(now, SocketId(socket), &mut Outputs::default());
        rooms
            .kick(now, &standup(), &[user("bob")], &mut Outputs::default())
            .unwrap();
    }
    let books = (
        rooms.open.len(),
        rooms.stays.len(),
        rooms.sockets.len(),
        rooms.expiries.len(),
    );
    assert_eq!(books, (0, 0, 0, 0));
}

#[test]
fn no_secret_is_shown() {
    let mut rooms = two();
    rooms
        .kick(SECOND, &standup(), &[user("bob")], &mut Outputs::default())
        .unwrap();
    let shown = format!("{rooms:?} {:?}", entrance("carol"));
    assert!(
        shown.contains("alice") && shown.contains("carol"),
        "{shown}"
    );
    assert!(!shown.contains("secret of"), "{shown}");
}
