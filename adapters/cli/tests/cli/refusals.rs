//! What the service says no to: status 3, and its own words.

use exeunt_port::UserId;
use exeunt_room_service::user_sig::{Claims, sign};
use exeunt_room_service::{DEVELOPMENT_SDK_APP_ID, DEVELOPMENT_USER_SIG_KEY};

use crate::serving::Served;

#[test]
fn a_room_that_is_not_there_is_neither_kicked_from_nor_dismissed() {
    let served = Served::start();
    for words in [&["kick", "--room=77", "bob"][..], &["dismiss", "--room=77"]] {
        let ended = served.typed(words).run();
        ended.failed(3, &["RoomNotExist", "77", "exeunt rooms"]);
    }
}

#[test]
fn a_number_and_its_digits_are_different_rooms() {
    let served = Served::start();
    let mut alice = served.join("alice", &[]);
    alice.until_it_says("onEnterRoom");
    let ended = served.typed(&["dismiss", "--room=\"123\""]).run();
    ended.failed(3, &["RoomNotExist"]);
    served.typed(&["dismiss", "--room=123"]).run().succeeded();
    alice.end().succeeded();
}

#[test]
fn more_than_ten_in_one_kick_are_told_the_limit_and_nobody_is_kicked() {
    let served = Served::start();
    let mut alice = served.join("alice", &[]);
    alice.until_it_says("onEnterRoom");
    let mut words = vec!["kick", "--room=123", "alice"];
    words.extend(["b", "c", "d", "e", "f", "g", "h", "i", "j", "k"]);
    served.typed(&words).run().failed(3, &["11", "1 to 10"]);
    assert!(served.rooms().contains("alice"));
    alice.type_in("q");
    alice.end().succeeded();
}

#[test]
fn a_wrong_secret_is_told_which_flags_to_look_at() {
    let served = Served::start();
    for secret in ["--secret-key=wrong", "--secret-id=wrong"] {
        for words in [
            &["kick", "--room=1", "bob", secret][..],
            &["dismiss", "--room=1", secret],
            &["rooms", secret],
        ] {
            let ended = served.typed(words).run();
            ended.failed(3, &["AuthFailure", "--secret-key"]);
        }
    }
}

#[test]
fn a_user_without_a_good_signature_stays_out_and_is_told_why() {
    let served = Served::start();
    let user: UserId = "alice".parse().expect("a valid name");
    let old = Claims::new(DEVELOPMENT_SDK_APP_ID, user, 1_000_000_000, 3600);
    let expired = sign(DEVELOPMENT_USER_SIG_KEY, &old);
    let expired = format!("--user-sig={expired}");
    for (flag, why) in [
        ("--user-sig=nonsense%", "UserSig"),
        (&expired, "expired"),
        ("--user-sig-key=wrong", "UserSig"),
        ("--sdk-app-id=5", "5"),
    ] {
        let ended = served.join("alice", &[flag]).end();
        let ended = ended.failed(
            3,
            &["alice did not get into room 123", why, "--user-sig-key"],
        );
        assert!(ended.text().contains("onExitRoom(101)"), "{ended:#?}");
    }
    assert!(served.rooms().contains("no rooms"));
}

#[test]
fn a_refusal_is_json_where_json_was_asked_for() {
    let served = Served::start();
    let ended = served.typed(&["kick", "--room=77", "bob", "--json"]).run();
    assert_eq!((ended.status, ended.complaints.as_str()), (Some(3), ""));
    let failures = ended.of_type("failure");
    assert_eq!(failures.len(), 1, "{ended:#?}");
    assert_eq!(failures[0]["status"], 3);
    let ended = served
        .join("alice", &["--user-sig=nonsense", "--json"])
        .end();
    assert_eq!(ended.status, Some(3));
    let [report] = &ended.of_type("report")[..] else {
        panic!("{ended:#?}")
    };
    assert!(report["report"]["enter_refused"].is_number(), "{report}");
    assert_eq!(ended.of_type("failure").len(), 1);
}
