//! What the service owes its members: while everything is calm it counts those in who are in, and
//! everybody knows of everybody; when all have left nobody is left.

use std::collections::BTreeSet;
use std::time::Duration;

use exeunt_port::{RoomId, UserId};

use crate::facts::{Facts, Heard, Listing, StayFacts, Violation};
use crate::scenario::Scenario;

pub(super) fn judge(scenario: &Scenario, facts: &Facts, found: &mut Vec<Violation>) {
    let Some((at, Some(listing))) = &facts.calm else {
        found.push(Violation::new(
            "G-17",
            "the service did not say who is in which room, long after everything was healed",
        ));
        return;
    };
    for room in &scenario.rooms {
        judge_room(facts, scenario.lease, *at, listing, room, found);
    }
    match &facts.after {
        Some((_, Some(listing))) => {
            for (room, users) in listing {
                let what =
                    format!("everybody has left, and the service counts {users:?} in, in {room}");
                found.push(Violation::new("G-12", what));
            }
        }
        Some((_, None)) | None => found.push(Violation::new(
            "G-17",
            "the service did not say who is in which room, after everybody had left",
        )),
    }
}

fn judge_room(
    facts: &Facts,
    lease: Duration,
    at: Duration,
    listing: &Listing,
    room: &RoomId,
    found: &mut Vec<Violation>,
) {
    let members = listing.get(room).cloned().unwrap_or_default();
    let inside: Vec<&StayFacts> = facts
        .stays
        .iter()
        .filter(|stay| stay.room == *room && stay.is_inside(at))
        .collect();
    let believers: BTreeSet<UserId> = inside.iter().map(|stay| stay.user.clone()).collect();
    if inside.len() > believers.len() {
        let what = format!("room {room}: one user is in it twice, by the word of his applications");
        found.push(Violation::new("G-10", what));
    }
    for user in members.difference(&believers) {
        let what = format!("room {room}: the service counts {user} in, who is not");
        found.push(Violation::new("G-12", what));
    }
    for user in believers.difference(&members) {
        let what = format!("room {room}: {user} believes to be in, and the service says no");
        found.push(Violation::new("G-17", what));
    }
    for stay in inside.iter().filter(|stay| stay.listens) {
        let mut others = members.clone();
        others.remove(&stay.user);
        let known = known_to(stay, at);
        for user in known.difference(&others) {
            let what = format!("{}: nobody told it that {user} has left", stay.name);
            found.push(Violation::new("G-12", what));
        }
        for user in others.difference(&known) {
            let what = format!("{}: nobody told it that {user} is there", stay.name);
            found.push(Violation::new("G-12", what));
        }
        for other in facts.stays.iter().filter(|other| other.room == *room) {
            if departure_was_missed(facts, lease, stay, other, at) {
                let (name, other) = (&stay.name, &other.name);
                let what = format!("{name}: nobody ever told it that {other} was over");
                found.push(Violation::new("G-12", what));
            }
        }
    }
}

/// Whether a stay that is inside heard of another one's arrival and of no departure after it, although
/// the other one is long over; whoever came back meanwhile has left all the same.
fn departure_was_missed(
    facts: &Facts,
    lease: Duration,
    stay: &StayFacts,
    other: &StayFacts,
    at: Duration,
) -> bool {
    let Some(exited) = other.exited else {
        return false;
    };
    let is_long_over = exited + 2 * lease + Duration::from_secs(1) < at;
    // With somebody else under the same name it cannot be told who was heard of.
    let is_one_person = facts
        .stays_beside(other, &other.user)
        .all(|beside| beside.person == other.person);
    if other.user == stay.user || !is_long_over || !is_one_person {
        return false;
    }
    let heard = |from: Duration, until: Duration, what: fn(&Heard) -> Option<&UserId>| {
        let mut heard = stay.heard_of_others.iter();
        let found = heard.find(|(heard_at, heard)| {
            (from..=until).contains(heard_at) && what(heard) == Some(&other.user)
        });
        found.map(|(heard_at, _)| *heard_at)
    };
    let entered = heard(other.began, exited, |heard| match heard {
        Heard::Entered(user) => Some(user),
        Heard::Left(..) => None,
    });
    entered.is_some_and(|entered| {
        let left = heard(entered, at, |heard| match heard {
            Heard::Left(user, _) => Some(user),
            Heard::Entered(_) => None,
        });
        left.is_none()
    })
}

/// Who is there, by what a stay heard until then.
fn known_to(stay: &StayFacts, at: Duration) -> BTreeSet<UserId> {
    let mut known = BTreeSet::new();
    for (_, heard) in stay
        .heard_of_others
        .iter()
        .filter(|(heard, _)| *heard <= at)
    {
        match heard {
            Heard::Entered(user) => known.insert(user.clone()),
            Heard::Left(user, _) => known.remove(user),
        };
    }
    known
}
