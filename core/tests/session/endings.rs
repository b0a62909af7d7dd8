//! How stays end, and what the report says of it.

use core::time::Duration;

use exeunt_core::{Cause, Effect, Event, Origin, Outcome, Reason, Settlement};

use crate::teller::{CAMERA, MICROPHONE, Teller, slot};

const LOCAL: [Effect; 1] = [Effect::GateMedia];

/// What every exit from a room with camera and microphone begins with.
fn local_part() -> Vec<Effect> {
    let devices = [
        Effect::ReleaseDevice(slot(CAMERA)),
        Effect::ReleaseDevice(slot(MICROPHONE)),
    ];
    LOCAL.into_iter().chain(devices).collect()
}

#[test]
fn leaving_goes_silent_releases_everything_and_tells_the_others_in_one_reaction() {
    let mut alice = Teller::in_room();
    let expected = [local_part(), vec![Effect::AnnounceDeparture]].concat();
    assert_eq!(alice.at(100, Event::ExitRequested), expected);
    assert_eq!(
        alice.at(110, Event::DepartureConfirmed),
        [Effect::CloseTransport]
    );
    assert_eq!(alice.at(111, Event::DeviceReleased(slot(CAMERA))), []);
    assert_eq!(alice.at(112, Event::DeviceReleased(slot(MICROPHONE))), []);
    assert_eq!(alice.at(115, Event::TransportClosed), [Effect::ReportExit]);

    let report = alice.report();
    assert_eq!(report.reason(), Reason::LocalExit);
    assert_eq!(report.departure.took, Duration::from_millis(10));
    assert_eq!(report.took, Duration::from_millis(15));
    assert!(report.is_clean());
}

#[test]
fn after_a_kick_or_a_dismissal_there_is_nothing_to_announce() {
    for (event, number) in [(Event::Kicked, 1), (Event::Dismissed, 2)] {
        let mut bob = Teller::in_room();
        let expected = [local_part(), vec![Effect::CloseTransport]].concat();
        assert_eq!(bob.at(100, event), expected);
        bob.at(101, Event::TransportClosed);
        bob.at(102, Event::DeviceReleased(slot(CAMERA)));
        assert_eq!(
            bob.at(103, Event::DeviceReleased(slot(MICROPHONE))),
            [Effect::ReportExit]
        );
        assert_eq!(bob.report().reason().number(), number);
        assert_eq!(bob.report().cause.origin(), Origin::Server);
        assert_eq!(bob.report().departure.outcome, Outcome::NotOwed);
    }
}

#[test]
fn every_ending_has_a_number_of_its_own_and_only_trtcs_three_are_below_100() {
    let numbers: Vec<_> = Cause::ALL
        .iter()
        .map(|cause| cause.reason().number())
        .collect();
    assert_eq!(numbers, [0, 1, 2, 102, 103, 100, 100, 100, 101, 101]);
}

#[test]
fn the_first_cause_gives_the_reason_and_the_others_are_noted() {
    let mut carol = Teller::in_room();
    carol.at(100, Event::ExitRequested);
    // The kick tells the others: the announcement need not be waited for.
    assert_eq!(carol.at(101, Event::Kicked), [Effect::CloseTransport]);
    assert_eq!(carol.at(102, Event::LinkDead), []);
    carol.at(103, Event::TransportClosed);
    carol.at(104, Event::DeviceReleased(slot(CAMERA)));
    carol.at(105, Event::DeviceVanished(slot(MICROPHONE)));
    let report = carol.report();
    assert_eq!(report.cause, Cause::ExitRequested);
    assert!(!report.secondary.is_empty());
    let secondary: Vec<_> = report.secondary.iter().collect();
    assert_eq!(secondary, [Cause::Kicked, Cause::LinkDead]);
    let outcomes: Vec<_> = report.devices().map(|(_, line)| line.outcome).collect();
    assert_eq!(outcomes, [Outcome::Done, Outcome::Vanished]);
}

#[test]
fn a_failed_enter_ends_the_stay_under_a_reason_of_its_own() {
    let mut dave = Teller::entering();
    dave.at(5, Event::DeviceRequested(slot(CAMERA)));
    let effects = dave.at(20, Event::EnterFailed);
    assert_eq!(
        effects[..2],
        [Effect::GateMedia, Effect::ReleaseDevice(slot(CAMERA))]
    );
    dave.at(21, Event::TransportClosed);
    // The camera had not opened: nothing was held.
    assert_eq!(
        dave.at(22, Event::DeviceFailed(slot(CAMERA))),
        [Effect::ReportExit]
    );
    assert_eq!(dave.report().reason(), Reason::EnterFailed);
    assert!(dave.report().is_clean());
}

#[test]
fn a_transport_that_closes_by_itself_needs_no_close_and_carries_no_announcement() {
    let mut erin = Teller::in_room();
    assert_eq!(erin.at(100, Event::TransportClosed), local_part());
    erin.at(101, Event::DeviceReleased(slot(CAMERA)));
    erin.at(102, Event::DeviceReleased(slot(MICROPHONE)));
    let report = erin.report();
    assert_eq!(report.reason(), Reason::ConnectionLost);
    assert_eq!(report.transport.outcome, Outcome::Vanished);
    assert_eq!(report.departure.outcome, Outcome::Impossible);
}

