//! Several acts that belong together: the moments at which exits are known to go wrong, which chance
//! alone would seldom hit.

use std::time::Duration;

use super::{Act, Leaving};
use crate::dice::Dice;
use crate::network::End;

/// Adds one such moment, at about this time.
pub(super) fn thicken(
    dice: &mut Dice,
    at: Duration,
    person: usize,
    room: usize,
    acts: &mut Vec<(Duration, Act)>,
) {
    match dice.number(0..=3) {
        0 => entering_hangs_and_is_done_again(dice, at, person, room, acts),
        1 => removed_while_away(dice, at, person, room, acts),
        2 => gone_and_back_while_away(dice, at, person, room, acts),
        _ => leaving_hangs_and_entering_does_not(dice, at, person, room, acts),
    }
}

/// The network swallows an enter that is given up; when it is back, the next enter is on its way too.
fn entering_hangs_and_is_done_again(
    dice: &mut Dice,
    at: Duration,
    person: usize,
    room: usize,
    acts: &mut Vec<(Duration, Act)>,
) {
    let how = Leaving::any(dice);
    acts.push((at, Act::Leave { person, how }));
    let enter = at + Duration::from_millis(300);
    acts.push((enter, Act::Enter { person, room }));
    let towards = vec![End::Server];
    let swallowed = enter + dice.millis(20..=120);
    acts.push((swallowed, Act::Hold { person, towards }));
    let given_up = swallowed + dice.millis(10..=500);
    let how = Leaving::any(dice);
    acts.push((given_up, Act::Leave { person, how }));
    let again = given_up + dice.millis(100..=2_000);
    acts.push((again, Act::Enter { person, room }));
    let healed = again.saturating_sub(dice.millis(0..=100)) + dice.millis(0..=100);
    acts.push((healed, Act::Heal { person }));
}

/// The connection breaks, and before it is back an operator removes the user.
fn removed_while_away(
    dice: &mut Dice,
    at: Duration,
    person: usize,
    room: usize,
    acts: &mut Vec<(Duration, Act)>,
) {
    acts.push((at, Act::Cut { person }));
    let act = if dice.one_in(3) {
        Act::Dismiss { room }
    } else {
        Act::Kick { person, room }
    };
    acts.push((
        (at + dice.millis(0..=100)).saturating_sub(dice.millis(0..=50)),
        act,
    ));
}

/// The connection breaks, and while it is down somebody else may leave and enter again.
fn gone_and_back_while_away(
    dice: &mut Dice,
    at: Duration,
    person: usize,
    room: usize,
    acts: &mut Vec<(Duration, Act)>,
) {
    let other = if person == 0 { 0 } else { person - 1 };
    let towards = End::BOTH.to_vec();
    acts.push((at, Act::Hold { person, towards }));
    let how = Leaving::any(dice);
    let left = at + dice.millis(10..=300);
    acts.push((left, Act::Leave { person: other, how }));
    let again = left + dice.millis(10..=500);
    acts.push((
        again,
        Act::Enter {
            person: other,
            room,
        },
    ));
    acts.push((again + dice.millis(0..=1_500), Act::Heal { person }));
}

/// The network swallows a departure, and lets the next enter through.
fn leaving_hangs_and_entering_does_not(
    dice: &mut Dice,
    at: Duration,
    person: usize,
    room: usize,
    acts: &mut Vec<(Duration, Act)>,
) {
    let towards = vec![End::Server];
    acts.push((at, Act::Hold { person, towards }));
    let how = Leaving::any(dice);
    let left = at + dice.millis(0..=50);
    acts.push((left, Act::Leave { person, how }));
    let again = left + dice.millis(100..=2_500);
    acts.push((again, Act::Enter { person, room }));
    acts.push((again + dice.millis(0..=200), Act::Heal { person }));
}
