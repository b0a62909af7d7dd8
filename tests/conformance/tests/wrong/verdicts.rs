//! Which cases failed, and what is said where a part is missing.

use std::time::Duration;

use exeunt_conformance::{Obstacle, Report, Suite, Verdict, transport};

use crate::rooms::{Rooms, honest};

/// How long the answers that never come are waited for. Those that come need none of it, but on a busy
/// machine they come later.
const PATIENCE: Duration = Duration::from_secs(3);

/// Demands that no case fails.
pub(crate) fn fails_nothing(suite: Suite) {
    let report = suite.report();
    assert!(report.is_success(), "{report}");
}

/// Demands that exactly these cases fail, and answers the report.
pub(crate) fn fails_exactly(suite: Suite, expected: &[&str]) -> Report {
    let report = suite.patience(PATIENCE).report();
    let failed: Vec<_> = report.failed().map(|line| line.case).collect();
    assert_eq!(failed, expected, "{report}");
    report
}

/// What is said of a case that failed.
pub(crate) fn said_of<'report>(report: &'report Report, case: &str) -> &'report str {
    let line = report.failed().find(|line| line.case == case);
    let Some(Verdict::Failed(said)) = line.map(|line| &line.verdict) else {
        unreachable!("{case} was found among the failed ones: {report}");
    };
    said
}

#[test]
fn what_the_world_does_not_offer_is_listed_and_is_no_failure() {
    let suite = transport(|| async { Ok(Rooms::without_operator(honest)) });
    let report = suite.report();
    assert!(report.is_success(), "{report}");
    let kick = "a kick is told to the kicked, and to the others with reason 2";
    let line = report.lines().iter().find(|line| line.case == kick);
    let not_offered = Verdict::NotOffered("no operator kicks users".to_owned());
    assert_eq!(line.map(|line| &line.verdict), Some(&not_offered));
}

#[test]
fn a_missing_part_is_named_and_fails_only_where_everything_has_to_be_there() {
    let suite = transport(|| async { Err::<Rooms, _>(Obstacle::missing("janus")) });
    let name = "this machine has no janus".to_owned();
    let expected = if exeunt_requirements::full() {
        Verdict::Failed(format!("{name}, and FULL=1 says that it has to be there"))
    } else {
        Verdict::NotRun(name)
    };
    let report = suite.report();
    assert!(
        report.lines().iter().all(|line| line.verdict == expected),
        "{report}"
    );
}

#[test]
fn a_world_that_fails_is_a_failure_that_says_so() {
    let suite = transport(|| async { Err::<Rooms, _>(Obstacle::failed("no port is free")) });
    let report = suite.report();
    assert_eq!(report.failed().count(), report.lines().len());
    assert!(
        report
            .failures()
            .contains("the test's own world failed: no port is free")
    );
}
