//! Visits every configuration that the machine can reach, checks what holds on every edge, and
//! writes the table and the diagram that the docs show.

mod edges;
mod graph;
mod table;

use std::path::Path;

use exeunt_core::{Epoch, Event, Machine, Slot};

use graph::Graph;

#[test]
fn what_holds_on_every_edge_holds_with_two_devices() {
    let graph = Graph::walk(2);
    println!(
        "{} configurations, {} edges",
        graph.configurations(),
        graph.edges.len()
    );
    for edge in &graph.edges {
        edges::check(edge);
    }
}

#[test]
fn from_everywhere_silence_leads_to_exited_by_deadlines_alone() {
    let graph = Graph::walk(2);
    for machine in graph.machines() {
        edges::silence_ends_the_exit(machine);
    }
}

#[test]
fn secondary_causes_change_nothing_that_is_done() {
    let graph = Graph::walk(1);
    for edge in &graph.edges {
        let Some(other) = edges::with_a_further_cause(&edge.before) else {
            continue;
        };
        let mut plain = edge.before.clone();
        let mut noted = other;
        let plainly = plain.handle(Epoch::FIRST, edge.event);
        let with_cause = noted.handle(Epoch::FIRST, edge.event);
        assert_eq!(plainly.effects, with_cause.effects, "{edge:?}");
        assert_eq!(graph::key(&plain), graph::key(&noted), "{edge:?}");
    }
}

#[test]
fn the_documented_table_is_the_computed_one() {
    let computed = table::document(&Graph::walk(1), &Graph::walk(2));
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/transitions.md");
    if std::env::var_os("EXEUNT_UPDATE").is_some() {
        std::fs::write(&path, &computed).expect("docs/transitions.md can be written");
    }
    let documented = std::fs::read_to_string(&path).unwrap_or_default();
    if let Some((line, (is, should))) = first_difference(&documented, &computed) {
        panic!(
            "docs/transitions.md is stale at line {line}.\n  it says  {is}\n  computed {should}\n\
             If the change of behaviour is wanted: EXEUNT_UPDATE=1 cargo test -p exeunt-core --test walk"
        );
    }
}

fn first_difference(is: &str, should: &str) -> Option<(usize, (String, String))> {
    let mut is = is.lines();
    let mut should = should.lines();
    let mut line = 0;
    loop {
        line += 1;
        match (is.next(), should.next()) {
            (None, None) => return None,
            (left, right) if left == right => {}
            (left, right) => {
                let text = |side: Option<&str>| side.unwrap_or("(end of file)").to_owned();
                return Some((line, (text(left), text(right))));
            }
        }
    }
}

/// Every event, for the first `devices` slots.
fn events(devices: u8) -> Vec<Event> {
    use exeunt_core::Wait;
    let mut events = vec![
        Event::EnterRequested,
        Event::ExitRequested,
        Event::Entered,
        Event::EnterFailed,
        Event::Kicked,
        Event::Dismissed,
        Event::Replaced,
        Event::ServerStopped,
        Event::LinkLost,
        Event::LinkRecovered,
        Event::LinkDead,
        Event::DepartureConfirmed,
        Event::DepartureFailed,
        Event::TransportClosed,
        Event::DeadlineReached(Wait::Entering),
        Event::DeadlineReached(Wait::Recovering),
        Event::DeadlineReached(Wait::Departure),
        Event::DeadlineReached(Wait::Transport),
    ];
    for slot in Slot::all().take(devices.into()) {
        events.extend([
            Event::DeviceRequested(slot),
            Event::DeviceAdopted(slot),
            Event::DeviceLent(slot),
            Event::DeviceStopRequested(slot),
            Event::DeviceOpened(slot),
            Event::DeviceFailed(slot),
            Event::DeviceReleased(slot),
            Event::DeviceVanished(slot),
            Event::DeadlineReached(Wait::Opening(slot)),
            Event::DeadlineReached(Wait::Releasing(slot)),
        ]);
    }
    events
}

/// What a machine would do with an event, without doing it.
fn answer(machine: &Machine, event: Event) -> (Machine, exeunt_core::Reaction) {
    let mut after = machine.clone();
    let reaction = after.handle(Epoch::FIRST, event);
    (after, reaction)
}
