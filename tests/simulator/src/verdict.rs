//! The judgement of a run: what every stay owes its application, what members owe each other, and
//! what the service owes its members.

mod hearing;
mod membership;
mod own_exit;

use std::time::Duration;

use exeunt_port::UserId;
use exeunt_runtime::Transcript;

use crate::facts::{Deed, Evidence, Facts, Ordered, SessionFacts, StayFacts, Violation};
use crate::scenario::Scenario;

/// Judges what happened, and notes what must not be.
pub(crate) fn judge(scenario: &Scenario, evidence: &Evidence) {
    let mut facts = evidence.lock();
    facts.learn_of_silent_entries();
    let mut found = Vec::new();
    for stay in &facts.stays {
        own_exit::judge(&facts, stay, &mut found);
        hearing::judge(&facts, scenario.lease, stay, &mut found);
    }
    for session in &facts.sessions {
        replays(session, &mut found);
    }
    membership::judge(scenario, &facts, &mut found);
    facts.violations.extend(found);
}

/// Judges a run that was cut off: also then every session came to its end.
pub(crate) fn judge_cut_off(evidence: &Evidence) {
    let mut facts = evidence.lock();
    let mut found = Vec::new();
    for session in &facts.sessions {
        replays(session, &mut found);
    }
    facts.violations.extend(found);
}

/// The recorded session is answered the same by the core (G-18), as text too.
fn replays(session: &SessionFacts, found: &mut Vec<Violation>) {
    let header = Transcript::header(session.policy);
    let lines = session.steps.iter().map(Transcript::line);
    let text = std::iter::once(header)
        .chain(lines)
        .collect::<Vec<_>>()
        .join("\n");
    let replayed = Transcript::parse(&text).and_then(|transcript| transcript.replay());
    let SessionFacts { name, stays, .. } = session;
    match replayed {
        Err(error) => found.push(Violation::new("G-18", format!("{name}: {error}"))),
        Ok(replayed) if replayed.exits != *stays => {
            let what = format!(
                "{name}: {stays} stays, and {} exits in the session",
                replayed.exits
            );
            found.push(Violation::new("G-1", what));
        }
        Ok(_) => {}
    }
}

impl Facts {
    /// When those entered who do not listen is known from their sessions.
    fn learn_of_silent_entries(&mut self) {
        for number in 0..self.stays.len() {
            let (session, epoch) = self.stays[number].session;
            let first = self.stays.iter().find(|stay| stay.session.0 == session);
            let Some(origin) = first.map(|stay| stay.began) else {
                continue;
            };
            let entry = self.sessions[session].steps.iter().find(|step| {
                usize::try_from(step.epoch.number()) == Ok(epoch)
                    && step.effects.contains(&exeunt_core::Effect::ReportEntered)
            });
            let at = entry.map(|step| origin + Duration::from_micros(step.at.as_micros()));
            let stay = &mut self.stays[number];
            // Who listens at last hears of it late.
            stay.entered = at;
        }
    }

    /// Whether something was done at one time of these.
    fn was_done(&self, from: Duration, until: Duration, deed: Deed) -> bool {
        self.deeds
            .iter()
            .any(|(at, done)| (from..=until).contains(at) && *done == deed)
    }

    /// Whether an operator's order may have been carried out at one time of these.
    fn was_ordered(&self, from: Duration, until: Duration, what: &Ordered) -> bool {
        self.orders.iter().any(|order| {
            order.what == *what
                && order.asked <= until
                && order.answered.is_none_or(|answered| answered >= from)
        })
    }

    /// Whether the path of this person was hurt at one time of these, or the service was not there.
    fn was_hurt(&self, person: usize, from: Duration, until: Duration) -> bool {
        let mut hurt_since: Option<Duration> = None;
        for (at, deed) in &self.deeds {
            match deed {
                Deed::Hurt(hurt) | Deed::HostDied(hurt) if *hurt == person => {
                    hurt_since = hurt_since.or(Some(*at));
                }
                Deed::Healed(healed) if *healed == person => {
                    if hurt_since.is_some_and(|since| since <= until) && *at >= from {
                        return true;
                    }
                    hurt_since = None;
                }
                Deed::Broken(broken) if *broken == person && (from..=until).contains(at) => {
                    return true;
                }
                Deed::Hurt(_)
                | Deed::HostDied(_)
                | Deed::Healed(_)
                | Deed::Broken(_)
                | Deed::ServerStopped
                | Deed::ServerDied
                | Deed::ServerStarted => {}
            }
        }
        self.is_dead(person, until) || hurt_since.is_some_and(|since| since <= until)
    }

    fn is_dead(&self, person: usize, at: Duration) -> bool {
        self.death(person).is_some_and(|died| died <= at)
    }

    /// When this person's machine died.
    fn death(&self, person: usize) -> Option<Duration> {
        let mut deeds = self.deeds.iter();
        deeds.find_map(|(at, deed)| (*deed == Deed::HostDied(person)).then_some(*at))
    }

    /// Whether there was no service at one time of these, or it ended then.
    fn was_without_service(&self, from: Duration, until: Duration) -> bool {
        let mut there = true;
        for (at, deed) in self.deeds.iter().filter(|(at, _)| *at <= until) {
            match deed {
                Deed::ServerStopped | Deed::ServerDied => {
                    there = false;
                    if *at >= from {
                        return true;
                    }
                }
                Deed::ServerStarted => {
                    if !there && *at >= from {
                        return true;
                    }
                    there = true;
                }
                Deed::Broken(_) | Deed::Hurt(_) | Deed::Healed(_) | Deed::HostDied(_) => {}
            }
        }
        !there
    }

    /// The stays of this user in the same room as this one.
    fn stays_beside<'a>(
        &'a self,
        stay: &'a StayFacts,
        user: &'a UserId,
    ) -> impl Iterator<Item = &'a StayFacts> + 'a {
        self.stays
            .iter()
            .filter(move |other| other.user == *user && other.room == stay.room)
    }
}
