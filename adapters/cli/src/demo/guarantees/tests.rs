//! Made-up plays: one in which everything is kept, and for every guarantee one that breaks it.

use std::time::Duration;

use exeunt_core::{Effect, Event, Instant, Outcome, Policy, Session, Slot};
use exeunt_port::{DepartureReceipt, DeviceKind, RoomId, UserId};
use exeunt_runtime::{ExitLine, ExitReport, Ownership, Reason, ReleasedDevice, Step, StepState};
use serde_json::{Value, json};

use super::{KINDS, Verdict, judge};
use crate::demo::sightings::{Sighting, Witness};
use crate::demo::story::Act;
use crate::line::{Line, What};

/// When everybody's exit begins, and when his `onExitRoom` comes.
const EXIT: u64 = 1_000_000;
const OVER: u64 = EXIT + 5_000;

fn user(name: &str) -> UserId {
    name.parse().expect("a valid name")
}

/// A play in which everything is kept.
fn play() -> Vec<Act> {
    let mut acts = vec![
        act("alice", Event::ExitRequested),
        act("bob", Event::Kicked),
        act("carol", Event::Dismissed),
    ];
    acts[1].say(
        EXIT - 20,
        "onRemoteUserLeaveRoom",
        &[json!("alice"), json!(0)],
    );
    acts[2].say(
        EXIT - 20,
        "onRemoteUserLeaveRoom",
        &[json!("alice"), json!(0)],
    );
    acts[2].say(
        EXIT - 10,
        "onRemoteUserLeaveRoom",
        &[json!("bob"), json!(2)],
    );
    for act in &mut acts {
        act.say(OVER, "onExitRoom", &[json!(0)]);
        act.members_after_kick = vec![user("carol")];
    }
    acts
}

/// Somebody's stay, as the core itself answers it.
fn act(name: &str, cause: Event) -> Act {
    let devices = || Slot::all().take(KINDS.len());
    let mut session = Session::new(Policy::default());
    let epoch = session.next_epoch();
    let mut steps = Vec::new();
    let mut at = 0;
    let mut feed = |event, now: Option<u64>| {
        at = now.unwrap_or(at + 10);
        let reaction = session.handle(epoch, event, Instant::from_micros(at));
        let step = Step {
            at: Instant::from_micros(at),
            epoch,
            event,
            state: session.state().into(),
            effects: reaction.effects,
            disposition: reaction.disposition,
        };
        steps.push((at, step));
    };
    feed(Event::EnterRequested, None);
    devices().for_each(|slot| feed(Event::DeviceRequested(slot), None));
    devices().for_each(|slot| feed(Event::DeviceOpened(slot), None));
    feed(Event::Entered, None);
    feed(cause, Some(EXIT));
    devices().for_each(|slot| feed(Event::DeviceReleased(slot), None));
    if cause == Event::ExitRequested {
        feed(Event::DepartureConfirmed, None);
    }
    feed(Event::TransportClosed, None);
    let core = session.report().expect("the exit is over");
    let line = || ExitLine {
        outcome: Outcome::Done,
        took: Duration::from_micros(40),
        error: None,
    };
    let device = |(slot, kind)| ReleasedDevice {
        slot,
        kind,
        name: "made up".to_owned(),
        ownership: Ownership::Owned,
        other_users: 0,
        line: line(),
    };
    let report = ExitReport {
        user: user(name),
        room: RoomId::number(123).expect("a valid room"),
        transport_name: "made up".to_owned(),
        stay: 1,
        reason: core.reason(),
        cause: core.cause,
        origin: core.cause.origin(),
        secondary: Vec::new(),
        enter_error: None,
        enter_refused: None,
        departure: line(),
        receipt: (name == "alice").then_some(DepartureReceipt {
            peers_told: Some(2),
        }),
        transport: line(),
        devices: devices().zip(KINDS).map(device).collect(),
        took: Duration::from_millis(1),
        bound: session.policy().total(),
        frames_dropped: 0,
    };
    Act {
        user: user(name),
        lines: Vec::new(),
        policy: *session.policy(),
        steps,
        report: Some(report),
        sightings: KINDS.map(|kind| seen(name, kind)).to_vec(),
        headings: Vec::new(),
        members_after_kick: Vec::new(),
        began: 0,
    }
}

