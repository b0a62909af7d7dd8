//! Worlds that do not answer.

use core::time::Duration;

use exeunt_core::{
    Cause, Disposition, Effect, Event, Ignored, Instant, Outcome, Policy, Reason, Wait,
};

use crate::teller::{CAMERA, MICROPHONE, Teller, slot};

#[test]
fn with_a_dead_network_and_stuck_devices_the_exit_takes_its_bound_and_no_longer() {
    let mut alice = Teller::in_room();
    alice.at(1000, Event::ExitRequested);
    let effects = alice.wait_until(10_000);
    assert_eq!(
        effects,
        [(2500, Effect::CloseTransport), (3500, Effect::ReportExit)]
    );
    let report = alice.report();
    assert_eq!(report.took, Policy::default().total());
    assert_eq!(report.departure.outcome, Outcome::TimedOut);
    assert_eq!(report.transport.outcome, Outcome::TimedOut);
    for (_, line) in report.devices() {
        assert_eq!(line.outcome, Outcome::TimedOut);
        assert_eq!(line.took, Duration::from_secs(2));
    }
}

#[test]
fn local_release_waits_for_nothing_remote() {
    let mut bob = Teller::in_room();
    bob.at(1000, Event::ExitRequested);
    bob.at(1003, Event::DeviceReleased(slot(CAMERA)));
    bob.at(1004, Event::DeviceReleased(slot(MICROPHONE)));
    bob.wait_until(10_000);
    let took: Vec<_> = bob
        .report()
        .devices()
        .map(|(_, line)| line.took.as_millis())
        .collect();
    assert_eq!(took, [3, 4]);
}

#[test]
fn entering_that_is_not_answered_is_given_up_and_undone_if_it_succeeds_after_all() {
    let mut carol = Teller::entering();
    let effects = carol.wait_until(10_000);
    assert_eq!(
        effects,
        [
            (10_000, Effect::GateMedia),
            (10_000, Effect::AbandonConnect)
        ]
    );
    // The server may count us in: the answer of the connect decides what there is to tell.
    assert_eq!(
        carol.at(10_500, Event::Entered),
        [Effect::AnnounceDeparture]
    );
    // One deadline covers both.
    assert_eq!(carol.wait_until(11_500), [(11_500, Effect::CloseTransport)]);
    carol.wait_until(20_000);
    assert_eq!(carol.report().cause, Cause::EnteringTimedOut);
    assert_eq!(carol.report().took, Policy::default().total());
}

#[test]
fn a_link_that_does_not_come_back_ends_the_stay_as_lost() {
    let mut dave = Teller::in_room();
    dave.at(500, Event::LinkLost);
    dave.at(700, Event::LinkRecovered);
    dave.at(1000, Event::LinkLost);
    dave.wait_until(30_999);
    assert!(dave.session.report().is_none());
    dave.wait_until(60_000);
    assert_eq!(dave.report().reason(), Reason::ConnectionLost);
    assert_eq!(dave.report().departure.outcome, Outcome::Impossible);
}

#[test]
fn a_device_that_does_not_open_in_time_is_released_and_undone_if_it_opens_after_all() {
    let mut erin = Teller::entering();
    erin.at(10, Event::Entered);
    erin.at(20, Event::DeviceRequested(slot(CAMERA)));
    assert_eq!(
        erin.wait_until(30_020),
        [(30_020, Effect::ReleaseDevice(slot(CAMERA)))]
    );
    assert_eq!(
        erin.at(30_500, Event::DeviceOpened(slot(CAMERA))),
        [Effect::ReleaseDevice(slot(CAMERA))]
    );
}

#[test]
fn an_exit_waits_for_a_device_that_was_being_stopped_and_does_not_ask_twice() {
    let mut frank = Teller::in_room();
    let stopped = frank.at(900, Event::DeviceStopRequested(slot(CAMERA)));
    assert_eq!(stopped, [Effect::ReleaseDevice(slot(CAMERA))]);
    let effects = frank.at(1000, Event::ExitRequested);
    assert!(!effects.contains(&Effect::ReleaseDevice(slot(CAMERA))));
    // It keeps the deadline it had.
    let due = frank.session.poll_timeout().expect("waits");
    frank.at(1001, Event::DepartureConfirmed);
    frank.at(1001, Event::TransportClosed);
    frank.at(1001, Event::DeviceReleased(slot(MICROPHONE)));
    assert!(frank.session.report().is_none());
    assert_eq!(due.wait, Wait::Departure);
    assert_eq!(frank.wait_until(5000), [(2900, Effect::ReportExit)]);
}

#[test]
fn a_deadline_that_is_not_due_changes_nothing() {
    let mut grace = Teller::in_room();
    grace.at(1000, Event::ExitRequested);
    let early = grace.reaction(1001, Event::DeadlineReached(Wait::Departure));
    assert_eq!(early.disposition, Disposition::Ignored(Ignored::NotDue));
    assert!(early.effects.is_empty());
    assert_eq!(grace.at(1002, Event::DeadlineReached(Wait::Recovering)), []);
    assert_eq!(
        grace.at(1003, Event::DepartureConfirmed),
        [Effect::CloseTransport]
    );
}

#[test]
fn a_clock_that_runs_backwards_shortens_no_wait() {
    let mut heidi = Teller::in_room();
    heidi.at(10_000, Event::ExitRequested);
    let early = Instant::from_millis(5);
    let stay = heidi.stay;
    let confirmed = heidi.session.handle(stay, Event::DepartureConfirmed, early);
    assert_eq!(confirmed.effects.as_slice(), [Effect::CloseTransport]);
    let due = heidi.session.poll_timeout().map(|due| due.at);
    assert_eq!(due, Some(Instant::from_millis(11_000)));
}
