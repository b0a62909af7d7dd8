//! What a stay heard of the others: enters and leaves by turns, for reasons that there were, and
//! nothing from somebody who had left.

use std::collections::BTreeSet;
use std::time::Duration;

use exeunt_port::{RemoteLeaveReason, UserId};

use crate::facts::{Facts, FrameFacts, Heard, Ordered, StayFacts, Violation};
use crate::journal::clock;

pub(super) fn judge(facts: &Facts, lease: Duration, stay: &StayFacts, found: &mut Vec<Violation>) {
    let name = &stay.name;
    let mut wrong = |guarantee, at: Duration, what: String| {
        let what = format!("{name}: at {} {what}", clock(at).trim());
        found.push(Violation::new(guarantee, what));
    };
    let mut present = BTreeSet::new();
    for (at, heard) in &stay.heard_of_others {
        match heard {
            Heard::Entered(user) => {
                if *user == stay.user {
                    wrong(
                        "G-16",
                        *at,
                        "it was told that its own user entered".to_owned(),
                    );
                }
                if !present.insert(user) {
                    wrong(
                        "G-12",
                        *at,
                        format!("{user} entered again without having left"),
                    );
                }
            }
            Heard::Left(user, reason) => {
                if !present.remove(user) {
                    wrong("G-12", *at, format!("{user} left without being there"));
                }
                if let Err(expected) = leave_is_possible(facts, stay, *at, user, *reason) {
                    wrong(
                        "G-2",
                        *at,
                        format!("{user} left with reason {reason:?}, but {expected}"),
                    );
                }
            }
        }
    }
    for other in facts.stays.iter().filter(|other| other.room == stay.room) {
        if let Some((until, why)) = must_be_told(facts, lease, stay, other)
            && !heard_leave(stay, &other.user, other.began, until)
        {
            let what = format!(
                "nobody had told it of the departure of {}, {why}",
                other.name
            );
            wrong("G-12", until, what);
        }
    }
    for frame in &stay.frames {
        if let Some(left) = left_before(stay, frame) {
            let what = format!(
                "it got a frame of {}, who had left at {}",
                frame.sender,
                clock(left).trim()
            );
            wrong("G-12", frame.got, what);
        }
        if let Some(exit_began) = captured_too_late(facts, stay, frame) {
            let what = format!(
                "it got a frame that {} captured after his exit began at {}",
                frame.sender,
                clock(exit_began).trim()
            );
            wrong("G-14", frame.got, what);
        }
    }
}

/// Whether something happened that gives this reason.
fn leave_is_possible(
    facts: &Facts,
    stay: &StayFacts,
    at: Duration,
    user: &UserId,
    reason: RemoteLeaveReason,
) -> Result<(), String> {
    let mut stays = facts
        .stays_beside(stay, user)
        .filter(|other| other.began <= at);
    let (possible, expected) = match reason {
        RemoteLeaveReason::Left => (
            stays.any(|other| other.exit_began().is_some_and(|began| began <= at)),
            "no stay of his had begun to end",
        ),
        RemoteLeaveReason::TimedOut => (
            stays.any(|other| facts.was_hurt(other.person, other.began, at)),
            "nothing ailed his network",
        ),
        RemoteLeaveReason::Kicked => {
            let kick = Ordered::Kick(user.clone(), stay.room.clone());
            (
                stays.count() > 1 || facts.was_ordered(Duration::ZERO, at, &kick),
                "he was neither removed nor replaced",
            )
        }
        RemoteLeaveReason::BecameAudience => (false, "there is no audience here"),
    };
    if possible {
        Ok(())
    } else {
        Err(expected.to_owned())
    }
}

/// By when a stay that was well and inside all the time must have heard that another one was over,
/// and why by then; `None` where the network may have hidden it.
fn must_be_told(
    facts: &Facts,
    lease: Duration,
    stay: &StayFacts,
    other: &StayFacts,
) -> Option<(Duration, &'static str)> {
    const TELLING: Duration = Duration::from_secs(1);
    let (entered, exited) = (other.entered?, other.exited?);
    let is_alone = facts.stays_beside(other, &other.user).count() == 1;
    if other.user == stay.user || !is_alone || !stay.listens || stay.entered? > entered {
        return None;
    }
    let (until, why) = match facts.death(other.person) {
        // His machine may have gone on for a while, for itself.
        Some(died) if !facts.was_hurt(other.person, other.began, just_before(died)) => (
            died.min(exited) + lease + lease / 4 + TELLING,
            "whose machine has died",
        ),
        None if !facts.was_hurt(other.person, other.began, exited) => {
            (exited + TELLING, "whose network was well")
        }
        Some(_) | None => return None,
    };
    let is_undisturbed = !facts.was_hurt(stay.person, stay.began, until)
        && !facts.was_without_service(Duration::from_millis(1), until)
        && stay.is_inside(until)
        && stay.exit_began().is_none_or(|began| began > until);
    is_undisturbed.then_some((until, why))
}

fn just_before(at: Duration) -> Duration {
    at.saturating_sub(Duration::from_millis(1))
}

fn heard_leave(stay: &StayFacts, user: &UserId, from: Duration, until: Duration) -> bool {
    let mut heard = stay.heard_of_others.iter();
    heard.any(|(at, heard)| {
        (from..=until).contains(at) && matches!(heard, Heard::Left(left, _) if left == user)
    })
}

/// When the sender of a frame had left before it came, by the word of the room.
fn left_before(stay: &StayFacts, frame: &FrameFacts) -> Option<Duration> {
    let before = stay
        .heard_of_others
        .iter()
        .filter(|(at, _)| *at <= frame.got);
    let last = before.rev().find(|(_, heard)| match heard {
        Heard::Entered(user) | Heard::Left(user, _) => *user == frame.sender,
    });
    match last {
        // Frames and events come by ways of their own: at the same instant either may be first.
        Some((at, Heard::Left(..))) => Some(*at).filter(|at| *at < frame.got),
        Some((_, Heard::Entered(_))) | None => None,
    }
}

/// When the exit of the stay began that captured this frame, if that was before (G-14).
fn captured_too_late(facts: &Facts, stay: &StayFacts, frame: &FrameFacts) -> Option<Duration> {
    let (person, captured) = frame.stamp?;
    let stays = facts
        .stays_beside(stay, &frame.sender)
        .filter(|sending| sending.person == person);
    // The last stay that had begun by then has captured it.
    let sending = stays.filter(|sending| sending.began <= captured).last()?;
    sending.exit_began().filter(|began| *began < captured)
}
