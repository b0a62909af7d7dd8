//! Numbers and words: what goes in comes out, and what is none is refused with a reason.

use core::time::Duration;

use exeunt_core::{Cause, Epoch, Instant, Outcome, Policy, Slot, Wait};

#[test]
fn eight_slots_have_the_numbers_0_to_7() {
    let numbers: Vec<_> = Slot::all().map(Slot::number).collect();
    assert_eq!(numbers, [0, 1, 2, 3, 4, 5, 6, 7]);
    for slot in Slot::all() {
        assert_eq!(Slot::try_from(u8::from(slot)), Ok(slot));
        assert_eq!(u8::from(slot), slot.number());
        assert_eq!(slot.to_string(), slot.number().to_string());
    }
    let refused = Slot::try_from(8).expect_err("there is no ninth");
    assert_eq!(refused.to_string(), "8 is no device slot; 0 to 7 are");
}

#[test]
fn stays_are_counted_from_one_and_the_last_number_stays() {
    assert_eq!(Epoch::NONE.next(), Epoch::FIRST);
    for number in [0, 1, 2, 7, u32::MAX] {
        let epoch = Epoch::from_number(number);
        assert_eq!(epoch.number(), number);
        assert_eq!(epoch.to_string(), number.to_string());
        assert_eq!(epoch.next().number(), number.saturating_add(1));
    }
}

#[test]
fn time_only_has_differences_and_never_runs_over() {
    let start = Instant::from_millis(2);
    assert_eq!(start, Instant::from_micros(2000));
    assert_eq!(start.as_micros(), 2000);
    let later = start.after(Duration::from_micros(5));
    assert_eq!(later.as_micros(), 2005);
    assert_eq!(later.since(start), Duration::from_micros(5));
    assert_eq!(start.since(later), Duration::ZERO);
    let end = Instant::from_micros(u64::MAX);
    assert_eq!(Instant::from_millis(u64::MAX), end);
    assert_eq!(start.after(Duration::MAX), end);
}

#[test]
fn every_wait_has_the_bound_that_the_policy_says() {
    let policy = Policy {
        entering: Duration::from_secs(1),
        recovering: Duration::from_secs(2),
        opening: Duration::from_secs(3),
        departure: Duration::from_secs(4),
        device: Duration::from_secs(5),
        transport: Duration::from_secs(6),
    };
    let slot = Slot::all().last().expect("there are slots");
    let waits = [
        Wait::Entering,
        Wait::Recovering,
        Wait::Opening(slot),
        Wait::Departure,
        Wait::Releasing(slot),
        Wait::Transport,
    ];
    let bounds = waits.map(|wait| policy.bound(wait).as_secs());
    assert_eq!(bounds, [1, 2, 3, 4, 5, 6]);
}

#[test]
fn the_defaults_are_those_that_are_documented() {
    let policy = Policy::default();
    let millis = [
        policy.entering,
        policy.recovering,
        policy.opening,
        policy.departure,
        policy.device,
        policy.transport,
    ]
    .map(|bound| bound.as_millis());
    assert_eq!(millis, [10_000, 30_000, 30_000, 1500, 2000, 1000]);
}

#[test]
fn every_outcome_has_a_word_and_three_leave_something_behind() {
    let words = Outcome::ALL.map(|outcome| outcome.to_string());
    let expected = [
        "done",
        "not owed",
        "vanished",
        "failed",
        "timed out",
        "impossible",
    ];
    assert_eq!(words, expected);
    // The report is a table: a word keeps to its column.
    assert_eq!(format!("{:10}|", Outcome::Done), "done      |");
    let clean = Outcome::ALL.map(Outcome::is_clean);
    assert_eq!(clean, [true, true, true, false, false, false]);
}

#[test]
fn every_cause_has_its_number_in_on_exit_room() {
    let numbers = Cause::ALL.map(|cause| cause.reason().number());
    assert_eq!(numbers, [0, 1, 2, 102, 103, 100, 100, 100, 101, 101]);
}
