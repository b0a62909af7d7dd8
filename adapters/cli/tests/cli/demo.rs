//! The demo, over both transports, with files.

use std::path::Path;

use serde_json::Value;
use svg::node::element::tag::Type;
use svg::parser::Event;
use tempfile::TempDir;

use crate::program::{Ended, Exeunt};

/// What a run with files shows; the others need something to go wrong.
const SHOWN: [u8; 10] = [1, 2, 3, 5, 6, 9, 12, 13, 14, 18];

fn demo(folder: &TempDir, words: &[&str]) -> Exeunt {
    let words = [&["demo", "--devices=files"], words].concat();
    Exeunt::typed(&words).within(folder.path())
}

fn folder() -> TempDir {
    tempfile::tempdir().expect("a folder")
}

/// The guarantees with this verdict.
fn verdicts(ended: &Ended, verdict: &str) -> Vec<u8> {
    let mut rows = ended.of_type("guarantee");
    assert_eq!(rows.len(), 18);
    rows.retain(|row| row["verdict"] == verdict);
    let number = |row: &Value| row["guarantee"].as_str()?.strip_prefix("G-")?.parse().ok();
    rows.iter().filter_map(number).collect()
}

/// The people whose lanes are in the picture, which is well-formed.
fn lanes(path: &Path) -> Vec<String> {
    let text = std::fs::read_to_string(path).expect("the picture was written");
    let (mut open, mut names, mut in_name) = (Vec::new(), Vec::new(), false);
    for event in svg::read(&text).expect("it can be read") {
        match event {
            Event::Tag(tag, Type::Start, attributes) => {
                in_name = attributes
                    .get("class")
                    .is_some_and(|class| &**class == "name");
                open.push(tag);
            }
            Event::Tag(tag, Type::End, _) => assert_eq!(open.pop(), Some(tag)),
            Event::Text(words) if in_name => names.push(words.trim().to_owned()),
            Event::Error(error) => panic!("{error}"),
            Event::Tag(_, Type::Empty, _)
            | Event::Text(_)
            | Event::Comment(_)
            | Event::Declaration(_)
            | Event::Instruction(_) => {}
        }
    }
    assert_eq!(open, [] as [&str; 0], "every tag is closed");
    names.retain(|name| !name.contains(':'));
    names
}

#[test]
fn over_the_room_service_everything_that_is_shown_holds() {
    let folder = folder();
    let ended = demo(&folder, &["--json"]).run().succeeded();
    assert_eq!(verdicts(&ended, "held"), SHOWN, "{ended:#?}");
    assert_eq!(verdicts(&ended, "broken"), [] as [u8; 0]);
    assert_eq!(ended.of_type("report").len(), 3);
    assert_eq!(ended.of_type("sighting").len(), 9);
    assert_eq!(
        lanes(&folder.path().join("exeunt-demo.svg")),
        ["alice", "bob", "carol"]
    );
}

#[test]
fn over_the_loopback_transport_everything_that_is_shown_holds() {
    let folder = folder();
    let words = ["--json", "--transport=loopback", "--picture=play.svg"];
    let ended = demo(&folder, &words).run().succeeded();
    assert_eq!(verdicts(&ended, "held"), SHOWN, "{ended:#?}");
    assert_eq!(ended.of_type("report").len(), 3);
    assert_eq!(
        lanes(&folder.path().join("play.svg")),
        ["alice", "bob", "carol"]
    );
}

#[test]
fn the_text_shows_everybodys_timeline_and_says_where_the_picture_is() {
    let folder = folder();
    let ended = demo(&folder, &[]).run().succeeded();
    let text = ended.text();
    for words in [
        "-- alice leaves",
        "-- bob is kicked",
        "-- the room is dismissed",
        "=> onExitRoom(0)",
        "=> onExitRoom(1)",
        "=> onExitRoom(2)",
        "the system shows the camera closed",
        "+ G-13 Really off",
        "as a picture: exeunt-demo.svg",
    ] {
        assert!(text.contains(words), "no {words:?}: {text}");
    }
}

#[test]
fn what_the_environment_says_of_other_services_does_not_matter() {
    let folder = folder();
    let exeunt = demo(&folder, &["--json"])
        .with_env("EXEUNT_SERVICE", "ws://127.0.0.1:1")
        .with_env("EXEUNT_CONFIG", "/nowhere/exeunt.toml")
        .with_env("EXEUNT_SDK_APP_ID", "5")
        .with_env("EXEUNT_USER_SIG_KEY", "wrong")
        .with_env("EXEUNT_USER_SIG", "nonsense");
    assert_eq!(verdicts(&exeunt.run().succeeded(), "held"), SHOWN);
}

#[test]
fn a_picture_that_cannot_be_written_is_said_before_anybody_plays() {
    let folder = folder();
    for path in ["/nowhere/picture.svg", "/"] {
        let ended = demo(&folder, &["--picture", path]).run();
        let ended = ended.failed(1, &[path, "picture"]);
        assert_eq!(ended.said, [] as [&str; 0], "nobody played");
    }
}

#[test]
fn a_reader_that_goes_away_stops_nothing() {
    let folder = folder();
    let mut running = demo(&folder, &[]).start();
    running.until_it_says("onEnterRoom");
    running.turn_away();
    running.end().succeeded();
    assert_eq!(lanes(&folder.path().join("exeunt-demo.svg")).len(), 3);
}

/// On a machine that has all three there is nothing to complain of.
#[test]
fn real_devices_are_insisted_on_by_name() {
    let listed = Exeunt::typed(&["devices", "--json"]).run().succeeded();
    let mut kinds: Vec<_> = listed
        .objects()
        .iter()
        .map(|line| line["kind"].clone())
        .collect();
    kinds.dedup();
    if kinds.len() < 3 {
        let folder = folder();
        let words = ["demo", "--devices=real"];
        let ended = Exeunt::typed(&words).within(folder.path()).run();
        let ended = ended.failed(1, &["this machine has no ", "--devices files"]);
        assert_eq!(ended.said, [] as [&str; 0], "nobody played");
        assert!(!folder.path().join("exeunt-demo.svg").exists());
    }
}
