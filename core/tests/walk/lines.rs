//! What the lines of the report say, edge by edge: a line is settled by what was said, as it was said,
//! and then it stands.

use exeunt_core::{Cause, Closing, Departure, Event, Outcome, Wait};

use crate::graph::Edge;
use crate::reading::{begins_exit, hold, ledger, same};

/// G-12. How the others were told is what was said of it.
pub(crate) fn the_departure_is_settled_as_it_was_said(edge: &Edge) -> Result<(), String> {
    let (Some(before), Some(after)) = (ledger(edge.before), ledger(&edge.after)) else {
        return Ok(());
    };
    match (before.departure(), after.departure()) {
        (Departure::Settled(first), then) => {
            same(then, Departure::Settled(first), "how the others were told")
        }
        (
            Departure::AwaitingConnect | Departure::Announced,
            after @ (Departure::AwaitingConnect | Departure::Announced),
        ) => {
            hold(
                after == before.departure() || edge.event == Event::Entered,
                "an announcement is awaited that was not asked for",
            )?;
            same(
                None,
                said_of_the_departure(edge.event).filter(|_| edge.event != Event::EnterFailed),
                "what was said of the announcement, and is still waited for",
            )
        }
        (Departure::AwaitingConnect | Departure::Announced, Departure::Settled(outcome)) => {
            hold(
                edge.event != Event::EnterFailed || !before.was_entered(),
                "a connect that had succeeded counts as failed",
            )?;
            same(
                Some(outcome),
                said_of_the_departure(edge.event),
                "how the others were told, and what was said of it",
            )
        }
    }
}

fn said_of_the_departure(event: Event) -> Option<Outcome> {
    let facts = [
        (Event::DepartureConfirmed, Outcome::Done),
        (Event::DepartureFailed, Outcome::Failed),
        (Event::AlreadyOut, Outcome::NotOwed),
        // The others know, or nobody ever counted us in.
        (Event::Kicked, Outcome::NotOwed),
        (Event::Dismissed, Outcome::NotOwed),
        (Event::Replaced, Outcome::NotOwed),
        (Event::ServerStopped, Outcome::NotOwed),
        (Event::EnterFailed, Outcome::NotOwed),
        // Nothing is left to carry it.
        (Event::LinkLost, Outcome::Failed),
        (Event::LinkDead, Outcome::Failed),
        (Event::TransportClosed, Outcome::Failed),
        (Event::DeadlineReached(Wait::Departure), Outcome::TimedOut),
    ];
    let said = facts.into_iter().find(|(fact, _)| *fact == event);
    said.map(|(_, outcome)| outcome)
}

/// G-13 for the transport. How it was closed is what was said of it, and nobody believes an answer to
/// what was not asked.
pub(crate) fn the_closing_is_settled_as_it_was_said(edge: &Edge) -> Result<(), String> {
    let Some(after) = ledger(&edge.after) else {
        return Ok(());
    };
    if begins_exit(edge) {
        let vanished = edge.event == Event::TransportClosed;
        return same(
            after.closing() == Closing::Settled(Outcome::Vanished),
            vanished,
            "whether the transport closed by itself",
        );
    }
    let Some(before) = ledger(edge.before) else {
        return Ok(());
    };
    let asked = before.closing() == Closing::Asked;
    let facts = [
        (Event::TransportClosed, true, Outcome::Done),
        (Event::TransportClosed, false, Outcome::Vanished),
        (Event::CloseFailed, true, Outcome::Failed),
        (
            Event::DeadlineReached(Wait::Transport),
            true,
            Outcome::TimedOut,
        ),
    ];
    let said = facts
        .into_iter()
        .find(|(fact, if_asked, _)| *fact == edge.event && *if_asked == asked)
        .map(|(_, _, outcome)| outcome);
    match (before.closing(), after.closing(), said) {
        (Closing::Settled(first), then, _) => same(
            then,
            Closing::Settled(first),
            "how the transport was closed",
        ),
        (Closing::Owed | Closing::Asked, then, Some(outcome)) => same(
            then,
            Closing::Settled(outcome),
            "how the transport was closed",
        ),
        (Closing::Owed | Closing::Asked, then, None) => hold(
            !matches!(then, Closing::Settled(_)) && (then == Closing::Asked || !asked),
            "the transport counts as closed, and nobody said so",
        ),
    }
}

/// G-2. What else would have ended a stay is noted, and nothing else is.
pub(crate) fn what_would_have_ended_it_is_noted(edge: &Edge) -> Result<(), String> {
    let (Some(before), Some(after)) = (ledger(edge.before), ledger(&edge.after)) else {
        return Ok(());
    };
    let causes = [
        (Event::ExitRequested, Cause::ExitRequested),
        (Event::Kicked, Cause::Kicked),
        (Event::Dismissed, Cause::Dismissed),
        (Event::Replaced, Cause::Replaced),
        (Event::ServerStopped, Cause::ServerStopped),
        (Event::LinkDead, Cause::LinkDead),
    ];
    let noted = causes.into_iter().find(|(event, _)| *event == edge.event);
    let noted = noted
        .map(|(_, cause)| cause)
        .filter(|cause| !before.is_settled() && *cause != before.cause());
    for cause in Cause::ALL {
        same(
            after.secondary().contains(cause),
            before.secondary().contains(cause) || noted == Some(cause),
            "whether it is noted",
        )
        .map_err(|found| format!("{cause:?}: {found}"))?;
    }
    Ok(())
}
