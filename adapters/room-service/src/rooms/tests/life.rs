//! How long rooms and stays last, and who is announced in a live room.

use super::*;
use crate::backend::LeaveReason;
use crate::rooms::{Occurrence, RoomLife, Scene};

fn live() -> Rooms {
    rooms().with_life(RoomLife {
        scene: Scene::Live,
        ..RoomLife::default()
    })
}

/// Enters, and answers what the others and the one who enters hear.
fn enters(rooms: &mut Rooms, at: Duration, socket: u64, name: &str, role: Role) -> Outputs {
    let mut outputs = Outputs::default();
    let entrance = Entrance {
        role,
        ..entrance(name)
    };
    rooms
        .enter(at, SocketId(socket), entrance, &mut outputs)
        .unwrap();
    outputs
}

fn closed(outputs: &mut Outputs) -> bool {
    let closed = |occurrence: &Occurrence| matches!(occurrence, Occurrence::RoomClosed { .. });
    outputs.take_occurred().iter().any(closed)
}

#[test]
fn in_a_live_room_anchors_are_announced_to_everybody_and_the_audience_to_nobody() {
    let mut rooms = live();
    enters(&mut rooms, SECOND, 1, "anchor", Role::Anchor);
    let heard = enters(&mut rooms, SECOND, 2, "viewer", Role::Audience);
    assert_eq!(heard.into_iter().count(), 1, "the viewer alone hears of it");
    let heard: Vec<Output> = enters(&mut rooms, SECOND, 3, "guest", Role::Anchor)
        .into_iter()
        .collect();
    let Output::Deliver { to, .. } = &heard[0] else {
        panic!("{heard:?}")
    };
    assert_eq!(to, &[SocketId(1), SocketId(2)]);
    let Output::Deliver {
        message: ServerMessage::Entered { members, .. },
        ..
    } = &heard[1]
    else {
        panic!("{heard:?}")
    };
    let names: Vec<&str> = members
        .iter()
        .map(|member| member.user_id.as_str())
        .collect();
    assert_eq!(names, ["anchor"], "the viewer is told of to nobody");

    let now = 2 * SECOND;
    assert!(
        rooms.relay(now, SocketId(2)).is_none(),
        "a viewer sends nothing"
    );
    let (_, listeners) = rooms.relay(now, SocketId(1)).unwrap();
    assert_eq!(
        listeners,
        [SocketId(3), SocketId(2)],
        "and hears everything"
    );
    let mut outputs = Outputs::default();
    rooms.leave(now, SocketId(2), &mut outputs);
    assert_eq!(heard_on(1, outputs), Vec::<String>::new());
    let mut outputs = Outputs::default();
    rooms.leave(now, SocketId(3), &mut outputs);
    assert_eq!(heard_on(1, outputs).len(), 1);
}

#[test]
fn in_a_call_everybody_is_an_anchor_whatever_he_asks_for() {
    let mut rooms = rooms();
    enters(&mut rooms, SECOND, 1, "alice", Role::Anchor);
    let heard = enters(&mut rooms, SECOND, 2, "bob", Role::Audience);
    assert_eq!(heard_on(1, heard).len(), 1);
    assert!(rooms.relay(SECOND, SocketId(2)).is_some());
}

#[test]
fn a_live_room_that_the_audience_leaves_last_stays_open_for_ten_minutes() {
    let mut rooms = live();
    enters(&mut rooms, SECOND, 1, "anchor", Role::Anchor);
    enters(&mut rooms, SECOND, 2, "viewer", Role::Audience);
    let mut outputs = Outputs::default();
    rooms.leave(SECOND, SocketId(1), &mut outputs);
    rooms.leave(SECOND, SocketId(2), &mut outputs);
    assert!(!closed(&mut outputs));
    assert_eq!(rooms.rooms().len(), 1);
    assert_eq!(rooms.next_deadline(), Some(601 * SECOND));
    // Who comes back meanwhile keeps it open, and the ten minutes begin anew.
    enters(&mut rooms, 500 * SECOND, 3, "viewer", Role::Audience);
    rooms.leave(502 * SECOND, SocketId(3), &mut Outputs::default());
    rooms.expire(601 * SECOND, &mut outputs);
    assert!(!closed(&mut outputs));
    assert_eq!(rooms.next_deadline(), Some(1102 * SECOND));
    rooms.expire(1102 * SECOND, &mut outputs);
    assert!(closed(&mut outputs));
    assert_eq!((rooms.rooms().len(), rooms.next_deadline()), (0, None));

    enters(&mut rooms, 2000 * SECOND, 4, "anchor", Role::Anchor);
    rooms.leave(2000 * SECOND, SocketId(4), &mut outputs);
    assert!(closed(&mut outputs), "whom the last anchor leaves is over");
}

