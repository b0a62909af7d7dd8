//! An exit while the devices open.

use crate::guest::failure::{Outcome, demand};
use crate::guest::line::Line;
use crate::guest::stage::{holds_nothing, note};
use crate::guest::subject::{Subject, is_clean};

const MOMENTS: u64 = 20;
/// So many of them have to meet a device that is opening.
const MEETING: usize = 10;

/// The moments are spread over the time that opening takes here, and a fifth more. That time is not the same
/// from one opening to the next, so it is corrected by each of them.
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
    let mut opening = last.saturating_sub(entering.number("at"));
    note(&format!("opening all three takes {opening} us"));
    member.tell("exit")?;
    is_clean(&member.exits(0)?)?;

    let mut counts = [0; 4];
    for moment in 0..MOMENTS {
        let before = member.said().len();
        let delay = opening * 6 / 5 * moment / (MOMENTS - 1);
        member.tell("freeze")?;
        member.tell(&format!("visit {delay}"))?;
        member.stands_still()?;
        holds_nothing(&member)?;
        let exited = member.goes_on(0)?;
        is_clean(&exited)?;
        let open = open_at_the_exit(&member.said()[before..]);
        note(&format!("after {delay} us {open} of 3 were open"));
        counts[open.min(3)] += 1;
        if open == 3 {
            opening = opening.min(delay);
        } else if delay >= opening {
            opening = opening * 5 / 4;
        }
    }
    let [none, one, two, _all] = counts;
    demand(
        none + one + two >= MEETING && none > 0 && one + two > 0,
        || {
            format!(
                "too few exits met a device that was opening: {none} with none open, {one} with one, {two} with two"
            )
        },
    )?;
    member.goes_home()
}

/// How many devices were said to be open before the exit was asked for.
fn open_at_the_exit(stay: &[Line]) -> usize {
    let exiting = stay.iter().find(|line| line.is("exiting"));
    let asked = exiting.map_or(0, |line| line.number("at"));
    let opened = stay.iter().filter(|line| line.is("opened"));
    opened.filter(|line| line.number("at") <= asked).count()
}
