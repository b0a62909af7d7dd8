//! Stories of stays whose connection was lost.

use exeunt_port::RemoteLeaveReason;
use exeunt_websocket::wire::{Departed, Refusal, ServerMessage};

use super::super::{Outputs, Rooms, SocketId, StayId};
use super::{LEASE, SECOND, enter, heard_on, standup, two, user};

#[test]
fn a_lost_stay_is_resumed_with_its_secret_and_told_what_it_missed() {
    let mut rooms = two();
    enter(&mut rooms, SECOND, 3, "carol");
    rooms.socket_gone(SocketId(1));
    rooms.leave(2 * SECOND, SocketId(2), &mut Outputs::default());
    let mut outputs = Outputs::default();
    let resume = |rooms: &mut Rooms, secret, outputs: &mut Outputs| {
        rooms.resume(7 * SECOND, SocketId(4), StayId(1), secret, outputs)
    };
    assert_eq!(
        resume(&mut rooms, "guessed", &mut outputs),
        Err(Refusal::StayUnknown)
    );
    assert_eq!(resume(&mut rooms, "secret of alice", &mut outputs), Ok(()));
    let departed = vec![Departed {
        user_id: user("bob"),
        reason: RemoteLeaveReason::Left,
    }];
    let resumed = ServerMessage::Resumed {
        members: vec![user("carol")],
        departed,
    };
    assert_eq!(heard_on(4, outputs), [resumed.encode()]);
    // The lease began anew, and the new socket is the stay's.
    assert_eq!(rooms.expire(LEASE, &mut Outputs::default()), []);
    assert_eq!(
        rooms.relay(LEASE, SocketId(4)),
        Some((user("alice"), vec![SocketId(3)]))
    );
}

#[test]
fn a_resume_takes_the_stay_from_a_socket_that_is_half_open() {
    let mut rooms = two();
    let mut outputs = Outputs::default();
    rooms
        .resume(
            SECOND,
            SocketId(3),
            StayId(1),
            "secret of alice",
            &mut outputs,
        )
        .unwrap();
    assert_eq!(heard_on(1, outputs), ["close 4005"]);
    // The old socket's end comes late and changes nothing.
    rooms.socket_gone(SocketId(1));
    assert!(rooms.relay(SECOND, SocketId(3)).is_some());
}

#[test]
fn who_was_kicked_while_the_link_was_down_learns_so_on_resuming() {
    let mut rooms = two();
    rooms.socket_gone(SocketId(1));
    rooms
        .kick(
            SECOND,
            &standup(),
            &[user("alice")],
            &mut Outputs::default(),
        )
        .unwrap();
    let mut outputs = Outputs::default();
    rooms
        .resume(
            2 * SECOND,
            SocketId(3),
            StayId(1),
            "secret of alice",
            &mut outputs,
        )
        .unwrap();
    assert_eq!(
        heard_on(3, outputs),
        [ServerMessage::Kicked.encode(), "close 4001".to_owned()]
    );
}

#[test]
fn who_left_or_timed_out_is_unknown_on_resuming() {
    let mut rooms = two();
    rooms.leave(SECOND, SocketId(1), &mut Outputs::default());
    rooms.expire(LEASE, &mut Outputs::default());
    for (stay, name) in [(1, "alice"), (2, "bob"), (99, "bob")] {
        let secret = format!("secret of {name}");
        let outputs = &mut Outputs::default();
        let resumed = rooms.resume(LEASE, SocketId(5), StayId(stay), &secret, outputs);
        assert_eq!(resumed, Err(Refusal::StayUnknown));
    }
}
