//! Stories of stays whose connection was lost.

use exeunt_port::RemoteLeaveReason;
use exeunt_websocket::wire::{Departed, Member, Refusal, ServerMessage};

use super::super::{Claim, Outputs, Rooms, SocketId, StayId};
use super::{LEASE, SECOND, enter, heard_on, standup, two, user};

fn claim(stay: u64, secret: &str, attempt: u64) -> Claim<'_> {
    Claim {
        stay: StayId(stay),
        secret,
        attempt,
    }
}

#[test]
fn a_lost_stay_is_resumed_with_its_secret_and_told_what_it_missed() {
    let mut rooms = two();
    enter(&mut rooms, SECOND, 3, "carol");
    rooms.socket_gone(SocketId(1));
    rooms.leave(2 * SECOND, SocketId(2), &mut Outputs::default());
    let mut outputs = Outputs::default();
    let resume = |rooms: &mut Rooms, secret, outputs: &mut Outputs| {
        rooms.resume(7 * SECOND, SocketId(4), claim(1, secret, 1), outputs)
    };
    assert_eq!(
        resume(&mut rooms, "guessed", &mut outputs),
        Err(Refusal::StayUnknown)
    );
    assert_eq!(resume(&mut rooms, "secret of alice", &mut outputs), Ok(()));
    let departed = vec![Departed {
        user_id: user("bob"),
        stay: 2,
        reason: RemoteLeaveReason::Left,
    }];
    let resumed = ServerMessage::Resumed {
        members: vec![Member {
            user_id: user("carol"),
            stay: 3,
        }],
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
            claim(1, "secret of alice", 1),
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
            claim(1, "secret of alice", 1),
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
        let resumed = rooms.resume(LEASE, SocketId(5), claim(stay, &secret, 1), outputs);
        assert_eq!(resumed, Err(Refusal::StayUnknown));
    }
}

#[test]
fn who_left_and_came_back_while_another_was_away_is_in_another_stay_when_that_one_resumes() {
    let mut rooms = two();
    rooms.socket_gone(SocketId(1));
    rooms.leave(SECOND, SocketId(2), &mut Outputs::default());
    enter(&mut rooms, 2 * SECOND, 3, "bob");
    rooms
        .kick(
            3 * SECOND,
            &standup(),
            &[user("bob")],
            &mut Outputs::default(),
        )
        .unwrap();
    enter(&mut rooms, 4 * SECOND, 4, "bob");
    let mut outputs = Outputs::default();
    let mine = claim(1, "secret of alice", 1);
    rooms
        .resume(5 * SECOND, SocketId(5), mine, &mut outputs)
        .unwrap();
    let ended = |stay, reason| Departed {
        user_id: user("bob"),
        stay,
        reason,
    };
    let resumed = ServerMessage::Resumed {
        members: vec![Member {
            user_id: user("bob"),
            stay: 4,
        }],
        departed: vec![
            ended(2, RemoteLeaveReason::Left),
            ended(3, RemoteLeaveReason::Kicked),
        ],
    };
    assert_eq!(heard_on(5, outputs), [resumed.encode()]);
}

#[test]
fn a_resume_that_was_given_up_does_not_take_the_stay_from_the_one_after_it() {
    let mut rooms = two();
    rooms.socket_gone(SocketId(1));
    let mut resume = |seconds, socket, attempt| {
        let mut outputs = Outputs::default();
        let mine = claim(1, "secret of alice", attempt);
        let answer = rooms.resume(seconds * SECOND, SocketId(socket), mine, &mut outputs);
        (answer, outputs)
    };
    assert_eq!(resume(1, 4, 2).0, Ok(()));
    for late in [1, 2] {
        let (answer, outputs) = resume(2, 3, late);
        assert_eq!(answer, Err(Refusal::Overtaken));
        assert!(outputs.is_empty(), "the later connection is left alone");
    }
    assert_eq!(resume(3, 5, 3).0, Ok(()));
    assert_eq!(rooms.relay(3 * SECOND, SocketId(4)), None);
    assert!(rooms.relay(3 * SECOND, SocketId(5)).is_some());
}
