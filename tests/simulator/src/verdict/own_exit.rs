//! What a stay owes its own application: one exit, in time, for a reason that there was.

use std::time::Duration;

use exeunt_runtime::{Cause, ExitReport, Reason};

use crate::facts::{Deed, Facts, Ordered, StayFacts, Violation};

/// A kick that was under way when a stay began may reach it.
const UNDER_WAY: Duration = Duration::from_millis(200);

pub(super) fn judge(facts: &Facts, stay: &StayFacts, found: &mut Vec<Violation>) {
    let name = &stay.name;
    let mut wrong =
        |guarantee, what: String| found.push(Violation::new(guarantee, format!("{name}: {what}")));
    let (Some(report), Some(exited)) = (&stay.report, stay.exited) else {
        wrong("G-1", "there was no onExitRoom".to_owned());
        return;
    };
    if stay.exits_heard != 1 {
        wrong("G-1", format!("there were {} onExitRoom", stay.exits_heard));
    }
    let bound = stay.policy.total();
    if report.took > bound || report.bound != bound {
        wrong(
            "G-6",
            format!(
                "the exit took {:?}, and {bound:?} is the bound",
                report.took
            ),
        );
    }
    if let Some(asked) = stay.exit_asked {
        let after_asking = exited.saturating_sub(asked);
        if after_asking > bound {
            let what = format!(
                "it was over {after_asking:?} after the exit was asked for; {bound:?} is the bound"
            );
            wrong("G-6", what);
        }
    }
    if let Err(expected) = reason_is_possible(facts, stay, report) {
        let what = format!(
            "onExitRoom({}) because of {:?} (and {:?}), but {expected}",
            report.reason.number(),
            report.cause,
            report.secondary
        );
        wrong("G-2", what);
    }
    if let Some(what) = is_as_good_as_it_could(facts, stay, report, exited) {
        wrong("G-12", what);
    }
}

/// Whether something happened that gives this reason.
fn reason_is_possible(facts: &Facts, stay: &StayFacts, report: &ExitReport) -> Result<(), String> {
    let began = stay.exit_began().unwrap_or_default();
    let since = stay.began.saturating_sub(UNDER_WAY);
    let demand = |possible: bool, expected: &str| {
        if possible {
            Ok(())
        } else {
            Err(expected.to_owned())
        }
    };
    if let Some(asked) = stay.exit_asked.filter(|asked| began > *asked) {
        return Err(format!(
            "it was asked to leave at {asked:?}, and began to at {began:?}"
        ));
    }
    let hurt = facts.was_hurt(stay.person, stay.began, began)
        || facts.was_without_service(stay.began, began);
    match report.reason {
        Reason::LocalExit => demand(
            stay.exit_asked == Some(began),
            "the application did not ask for it then",
        ),
        Reason::Kicked => {
            let kick = Ordered::Kick(stay.user.clone(), stay.room.clone());
            demand(
                facts.was_ordered(since, began, &kick),
                "nobody kicked this user",
            )
        }
        Reason::Dismissed => {
            let dismissal = Ordered::Dismiss(stay.room.clone());
            demand(
                facts.was_ordered(since, began, &dismissal),
                "nobody dismissed this room",
            )
        }
        Reason::ServerStopped => demand(
            facts.was_done(since, began, Deed::ServerStopped),
            "the service was not stopped",
        ),
        Reason::Replaced => {
            let elsewhere = facts.stays_beside(stay, &stay.user).any(|other| {
                other.person != stay.person
                    && other.began <= began
                    && other.exited.is_none_or(|exited| exited >= stay.began)
            });
            demand(elsewhere, "the same user did not enter from elsewhere")
        }
        Reason::ConnectionLost | Reason::EnterFailed => {
            demand(hurt, "nothing ailed the network or the service")
        }
    }
}

/// Where nothing was hurt, an exit that was asked for is confirmed and closed properly.
fn is_as_good_as_it_could(
    facts: &Facts,
    stay: &StayFacts,
    report: &ExitReport,
    exited: Duration,
) -> Option<String> {
    let entered_before = stay.entered? <= stay.exit_asked?;
    let well = !facts.was_hurt(stay.person, stay.began, exited)
        && !facts.was_without_service(stay.began, exited);
    // A round trip has to fit into the deadline.
    let in_time = stay.policy.departure >= Duration::from_millis(200);
    let clean = report.departure.outcome.is_clean() && report.transport.outcome.is_clean();
    if entered_before && well && in_time && report.cause == Cause::ExitRequested && !clean {
        let (departure, transport) = (&report.departure, &report.transport);
        return Some(format!(
            "nothing ailed the network, and yet: departure {departure}, transport {transport}"
        ));
    }
    None
}
