//! Says what is wrong, so that somebody who has never seen the machine can find it.

use std::fmt::Write as _;

use exeunt_core::{Event, Machine, Reaction, State};

use crate::alphabet::{answer, state_name};
use crate::graph::{Edge, Graph};

/// Fails with the guarantee, the way to the edge, the edge, and what is wrong with it.
#[expect(clippy::panic, reason = "the test fails here, in words of its own")]
pub(crate) fn complain(guarantee: &str, found: &str, graph: &Graph, edge: &Edge) -> ! {
    let mut story = way(&graph.path(edge.origin));
    let last = line(&mut story, edge.before.state(), edge.event, &edge.reaction);
    let _ = writeln!(last, "   <- here");
    panic!(
        "\n{guarantee}\n\nis not kept: {found}\n\n\
         What happened, with what the machine asked for in answer:\n{story}\n\
         before: {:?}\nafter:  {:?}\n",
        edge.before.state(),
        edge.after.state()
    );
}

/// Every step of a path, with what the machine answered.
pub(crate) fn way(path: &[Event]) -> String {
    let mut story = String::new();
    let mut machine = Machine::new();
    for event in path {
        let (after, reaction) = answer(&machine, *event);
        let story = line(&mut story, machine.state(), *event, &reaction);
        story.push('\n');
        machine = after;
    }
    story
}

fn line<'story>(
    story: &'story mut String,
    before: &State,
    event: Event,
    reaction: &Reaction,
) -> &'story mut String {
    let (event, state) = (format!("{event:?}"), state_name(before));
    let effects: Vec<_> = reaction
        .effects
        .iter()
        .map(|effect| format!("{effect:?}"))
        .collect();
    let _ = write!(
        story,
        "  in {state:<8} {event:<36} -> [{}] {:?}",
        effects.join(", "),
        reaction.disposition
    );
    story
}
