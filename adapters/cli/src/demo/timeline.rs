//! Each person's timeline and callbacks, as text.

use exeunt_runtime::{Step, StepState};

use super::sightings::Sighting;
use super::story::Act;
use crate::line::{What, plain};

/// Prints everybody's timeline: what happened to the session, what it asked for, what the system
/// showed of the devices, and the callbacks.
pub(crate) fn print(acts: &[Act], json: bool) {
    if json {
        // Every line of it has been printed as it came; what is left is what was seen from outside.
        for seen in acts.iter().flat_map(|act| &act.sightings) {
            println!(
                "{}",
                serde_json::json!({
                    "type": "sighting", "user": seen.user, "kind": seen.kind,
                    "first_seen_open": seen.first, "last_seen_open": seen.last, "gone": seen.gone,
                })
            );
        }
        return;
    }
    for act in acts {
        println!(
            "\n{}\n{:>10}  {:28} {:12} effects",
            act.user, "ms", "event", "state"
        );
        let mut rows = rows(act);
        rows.sort_by_key(|(at, _)| *at);
        for (at, row) in rows {
            println!("{:>10}  {row}", milliseconds(at.saturating_sub(act.began)));
        }
        if let Some(report) = &act.report {
            println!("{report}");
        }
    }
}

fn rows(act: &Act) -> Vec<(u64, String)> {
    let mut rows: Vec<_> = act
        .steps
        .iter()
        .map(|(at, step)| (*at, step_row(step)))
        .collect();
    for line in &act.lines {
        if let What::Callback { name, arguments } = &line.what {
            let arguments: Vec<_> = arguments.iter().map(plain).collect();
            rows.push((
                line.unix_micros,
                format!("  => {name}({})", arguments.join(", ")),
            ));
        }
    }
    for seen in &act.sightings {
        rows.extend(sighting_rows(seen));
    }
    rows
}

fn step_row(step: &Step) -> String {
    let effects: Vec<_> = step
        .effects
        .iter()
        .map(|effect| format!("{effect:?}"))
        .collect();
    let state = match step.state {
        StepState::Idle => "Idle",
        StepState::InRoom => "InRoom",
        StepState::Exiting => "Exiting",
        StepState::Exited => "Exited",
    };
    format!(
        "{:28} {state:12} {}",
        format!("{:?}", step.event),
        effects.join(", ")
    )
}

fn sighting_rows(seen: &Sighting) -> Vec<(u64, String)> {
    let open = format!("     the system shows the {} open", seen.kind);
    let since = milliseconds(seen.gone.unwrap_or(seen.last).saturating_sub(seen.last));
    let closed = format!(
        "     the system shows the {} closed (last seen open {since} ms before)",
        seen.kind
    );
    let gone = seen.gone.map(|gone| (gone, closed));
    [Some((seen.first, open)), gone]
        .into_iter()
        .flatten()
        .collect()
}

/// Microseconds as milliseconds with one decimal.
pub(crate) fn milliseconds(micros: u64) -> String {
    format!("{}.{}", micros / 1000, micros % 1000 / 100)
}
