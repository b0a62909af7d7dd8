//! The graph of all reachable configurations, by breadth-first search.
//!
//! Only the configurations are kept, each with the step that first led to it; the edges, some ten
//! times as many as configurations or more, are walked again whenever they are wanted.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use std::hash::Hash;

use exeunt_core::{
    Cause, Closing, Departure, Event, Ledger, Machine, Membership, Reaction, Slot, State,
};

use crate::alphabet::{answer, events};

/// One step: a configuration, an event, what came of it.
#[derive(Debug)]
pub(crate) struct Edge<'graph> {
    /// The number of the configuration before, for [`Graph::path`].
    pub(crate) origin: usize,
    pub(crate) before: &'graph Machine,
    pub(crate) event: Event,
    pub(crate) reaction: Reaction,
    pub(crate) after: Machine,
}

/// Everything that can be reached from Idle.
pub(crate) struct Graph {
    events: Vec<Event>,
    nodes: Vec<Node>,
    edges: usize,
}

struct Node {
    machine: Machine,
    /// The configuration and the event that first led here; nothing led to Idle.
    reached: Option<(usize, Event)>,
}

/// What a configuration is beside its devices.
#[derive(PartialEq, Eq, Hash)]
pub(crate) enum Connection {
    Idle,
    InRoom(Membership),
    Exiting(Settling),
    Exited(Settling),
}

pub(crate) type Settling = (Cause, bool, Departure, Closing);

impl Graph {
    /// Every configuration with this many devices.
    pub(crate) fn walk(devices: u8) -> Self {
        Self::walk_by(devices, without_notes)
    }

    /// Every configuration with three devices, but of those that differ only in which slot holds
    /// which of them one. `the_machine_treats_all_slots_alike` shows that nothing is missed by it.
    pub(crate) fn walk_three_alike() -> Self {
        Self::walk_by(3, |machine| {
            let mut stages = [0, 1, 2].map(|number| {
                let slot = Slot::new(number).expect("one of the first three slots");
                machine.state().device(slot)
            });
            stages.sort_unstable();
            (without_devices(machine), stages)
        })
    }

    /// `key` is what tells configurations apart.
    fn walk_by<Key: Eq + Hash>(devices: u8, key: impl Fn(&Machine) -> Key) -> Self {
        let events = events(devices);
        let start = Machine::new();
        let mut seen = HashMap::from([(key(&start), 0)]);
        let mut nodes = vec![Node {
            machine: start,
            reached: None,
        }];
        let mut next = 0;
        while next < nodes.len() {
            for event in &events {
                let (after, _) = answer(&nodes[next].machine, *event);
                if let Entry::Vacant(place) = seen.entry(key(&after)) {
                    place.insert(nodes.len());
                    nodes.push(Node {
                        machine: after,
                        reached: Some((next, *event)),
                    });
                }
            }
            next += 1;
        }
        Self {
            edges: nodes.len() * events.len(),
            events,
            nodes,
        }
    }

    pub(crate) fn configurations(&self) -> usize {
        self.nodes.len()
    }

    pub(crate) fn edge_count(&self) -> usize {
        self.edges
    }

    /// Every configuration, by its number.
    pub(crate) fn machines(&self) -> impl Iterator<Item = (usize, &Machine)> {
        self.nodes.iter().map(|node| &node.machine).enumerate()
    }

    /// Every event tried in every configuration.
    pub(crate) fn edges(&self) -> impl Iterator<Item = Edge<'_>> {
        self.machines().flat_map(|(origin, before)| {
            self.events.iter().map(move |event| {
                let (after, reaction) = answer(before, *event);
                Edge {
                    origin,
                    before,
                    event: *event,
                    reaction,
                    after,
                }
            })
        })
    }

    /// A shortest way from Idle to this configuration.
    pub(crate) fn path(&self, number: usize) -> Vec<Event> {
        let steps = std::iter::successors(self.nodes[number].reached, |(origin, _)| {
            self.nodes[*origin].reached
        });
        let mut path: Vec<_> = steps.map(|(_, event)| event).collect();
        path.reverse();
        path
    }

    pub(crate) fn events(&self) -> &[Event] {
        &self.events
    }
}

/// A configuration without its secondary causes, which change nothing that is done
/// (`secondary_causes_change_nothing_that_is_done`).
pub(crate) fn without_notes(machine: &Machine) -> State {
    match *machine.state() {
        State::Exiting(ledger) => State::Exiting(ledger.without_secondary()),
        State::Exited(ledger) => State::Exited(ledger.without_secondary()),
        other @ (State::Idle | State::InRoom(_)) => other,
    }
}

pub(crate) fn without_devices(machine: &Machine) -> Connection {
    let settling = |ledger: &Ledger| {
        (
            ledger.cause(),
            ledger.was_entered(),
            ledger.departure(),
            ledger.closing(),
        )
    };
    match machine.state() {
        State::Idle => Connection::Idle,
        State::InRoom(stay) => Connection::InRoom(stay.membership),
        State::Exiting(ledger) => Connection::Exiting(settling(ledger)),
        State::Exited(ledger) => Connection::Exited(settling(ledger)),
    }
}
