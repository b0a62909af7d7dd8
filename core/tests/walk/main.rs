//! Visits every configuration that the machine can reach, checks what holds on every edge and from
//! every configuration, and writes the table and the diagram that the docs show.

mod alphabet;
mod causes;
mod device_edges;
mod edges;
mod graph;
mod lines;
mod reading;
mod records;
mod sessions;
mod story;
mod table;

use std::path::Path;
use std::sync::LazyLock;

use exeunt_core::{Cause, Epoch, Event, Machine, Slot, State};

use alphabet::answer;
use graph::Graph;
use sessions::Led;

static ONE: LazyLock<Graph> = LazyLock::new(|| Graph::walk(1));
static TWO: LazyLock<Graph> = LazyLock::new(|| Graph::walk(2));
static THREE_ALIKE: LazyLock<Graph> = LazyLock::new(Graph::walk_three_alike);

#[test]
fn what_holds_on_every_edge_holds_with_three_devices() {
    let graph = &*THREE_ALIKE;
    println!(
        "{} configurations, {} edges",
        graph.configurations(),
        graph.edge_count()
    );
    for edge in graph.edges() {
        for (guarantee, check) in edges::CHECKS {
            if let Err(found) = check(&edge) {
                story::complain(guarantee, &found, graph, &edge);
            }
        }
    }
}

#[test]
fn from_everywhere_silence_leads_to_exited_by_deadlines_alone() {
    from_everywhere(
        "G-6 Bounded: Exited within Policy::total(), whatever the world does",
        |led| sessions::silence_ends_the_exit(led).map(drop),
    );
}

/// However the deadlines stand to each other; and the bound is no longer than it has to be.
#[test]
fn leaving_a_silent_world_takes_the_bound_and_no_longer() {
    let graph = &*THREE_ALIKE;
    for policy in sessions::UNEQUAL {
        let in_room = graph
            .machines()
            .filter(|(_, machine)| matches!(machine.state(), State::InRoom(_)));
        let took = in_room.map(|(number, _)| {
            let path = graph.path(number);
            sessions::silence_ends_the_exit(&Led::along_with(&path, policy)).unwrap_or_else(
                |found| {
                    panic!(
                        "G-6 Bounded is not kept: {found}, with {policy:?}, after\n{}",
                        story::way(&path)
                    )
                },
            )
        });
        assert_eq!(
            took.max(),
            Some(policy.total()),
            "G-6 Bounded: this is the longest that an exit takes with {policy:?}, and the bound says so"
        );
    }
}

#[test]
fn the_report_says_what_happened_and_when_and_stands() {
    let graph = &*THREE_ALIKE;
    for (number, _) in graph.machines() {
        let path = graph.path(number);
        if let Err(found) = records::the_report_says_what_happened(&path, graph.events()) {
            panic!(
                "G-2 Why, G-11 Clean re-entry: {found}\nafter this, and leaving with nobody answering:\n{}",
                story::way(&path)
            );
        }
    }
}

#[test]
fn every_deadline_counts_from_the_beginning_of_its_wait() {
    from_everywhere(
        "G-17 Progress: every waiting state has a deadline",
        sessions::deadlines_count_from_the_beginning,
    );
}

#[test]
fn nothing_waits_for_ever_but_somebody_in_a_room() {
    from_everywhere(
        "G-17 Progress: every waiting state has a deadline, and a reached deadline moves",
        sessions::only_rest_lasts,
    );
}

#[test]
fn whatever_is_told_of_another_stay_changes_nothing_anywhere() {
    let graph = &*THREE_ALIKE;
    from_everywhere(
        "G-10 Numbered: facts of another epoch change nothing, and what they acquire is undone (G-4)",
        |led| sessions::other_stays_change_nothing(&mut led.clone(), graph.events()),
    );
}

#[test]
fn the_same_path_leads_to_the_same_configuration() {
    let graph = &*THREE_ALIKE;
    for (number, machine) in graph.machines() {
        let path = graph.path(number);
        let led = Led::along(&path);
        assert_eq!(
            led.session.state(),
            machine.state(),
            "G-18 Same in, same out is not kept: told again, and with a clock, this path leads elsewhere\n{}",
            story::way(&path)
        );
    }
}

#[expect(clippy::panic, reason = "the test fails here, in words of its own")]
fn from_everywhere(guarantee: &str, check: impl Fn(&Led) -> Result<(), String>) {
    let graph = &*THREE_ALIKE;
    for (number, machine) in graph.machines() {
        let path = graph.path(number);
        if let Err(found) = check(&Led::along(&path)) {
            panic!(
                "\n{guarantee}\n\nis not kept: {found}\n\nafter this, each deadline when it was due:\n{}\nwhich leads to {:?}\n",
                story::way(&path),
                machine.state()
            );
        }
    }
}

