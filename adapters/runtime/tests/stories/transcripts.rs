//! What was recorded, and what a replay says of it.

use exeunt_loopback::{Hub, ToneMicrophone};
use exeunt_runtime::{Transcript, TranscriptError};

use crate::people::{Steps, client, in_room};

async fn recorded() -> String {
    let hub = Hub::new();
    let steps = Steps::default();
    let alice = steps.of(client(hub.transport()).with_device(ToneMicrophone::new(440)));
    let policy = alice.policy();
    let room = in_room(alice, "alice").await;
    drop(room.exit().await);
    let lines: Vec<_> = steps.all().iter().map(Transcript::line).collect();
    format!("{}\n{}\n", Transcript::header(policy), lines.join("\n"))
}

#[tokio::test(start_paused = true)]
async fn a_recorded_stay_replays_to_the_same_answers() {
    let text = recorded().await;
    let replayed = Transcript::parse(&text).and_then(|transcript| transcript.replay());
    let replayed = replayed.expect("the core answers the same");
    assert_eq!(replayed.exits, 1);
    assert_eq!(replayed.steps, text.lines().count() - 1);
}

#[tokio::test(start_paused = true)]
async fn a_transcript_that_is_cut_off_says_where() {
    let text = recorded().await;
    let lines: Vec<_> = text.lines().collect();
    let whole_lines = lines[..lines.len() - 1].join("\n");
    let error = Transcript::parse(&whole_lines).and_then(|transcript| transcript.replay());
    assert!(matches!(error, Err(TranscriptError::CutOff { line, .. }) if line == lines.len() - 1));
    let inside_a_line = &text[..text.len() - 20];
    let error = Transcript::parse(inside_a_line).expect_err("the last line is cut");
    assert!(
        matches!(error, TranscriptError::Line { line, .. } if line == lines.len()),
        "{error}"
    );
}

#[tokio::test(start_paused = true)]
async fn a_transcript_with_another_answer_says_which_line_differs() {
    let text = recorded().await.replace("[\"gate_media\",", "[");
    let error = Transcript::parse(&text).and_then(|transcript| transcript.replay());
    let error = error
        .expect_err("the core gates the media first")
        .to_string();
    assert!(error.contains("GateMedia"), "{error}");
}

#[test]
fn what_is_no_transcript_is_told_apart() {
    let error = Transcript::parse("").expect_err("empty").to_string();
    assert!(error.contains("the file is empty"), "{error}");
    let error = Transcript::parse("{\"hello\":1}")
        .expect_err("another file")
        .to_string();
    assert!(error.contains("exeunt_transcript"), "{error}");
    let policy = exeunt_runtime::Policy::default();
    let newer =
        Transcript::header(policy).replace("\"exeunt_transcript\":1", "\"exeunt_transcript\":9");
    let error = Transcript::parse(&newer).expect_err("a newer version");
    assert_eq!(error, TranscriptError::Version { version: 9 });
}
