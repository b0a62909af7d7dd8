//! An exit while the devices open.

use crate::guest::failure::{Outcome, demand};
use crate::guest::stage::{holds_nothing, note};
use crate::guest::subject::{Subject, is_clean};

const MOMENTS: u64 = 20;

/// The moments are spread over the time that opening takes here, and a fifth more.
pub(super) fn at_twenty_moments() -> Outcome {
    let mut member = Subject::start()?;
    // The first opening takes longer than the others: everything is read and linked for it.
    member.enters()?;
    member.tell("exit")?;
    is_clean(&member.exits(0)?)?;
    member.tell("enter")?;
    let entering = member.until("entering", |line| line.is("entering"))?;
    let mut last = entering.number("at");
    for _ in 0..3 {
        let opened = member.until("a device to be open", |line| line.is("opened"))?;
        last = opened.number("at");
    }
    let opening = last.saturating_sub(entering.number("at"));
    note(&format!("opening all three takes {opening} us"));
    member.tell("exit")?;
    is_clean(&member.exits(0)?)?;

    let mut met_opening = 0;
    for moment in 0..MOMENTS {
        let before = opened(&mut member);
        let delay = opening * 6 / 5 * moment / (MOMENTS - 1);
        member.tell("freeze")?;
        member.tell(&format!("visit {delay}"))?;
        let exited = member.stands_still_at_its_exit(0)?;
        holds_nothing(&member)?;
        is_clean(&exited)?;
        let open = opened(&mut member) - before;
        note(&format!("after {delay} us {open} of 3 were open"));
        met_opening += u64::from(open < 3);
        member.thaw()?;
    }
    demand(met_opening > 0, || {
        "no exit met a device that was opening, so nothing was shown".to_owned()
    })?;
    member.goes_home()
}

fn opened(member: &mut Subject) -> usize {
    let said = member.said().iter();
    said.filter(|line| line.is("opened")).count()
}
