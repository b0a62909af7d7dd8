//! How long the camera takes to be off: from the call that ends it until the kernel sees the node's
//! last descriptor closed. Ours beside programs that know nothing of rooms.

use std::time::Duration;

use super::bare::Way;
use super::closing::Closings;
use super::failure::{LabFailure, Outcome};
use super::line::Line;
use super::process::{PATIENCE, Process};
use super::subject::Subject;
use super::{camera, log, stage};

/// The row that ours are compared with: the program that reads the camera as we do.
const COMPARED: usize = 0;

/// What is measured: one row of the table.
#[derive(Clone, Copy, Debug)]
enum Row {
    /// A member leaves or is removed; first what is done to the network, then what ends the stay.
    Exeunt {
        network: Option<&'static str>,
        ended_by: &'static str,
    },
    /// A program without Exeunt.
    Bare(Way),
}

#[rustfmt::skip]
const ROWS: [(&str, Row); 7] = [
    ("bare v4l, the stream is dropped", Row::Bare(Way::V4l)),
    ("bare nokhwa, stop_stream and drop", Row::Bare(Way::Nokhwa)),
    ("bare nokhwa, CallbackCamera dropped", Row::Bare(Way::NokhwaCallback)),
    ("Exeunt, exit", Row::Exeunt { network: None, ended_by: "exit" }),
    ("Exeunt, exit with the network cut", Row::Exeunt { network: Some("cut"), ended_by: "exit" }),
    ("Exeunt, exit with the server hung", Row::Exeunt { network: Some("never confirm"), ended_by: "exit" }),
    ("Exeunt, kicked", Row::Exeunt { network: None, ended_by: "kick" }),
];

/// The rows take turns, so that what else the machine has to do slows none of them down alone.
const ROUNDS: u32 = 5;

/// Measures every row so many times, and prints a table.
pub(crate) fn measure(times: u32) -> Outcome {
    stage::restore()?;
    let closings = Closings::of(camera::NODE)?;
    let mut measured = ROWS.map(|_| Vec::new());
    for round in 0..ROUNDS {
        let times = times * (round + 1) / ROUNDS - times * round / ROUNDS;
        for ((name, row), took) in ROWS.iter().zip(&mut measured) {
            log::say(&format!("round {round}, measuring: {name}"));
            took.extend(match *row {
                Row::Exeunt { network, ended_by } => exeunt(times, network, ended_by, &closings)?,
                Row::Bare(way) => bare(times, way, &closings)?,
            });
        }
    }
    for took in &mut measured {
        took.sort();
    }
    let figures = |took: &[Duration]| [50, 90, 100].map(|percent| milliseconds(took, percent));
    let compared = figures(&measured[COMPARED]);
    println!(
        "| {:<36} | {:>6} | {:>7} | {:>7} | {:>7} | {:>24} |",
        "camera off after, in ms", "times", "p50", "p90", "max", "beyond bare v4l"
    );
    println!(
        "| {:-<36} | {:->6} | {:->7} | {:->7} | {:->7} | {:->24} |",
        "", ":", ":", ":", ":", ":"
    );
    for ((name, row), took) in ROWS.iter().zip(&measured) {
        let [p50, p90, max] = figures(took);
        let beyond = match row {
            Row::Bare(_) => String::new(),
            Row::Exeunt { .. } => {
                let [c50, c90, most] = compared;
                format!("{:+.1} {:+.1} {:+.1}", p50 - c50, p90 - c90, max - most)
            }
        };
        let times = took.len();
        println!(
            "| {name:<36} | {times:>6} | {p50:>7.1} | {p90:>7.1} | {max:>7.1} | {beyond:>24} |"
        );
    }
    Ok(())
}

fn exeunt(
    times: u32,
    network: Option<&str>,
    ended_by: &str,
    closings: &Closings,
) -> Result<Vec<Duration>, LabFailure> {
    let mut member = Subject::with_camera_only()?;
    let mut took = Vec::new();
    for _ in 0..times {
        member.tell("enter")?;
        member.opens(&["camera"])?;
        member.tell("heard pictures")?;
        member.until("to be seen", |line| line.is("heard"))?;
        if let Some(network) = network {
            member.tell(network)?;
        }
        member.tell(ended_by)?;
        let begun = member.until("the end to begin", |line| {
            line.is("exiting") || line.is("kicking")
        })?;
        let exited = member.until("onExitRoom", |line| line.is("exited"));
        exited.and_then(|_| member.tell("out"))?;
        member.until("to be out", |line| line.is("out"))?;
        took.push(closings.last_since(begun.number("at"))?);
    }
    Ok(took)
}

fn bare(times: u32, way: Way, closings: &Closings) -> Result<Vec<Duration>, LabFailure> {
    let mut program = Process::start("bare", &["bare", way.name()])?.quiet();
    let mut took = Vec::new();
    for _ in 0..times {
        program.tell("open")?;
        program.until("a stream", |line: &Line| line.is("streaming"))?;
        program.tell("drop")?;
        let dropped = program.until_within(PATIENCE, "the drop", |line| line.is("dropped"))?;
        took.push(closings.last_since(dropped.number("from"))?);
    }
    Ok(took)
}

/// The value that this percentage of them does not exceed.
fn milliseconds(sorted: &[Duration], percent: usize) -> f64 {
    let place = (sorted.len() * percent).div_ceil(100).saturating_sub(1);
    let value = sorted.get(place).copied().unwrap_or_default();
    value.as_secs_f64() * 1000.0
}
