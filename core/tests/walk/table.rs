//! The table and the diagram of the docs, computed from the graph.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use exeunt_core::{
    Closing, Departure, DeviceStage, Disposition, Effect, Event, Machine, Membership, Slot, State,
    Wait,
};

use crate::alphabet::{events, slot_of, state_name};
use crate::graph::{Edge, Graph};

type Cells = BTreeMap<(Event, &'static str), BTreeSet<String>>;

/// `docs/transitions.md`.
pub(crate) fn document(one_device: &Graph, two_devices: &Graph, three_alike: &Graph) -> String {
    let mut text = String::from(
        "<!-- Computed by core/tests/walk; do not edit. EXEUNT_UPDATE=1 cargo test -p exeunt-core --test walk -->\n\
         # Transitions\n\n\
         Every configuration that can be reached, visited; every event, tried in each.\n\n",
    );
    for (devices, graph) in [
        ("one device", one_device),
        ("two devices", two_devices),
        (
            "three devices, counting once what differs only in which slot holds which of them",
            three_alike,
        ),
    ] {
        let _ = writeln!(
            text,
            "* With {devices}: {} configurations, {} edges.",
            graph.configurations(),
            graph.edge_count()
        );
    }
    text.push_str(
        "\nA cell says what an event leads to: **State** where it leads on, then the effects in their order;\n\
         *noted* where it counts without effect; *undone* where it came too late and is let go of again;\n\
         · with the reason where it is ignored; ✗ with the reason where it is rejected. Several lines are\n\
         several configurations of that column.\n\n## The four states\n\n",
    );
    text.push_str(&diagram(one_device));
    text.push_str("\n## The connection\n\nWith no device in the room; `TransportClosed` in the last but one column comes while devices are still being released.\n\n");
    text.push_str(&matrix(&connection_cells(one_device), &CONNECTION));
    text.push_str("\n## A device, in the room\n\n");
    text.push_str(&matrix(&device_cells(one_device, false), &STAGES));
    text.push_str("\n## A device, on the way out\n\nAn exit leaves no device opening or open: the first reaction asks for its release.\n\n");
    text.push_str(&matrix(&device_cells(one_device, true), &STAGES_EXITING));
    text
}

const CONNECTION: [&str; 9] = [
    "Idle",
    "InRoom: entering",
    "InRoom: entered",
    "InRoom: recovering",
    "Exiting: connect abandoned",
    "Exiting: announcing",
    "Exiting: closing",
    "Exiting: devices only",
    "Exited",
];

fn connection_column(machine: &Machine) -> Option<&'static str> {
    let device = machine.state().device(first());
    let column = match machine.state() {
        State::Idle => CONNECTION[0],
        State::InRoom(stay) => match stay.membership {
            Membership::Entering => CONNECTION[1],
            Membership::Entered => CONNECTION[2],
            Membership::Recovering => CONNECTION[3],
        },
        State::Exiting(ledger) => match (ledger.departure(), ledger.closing()) {
            (Departure::AwaitingConnect, _) => CONNECTION[4],
            (Departure::Announced, _) => CONNECTION[5],
            (Departure::Settled(_), Closing::Owed | Closing::Asked) => CONNECTION[6],
            (Departure::Settled(_), Closing::Settled(_)) => return Some(CONNECTION[7]),
        },
        State::Exited(_) => CONNECTION[8],
    };
    (device == DeviceStage::Absent).then_some(column)
}

fn connection_cells(graph: &Graph) -> Cells {
    let mut cells = Cells::new();
    for edge in graph.edges() {
        if slot_of(edge.event).is_none()
            && let Some(column) = connection_column(edge.before)
        {
            cells
                .entry((edge.event, column))
                .or_default()
                .insert(cell(&edge));
        }
    }
    cells
}

const STAGES: [&str; 6] = ["Absent", "Lent", "Opening", "Open", "Releasing", "Settled"];
const STAGES_EXITING: [&str; 4] = ["Absent", "Lent", "Releasing", "Settled"];

fn device_cells(graph: &Graph, exiting: bool) -> Cells {
    let mut cells = Cells::new();
    for edge in graph.edges() {
        let fits = match edge.before.state() {
            State::InRoom(_) => !exiting,
            State::Exiting(_) => exiting,
            State::Idle | State::Exited(_) => false,
        };
        if fits && slot_of(edge.event).is_some() {
            let before = edge.before.state().device(first());
            let mut text = cell(&edge);
            let after = edge.after.state().device(first());
            if before != after {
                text = format!("{} {text}", stage_name(after));
            }
            cells
                .entry((edge.event, stage_column(before)))
                .or_default()
                .insert(text);
        }
    }
    cells
}

