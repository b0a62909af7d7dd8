//! What makes no sense is not begun, and what would make sense is said.

use crate::program::Exeunt;

#[track_caller]
fn mistyped(words: &[&str], said: &[&str]) {
    let ended = Exeunt::typed(words).run().failed(2, said);
    assert_eq!(ended.said, [] as [&str; 0]);
}

#[test]
fn a_room_number_out_of_range_is_told_the_range() {
    for number in ["0", "4294967296", "-1"] {
        let room = format!("--room={number}");
        for words in [
            &["join", "--user=alice", &room][..],
            &["kick", "bob", &room],
            &["dismiss", &room],
        ] {
            mistyped(words, &[number, "1 to 4294967295"]);
        }
    }
}

#[test]
fn a_room_name_that_is_none_is_told_what_one_is() {
    mistyped(&["dismiss", "--room="], &["1 to 64"]);
    mistyped(
        &["dismiss", "--room", &"x".repeat(65)],
        &["65 bytes", "1 to 64"],
    );
    mistyped(
        &["dismiss", "--room=caf\u{e9}"],
        &["'\u{e9}'", "allowed are"],
    );
}

#[test]
fn a_user_who_is_none_is_told_what_one_is() {
    mistyped(
        &["join", "--room=1", "--user=a b"],
        &["' '", "a-z A-Z 0-9 _ -"],
    );
    mistyped(
        &["kick", "--room=1", &"x".repeat(33)],
        &["33 bytes", "1 to 32"],
    );
    mistyped(&["kick", "--room=1"], &["<USER>"]);
}

#[test]
fn a_device_that_is_none_is_told_what_one_is() {
    let with = |device: &'static str| ["join", "--room=1", "--user=a", device];
    mistyped(&with("--microphone="), &["tone", "file:PATH.wav"]);
    mistyped(
        &with("--microphone=picture"),
        &["microphone", "picture", "tone"],
    );
    mistyped(&with("--camera=tone"), &["camera", "tone", "picture"]);
    mistyped(&with("--speaker=file:"), &["followed by a path", "silent"]);
}

#[test]
fn a_camera_format_that_is_none_is_told_what_one_is() {
    let with = |format: &'static str| ["join", "--room=1", "--user=a", "--camera-format", format];
    mistyped(&with("1280"), &["\"1280\" is no size", "1280x720@30:mjpeg"]);
    mistyped(&with("640x480@fast"), &["\"fast\" is no rate"]);
    mistyped(
        &with("640x480:h264"),
        &["\"h264\"", "mjpeg, nv12, yuyv, grey, rgb, bgr"],
    );
}

#[test]
fn a_camera_format_for_what_has_none_is_said() {
    let words = ["join", "--room=1", "--user=a", "--camera-format=640x480"];
    for camera in ["none", "picture", "file:x.y4m"] {
        let camera = format!("--camera={camera}");
        let said = ["--camera-format 640x480", "this machine's own"];
        mistyped(&[&words[..], &[&camera]].concat(), &said);
    }
    let demo = ["demo", "--devices=files", "--camera-format=640x480"];
    mistyped(&demo, &["--camera-format 640x480", "--devices files"]);
    mistyped(
        &["demo", "--camera-format=640x480:h264"],
        &["\"h264\"", "mjpeg, nv12, yuyv, grey, rgb, bgr"],
    );
}

#[test]
fn an_address_a_lease_or_a_number_that_is_none_is_said() {
    mistyped(&["serve", "--listen", "nowhere"], &["nowhere"]);
    mistyped(&["serve", "--lease", "10"], &["10", "200..=600000"]);
    mistyped(&["rooms", "--sdk-app-id", "many"], &["many"]);
    mistyped(
        &["demo", "--transport", "pigeon"],
        &["pigeon", "websocket, loopback"],
    );
    mistyped(&["leave"], &["leave"]);
}

#[test]
fn a_flag_of_another_command_is_none_of_this_one() {
    mistyped(&["demo", "--service", "ws://x"], &["--service"]);
    mistyped(
        &["join", "--room=1", "--user=a", "--secret-key=x"],
        &["--secret-key"],
    );
}

#[test]
fn what_was_mistyped_is_json_where_json_was_asked_for() {
    let ended = Exeunt::typed(&["--json", "dismiss", "--room=0"]).run();
    assert_eq!(ended.status, Some(2));
    assert_eq!(ended.complaints, "");
    let [failure] = &ended.of_type("failure")[..] else {
        panic!("{ended:#?}")
    };
    assert_eq!(failure["status"], 2);
    let message = failure["message"].as_str().expect("words");
    assert!(message.contains("1 to 4294967295"), "{message}");
}

#[test]
fn what_is_said_of_janus_makes_sense_for_its_back_end_only_and_a_secret_is_not_repeated() {
    mistyped(
        &["serve", "--janus", "ws://127.0.0.1:8188"],
        &["--back-end janus"],
    );
    let janus = ["serve", "--back-end", "janus"];
    for (words, said) in [
        (["--janus", "http://127.0.0.1:8088"], ["ws://HOST:PORT"]),
        (["--janus-room-secret", "not-to-be-seen"], ["ROOM=SECRET"]),
        (
            ["--janus-room-secret", "0=not-to-be-seen"],
            ["1 to 4294967295"],
        ),
        (["--janus-interval", "10"], ["50..=60000"]),
    ] {
        let words: Vec<&str> = janus.iter().chain(&words).copied().collect();
        let ended = Exeunt::typed(&words).run().failed(2, &said);
        assert!(!ended.complaints.contains("not-to-be-seen"), "{ended:#?}");
    }
}

#[test]
fn what_is_typed_of_janus_is_refused_where_it_is_for_nothing_and_the_environment_is_passed_over() {
    let elsewhere = &["--transport janus"][..];
    let demo = [
        "demo",
        "--transport",
        "janus",
        "--janus-pin",
        "not-to-be-seen",
    ];
    mistyped(&demo, &["--janus URL"]);
    for transport in ["websocket", "loopback"] {
        let demo = ["demo", "--transport", transport, "--janus-admin-key", "k"];
        mistyped(&demo, elsewhere);
    }
    let join = ["join", "--room", "1", "--user", "alice"];
    let typed: Vec<&str> = join.into_iter().chain(["--janus-pin", "k"]).collect();
    mistyped(&typed, elsewhere);

    let of_janus = |words: &[&str]| {
        let typed = Exeunt::typed(words).with_env("EXEUNT_JANUS", "ws://127.0.0.1:8188");
        typed.with_env("EXEUNT_JANUS_ADMIN_KEY", "k")
    };
    let mut serving = of_janus(&["serve", "--listen", "127.0.0.1:0"]).start();
    serving.until_it_says("rooms at ws://127.0.0.1");
    // A place without a service: it was tried.
    let there = "--service=ws://127.0.0.1:1 --microphone=none --speaker=none --camera=none";
    let join: Vec<&str> = join.into_iter().chain(there.split(' ')).collect();
    let ended = of_janus(&join).run();
    assert_eq!(ended.status, Some(1), "{ended:#?}");
}
