//! The machine and the reference, on histories that nobody would write down.

use std::collections::BTreeSet;

use arbitrary::Unstructured;
use exeunt_core::{Session, Slot};
use exeunt_scenario::{History, compare, histories, play, tell};
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::strategy::ValueTree as _;
use proptest::test_runner::TestRunner;

/// A failure prints its history, which is short after shrinking; a seed would not survive a change of
/// the generator.
fn cases(cases: u32) -> ProptestConfig {
    ProptestConfig {
        failure_persistence: None,
        ..ProptestConfig::with_cases(cases)
    }
}

proptest! {
    #![proptest_config(cases(3000))]

    #[test]
    fn every_stay_does_what_the_reference_does_and_is_reported_once_within_the_bound(
        history in histories()
    ) {
        compare(&history)?;
    }

    #[test]
    fn a_fuzzers_bytes_are_a_history_too(bytes in vec(any::<u8>(), 4..600)) {
        let history = play(&mut Unstructured::new(&bytes)).expect("there are bytes for a policy");
        compare(&history)?;
    }

    #[test]
    fn the_same_history_is_told_the_same_twice(history in histories()) {
        let told = || tell(&history, Session::new(history.policy)).map(|told| told.to_string());
        prop_assert_eq!(told()?, told()?);
    }
}

/// A fixed sample, the same on every run.
fn sample(count: usize) -> impl Iterator<Item = History> {
    let mut runner = TestRunner::deterministic();
    let strategy = histories();
    std::iter::repeat_with(move || {
        let tree = strategy.new_tree(&mut runner);
        tree.expect("the strategy rejects nothing").current()
    })
    .take(count)
}

/// A property that holds because nothing happens would be worth nothing.
#[test]
fn histories_reach_every_event_every_effect_and_every_ending() {
    let mut events = BTreeSet::new();
    let mut effects = BTreeSet::new();
    let mut reasons = BTreeSet::new();
    let mut stays = 0;
    for history in sample(3000) {
        let told =
            tell(&history, Session::new(history.policy)).expect("the machine keeps them all");
        let name = |shown: String| shown.split('(').next().unwrap_or_default().to_owned();
        for line in &told.lines {
            let shown = format!("{:?}", line.event);
            // Deadlines differ by what is waited for.
            let is_deadline = shown.starts_with("Deadline");
            events.insert(if is_deadline { shown } else { name(shown) });
            effects.extend(
                line.effects
                    .iter()
                    .map(|(_, effect)| name(format!("{effect:?}"))),
            );
        }
        let last = told.lines.iter().map(|line| line.epoch.number()).max();
        stays = stays.max(last.unwrap_or_default());
        let mut session = Session::new(history.policy);
        for line in &told.lines {
            let _ = session.handle(line.epoch, line.event, line.at);
            reasons.extend(session.report().map(|report| report.cause));
        }
    }
    let device_waits = 2 * Slot::all()
        .filter(|slot| [0, 1, 2, 7].contains(&slot.number()))
        .count();
    assert_eq!(events.len(), 25 + 4 + device_waits, "{events:?}");
    assert_eq!(effects.len(), 9, "{effects:?}");
    assert_eq!(reasons.len(), exeunt_core::Cause::ALL.len(), "{reasons:?}");
    assert!(stays > 5, "{stays} stays one after the other");
}
