//! Devices that are not one stay's alone: handed over, lent, shared.

use crate::guest::failure::{Outcome, demand};
use crate::guest::stage::{eventually, everything_is_free, holds_everything, holds_nothing};
use crate::guest::subject::{KINDS, Subject, is_clean};
use crate::guest::{camera, kernel};

/// What ends a stay to which the devices were handed over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ending {
    Exit,
    NeverLetIn,
}

pub(super) fn handed_over(ending: Ending) -> Outcome {
    let mut member = Subject::with(&["--ownership", "handed-over", "--entering", "6000"])?;
    are_open_outside_of_the_room(&member)?;
    member.tell("freeze")?;
    let reason = match ending {
        Ending::Exit => {
            member.enters()?;
            member.is_heard()?;
            member.tell("exit")?;
            0
        }
        Ending::NeverLetIn => {
            member.tell("never enter")?;
            member.tell("enter")?;
            101
        }
    };
    member.stands_still()?;
    holds_nothing(&member)?;
    member.goes_on(reason)?;
    member.goes_home()
}

pub(super) fn lent() -> Outcome {
    let mut member = Subject::with(&["--ownership", "lent"])?;
    are_open_outside_of_the_room(&member)?;
    for _stay in 0..2 {
        member.enters()?;
        member.is_heard()?;
        member.tell("freeze")?;
        member.tell("exit")?;
        member.stands_still()?;
        holds_everything(&member)?;
        is_clean(&member.goes_on(0)?)?;
    }
    member.tell("let go")?;
    let let_go = member.until("what was lent to be let go of", |line| line.is("let go"))?;
    demand(let_go.value("error").is_null(), || let_go.to_string())?;
    holds_nothing(&member)?;
    member.goes_home()
}

pub(super) fn shared() -> Outcome {
    let mut member = Subject::with(&["--ownership", "shared"])?;
    member.enters()?;
    member.tell("other enter")?;
    member.opens(&KINDS)?;
    member.is_heard()?;
    holds_everything(&member)?;

    member.tell("freeze")?;
    member.tell("exit")?;
    member.stands_still()?;
    holds_everything(&member)?;
    let first = member.goes_on(0)?;
    is_clean(&first)?;
    // Whoever stays is heard as before.
    member.is_heard()?;

    member.tell("freeze")?;
    member.tell("other exit")?;
    member.stands_still()?;
    holds_nothing(&member)?;
    let last = member.goes_on(0)?;
    is_clean(&last)?;
    let users = (first.text("user"), last.text("user"));
    demand(users == ("alice", "carol"), || {
        format!("who left was {users:?}")
    })?;
    member.goes_home()?;
    everything_is_free()
}

/// The application has opened them, before any room was entered.
fn are_open_outside_of_the_room(member: &Subject) -> Outcome {
    let number = member.number();
    eventually("devices that are open before the room is entered", || {
        let held = kernel::held_devices(number)?;
        let sound = kernel::open_sound_devices()?;
        Ok(held.iter().any(|path| path == camera::NODE) && sound.len() == 2)
    })?;
    holds_everything(member)
}
