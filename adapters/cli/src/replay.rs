//! `exeunt replay`: does the core still answer as it did?

use exeunt_runtime::Transcript;
use serde_json::json;

use crate::arguments::Replay;
use crate::failure::Failure;
use crate::output;

pub(crate) fn run(replay: &Replay, json: bool) -> Result<(), Failure> {
    let path = &replay.transcript;
    let text = std::fs::read_to_string(path).map_err(Failure::of_file(path))?;
    let replayed = Transcript::parse(&text)
        .and_then(|transcript| transcript.replay())
        .map_err(|error| Failure::Transcript {
            path: path.clone(),
            error,
        })?;
    let (steps, exits) = (replayed.steps, replayed.exits);
    if json {
        output::line(json!({ "type": "replayed", "steps": steps, "exits": exits }));
    } else {
        output::line(format_args!(
            "{}: {steps} steps, {exits} {}; the core answers every one the same (G-18)",
            path.display(),
            if exits == 1 { "exit" } else { "exits" },
        ));
    }
    Ok(())
}