fn seen(name: &str, kind: DeviceKind) -> Sighting {
    Sighting {
        user: user(name),
        kind,
        shown_by: Witness::Kernel,
        first: 50,
        last: EXIT,
        gone: Some(EXIT + 500),
    }
}

impl Act {
    fn say(&mut self, at: u64, name: &str, arguments: &[Value]) {
        self.lines.push(Line {
            unix_micros: at,
            user: self.user.clone(),
            what: What::Callback {
                name: name.to_owned(),
                arguments: arguments.to_vec(),
            },
        });
    }

    fn report_mut(&mut self) -> &mut ExitReport {
        self.report.as_mut().expect("everybody got out")
    }
}

/// The play after something in it was spoilt.
fn spoilt(spoil: impl FnOnce(&mut [Act])) -> Vec<Act> {
    let mut acts = play();
    spoil(&mut acts);
    acts
}

/// What is said of this guarantee.
fn verdict(acts: &[Act], number: u8) -> Verdict {
    let mut rows = judge(acts, true).into_iter();
    let row = rows.find(|row| row.number == number);
    row.expect("all eighteen are judged").verdict
}

fn assert_broken(number: u8, by: &str, spoil: impl FnOnce(&mut [Act])) {
    match verdict(&spoilt(spoil), number) {
        Verdict::Broken(how) => assert!(how.contains(by), "{how}"),
        Verdict::Held(how) => panic!("G-{number} held: {how}"),
        Verdict::NotShown(why) => panic!("G-{number} is not shown: {why}"),
    }
}

#[test]
fn a_play_in_which_everything_is_kept_holds_in_all_that_it_shows() {
    let rows = judge(&play(), true);
    let held = |row: &super::Row| matches!(row.verdict, Verdict::Held(_));
    for row in &rows {
        if let Verdict::Broken(how) = &row.verdict {
            panic!("G-{}: {how}", row.number);
        }
    }
    let numbers: Vec<_> = rows
        .iter()
        .filter(|row| held(row))
        .map(|row| row.number)
        .collect();
    assert_eq!(numbers, [1, 2, 3, 5, 6, 9, 12, 13, 14, 18]);
    assert_eq!(rows.len(), 18);
}

#[test]
fn a_second_on_exit_room_breaks_once() {
    assert_broken(1, "bob: onExitRoom 2 times", |acts| {
        acts[1].say(OVER + 1, "onExitRoom", &[json!(1)]);
    });
}

#[test]
fn a_stay_without_on_exit_room_breaks_once() {
    assert_broken(1, "carol: onExitRoom 0 times", |acts| acts[2].lines.clear());
}

#[test]
fn a_reason_that_is_another_one_breaks_why() {
    assert_broken(2, "bob 0", |acts| {
        acts[1].report_mut().reason = Reason::LocalExit;
    });
    assert_broken(2, "alice none", |acts| acts[0].report = None);
}

#[test]
fn a_device_that_is_not_let_go_of_breaks_the_one_way_out() {
    assert_broken(3, "alice's speaker: timed out", |acts| {
        acts[0].report_mut().devices[1].line.outcome = Outcome::TimedOut;
    });
}

#[test]
fn an_open_device_that_the_report_forgets_breaks_the_one_way_out() {
    assert_broken(3, "which opened", |acts| {
        acts[0].report_mut().devices.remove(2);
    });
}

#[test]
fn connecting_twice_is_a_resurrection() {
    assert_broken(5, "bob connected again", |acts| {
        let entering = acts[1].steps[0].clone();
        acts[1].steps.push(entering);
    });
}

#[test]
fn somebody_kicked_whom_the_server_still_lists_is_a_resurrection() {
    assert_broken(5, "bob, carol", |acts| {
        acts[0].members_after_kick = vec![user("bob"), user("carol")];
    });
}

#[test]
fn an_exit_that_takes_longer_than_its_bound_breaks_bounded() {
    assert_broken(6, "carol took 3s", |acts| {
        acts[2].report_mut().took = Duration::from_secs(3);
    });
}

