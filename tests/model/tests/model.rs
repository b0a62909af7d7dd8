//! Every state of every world is visited, and the laws hold; and where something is wrong, it is found.

use std::path::PathBuf;
use std::sync::{Mutex, PoisonError};

use exeunt_core::Cause;
use exeunt_model::{AT_LENGTH, EVERY_TIME, FLAWED, Flaw, Law, Scope, Survey, UNKNOWABLE};

/// One survey at a time: each takes both cores of a small machine and some memory.
static ONE_AT_A_TIME: Mutex<()> = Mutex::new(());

fn survey(scope: Scope, threads: usize) -> Survey {
    let _turn = ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner);
    Survey::of(scope, threads, |_| {})
}

/// Visits all of them, and answers the rows of their table.
fn visit(worlds: &[(Scope, &[Cause])]) -> String {
    let mut rows = Vec::new();
    for (scope, causes) in worlds {
        let survey = survey(*scope, 2);
        println!("{survey}");
        assert!(survey.counter_examples.is_empty(), "{survey}");
        for cause in *causes {
            let name = scope.name;
            assert!(
                survey.causes.contains(cause),
                "no stay of {name:?} ends by {cause:?}"
            );
        }
        let (states, steps) = (survey.states, survey.steps);
        rows.push(format!("| {} | {states} | {steps} |\n", scope.name));
    }
    rows.concat()
}

/// Compares a table in the README with what was counted, or rewrites it.
fn compare(table: &str, counted: &str) {
    let path = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("README.md");
    let (begin, end) = (
        format!("<!-- counted: {table} -->\n"),
        format!("<!-- end: {table} -->"),
    );
    // The other table may be rewritten at the same time.
    let _turn = ONE_AT_A_TIME.lock().unwrap_or_else(PoisonError::into_inner);
    let text = std::fs::read_to_string(&path).expect("the README is there");
    let head = "| world | states | steps |\n| --- | ---: | ---: |\n";
    let (before, rest) = text.split_once(&begin).expect("the README has the table");
    let (recorded, after) = rest
        .split_once(&end)
        .expect("the README's table has an end");
    let counted = format!("{head}{counted}");
    if std::env::var_os("EXEUNT_UPDATE").is_some_and(|update| update == "1") {
        let text = format!("{before}{begin}{counted}{end}{after}");
        std::fs::write(&path, text).expect("the README can be written");
        return;
    }
    assert_eq!(
        recorded, counted,
        "core, transport or rooms behave differently: the model has other states (right) than \
         tests/model/README.md says (left). If that is meant, EXEUNT_UPDATE=1 rewrites it."
    );
}

#[test]
fn the_laws_hold_in_every_state_of_every_world() {
    compare("every time", &visit(EVERY_TIME));
}

#[test]
fn the_laws_hold_in_every_state_of_the_large_worlds() {
    if std::env::var_os("FULL").is_none_or(|full| full != "1") {
        println!("not run: the large worlds are visited with FULL=1");
        return;
    }
    compare("at length", &visit(AT_LENGTH));
}

#[test]
fn what_is_wrong_on_purpose_is_found_and_told_in_words() {
    for scope in FLAWED {
        let survey = survey(*scope, 1);
        println!("{survey}");
        let law = match scope.flaw {
            Some(Flaw::LeaseExpiryUnannounced | Flaw::ReentriesOverlooked) => Law::Told,
            Some(Flaw::ReconnectsAfterKick) => Law::NotBackUnasked,
            Some(Flaw::LateLeaveOfNewerStay | Flaw::EntersUnnumbered | Flaw::ResumesUnnumbered) => {
                Law::LateTouchesNothing
            }
            Some(Flaw::LossToldAsDeparture) => Law::NothingInvented,
            Some(Flaw::ReportsEveryCause) => Law::Once,
            None => panic!("{:?} has no flaw", scope.name),
        };
        let mut examples = survey.counter_examples.iter();
        let example = examples.find(|example| example.law == law);
        let example = example.unwrap_or_else(|| panic!("not found: {}", scope.name));
        assert!(
            !example.path.is_empty() && example.path.len() <= 12,
            "{example}"
        );
    }
}

#[test]
fn the_same_worlds_without_what_is_wrong_break_no_law() {
    for scope in FLAWED {
        let sound = Scope {
            flaw: None,
            ..*scope
        };
        let survey = survey(sound, 2);
        assert!(survey.counter_examples.is_empty(), "{survey}");
    }
}

/// What numbers cannot tell: a process that was started again is another client, and of two clients the one
/// that arrives last has the stay. Should this fail because nothing is found any more, then the README's
/// section about it has no reason left.
#[test]
fn only_an_enter_of_a_process_that_died_can_still_replace_the_stay_of_the_process_after_it() {
    let survey = survey(UNKNOWABLE, 1);
    println!("{survey}");
    let found = survey.counter_examples.iter();
    let laws: Vec<Law> = found.map(|found| found.law).collect();
    assert_eq!(laws, [Law::LateTouchesNothing], "{survey}");
    let words = survey.counter_examples[0].breach.to_string();
    assert!(words.contains("of process 2"), "{words}");
}
