//! Which guarantees could be seen in this run, and whether they held.

use exeunt_core::{Effect, Outcome};
use exeunt_port::DeviceKind;
use exeunt_runtime::{StepState, Transcript};

use super::NAMES;
use super::story::Act;

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
pub(crate) fn judge(acts: &[Act]) -> Vec<Row> {
    let not_shown = Verdict::NotShown;
    let verdicts = [
        ("Once", once(acts)),
        ("Why", why(acts)),
        ("One way out", one_way_out(acts)),
        ("Late is undone", not_shown("nothing completed late")),
        ("No resurrection", no_resurrection(acts)),
        ("Bounded", bounded(acts)),
        (
            "Through to the end",
            not_shown("no future was dropped, nothing panicked"),
        ),
        (
            "Callable anywhere",
            not_shown("nobody left from inside a callback"),
        ),
        ("Always legal", always_legal(acts)),
        ("Numbered", not_shown("everybody stayed once")),
        ("Clean re-entry", not_shown("nobody entered again")),
        ("Told", told(acts)),
        ("Really off", really_off(acts)),
        ("Silence", silence(acts)),
        ("Nothing grows", not_shown("one cycle")),
        ("Only its own", not_shown("nothing was lent or shared")),
        ("Progress", not_shown("no deadline had to be reached")),
        ("Same in, same out", same_out(acts)),
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
        println!("\nguarantees in this run");
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
            println!(
                "{}",
                serde_json::json!({ "type": "guarantee", "guarantee": format!("G-{number}"), "verdict": word, "detail": text })
            );
        } else {
            println!("  {mark} G-{number:<2} {name:20} {word:9}  {text}");
        }
    }
}

/// Held if nobody broke it.
fn verdict(broken: Vec<String>, held: impl Into<String>) -> Verdict {
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
    verdict(broken.collect(), "one onExitRoom each")
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
        for device in act.report.iter().flat_map(|report| &report.devices) {
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
        broken,
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
        broken,
        "nobody connected again; after the kick the server lists carol alone",
    )
}

fn bounded(acts: &[Act]) -> Verdict {
    let reports = acts.iter().filter_map(|act| act.report.as_ref());
    let broken = reports.clone().filter(|report| report.took > report.bound);
    let broken = broken
        .map(|report| format!("{} took {:?}", report.user, report.took))
        .collect();
    let longest = reports
        .clone()
        .map(|report| report.took)
        .max()
        .unwrap_or_default();
    let bound = reports.map(|report| report.bound).max().unwrap_or_default();
    verdict(
        broken,
        format!(
            "the longest exit took {:.1} ms of {} ms",
            longest.as_secs_f64() * 1e3,
            bound.as_millis()
        ),
    )
}

fn always_legal(acts: &[Act]) -> Verdict {
    let Some(alice) = acts.first() else {
        return Verdict::NotShown("nobody played");
    };
    let exits = alice.calls("onExitRoom").len();
    verdict(
        if exits == 1 {
            vec![]
        } else {
            vec![format!("alice asked twice and left {exits} times")]
        },
        "alice asked twice to leave and left once",
    )
}

fn told(acts: &[Act]) -> Verdict {
    let [alice, bob, carol] = acts else {
        return Verdict::NotShown("not everybody played");
    };
    let mut broken = Vec::new();
    let receipt = alice
        .report
        .as_ref()
        .and_then(|report| report.receipt?.peers_told);
    if receipt != Some(2) {
        broken.push(format!("alice's receipt says {receipt:?} were told"));
    }
    for (who, whom, reason) in [(bob, alice, 0), (carol, alice, 0), (carol, bob, 2)] {
        if !who.lines().saw_leave(&whom.user, reason) {
            broken.push(format!("{} was not told of {}", who.user, whom.user));
        }
    }
    verdict(
        broken,
        "alice's receipt: 2 told; bob and carol heard of alice, carol of bob",
    )
}

fn really_off(acts: &[Act]) -> Verdict {
    let mut seen = 0;
    let mut broken = Vec::new();
    for act in acts {
        let Some(exit) = act.calls("onExitRoom").first().copied() else {
            continue;
        };
        for sighting in &act.sightings {
            seen += 1;
            // A look that began after onExitRoom and still found the device open is the proof of a leak.
            if sighting.last >= exit || sighting.gone.is_none() {
                broken.push(format!(
                    "{}'s {} was open after onExitRoom",
                    act.user, sighting.kind
                ));
            }
        }
    }
    if seen == 0 {
        return Verdict::NotShown("this system shows no open devices");
    }
    verdict(
        broken,
        format!("the system showed {seen} devices open, and none after its onExitRoom"),
    )
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
        let late = act.lines[place + 1..]
            .iter()
            .filter(|line| line.as_callback().is_some())
            .count();
        (late > 0).then(|| format!("{} heard {late} callbacks after onExitRoom", act.user))
    });
    let gated = acts.iter().all(gated_first);
    let mut broken: Vec<_> = broken.collect();
    if !gated {
        broken.push("an exit did not begin with the gate".to_owned());
    }
    verdict(
        broken,
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
        broken,
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
