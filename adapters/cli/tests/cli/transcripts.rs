//! A stay that was recorded, and what can be wrong with the record.

use std::path::PathBuf;

use tempfile::TempDir;

use crate::program::Exeunt;
use crate::serving::Served;

/// What `exeunt join --transcript` wrote.
struct Recorded {
    folder: TempDir,
    text: String,
}

impl Recorded {
    fn stay() -> Self {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("alice.jsonl");
        let served = Served::start();
        let path = path.to_str().expect("a plain name");
        let mut alice = served.join("alice", &["--transcript", path]);
        alice.until_it_says("onEnterRoom");
        alice.type_in("q");
        alice.end().succeeded();
        let text = std::fs::read_to_string(path).expect("it was written");
        Self { folder, text }
    }

    /// Replays this instead.
    fn replay(&self, text: &str, more: &[&str]) -> crate::program::Ended {
        let path: PathBuf = self.folder.path().join("other.jsonl");
        std::fs::write(&path, text).expect("written");
        let words = [&["replay", path.to_str().expect("a plain name")], more].concat();
        Exeunt::typed(&words).run()
    }
}

#[test]
fn a_stay_is_recorded_and_replays_to_the_same_answers() {
    let recorded = Recorded::stay();
    let replayed = recorded.replay(&recorded.text, &[]).succeeded();
    assert!(replayed.text().contains("1 exit; "), "{replayed:#?}");
    let replayed = recorded.replay(&recorded.text, &["--json"]).succeeded();
    let [line] = &replayed.of_type("replayed")[..] else {
        panic!("{replayed:#?}")
    };
    assert_eq!(line["exits"], 1);
    assert_eq!(line["steps"], recorded.text.lines().count() - 1);
}

#[test]
fn a_transcript_that_is_cut_off_is_told_where() {
    let recorded = Recorded::stay();
    let lines: Vec<_> = recorded.text.lines().collect();
    let without_the_end = lines[..lines.len() - 1].join("\n");
    let last = format!("line {}", lines.len() - 1);
    recorded
        .replay(&without_the_end, &[])
        .failed(1, &["cut off", &last, "other.jsonl"]);
    let in_mid_line = &recorded.text[..recorded.text.len() - 10];
    let last = format!("line {}", lines.len());
    recorded
        .replay(in_mid_line, &[])
        .failed(1, &[&last, "is no step"]);
}

#[test]
fn what_is_no_transcript_is_told_what_one_looks_like() {
    let recorded = Recorded::stay();
    for text in ["", "{}", "a poem\n", "[1]\n"] {
        recorded
            .replay(text, &[])
            .failed(1, &["line 1", "exeunt_transcript"]);
    }
    let newer = recorded
        .text
        .replacen("\"exeunt_transcript\":1", "\"exeunt_transcript\":2", 1);
    recorded
        .replay(&newer, &[])
        .failed(1, &["version 2", "version 1"]);
    let folder = recorded.folder.path().to_str().expect("a plain name");
    Exeunt::typed(&["replay", folder])
        .run()
        .failed(1, &[folder]);
    Exeunt::typed(&["replay", "/nowhere"])
        .run()
        .failed(1, &["/nowhere", "No such file"]);
}

#[test]
fn a_step_that_is_answered_otherwise_is_named_and_has_a_status_of_its_own() {
    let recorded = Recorded::stay();
    let other = recorded
        .text
        .replacen("\"announce_departure\"", "\"close_transport\"", 1);
    let other = if other == recorded.text {
        recorded
            .text
            .replacen("AnnounceDeparture", "CloseTransport", 1)
    } else {
        other
    };
    assert_ne!(other, recorded.text);
    recorded
        .replay(&other, &[])
        .failed(5, &["the core answers", "line "]);
}

#[test]
fn a_transcript_that_cannot_be_written_keeps_out_of_the_room() {
    let served = Served::start();
    let alice = served.join("alice", &["--transcript", "/nowhere/alice.jsonl"]);
    let ended = alice
        .end()
        .failed(1, &["/nowhere/alice.jsonl", "No such file"]);
    assert!(!ended.text().contains("onEnterRoom"), "{ended:#?}");
}

#[cfg(target_os = "linux")]
#[test]
fn a_transcript_that_is_not_complete_is_said_when_the_stay_is_over() {
    let served = Served::start();
    // Always full: what is written there fails, from the first line on.
    let alice = served.join("alice", &["--transcript", "/dev/full"]);
    alice.end().failed(1, &["/dev/full", "cannot be written"]);
}
