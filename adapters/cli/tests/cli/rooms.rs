//! People in a room, and the operator at its door.

use serde_json::json;

use crate::serving::Served;

#[test]
fn whoever_types_q_leaves_and_the_others_are_told() {
    let served = Served::start();
    let mut alice = served.join("alice", &[]);
    alice.until_it_says("onEnterRoom");
    let mut bob = served.join("bob", &[]);
    bob.until_it_says("onRemoteUserEnterRoom(alice)");
    alice.until_it_says("onRemoteUserEnterRoom(bob)");
    bob.type_in("q");
    let ended = bob.end().succeeded();
    assert!(ended.text().contains("onExitRoom(0)"), "{ended:#?}");
    assert!(ended.text().contains("1 told"), "{ended:#?}");
    alice.until_it_says("onRemoteUserLeaveRoom(bob, 0)");
    alice.interrupt();
    alice.interrupt();
    alice.end().succeeded();
}

#[test]
fn a_kick_with_a_ban_says_what_became_of_each_and_keeps_them_out() {
    let served = Served::start();
    let mut alice = served.join("alice", &[]);
    alice.until_it_says("onEnterRoom");
    let mut bob = served.join("bob", &[]);
    bob.until_it_says("onEnterRoom");
    let kick = ["kick", "--room=123", "bob", "nobody", "--ban-for=3600"];
    let kicked = served.typed(&kick).run().succeeded().text();
    for words in [
        "bob is out of room 123; 1 of 1 others were told",
        "nobody was not in room 123",
        "nobody of them may enter room 123 for 3600 s",
    ] {
        assert!(kicked.contains(words), "{kicked}");
    }
    let ended = bob.end().succeeded();
    assert!(ended.text().contains("onExitRoom(1)"), "{ended:#?}");
    let again = served.join("bob", &[]).end();
    assert!(again.text().contains("banned until"), "{again:#?}");
    alice.interrupt();
    alice.end().succeeded();
}

#[test]
fn an_operator_lists_kicks_and_dismisses() {
    let served = Served::start();
    assert!(served.rooms().contains("no rooms"));
    let mut alice = served.join("alice", &[]);
    alice.until_it_says("onEnterRoom");
    let mut bob = served.join("bob", &[]);
    bob.until_it_says("onEnterRoom");
    let rooms = served.rooms();
    assert!(
        rooms.contains("123") && rooms.contains("alice, bob"),
        "{rooms}"
    );

    let kicked = served.typed(&["kick", "--room=123", "bob", "nobody"]).run();
    let kicked = kicked.succeeded().text();
    assert!(
        kicked.contains("none of bob, nobody is in room 123"),
        "{kicked}"
    );
    let ended = bob.end().succeeded();
    assert!(ended.text().contains("onExitRoom(1)"), "{ended:#?}");
    alice.until_it_says("onRemoteUserLeaveRoom(bob, 2)");

    let listed = served.typed(&["rooms", "--json"]).run().succeeded();
    let [room] = &listed.of_type("room")[..] else {
        panic!("{listed:#?}")
    };
    assert_eq!(room["room"], 123);
    assert_eq!(room["members"][0]["user"], "alice");
    assert_eq!(room["members"][0]["connected"], json!(true));

    let dismissed = served.typed(&["dismiss", "--room=123", "--json"]).run();
    assert_eq!(dismissed.succeeded().of_type("dismissed").len(), 1);
    let ended = alice.end().succeeded();
    assert!(ended.text().contains("onExitRoom(2)"), "{ended:#?}");
    assert!(served.rooms().contains("no rooms"));
}

#[test]
fn a_room_with_a_name_is_as_good_as_one_with_a_number() {
    let served = Served::start();
    let words = ["join", "--room=stand up!", "--user=alice"];
    let none = ["--microphone=none", "--speaker=none", "--camera=none"];
    let mut alice = served.typed(&[&words[..], &none].concat()).start();
    alice.until_it_says("onEnterRoom");
    assert!(served.rooms().contains("\"stand up!\""));
    served
        .typed(&["kick", "--room=stand up!", "alice"])
        .run()
        .succeeded();
    assert!(alice.end().succeeded().text().contains("onExitRoom(1)"));
}

#[test]
fn whoever_is_replaced_by_himself_is_told_so() {
    let served = Served::start();
    let mut first = served.join("alice", &[]);
    first.until_it_says("onEnterRoom");
    let mut second = served.join("alice", &["--leave-at-end-of-input"]);
    second.until_it_says("onEnterRoom");
    let ended = first.end().failed(4, &["entered from elsewhere"]);
    assert!(ended.text().contains("onExitRoom(102)"), "{ended:#?}");
    second.close_input();
    second.end().succeeded();
}

#[test]
fn what_is_said_of_a_stay_in_json_ends_with_its_exit_and_report() {
    let served = Served::start();
    let mut alice = served.join("alice", &["--json"]);
    alice.until_it_says("onEnterRoom");
    alice.type_in("q");
    let ended = alice.end().succeeded();
    let kinds: Vec<_> = ended
        .objects()
        .iter()
        .map(|line| line["type"].clone())
        .collect();
    assert_eq!(kinds[0], "began");
    assert_eq!(
        kinds[kinds.len() - 2..],
        [json!("callback"), json!("report")]
    );
    let exits = ended.of_type("callback");
    let exits = exits.iter().filter(|line| line["name"] == "onExitRoom");
    assert_eq!(exits.count(), 1);
}
