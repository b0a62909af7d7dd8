//! Wrong transports.

use exeunt_conformance::{Suite, transport};

use crate::passing::{Passing, Wrong};
use crate::rooms::{Make, Rooms, honest};
use crate::verdicts::{fails_exactly, fails_nothing, said_of};

fn rooms_with(make: Make) -> Suite {
    transport(move || async move { Ok(Rooms::with(make)) })
}

#[test]
fn a_transport_that_only_passes_on_fails_nothing() {
    let suite = rooms_with(|inner| {
        let wrong = Wrong::Nothing;
        Box::new(Passing { inner, wrong })
    });
    fails_nothing(suite);
}

#[test]
fn a_transport_that_never_answers_close_fails_whatever_closes() {
    let suite = rooms_with(|inner| {
        let wrong = Wrong::NeverCloses;
        Box::new(Passing { inner, wrong })
    });
    let report = fails_exactly(
        suite,
        &[
            "two users are in a room over one transport object",
            "entering, abandoned at any moment, answers and leaves nobody behind",
            "entering, dropped at any moment, leaves nobody behind",
            "closing twice answers",
            "closing while leaving answers both, at any moment",
            "after closing nothing is told and nothing is heard",
            "a connection that is closed and dropped holds nothing",
            "who was kicked can leave, close and enter anew",
            "20 stays over one transport object leave no task behind",
            "200 stays over one transport object leave no thread, no descriptor and no memory behind",
            "20 entries that were given up leave no task behind",
            "20 entries that were given up leave no thread and no descriptor behind",
            "through the runtime: an exit in the room is one clean report with reason 0",
            "through the runtime: an exit while entering is one report with reason 0, at any moment",
            "through the runtime: a kick is one report with reason 1",
        ],
    );
    let said = said_of(&report, "closing twice answers");
    assert!(
        said.contains("alice's close() did not answer within 3s"),
        "{said}"
    );
    assert!(said.contains("broken: Connection::close answers"), "{said}");
}

#[test]
fn a_transport_that_leaves_a_ghost_fails_where_entering_is_given_up() {
    let suite = rooms_with(|inner| {
        let wrong = Wrong::LeavesGhost;
        Box::new(Passing { inner, wrong })
    });
    fails_exactly(
        suite,
        &[
            "entering, abandoned at any moment, answers and leaves nobody behind",
            "20 entries that were given up leave no task behind",
            "through the runtime: an exit while entering is one report with reason 0, at any moment",
        ],
    );
}

#[test]
fn a_transport_that_keeps_frames_back_fails_at_the_gate() {
    let suite = rooms_with(|inner| {
        let wrong = Wrong::SendsAfterTheGate;
        Box::new(Passing { inner, wrong })
    });
    fails_exactly(suite, &["once the gate is shut no frame leaves any more"]);
}

#[test]
fn a_transport_that_leaks_a_task_a_stay_fails_where_tasks_are_counted() {
    let suite = rooms_with(|inner| {
        let wrong = Wrong::LeaksTasks;
        Box::new(Passing { inner, wrong })
    });
    fails_exactly(
        suite,
        &[
            "20 stays over one transport object leave no task behind",
            "20 entries that were given up leave no task behind",
        ],
    );
}

#[test]
fn a_transport_whose_connections_block_when_dropped_fails_where_one_is() {
    let suite = rooms_with(|inner| {
        let wrong = Wrong::BlocksOnDrop;
        Box::new(Passing { inner, wrong })
    });
    let case = "dropping the connection does not block, and the others hear of it within the lease";
    fails_exactly(suite.only("dropping the connection"), &[case]);
}

#[test]
fn a_transport_that_goes_on_telling_after_close_fails_where_that_is_listened_to() {
    let suite = rooms_with(|inner| {
        let wrong = Wrong::TellsAfterClosing;
        Box::new(Passing { inner, wrong })
    });
    fails_exactly(
        suite,
        &["after closing nothing is told and nothing is heard"],
    );
}

#[test]
fn a_transport_that_tells_everything_twice_fails_where_that_is_counted() {
    let suite = rooms_with(|inner| {
        inner.faults().repeat_signals(1);
        honest(inner)
    });
    fails_exactly(
        suite,
        &[
            "who enters is seen by the others and sees them",
            "entering, abandoned at any moment, answers and leaves nobody behind",
            "entering, dropped at any moment, leaves nobody behind",
            "leaving tells the others reason 0, with a receipt",
            "leaving twice answers and is told once",
            "who was kicked can leave, close and enter anew",
            "through the runtime: an exit while entering is one report with reason 0, at any moment",
            "through the runtime: after an exit the same client enters anew",
            "through the runtime: a kick that crosses our own exit is one report and told once",
        ],
    );
}
