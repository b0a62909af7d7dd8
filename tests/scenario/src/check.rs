//! Playing a history, and saying what is wrong.

use std::collections::{BTreeMap, BTreeSet};

use exeunt_core::{Outcome, Session};

use crate::run::Run;
use crate::{History, Reference, Transcript, Verdict, Violation, Wrapper};

/// Plays a history to a wrapper, and says which guarantee it broke, if it broke one.
///
/// The wrapper is a new one that keeps `history.policy`. At the end of the history it is asked to
/// leave, nothing is answered until the bound of the exit has passed, and then everything.
///
/// # Errors
///
/// A [`Violation`] with the guarantee, what was found, and the transcript until then.
pub fn check<W: Wrapper>(history: &History, wrapper: W) -> Result<(), Violation> {
    tell(history, wrapper).map(drop)
}

/// Plays a history as [`check`] does, and hands out what happened.
///
/// # Errors
///
/// As [`check`].
pub fn tell<W: Wrapper>(history: &History, wrapper: W) -> Result<Transcript, Violation> {
    Run::new(history, wrapper, &|_, _| Ok(())).play(history)
}

/// Plays a history to the machine and the reference, and compares everything that can be seen of
/// them: effects, deadlines and reports.
///
/// # Errors
///
/// A [`Violation`], as [`check`]; where they differ without a guarantee being broken, of
/// [`Guarantee::SameInSameOut`](crate::Guarantee::SameInSameOut).
pub fn compare(history: &History) -> Result<(), Violation> {
    let run = Run::new(history, Session::new(history.policy), &differs);
    run.play(history).map(drop)
}

fn differs(session: &Session, reference: &Reference) -> Result<(), String> {
    let (is, should) = (session.poll_timeout(), reference.poll_timeout());
    if is != should {
        return Err(format!(
            "its next deadline is {is:?}, the reference's {should:?}"
        ));
    }
    let (is, should) = (verdict(session), reference.verdict());
    if is.as_ref() != should {
        return Err(format!("its report says {is:?}, the reference {should:?}"));
    }
    Ok(())
}

/// A report without what only a machine knows.
fn verdict(session: &Session) -> Option<Verdict> {
    let report = session.report()?;
    let outcomes: BTreeMap<_, Outcome> = report
        .devices()
        .map(|(slot, settled)| (slot, settled.outcome))
        .collect();
    Some(Verdict {
        cause: report.cause,
        secondary: report.secondary.iter().collect::<BTreeSet<_>>(),
        departure: report.departure.outcome,
        transport: report.transport.outcome,
        devices: outcomes,
        took: report.took,
    })
}
