//! The graph of all reachable configurations, by breadth-first search.

use std::collections::hash_map::Entry;
use std::collections::{HashMap, VecDeque};

use exeunt_core::{Event, Machine, Reaction, State};

use crate::{answer, events};

/// One step: a configuration, an event, what came of it.
#[derive(Debug)]
pub(crate) struct Edge {
    pub(crate) before: Machine,
    pub(crate) event: Event,
    pub(crate) reaction: Reaction,
    pub(crate) after: Machine,
}

/// Everything that can be reached from Idle.
pub(crate) struct Graph {
    seen: HashMap<State, Machine>,
    pub(crate) edges: Vec<Edge>,
}

impl Graph {
    /// Walks with this many devices.
    pub(crate) fn walk(devices: u8) -> Self {
        let mut graph = Self {
            seen: HashMap::new(),
            edges: Vec::new(),
        };
        let start = Machine::new();
        let mut open = VecDeque::from([start.clone()]);
        graph.seen.insert(key(&start), start);
        while let Some(before) = open.pop_front() {
            for event in events(devices) {
                let (after, reaction) = answer(&before, event);
                if let Entry::Vacant(place) = graph.seen.entry(key(&after)) {
                    place.insert(after.clone());
                    open.push_back(after.clone());
                }
                graph.edges.push(Edge {
                    before: before.clone(),
                    event,
                    reaction,
                    after,
                });
            }
        }
        graph
    }

    pub(crate) fn configurations(&self) -> usize {
        self.seen.len()
    }

    pub(crate) fn machines(&self) -> impl Iterator<Item = &Machine> {
        self.seen.values()
    }
}

/// What tells configurations apart: everything but the secondary causes, which change nothing.
pub(crate) fn key(machine: &Machine) -> State {
    match *machine.state() {
        State::Exiting(ledger) => State::Exiting(ledger.without_secondary()),
        State::Exited(ledger) => State::Exited(ledger.without_secondary()),
        other @ (State::Idle | State::InRoom(_)) => other,
    }
}