#[test]
fn leaving_twice_is_one_exit() {
    let mut frank = Teller::in_room();
    frank.at(100, Event::ExitRequested);
    assert_eq!(frank.at(101, Event::ExitRequested), []);
    frank.at(102, Event::DepartureConfirmed);
    frank.at(102, Event::TransportClosed);
    frank.at(102, Event::DeviceReleased(slot(CAMERA)));
    frank.at(102, Event::DeviceReleased(slot(MICROPHONE)));
    let report = frank.report();
    assert_eq!(frank.at(103, Event::ExitRequested), []);
    assert_eq!(frank.report(), report);
}

#[test]
fn lent_devices_stay_on_and_adopted_ones_are_released() {
    let mut grace = Teller::entering();
    grace.at(1, Event::DeviceLent(slot(CAMERA)));
    grace.at(1, Event::DeviceAdopted(slot(MICROPHONE)));
    grace.at(2, Event::Entered);
    let effects = grace.at(100, Event::ExitRequested);
    assert!(effects.contains(&Effect::ReleaseDevice(slot(MICROPHONE))));
    assert!(!effects.contains(&Effect::ReleaseDevice(slot(CAMERA))));
}

#[test]
fn the_fullest_exit_of_all_fits_into_one_reaction() {
    let mut heidi = Teller::in_room();
    for number in 2..8 {
        heidi.at(20, Event::DeviceAdopted(slot(number)));
    }
    heidi.at(30, Event::LinkLost);
    let effects = heidi.at(40, Event::ExitRequested);
    assert_eq!(effects.len(), 1 + 8 + 2);
    assert!(effects.len() <= exeunt_core::MAX_EFFECTS);
    assert_eq!(effects.last(), Some(&Effect::AnnounceDeparture));
}

#[test]
fn a_link_that_dies_while_entering_is_a_failed_enter_that_nobody_could_be_told_of() {
    for lost in [Event::LinkDead, Event::TransportClosed] {
        let mut heidi = Teller::entering();
        heidi.at(5, lost);
        heidi.at(6, Event::TransportClosed);
        let report = heidi.report();
        assert_eq!(report.reason(), Reason::EnterFailed);
        assert_eq!(
            report.departure.outcome,
            Outcome::Impossible,
            "she may be counted in"
        );
        assert!(!report.is_clean());
    }
}

#[test]
fn what_went_wrong_while_leaving_is_said_and_skips_nothing() {
    let mut ivan = Teller::in_room();
    ivan.at(100, Event::ExitRequested);
    assert_eq!(
        ivan.at(101, Event::DepartureFailed),
        [Effect::CloseTransport]
    );
    ivan.at(102, Event::ReleaseFailed(slot(CAMERA)));
    ivan.at(103, Event::CloseFailed);
    assert_eq!(
        ivan.at(104, Event::DeviceReleased(slot(MICROPHONE))),
        [Effect::ReportExit]
    );
    let report = ivan.report();
    let failed = |took| Settlement {
        outcome: Outcome::Failed,
        took: Duration::from_millis(took),
    };
    assert_eq!(report.departure, failed(1));
    assert_eq!(report.transport, failed(3));
    assert_eq!(report.devices[0], Some(failed(2)));
    assert!(!report.is_clean());
}

#[test]
fn a_report_is_clean_when_every_line_of_it_is() {
    let answers = [
        (Event::DepartureConfirmed, Event::DepartureFailed),
        (Event::TransportClosed, Event::CloseFailed),
        (
            Event::DeviceReleased(slot(CAMERA)),
            Event::ReleaseFailed(slot(CAMERA)),
        ),
    ];
    for wrong in [None, Some(0), Some(1), Some(2)] {
        let mut judy = Teller::in_room();
        judy.at(100, Event::ExitRequested);
        for (number, (good, bad)) in answers.into_iter().enumerate() {
            judy.at(101, if wrong == Some(number) { bad } else { good });
        }
        judy.at(102, Event::DeviceReleased(slot(MICROPHONE)));
        assert_eq!(judy.report().is_clean(), wrong.is_none(), "{wrong:?}");
        let reported: Vec<_> = judy.report().devices().map(|(place, _)| place).collect();
        assert_eq!(reported, [slot(CAMERA), slot(MICROPHONE)]);
    }
}

#[test]
fn whoever_is_out_already_owes_no_announcement() {
    let mut karl = Teller::in_room();
    karl.at(100, Event::ExitRequested);
    assert_eq!(karl.at(101, Event::AlreadyOut), [Effect::CloseTransport]);
    karl.at(102, Event::TransportClosed);
    karl.wait_until(10_000);
    assert_eq!(karl.report().departure.outcome, Outcome::NotOwed);
}