fn stage_column(stage: DeviceStage) -> &'static str {
    match stage {
        DeviceStage::Absent => "Absent",
        DeviceStage::Lent => "Lent",
        DeviceStage::Opening => "Opening",
        DeviceStage::Open => "Open",
        DeviceStage::Releasing { .. } => "Releasing",
        DeviceStage::Settled(_) => "Settled",
    }
}

fn stage_name(stage: DeviceStage) -> String {
    match stage {
        DeviceStage::Settled(outcome) => format!("_{outcome}_"),
        DeviceStage::Absent
        | DeviceStage::Lent
        | DeviceStage::Opening
        | DeviceStage::Open
        | DeviceStage::Releasing { .. } => format!("_{}_", stage_column(stage)),
    }
}

fn first() -> Slot {
    Slot::new(0).expect("the first slot")
}

fn cell(edge: &Edge) -> String {
    let effects: Vec<_> = edge
        .reaction
        .effects
        .iter()
        .copied()
        .map(effect_name)
        .collect();
    let effects = effects.join(", ");
    let (before, after) = (
        state_name(edge.before.state()),
        state_name(edge.after.state()),
    );
    let disposition = match edge.reaction.disposition {
        Disposition::Applied if effects.is_empty() && before == after => "*noted*".to_owned(),
        Disposition::Applied => String::new(),
        Disposition::Undone => "*undone*:".to_owned(),
        Disposition::Ignored(why) => format!("· {}", words(&format!("{why:?}"))),
        Disposition::Rejected(why) => format!("✗ {}", words(&format!("{why:?}"))),
    };
    let leads = if before == after {
        String::new()
    } else {
        format!("**{after}**")
    };
    [leads, disposition, effects]
        .iter()
        .filter(|part| !part.is_empty())
        .cloned()
        .collect::<Vec<_>>()
        .join(" ")
}

fn effect_name(effect: Effect) -> String {
    match effect {
        Effect::OpenDevice(_) => "OpenDevice".to_owned(),
        Effect::ReleaseDevice(_) => "ReleaseDevice".to_owned(),
        Effect::Connect
        | Effect::AbandonConnect
        | Effect::GateMedia
        | Effect::AnnounceDeparture
        | Effect::CloseTransport
        | Effect::ReportEntered
        | Effect::ReportExit => format!("{effect:?}"),
    }
}

fn event_name(event: Event) -> String {
    if let Event::DeadlineReached(wait) = event {
        return match wait {
            Wait::Opening(_) => "deadline: opening".to_owned(),
            Wait::Releasing(_) => "deadline: releasing".to_owned(),
            Wait::Entering | Wait::Recovering | Wait::Departure | Wait::Transport => {
                format!("deadline: {}", format!("{wait:?}").to_lowercase())
            }
        };
    }
    let name = format!("{event:?}");
    name.split('(').next().unwrap_or_default().to_owned()
}

/// `AlreadySo` becomes `already so`.
fn words(camel: &str) -> String {
    let mut words = String::new();
    for character in camel.chars() {
        if character.is_uppercase() && !words.is_empty() {
            words.push(' ');
        }
        words.extend(character.to_lowercase());
    }
    words
}

fn matrix(cells: &Cells, columns: &[&'static str]) -> String {
    let mut text = format!(
        "| | {} |\n|---|{}\n",
        columns.join(" | "),
        "---|".repeat(columns.len())
    );
    for event in events(1) {
        if !cells.keys().any(|(row, _)| *row == event) {
            continue;
        }
        let _ = write!(text, "| **{}** |", event_name(event));
        for column in columns {
            let lines = cells.get(&(event, *column)).into_iter().flatten().cloned();
            let _ = write!(text, " {} |", lines.collect::<Vec<_>>().join("<br>"));
        }
        text.push('\n');
    }
    text
}

/// The four states as a Mermaid diagram, with every event that leads from one to another.
fn diagram(graph: &Graph) -> String {
    let mut arrows: BTreeMap<(&str, &str), BTreeSet<String>> = BTreeMap::new();
    for edge in graph.edges() {
        let (before, after) = (
            state_name(edge.before.state()),
            state_name(edge.after.state()),
        );
        if before != after {
            arrows
                .entry((before, after))
                .or_default()
                .insert(event_name(edge.event));
        }
    }
    let mut text = String::from("```mermaid\nstateDiagram-v2\n    [*] --> Idle\n");
    for ((before, after), events) in arrows {
        let events: Vec<_> = events
            .into_iter()
            .map(|event| event.replace(": ", " "))
            .collect();
        let _ = writeln!(text, "    {before} --> {after}: {}", events.join("<br>"));
    }
    text.push_str("```\n");
    text
}