#[test]
fn two_exits_for_two_askings_break_always_legal() {
    assert_broken(9, "left 2 times", |acts| {
        acts[0].say(OVER + 1, "onExitRoom", &[json!(0)]);
    });
}

#[test]
fn somebody_who_learns_nothing_of_a_departure_breaks_told() {
    assert_broken(12, "carol was not told of bob", |acts| {
        acts[2].lines.remove(1);
    });
    assert_broken(12, "bob was not told of alice", |acts| {
        acts[1].lines.remove(0);
    });
    assert_broken(12, "receipt says Some(1)", |acts| {
        acts[0].report_mut().receipt = Some(DepartureReceipt {
            peers_told: Some(1),
        });
    });
}

#[test]
fn where_the_server_does_not_count_its_confirmation_is_what_told_goes_by() {
    let told = |outcome| {
        let acts = spoilt(|acts| {
            acts[0].report_mut().receipt = Some(DepartureReceipt { peers_told: None });
            acts[0].report_mut().departure.outcome = outcome;
        });
        let mut rows = judge(&acts, false).into_iter();
        let row = rows.find(|row| row.number == 12);
        row.expect("all eighteen are judged").verdict
    };
    let held = told(Outcome::Done);
    assert!(matches!(held, Verdict::Held(how) if how.contains("confirmed")));
    let broken = told(Outcome::TimedOut);
    assert!(matches!(broken, Verdict::Broken(how) if how.contains("not confirmed")));
}

#[test]
fn a_device_that_is_seen_open_after_on_exit_room_breaks_really_off() {
    assert_broken(13, "bob's camera was open after onExitRoom", |acts| {
        acts[1].sightings[2].last = OVER;
        acts[1].sightings[2].gone = None;
    });
}

#[test]
fn what_was_not_seen_is_said_and_breaks_nothing() {
    let nothing_seen = spoilt(|acts| acts.iter_mut().for_each(|act| act.sightings.clear()));
    assert!(matches!(verdict(&nothing_seen, 13), Verdict::NotShown(_)));
    let half_seen = spoilt(|acts| {
        acts[0].sightings.remove(0);
        acts[1].sightings[1].gone = None;
    });
    match verdict(&half_seen, 13) {
        Verdict::Held(how) => {
            assert!(how.contains("alice's microphone"), "{how}");
            assert!(how.contains("the end of bob's speaker"), "{how}");
        }
        Verdict::Broken(how) => panic!("{how}"),
        Verdict::NotShown(why) => panic!("{why}"),
    }
}

#[test]
fn a_callback_after_on_exit_room_breaks_silence() {
    assert_broken(14, "alice heard 1 callbacks after", |acts| {
        acts[0].say(OVER + 1, "onRemoteUserLeaveRoom", &[json!("bob"), json!(2)]);
    });
    assert_broken(14, "alice heard 1 callbacks after", |acts| {
        let line = acts[0].lines[0].clone();
        acts[0].lines.push(Line {
            what: What::Device {
                kind: DeviceKind::Camera,
                state: crate::line::DeviceState::Released,
                detail: String::new(),
            },
            ..line
        });
    });
}

#[test]
fn an_exit_that_does_not_begin_with_the_gate_breaks_silence() {
    assert_broken(14, "did not begin with the gate", |acts| {
        let steps = &mut acts[2].steps;
        let exiting = steps
            .iter_mut()
            .find(|(_, step)| step.state == StepState::Exiting);
        let effects = &mut exiting.expect("an exit").1.effects;
        effects.retain(|effect| *effect != Effect::GateMedia);
    });
}

#[test]
fn a_step_that_the_core_answers_otherwise_breaks_same_in_same_out() {
    assert_broken(18, "bob: line", |acts| {
        let last = acts[1].steps.last_mut().expect("steps");
        last.1.effects.clear();
    });
    assert_broken(18, "cut off", |acts| {
        acts[1].steps.pop();
    });
}

#[test]
fn nobody_at_all_holds_nothing() {
    let rows = judge(&[], true);
    let held: Vec<_> = rows
        .iter()
        .filter(|row| matches!(row.verdict, Verdict::Held(_)))
        .map(|row| row.number)
        .collect();
    assert_eq!(held, [] as [u8; 0]);
}
