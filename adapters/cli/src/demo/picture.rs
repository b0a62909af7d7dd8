//! The three timelines as one picture: the whole call above, the three exits under a magnifying
//! glass below.

use exeunt_port::DeviceKind;
use svg::Document;
use svg::node::element::{Group, Line as Stroke, Rectangle, Style, Text, Title};

use super::guarantees::KINDS;
use super::story::Act;
use super::timeline::milliseconds;
use crate::line::plain;

mod exits;
mod labels;

const WIDTH: f64 = 1280.0;
const LEFT: f64 = 120.0;
const RIGHT: f64 = WIDTH - 32.0;
const TOP: f64 = 130.0;
const LANE: f64 = 118.0;
const DEVICE: f64 = 11.0;
/// How much of a line of small text fits, in characters.
const FITS: usize = 190;

/// The look: readable on white and on dark.
const LOOK: &str = "
    svg { background: #fff; font-family: system-ui, 'DejaVu Sans', sans-serif; font-size: 13px; }
    text { fill: #1b1f24; } .quiet { fill: #57606a; font-size: 12px; } .name { font-size: 17px; font-weight: 600; }
    .title { font-size: 21px; font-weight: 600; } .axis { stroke: #d0d7de; } .heading { stroke: #8c959f; stroke-dasharray: 3 4; }
    .entering { fill: #c8d6e5; } .in-room { fill: #9ec1e8; } .exiting { fill: #f0a8b1; } .unsure { opacity: 0.35; }
    .microphone { fill: #2a9d8f; } .speaker { fill: #8e7cc3; } .camera { fill: #e9a23b; }
    .gate { fill: #1b1f24; } .departure { fill: #3a6ea5; } .transport { fill: #7f8c9a; } .late { fill: #d1495b; }
    .exit { stroke: #d1495b; stroke-width: 2; } .exit-text { fill: #b3263a; font-weight: 600; } .told { fill: #3a6ea5; }
    .panel { fill: #f6f8fa; stroke: #d0d7de; }
    @media (prefers-color-scheme: dark) {
        svg { background: #0d1117; } text { fill: #e6edf3; } .quiet { fill: #9198a1; } .axis { stroke: #30363d; }
        .panel { fill: #151b23; stroke: #30363d; } .in-room { fill: #315b8a; } .entering { fill: #2b3a4b; }
        .exiting { fill: #7d3540; } .gate { fill: #e6edf3; } .exit-text { fill: #ff7b8a; } .told { fill: #79b8ff; }
    }";

/// Draws the picture.
pub(super) fn draw(acts: &[Act], stage: &str, devices: &str) -> Document {
    #[expect(clippy::cast_precision_loss, reason = "three lanes")]
    let lanes_end = TOP + LANE * acts.len() as f64;
    let height = lanes_end + 56.0 + exits::HEIGHT + 24.0;
    let scale = Scale::over(acts);
    let mut document = Document::new()
        .set("viewBox", (0.0, 0.0, WIDTH, height))
        .set("width", WIDTH)
        .set("height", height)
        .set("role", "img")
        .add(Title::new("Three people leave a room"))
        .add(Style::new(LOOK))
        .add(text(32.0, 38.0, "title", "Three people leave a room"))
        .add(text(32.0, 60.0, "quiet", &labels::shortened(stage, FITS)))
        .add(text(32.0, 78.0, "quiet", &labels::shortened(devices, FITS)));
    document = document
        .add(axis(&scale, lanes_end))
        .add(headings(acts, &scale, lanes_end));
    for (place, act) in (0_u8..).zip(acts) {
        document = document.add(lane(act, &scale, TOP + LANE * f64::from(place)));
    }
    for (place, act) in (0_u8..).zip(acts) {
        document = document.add(exits::panel(act, place, lanes_end + 56.0));
    }
    document
}

/// Where a time stands on the page.
struct Scale {
    from: u64,
    to: u64,
}

impl Scale {
    fn over(acts: &[Act]) -> Self {
        let times = || {
            acts.iter()
                .flat_map(|act| act.lines.iter().map(|line| line.unix_micros))
        };
        let from = times().min().unwrap_or(0);
        Self {
            from,
            to: times().max().unwrap_or(0).max(from + 1),
        }
    }

    #[expect(
        clippy::cast_precision_loss,
        reason = "a run lasts seconds, not centuries"
    )]
    fn at(&self, unix_micros: u64) -> f64 {
        let since = unix_micros.clamp(self.from, self.to) - self.from;
        LEFT + (RIGHT - LEFT) * since as f64 / (self.to - self.from) as f64
    }
}

fn axis(scale: &Scale, end: f64) -> Group {
    let mut group = Group::new();
    let step = if scale.to - scale.from > 8_000_000 {
        1_000_000
    } else {
        500_000
    };
    for tick in (0..)
        .map(|number| scale.from + number * step)
        .take_while(|tick| *tick <= scale.to)
    {
        let x = scale.at(tick);
        group = group.add(stroke((x, TOP), (x, end), "axis")).add(text(
            x + 3.0,
            end + 14.0,
            "quiet",
            &format!("{} ms", (tick - scale.from) / 1000),
        ));
    }
    let fading =
        "a device's bar fades from the last look that found it open to the first that did not";
    group.add(text(LEFT + 3.0, end + 32.0, "quiet", fading))
}

/// What the demo did, as dashed lines through all lanes.
fn headings(acts: &[Act], scale: &Scale, end: f64) -> Group {
    let mut group = Group::new();
    let headings = acts
        .first()
        .map(|act| act.headings.as_slice())
        .unwrap_or_default();
    let shown = headings.iter().filter(|(at, _)| *at > scale.from);
    let labels = labels::beside(shown.map(|(at, heading)| (scale.at(*at), heading.as_str())));
    for label in labels {
        let y = TOP - 18.0 - f64::from(label.row) * labels::HEIGHT;
        group = group
            .add(stroke((label.x, y + 4.0), (label.x, end), "heading"))
            .add(label.text(y, "quiet"));
    }
    group
}

/// One person over the whole call.
fn lane(act: &Act, scale: &Scale, top: f64) -> Group {
    let began = act
        .lines
        .first()
        .map_or(scale.from, |line| line.unix_micros);
    let entered = act.calls("onEnterRoom").first().copied();
    let exit = act.calls("onExitRoom").first().copied();
    let left = act.exit_began().or(exit).unwrap_or(scale.to);
    let mut group = Group::new().add(text(32.0, top + 26.0, "name", act.user.as_str()));
    let bar = top + 12.0;
    group = group.add(block(
        scale.at(began),
        scale.at(entered.unwrap_or(left)),
        bar,
        20.0,
        "entering",
    ));
    if let Some(entered) = entered {
        group = group.add(block(
            scale.at(entered),
            scale.at(left),
            bar,
            20.0,
            "in-room",
        ));
        group = group.add(text(scale.at(entered) + 6.0, bar + 15.0, "", "in the room"));
    }
    for (row, kind) in (0_u8..).zip(KINDS) {
        let y = top + 38.0 + f64::from(row) * (DEVICE + 4.0);
        group = group.add(text(32.0, y + 9.5, "quiet", &kind.to_string()));
        group = group.add(device(act, kind, scale, y));
    }
    let told = act.told();
    let labels = labels::before(told.iter().map(|(at, told)| (scale.at(*at), told.as_str())));
    for label in labels {
        let y = top + 97.0 + f64::from(label.row) * labels::HEIGHT;
        group = group
            .add(stroke((label.x, bar + 20.0), (label.x, y - 11.0), "axis"))
            .add(label.text(y, "told"));
    }
    if let Some(exit) = exit {
        let x = scale.at(exit);
        let reason = act
            .report
            .as_ref()
            .map_or(0, |report| report.reason.number());
        let anchor = if x > WIDTH - 180.0 { "end" } else { "start" };
        let beside = if x > WIDTH - 180.0 { x - 6.0 } else { x + 6.0 };
        group = group
            .add(block(scale.at(left), x, bar, 20.0, "exiting"))
            .add(stroke((x, top + 8.0), (x, top + 84.0), "exit"))
            .add(
                text(
                    beside,
                    bar + 15.0,
                    "exit-text",
                    &format!("onExitRoom({reason})"),
                )
                .set("text-anchor", anchor),
            );
    }
    group
}

/// When a device was seen open. Between the last look that found it open and the first that did not,
/// nobody knows.
fn device(act: &Act, kind: DeviceKind, scale: &Scale, y: f64) -> Group {
    let mut group = Group::new();
    let class = kind.to_string();
    for seen in act.sightings.iter().filter(|seen| seen.kind == kind) {
        let (first, last) = (scale.at(seen.first), scale.at(seen.last));
        let gone = scale.at(seen.gone.unwrap_or(scale.to));
        group = group.add(block(first, last, y, DEVICE, &class)).add(block(
            last,
            gone,
            y,
            DEVICE,
            &format!("{class} unsure"),
        ));
    }
    if act.unseen().contains(&kind) {
        group = group.add(text(
            LEFT + 6.0,
            y + 9.5,
            "quiet",
            "not visible from outside",
        ));
    }
    group
}

impl Act {
    /// When the exit began: the step that shut the gate.
    fn exit_began(&self) -> Option<u64> {
        let gate = exeunt_core::Effect::GateMedia;
        self.steps
            .iter()
            .find(|(_, step)| step.effects.contains(&gate))
            .map(|(at, _)| *at)
    }

    /// What this person was told of the others' leaving.
    fn told(&self) -> Vec<(u64, String)> {
        let leaves = self.lines.iter().filter_map(|line| {
            let (name, arguments) = line.as_callback()?;
            let arguments: Vec<_> = arguments.iter().map(plain).collect();
            (name == "onRemoteUserLeaveRoom").then(|| {
                (
                    line.unix_micros,
                    format!("onRemoteUserLeaveRoom({})", arguments.join(", ")),
                )
            })
        });
        leaves.collect()
    }
}

fn text(x: f64, y: f64, class: &str, words: &str) -> Text {
    Text::new(words)
        .set("x", round(x))
        .set("y", round(y))
        .set("class", class)
}

fn stroke(from: (f64, f64), to: (f64, f64), class: &str) -> Stroke {
    Stroke::new()
        .set("x1", round(from.0))
        .set("y1", round(from.1))
        .set("x2", round(to.0))
        .set("y2", round(to.1))
        .set("class", class)
}

/// A bar from here to there; what took no time is still to be seen.
fn block(from: f64, to: f64, y: f64, height: f64, class: &str) -> Rectangle {
    Rectangle::new()
        .set("x", round(from))
        .set("y", round(y))
        .set("width", round((to - from).max(2.0)))
        .set("height", height)
        .set("rx", 2)
        .set("class", class)
}

fn round(number: f64) -> f64 {
    (number * 10.0).round() / 10.0
}

/// A time as the panels show it.
fn short(micros: u64) -> String {
    format!("{} ms", milliseconds(micros))
}
