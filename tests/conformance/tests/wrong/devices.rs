//! Wrong devices.

use exeunt_conformance::{Suite, device};

use crate::microphones::{Wrong, WrongMicrophone};
use crate::verdicts::{fails_exactly, fails_nothing, said_of};

fn microphone(wrong: Wrong) -> Suite {
    device(move || Ok(WrongMicrophone::new(wrong)))
}

#[test]
fn a_microphone_that_only_passes_on_fails_nothing() {
    fails_nothing(microphone(Wrong::Nothing));
}

#[test]
fn a_microphone_that_goes_on_capturing_fails_where_it_is_released() {
    let report = fails_exactly(
        microphone(Wrong::KeepsCapturing),
        &[
            "a release answers, and after it nothing is captured, played or held",
            "30 openings and releases leave no task behind",
            "200 openings and releases leave no thread, no descriptor and no memory behind",
        ],
    );
    let case = "a release answers, and after it nothing is captured, played or held";
    let said = said_of(&report, case);
    assert!(said.contains("was captured meanwhile"), "{said}");
}

#[test]
fn a_microphone_that_never_answers_its_release_fails_whatever_releases() {
    fails_exactly(
        microphone(Wrong::NeverReleases),
        &[
            "an open microphone or camera captures valid frames, counted from 0",
            "opening, abandoned at any moment, answers and holds nothing",
            "opening, dropped at any moment, holds nothing",
            "opening twice at once answers both",
            "a release answers, and after it nothing is captured, played or held",
            "a device that was silenced first is released as well",
            "a release whose future is dropped, at any moment, goes on",
            "dropping an open device does not block and lets go",
            "30 openings and releases leave no task behind",
            "200 openings and releases leave no thread, no descriptor and no memory behind",
            "through the runtime: the device is released before the exit is reported",
            "through the runtime: an exit while it opens is one clean report, at any moment",
            "through the runtime: a preview that is handed over is released before the exit is reported",
            "through the runtime: an exit while a preview opens is one clean report, at any moment",
            "through the runtime: a preview that is dropped, at any moment, is released",
            "through the runtime: a preview whose release is dropped, at any moment, is released",
            "through the runtime: what is lent stays open after the exit, and is released by its owner",
            "through the runtime: what two sessions share is released by the last",
        ],
    );
}

#[test]
fn a_microphone_that_leaks_a_thread_an_opening_fails_where_threads_are_counted() {
    fails_exactly(
        microphone(Wrong::LeaksThreads),
        &["200 openings and releases leave no thread, no descriptor and no memory behind"],
    );
}

#[test]
fn a_microphone_that_leaks_memory_fails_where_memory_is_read() {
    let case = "200 openings and releases leave no thread, no descriptor and no memory behind";
    let report = fails_exactly(microphone(Wrong::LeaksMemory), &[case]);
    let said = said_of(&report, case);
    assert!(said.contains("the memory grows"), "{said}");
}

#[test]
fn a_microphone_that_opens_for_nobody_fails_where_opening_is_given_up() {
    fails_exactly(
        microphone(Wrong::OpensForNobody),
        &["opening, dropped at any moment, holds nothing"],
    );
}

#[test]
fn a_microphone_that_says_it_is_shared_and_is_not_fails_where_two_open_it() {
    let case = "opening twice at once answers both";
    let report = fails_exactly(microphone(Wrong::SaysStillShared), &[case]);
    let said = said_of(&report, case);
    assert!(said.contains("is_shared() is false"), "{said}");
}

#[test]
fn a_microphone_that_is_shared_and_says_it_is_released_fails_where_two_open_it() {
    let case = "opening twice at once answers both";
    let report = fails_exactly(microphone(Wrong::SaysReleased), &[case]);
    let said = said_of(&report, case);
    assert!(said.contains("is_shared() is true"), "{said}");
}

#[test]
fn a_microphone_whose_release_takes_others_along_fails_where_two_open_it() {
    let case = "opening twice at once answers both";
    let report = fails_exactly(microphone(Wrong::TakesOthersAlong), &[case]);
    let said = said_of(&report, case);
    assert!(said.contains("the other's next frame"), "{said}");
}

#[test]
fn a_microphone_that_falls_silent_fails_where_it_is_to_go_on_for_the_other_session() {
    let case = "through the runtime: what two sessions share is released by the last";
    let report = fails_exactly(microphone(Wrong::FallsSilent), &[case]);
    let said = said_of(&report, case);
    assert!(said.contains("for the one that stayed"), "{said}");
}