#[test]
fn empty_rooms_make_place_for_one_that_somebody_enters_the_next_to_close_first() {
    let mut rooms = live();
    let into = |name: &str, room: &str| Entrance {
        role: Role::Audience,
        room: room.parse().unwrap(),
        ..entrance(name)
    };
    for (socket, name, room) in [(1, "alice", "first"), (2, "bob", "second")] {
        let at = u32::try_from(socket).unwrap() * SECOND;
        let mut outputs = Outputs::default();
        let entered = rooms.enter(at, SocketId(socket), into(name, room), &mut outputs);
        entered.unwrap();
        rooms.leave(at, SocketId(socket), &mut outputs);
        assert!(!closed(&mut outputs));
    }
    let ids = |rooms: &Rooms| -> Vec<RoomId> {
        let ids = rooms.rooms().map(|room| room.id().clone());
        ids.collect()
    };
    let named = |names: [&str; 2]| names.map(|name| name.parse::<RoomId>().unwrap());
    // There may be two rooms. Whoever may make none does not make place for one either.
    let guest = Entrance {
        may_create: false,
        ..into("guest", "third")
    };
    let mut outputs = Outputs::default();
    let refused = rooms.enter(3 * SECOND, SocketId(3), guest, &mut outputs);
    assert_eq!(refused, Err(Refusal::MayNotCreate));
    assert_eq!(ids(&rooms), named(["first", "second"]));

    let carol = into("carol", "third");
    rooms
        .enter(3 * SECOND, SocketId(3), carol, &mut outputs)
        .unwrap();
    let occurred = outputs.take_occurred();
    let [
        Occurrence::RoomClosed { room },
        Occurrence::RoomOpened { .. },
        _,
    ] = &occurred[..]
    else {
        panic!("{occurred:?}")
    };
    assert_eq!(*room, "first".parse().unwrap());
    assert_eq!(ids(&rooms), named(["second", "third"]));
    // The other one is entered again, and then there is no empty one left.
    let dave = into("dave", "second");
    rooms
        .enter(4 * SECOND, SocketId(4), dave, &mut outputs)
        .unwrap();
    let erin = into("erin", "fourth");
    let refused = rooms.enter(4 * SECOND, SocketId(5), erin, &mut outputs);
    assert_eq!(refused, Err(Refusal::TooManyRooms));
    assert_eq!(ids(&rooms), named(["second", "third"]));
}

#[test]
fn an_empty_room_can_be_dismissed_and_leaves_nothing_behind() {
    let mut rooms = live();
    enters(&mut rooms, SECOND, 1, "viewer", Role::Audience);
    rooms.leave(SECOND, SocketId(1), &mut Outputs::default());
    let mut outputs = Outputs::default();
    assert_eq!(rooms.dismiss(SECOND, &standup(), &mut outputs), Ok(0));
    assert!(closed(&mut outputs));
    assert_eq!(rooms.next_deadline(), None);
}

#[test]
fn a_stay_lasts_no_longer_than_it_may_however_alive_its_client_is() {
    let mut rooms = rooms().with_life(RoomLife {
        longest_stay: Some(20 * SECOND),
        ..RoomLife::default()
    });
    enters(&mut rooms, SECOND, 1, "alice", Role::Anchor);
    let mut outputs = Outputs::default();
    for second in 2..=20 {
        rooms.heard(second * SECOND, SocketId(1));
        assert_eq!(rooms.expire(second * SECOND, &mut outputs), []);
    }
    assert_eq!(rooms.next_deadline(), Some(21 * SECOND));
    assert_eq!(rooms.expire(21 * SECOND, &mut outputs), [StayId(1)]);
    let why = outputs
        .take_occurred()
        .into_iter()
        .find_map(|occurrence| match occurrence {
            Occurrence::Left { reason, .. } => Some(reason),
            Occurrence::RoomOpened { .. }
            | Occurrence::Entered { .. }
            | Occurrence::RoomClosed { .. } => None,
        });
    assert_eq!(why, Some(LeaveReason::StayTooLong));
    assert_eq!(heard_on(1, outputs)[0], ServerMessage::Kicked.encode());
}

#[test]
fn who_means_for_ever_may_say_the_longest_time_there_is() {
    let mut rooms = rooms().with_life(RoomLife {
        empty_after_anchor: Duration::MAX,
        longest_stay: Some(Duration::MAX),
        ..RoomLife::default()
    });
    enters(&mut rooms, SECOND, 1, "alice", Role::Anchor);
    assert_eq!(rooms.next_deadline(), Some(SECOND + LEASE));
    let mut outputs = Outputs::default();
    rooms.leave(2 * SECOND, SocketId(1), &mut outputs);
    rooms.expire(1_000_000 * SECOND, &mut outputs);
    assert!(!closed(&mut outputs));
    assert_eq!(rooms.rooms().len(), 1);
}

#[test]
fn who_is_replaced_while_alone_does_not_end_the_room() {
    let mut rooms = rooms();
    enters(&mut rooms, SECOND, 1, "alice", Role::Anchor);
    let mut outputs = enters(&mut rooms, SECOND, 2, "alice", Role::Anchor);
    let occurred = outputs.take_occurred();
    assert!(
        matches!(
            &occurred[..],
            [Occurrence::Left { .. }, Occurrence::Entered { .. }]
        ),
        "{occurred:?}"
    );
}