/// What lets the walk with three devices visit one of six configurations.
#[test]
fn the_machine_treats_all_slots_alike() {
    let [first, second] = [0, 1].map(|number| Slot::new(number).expect("a slot"));
    let other = |slot: Slot| if slot == first { second } else { first };
    let graph = &*TWO;
    for (number, machine) in graph.machines() {
        let path = graph.path(number);
        let mut mirrored = Machine::new();
        for event in &path {
            let _ = mirrored.handle(Epoch::FIRST, alphabet::with_slot(*event, other));
        }
        for event in graph.events() {
            let (after, reaction) = answer(machine, *event);
            let (mirrored_after, mirrored_reaction) =
                answer(&mirrored, alphabet::with_slot(*event, other));
            let mut expected = alphabet::effects_with_slot(&reaction.effects, other);
            let mut is = mirrored_reaction.effects.to_vec();
            expected.sort_unstable();
            is.sort_unstable();
            let stages =
                |machine: &Machine| [first, second].map(|slot| machine.state().device(slot));
            let [one, two] = stages(&after);
            assert!(
                is == expected
                    && reaction.disposition == mirrored_reaction.disposition
                    && stages(&mirrored_after) == [two, one]
                    && graph::without_devices(&after) == graph::without_devices(&mirrored_after),
                "slots 0 and 1 are treated differently by {event:?}, after\n{}",
                story::way(&path)
            );
        }
    }
}

/// What lets every other walk leave them out.
#[test]
fn secondary_causes_change_nothing_that_is_done() {
    let graph = &*ONE;
    let causes = [
        Event::ExitRequested,
        Event::Kicked,
        Event::Dismissed,
        Event::Replaced,
        Event::ServerStopped,
        Event::LinkDead,
    ];
    for edge in graph.edges() {
        for cause in causes {
            let (mut noted, noting) = answer(edge.before, cause);
            // Only what notes the cause and does nothing else leads to the same configuration.
            let same = graph::without_notes(&noted) == graph::without_notes(edge.before);
            if !matches!(edge.before.state(), State::Exiting(_)) || !same {
                continue;
            }
            assert!(noting.effects.is_empty());
            let with_cause = noted.handle(Epoch::FIRST, edge.event);
            assert_eq!(
                edge.reaction.effects, with_cause.effects,
                "{cause:?} changes what is done: {edge:?}"
            );
            assert_eq!(
                graph::without_notes(&edge.after),
                graph::without_notes(&noted),
                "{cause:?} changes what comes after: {edge:?}"
            );
        }
    }
}

/// The most that one reaction can hold (`MAX_EFFECTS`) is the most that one event can ask.
#[test]
fn every_way_to_leave_with_every_slot_taken_fits_into_one_reaction() {
    let mut most = 0;
    let entering = [Event::EnterRequested].to_vec();
    let entered = [entering.as_slice(), &[Event::Entered]].concat();
    let recovering = [entered.as_slice(), &[Event::LinkLost]].concat();
    for path in [entering, entered, recovering] {
        for event in alphabet::events(0) {
            let mut machine = Machine::new();
            let devices = Slot::all().map(Event::DeviceAdopted);
            for step in path.iter().copied().chain(devices) {
                let _ = machine.handle(Epoch::FIRST, step);
            }
            let (after, reaction) = answer(&machine, event);
            most = most.max(reaction.effects.len());
            if matches!(after.state(), State::Exiting(_)) {
                let released = reaction
                    .effects
                    .iter()
                    .filter(|effect| matches!(effect, exeunt_core::Effect::ReleaseDevice(_)));
                assert_eq!(released.count(), exeunt_core::MAX_DEVICES, "{event:?}");
            }
        }
    }
    assert_eq!(most, exeunt_core::MAX_EFFECTS, "and no more than that");
}

#[test]
fn every_cause_ends_some_stay() {
    for cause in Cause::ALL {
        let ends = ONE.machines().any(|(_, machine)| {
            matches!(machine.state(), State::Exited(ledger) if ledger.cause() == cause)
        });
        assert!(ends, "no path ends with {cause:?} (G-2)");
    }
}

#[test]
fn the_documented_table_is_the_computed_one() {
    let computed = table::document(&ONE, &TWO, &THREE_ALIKE);
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
