//! One exit under the magnifying glass: what was owed, and when each line of the ledger was settled.

use std::time::Duration;

use exeunt_runtime::{ExitLine, ExitReport, Outcome};
use svg::node::element::{Group, Rectangle};

use super::super::story::Act;
use super::{WIDTH, block, round, short, stroke, text};

/// How high the panels are.
pub(super) const HEIGHT: f64 = 252.0;
const MARGIN: f64 = 32.0;
const GAP: f64 = 20.0;
const LABELS: f64 = 92.0;
const OUTCOMES: f64 = 150.0;
const ROW: f64 = 27.0;

/// One person's exit, in the panel at this place from the left.
pub(super) fn panel(act: &Act, place: u8, top: f64) -> Group {
    let width = (WIDTH - 2.0 * MARGIN - 2.0 * GAP) / 3.0;
    let left = MARGIN + f64::from(place) * (width + GAP);
    let frame = Rectangle::new()
        .set("x", round(left))
        .set("y", round(top))
        .set("width", round(width))
        .set("height", HEIGHT)
        .set("rx", 6)
        .set("class", "panel");
    let group = Group::new().add(frame);
    let Some(report) = &act.report else {
        return group.add(text(
            left + 14.0,
            top + 26.0,
            "name",
            &format!("{}: no exit", act.user),
        ));
    };
    let heading = format!("{}: onExitRoom({})", act.user, report.reason.number());
    let detail = format!(
        "{:?}, {} of at most {}",
        report.cause,
        short(micros(report.took)),
        short(micros(report.bound))
    );
    let group = group
        .add(text(left + 14.0, top + 26.0, "name", &heading))
        .add(text(left + 14.0, top + 45.0, "quiet", &detail));
    rows(group, report, left, top + 62.0, width)
}

/// One line of the ledger.
struct Row {
    label: String,
    class: String,
    /// How long it was owed; nothing if it was not.
    until: Option<Duration>,
    words: String,
}

impl Row {
    fn settled(label: &str, line: &ExitLine) -> Self {
        // What did not go well looks like it.
        let class = if line.outcome.is_clean() {
            label
        } else {
            "late"
        };
        let owed = line.outcome != Outcome::NotOwed;
        let words = if owed {
            format!("{}, {}", line.outcome, short(micros(line.took)))
        } else {
            line.outcome.to_string()
        };
        Self {
            label: label.to_owned(),
            class: class.to_owned(),
            until: owed.then_some(line.took),
            words,
        }
    }
}

fn rows(mut group: Group, report: &ExitReport, left: f64, top: f64, width: f64) -> Group {
    let (from, to) = (left + LABELS, left + width - OUTCOMES);
    let whole = report.took.as_secs_f64().max(0.000_1);
    let at = |took: Duration| from + (to - from) * (took.as_secs_f64() / whole).min(1.0);
    let mut lines = vec![Row {
        label: "media gate".to_owned(),
        class: "gate".to_owned(),
        until: Some(Duration::ZERO),
        words: "shut at once".to_owned(),
    }];
    for device in &report.devices {
        lines.push(Row::settled(&device.kind.to_string(), &device.line));
    }
    let departure = Row::settled("departure", &report.departure);
    let told = report.receipt.and_then(|receipt| receipt.peers_told);
    lines.push(match told {
        Some(told) => Row {
            words: format!("{told} told, {}", short(micros(report.departure.took))),
            ..departure
        },
        None => departure,
    });
    lines.push(Row::settled("transport", &report.transport));
    for (place, row) in (0_u8..).zip(lines) {
        let y = top + f64::from(place) * ROW;
        group = group
            .add(text(left + 14.0, y + 12.0, "quiet", &row.label))
            .add(text(to + 10.0, y + 12.5, "quiet", &row.words));
        if let Some(until) = row.until {
            group = group.add(block(from, at(until), y, 16.0, &row.class));
        }
    }
    let bottom = top + 6.0 * ROW + 4.0;
    group
        .add(stroke(
            (at(report.took), top - 6.0),
            (at(report.took), bottom),
            "exit",
        ))
        .add(
            text(at(report.took), bottom + 14.0, "exit-text", "onExitRoom")
                .set("text-anchor", "middle"),
        )
}

fn micros(duration: Duration) -> u64 {
    u64::try_from(duration.as_micros()).unwrap_or(u64::MAX)
}
