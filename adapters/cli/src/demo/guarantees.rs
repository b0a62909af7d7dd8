//! Which guarantees could be seen in this run, and whether they held.

use exeunt_core::{Effect, Event, Outcome};
use exeunt_port::DeviceKind;
use exeunt_runtime::{StepState, Transcript};
use serde_json::json;

use super::NAMES;
use super::sightings::Witness;
use super::story::Act;
use crate::output;

/// One guarantee, as this run shows it.
pub(crate) struct Row {
    pub(crate) number: u8,
    pub(crate) name: &'static str,
    pub(crate) verdict: Verdict,
}

/// Whether a guarantee could be seen to hold.
pub(crate) enum Verdict {
    /// It was seen to hold; how.
    Held(String),
    /// It was seen not to hold; how.
    Broken(String),
    /// This run does not show it; why.
    NotShown(&'static str),
}

/// Judges all eighteen.
///
/// `counts_told` says whether the transport lets somebody who leaves know how many others were told.
pub(crate) fn judge(acts: &[Act], counts_told: bool) -> Vec<Row> {
    let not_shown = Verdict::NotShown;
    let told = if counts_told {
        told_by_receipt
    } else {
        told_by_word
    };
    let shown = |judged: fn(&[Act]) -> Verdict| match acts {
        [] => not_shown("nobody played"),
        acts => judged(acts),
    };
    let verdicts = [
        ("Once", shown(once)),
        ("Why", shown(why)),
        ("One way out", shown(one_way_out)),
        ("Late is undone", not_shown("nothing completed late")),
        ("No resurrection", shown(no_resurrection)),
        ("Bounded", shown(bounded)),
        (
            "Through to the end",
            not_shown("no future was dropped, nothing panicked"),
        ),
        (
            "Callable anywhere",
            not_shown("nobody left from inside a callback"),
        ),
        ("Always legal", shown(always_legal)),
        ("Numbered", not_shown("everybody stayed once")),
        ("Clean re-entry", not_shown("nobody entered again")),
        ("Told", shown(told)),
        ("Really off", shown(really_off)),
        ("Silence", shown(silence)),
        ("Nothing grows", not_shown("one cycle")),
        ("Only its own", not_shown("nothing was lent or shared")),
        ("Progress", not_shown("no deadline had to be reached")),
        ("Same in, same out", shown(same_out)),
    ];
    let rows = (1..).zip(verdicts);
    rows.map(|(number, (name, verdict))| Row {
        number,
        name,
        verdict,
    })
    .collect()
}

pub(crate) fn print(rows: &[Row], json: bool) {
    if !json {
        output::line("\nguarantees in this run");
    }
    for Row {
        number,
        name,
        verdict,
    } in rows
    {
        let (mark, word, text) = match verdict {
            Verdict::Held(how) => ("+", "held", how.as_str()),
            Verdict::Broken(how) => ("!", "broken", how.as_str()),
            Verdict::NotShown(reason) => (" ", "not shown", *reason),
        };
        if json {
            output::line(json!({
                "type": "guarantee", "guarantee": format!("G-{number}"), "name": name,
                "verdict": word.replace(' ', "_"), "detail": text,
            }));
        } else {
            output::line(format_args!(
                "  {mark} G-{number:<2} {name:20} {word:9}  {text}"
            ));
        }
    }
}

/// Held if nobody broke it.
fn verdict(broken: &[String], held: impl Into<String>) -> Verdict {
    if broken.is_empty() {
        Verdict::Held(held.into())
    } else {
        Verdict::Broken(broken.join("; "))
    }
}

fn once(acts: &[Act]) -> Verdict {
    let broken = acts.iter().filter_map(|act| {
        let calls = act.calls("onExitRoom").len();
        let reports = effects(act, Effect::ReportExit);
        (calls != 1 || reports != 1).then(|| {
            format!(
                "{}: onExitRoom {calls} times, ReportExit {reports} times",
                act.user
            )
        })
    });
    verdict(&broken.collect::<Vec<_>>(), "one onExitRoom each")
}

fn why(acts: &[Act]) -> Verdict {
    let reasons: Vec<_> = acts
        .iter()
        .map(|act| Some(act.report.as_ref()?.reason.number()))
        .collect();
    let shown: Vec<_> = NAMES
        .iter()
        .zip(&reasons)
        .map(|(name, reason)| {
            format!(
                "{name} {}",
                reason.map_or("none".to_owned(), |n| n.to_string())
            )
        })
        .collect();
    if reasons == [Some(0), Some(1), Some(2)] {
        Verdict::Held(shown.join(", "))
    } else {
        Verdict::Broken(format!("{}; expected 0, 1, 2", shown.join(", ")))
    }
}

fn one_way_out(acts: &[Act]) -> Verdict {
    let mut released = 0;
    let mut broken = Vec::new();
    for act in acts {
        let devices = || act.report.iter().flat_map(|report| &report.devices);
        for (_, step) in &act.steps {
            if let Event::DeviceOpened(slot) = step.event
                && devices().all(|device| device.slot != slot)
            {
                let user = &act.user;
                broken.push(format!("{user}'s report knows no {slot:?}, which opened"));
            }
        }
        for device in devices() {
            match device.line.outcome {
                Outcome::Done | Outcome::Vanished => released += 1,
                outcome @ (Outcome::NotOwed
                | Outcome::Failed
                | Outcome::TimedOut
                | Outcome::Impossible) => {
                    broken.push(format!("{}'s {}: {outcome}", act.user, device.kind));
                }
            }
        }
    }
    if released == 0 {
        broken.push("no device was released".to_owned());
    }
    verdict(
        &broken,
        format!("{released} devices released, whoever ended the stay"),
    )
}

fn no_resurrection(acts: &[Act]) -> Verdict {
    let mut broken: Vec<_> = acts
        .iter()
        .filter(|act| effects(act, Effect::Connect) != 1)
        .map(|act| format!("{} connected again", act.user))
        .collect();
    let still = acts
        .first()
        .map(|act| act.members_after_kick.as_slice())
        .unwrap_or_default();
    let names: Vec<_> = still.iter().map(ToString::to_string).collect();
    if names != NAMES[2..] {
        broken.push(format!(
            "after the kick the server lists {}",
            names.join(", ")
        ));
    }
    verdict(
        &broken,
        "nobody connected again; after the kick the server lists carol alone",
    )
}

fn bounded(acts: &[Act]) -> Verdict {
    let reports = acts.iter().filter_map(|act| act.report.as_ref());
    let broken = reports.clone().filter(|report| report.took > report.bound);
    let broken: Vec<_> = broken
        .map(|report| format!("{} took {:?}", report.user, report.took))
        .collect();
    let longest = reports.clone().map(|report| report.took).max();
    let bound = reports.map(|report| report.bound).max();
    let (Some(longest), Some(bound)) = (longest, bound) else {
        return Verdict::NotShown("nobody got out");
    };
    verdict(
        &broken,
        format!(
            "the longest exit took {:.1} ms of {} ms",
            longest.as_secs_f64() * 1e3,
            bound.as_millis()
        ),
    )
}

fn always_legal(acts: &[Act]) -> Verdict {
    let alice = acts.first();
    let exits = alice.map_or(0, |alice| alice.calls("onExitRoom").len());
    let mut broken = Vec::new();
    if exits != 1 {
        broken.push(format!("alice asked twice and left {exits} times"));
    }
    verdict(&broken, "alice asked twice to leave and left once")
}

/// Where the server says how many were told.
fn told_by_receipt(acts: &[Act]) -> Verdict {
    let report = acts.first().and_then(|alice| alice.report.as_ref());
    let receipt = report.and_then(|report| report.receipt?.peers_told);
    let broken =
        (receipt != Some(2)).then(|| format!("alice's receipt says {receipt:?} were told"));
    told(acts, broken, "alice's receipt: 2 told")
}

/// Where the server says only that it has taken her out.
fn told_by_word(acts: &[Act]) -> Verdict {
    let report = acts.first().and_then(|alice| alice.report.as_ref());
    let departure = report.map(|report| report.departure.outcome);
    let broken = (departure != Some(Outcome::Done))
        .then(|| format!("alice's departure was not confirmed: {departure:?}"));
    told(acts, broken, "the server confirmed alice's departure")
}

fn told(acts: &[Act], broken: Option<String>, held: &str) -> Verdict {
    let [alice, bob, carol] = acts else {
        return Verdict::NotShown("not everybody played");
    };
    let mut broken = Vec::from_iter(broken);
    for (who, whom, reason) in [(bob, alice, 0), (carol, alice, 0), (carol, bob, 2)] {
        if !who.lines().saw_leave(&whom.user, reason) {
            broken.push(format!("{} was not told of {}", who.user, whom.user));
        }
    }
    verdict(
        &broken,
        format!("{held}; bob and carol heard of alice, carol of bob"),
    )
}

fn really_off(acts: &[Act]) -> Verdict {
    let (mut by_kernel, mut by_server) = (0, 0);
    let mut broken = Vec::new();
    let mut unseen = Vec::new();
    for act in acts {
        let named = |kind: DeviceKind| format!("{}'s {kind}", act.user);
        unseen.extend(act.unseen().into_iter().map(named));
        let Some(exit) = act.calls("onExitRoom").first().copied() else {
            continue;
        };
        for sighting in &act.sightings {
            match sighting.shown_by {
                Witness::Kernel => by_kernel += 1,
                Witness::SoundServer => by_server += 1,
            }
            // A look that began after onExitRoom and still found the device open is the proof of a leak.
            if sighting.last >= exit {
                let name = named(sighting.kind);
                broken.push(format!("{name} was open after onExitRoom"));
            } else if sighting.gone.is_none() {
                unseen.push(format!("the end of {}", named(sighting.kind)));
            }
        }
    }
    let shown = match (by_kernel, by_server) {
        (0, 0) => return Verdict::NotShown("nothing here shows from outside what is open"),
        (kernel, 0) => format!("the system showed {kernel} devices open"),
        (0, server) => format!("the sound server showed {server} devices open"),
        (kernel, server) => {
            format!("the system showed {kernel} devices open, the sound server {server}")
        }
    };
    let mut held = format!("{shown}, and none after its onExitRoom");
    if !unseen.is_empty() {
        held.push_str("; not visible from outside here: ");
        held.push_str(&unseen.join(", "));
    }
    verdict(&broken, held)
}

fn silence(acts: &[Act]) -> Verdict {
    let broken = acts.iter().filter_map(|act| {
        let exit = act.calls("onExitRoom").first().copied()?;
        let place = act.lines.iter().position(|line| {
            line.unix_micros == exit
                && line
                    .as_callback()
                    .is_some_and(|(name, _)| name == "onExitRoom")
        })?;
        let late = act.lines[place + 1..].iter().filter(|line| line.is_told());
        let late = late.count();
        (late > 0).then(|| format!("{} heard {late} callbacks after onExitRoom", act.user))
    });
    let gated = acts.iter().all(gated_first);
    let mut broken: Vec<_> = broken.collect();
    if !gated {
        broken.push("an exit did not begin with the gate".to_owned());
    }
    verdict(
        &broken,
        "every exit began with the gate; no callback came after onExitRoom",
    )
}

fn gated_first(act: &Act) -> bool {
    let begins = |state: StepState| matches!(state, StepState::Exiting | StepState::Exited);
    let first = act.steps.iter().find(|(_, step)| begins(step.state));
    first.is_some_and(|(_, step)| step.effects.first() == Some(&Effect::GateMedia))
}

fn same_out(acts: &[Act]) -> Verdict {
    let mut steps = 0;
    let mut broken = Vec::new();
    for act in acts {
        let recorded = act.steps.iter().map(|(_, step)| step.clone()).collect();
        match (Transcript {
            policy: act.policy,
            steps: recorded,
        })
        .replay()
        {
            Ok(replayed) => steps += replayed.steps,
            Err(error) => broken.push(format!("{}: {error}", act.user)),
        }
    }
    verdict(
        &broken,
        format!("{steps} recorded steps replayed to the same answers"),
    )
}

fn effects(act: &Act, effect: Effect) -> usize {
    act.steps
        .iter()
        .flat_map(|(_, step)| &step.effects)
        .filter(|one| **one == effect)
        .count()
}

/// The kinds of device in the order in which pictures show them.
pub(crate) const KINDS: [DeviceKind; 3] = [
    DeviceKind::Microphone,
    DeviceKind::Speaker,
    DeviceKind::Camera,
];

#[cfg(test)]
mod tests;
