//! Each person's timeline and callbacks, as text.

use exeunt_runtime::{Step, StepState};
use serde_json::{Value, json};

use super::sightings::Sighting;
use super::story::Act;
use crate::line::{What, plain};
use crate::output;

/// Prints everybody's timeline: what happened to the session, what it asked for, what the system
/// showed of the devices, and the callbacks.
pub(crate) fn print(acts: &[Act], json: bool) {
    if json {
        // Every line of it has been printed as it came; what is left is what was seen from outside.
        for seen in acts.iter().flat_map(|act| &act.sightings) {
            output::line(tagged(seen));
        }
        return;
    }
    for act in acts {
        output::line(format_args!(
            "\n{}\n{:>10}  {:28} {:12} effects",
            act.user, "ms", "event", "state"
        ));
        let mut rows = rows(act);
        rows.sort_by_key(|(at, _)| *at);
        for (at, row) in rows {
            let at = milliseconds(at.saturating_sub(act.began));
            output::line(format_args!("{at:>10}  {row}"));
        }
        for kind in act.unseen() {
            output::line(format_args!(
                "{:10}  the {kind} is not visible from outside here",
                ""
            ));
        }
        if let Some(report) = &act.report {
            output::line(report);
        }
    }
}

/// A sighting as a line of JSON.
fn tagged(seen: &Sighting) -> Value {
    let mut line = json!({ "type": "sighting" });
    if let (Value::Object(line), Ok(Value::Object(seen))) = (&mut line, serde_json::to_value(seen))
    {
        line.extend(seen);
    }
    line
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
    let Sighting { kind, shown_by, .. } = seen;
    let open = format!("     {shown_by} shows the {kind} open");
    let since = milliseconds(seen.gone.unwrap_or(seen.last).saturating_sub(seen.last));
    let closed =
        format!("     {shown_by} shows the {kind} closed (last seen open {since} ms before)");
    let gone = seen.gone.map(|gone| (gone, closed));
    [Some((seen.first, open)), gone]
        .into_iter()
        .flatten()
        .collect()
}

/// Microseconds as milliseconds, rounded to one decimal as the reports round them.
pub(crate) fn milliseconds(micros: u64) -> String {
    let tenths = micros.saturating_add(50) / 100;
    format!("{}.{}", tenths / 10, tenths % 10)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::milliseconds;

    #[test]
    fn a_time_is_rounded_as_the_reports_round_it() {
        for micros in [0, 49, 51, 349, 351, 949, 951, 1_949, 1_999, 1_056_551] {
            let reported = Duration::from_micros(micros).as_secs_f64() * 1000.0;
            assert_eq!(milliseconds(micros), format!("{reported:.1}"));
        }
    }
}
