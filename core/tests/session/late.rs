//! What completes after it was no longer wanted.

use exeunt_core::{DeviceStage, Disposition, Effect, Event, Ignored, Outcome};

use crate::teller::{CAMERA, MICROPHONE, Teller, slot};

#[test]
fn a_camera_that_opens_after_the_exit_began_is_released_at_once() {
    let mut alice = Teller::entering();
    alice.at(10, Event::Entered);
    alice.at(20, Event::DeviceRequested(slot(CAMERA)));
    alice.at(30, Event::ExitRequested);
    let reaction = alice.reaction(40, Event::DeviceOpened(slot(CAMERA)));
    assert_eq!(reaction.disposition, Disposition::Undone);
    assert_eq!(
        reaction.effects.as_slice(),
        [Effect::ReleaseDevice(slot(CAMERA))]
    );
    alice.at(41, Event::DepartureConfirmed);
    alice.at(42, Event::TransportClosed);
    assert!(!alice.is_exited(), "the camera is still owed");
    alice.at(43, Event::DeviceReleased(slot(CAMERA)));
    assert!(alice.report().is_clean());
}

#[test]
fn a_camera_that_opens_after_the_exit_is_over_is_released_and_the_report_stands() {
    let mut bob = Teller::entering();
    bob.at(10, Event::Entered);
    bob.at(20, Event::DeviceRequested(slot(CAMERA)));
    bob.at(30, Event::ExitRequested);
    bob.wait_until(10_000);
    let report = bob.report();
    let late = bob.at(11_000, Event::DeviceOpened(slot(CAMERA)));
    assert_eq!(late, [Effect::ReleaseDevice(slot(CAMERA))]);
    assert_eq!(bob.at(11_001, Event::DeviceReleased(slot(CAMERA))), []);
    assert_eq!(bob.report(), report);
}

#[test]
fn leaving_while_entering_tells_nobody_when_the_connect_fails() {
    let mut carol = Teller::entering();
    let effects = carol.at(5, Event::ExitRequested);
    assert_eq!(effects, [Effect::GateMedia, Effect::AbandonConnect]);
    assert_eq!(carol.at(9, Event::EnterFailed), [Effect::CloseTransport]);
    assert_eq!(carol.at(10, Event::TransportClosed), [Effect::ReportExit]);
    assert_eq!(carol.report().departure.outcome, Outcome::NotOwed);
}

#[test]
fn leaving_while_entering_tells_everybody_when_the_connect_succeeds_all_the_same() {
    let mut dave = Teller::entering();
    dave.at(5, Event::ExitRequested);
    assert_eq!(dave.at(9, Event::Entered), [Effect::AnnounceDeparture]);
    assert_eq!(
        dave.at(12, Event::DepartureConfirmed),
        [Effect::CloseTransport]
    );
    assert_eq!(dave.at(13, Event::TransportClosed), [Effect::ReportExit]);
}

#[test]
fn a_connect_that_succeeds_after_the_exit_is_over_is_told_and_closed_once() {
    let mut erin = Teller::entering();
    erin.at(5, Event::ExitRequested);
    erin.wait_until(10_000);
    let undone = [Effect::AnnounceDeparture, Effect::CloseTransport];
    assert_eq!(erin.at(20_000, Event::Entered), undone);
    assert_eq!(erin.at(20_001, Event::Entered), []);
}

#[test]
fn a_device_that_vanished_before_it_was_to_be_released_is_released() {
    let mut frank = Teller::in_room();
    frank.at(50, Event::DeviceVanished(slot(CAMERA)));
    let effects = frank.at(100, Event::ExitRequested);
    assert!(!effects.contains(&Effect::ReleaseDevice(slot(CAMERA))));
    assert!(effects.contains(&Effect::ReleaseDevice(slot(MICROPHONE))));
}

#[test]
fn off_and_on_and_off_again_is_never_mistaken_for_on() {
    let mut grace = Teller::in_room();
    let camera = slot(CAMERA);
    grace.at(20, Event::DeviceStopRequested(camera));
    // On again before the first one has let go: refused, or its late answer would be the new one's.
    assert_eq!(grace.at(21, Event::DeviceRequested(camera)), []);
    grace.at(22, Event::DeviceReleased(camera));
    assert_eq!(
        grace.at(23, Event::DeviceRequested(camera)),
        [Effect::OpenDevice(camera)]
    );
    assert_eq!(
        grace.at(24, Event::DeviceStopRequested(camera)),
        [Effect::ReleaseDevice(camera)]
    );
    assert_eq!(
        grace.at(25, Event::DeviceOpened(camera)),
        [Effect::ReleaseDevice(camera)]
    );
}

#[test]
fn a_failure_that_is_told_twice_is_one_failure() {
    let mut ivan = Teller::in_room();
    let camera = slot(CAMERA);
    assert_eq!(
        ivan.at(20, Event::DeviceFailed(camera)),
        [Effect::ReleaseDevice(camera)]
    );
    let again = ivan.reaction(21, Event::DeviceFailed(camera));
    assert_eq!(
        again.disposition,
        Disposition::Ignored(Ignored::AlreadySo),
        "its release is under way, and nobody has said how that went"
    );
    ivan.at(22, Event::DeviceReleased(camera));
    assert_eq!(
        ivan.at(23, Event::DeviceRequested(camera)),
        [Effect::OpenDevice(camera)]
    );
}

#[test]
fn a_lent_device_is_given_back_by_whoever_lent_it() {
    let mut judy = Teller::entering();
    judy.at(10, Event::DeviceLent(slot(CAMERA)));
    // The late answer to an earlier use of the slot.
    for answer in [
        Event::DeviceReleased(slot(CAMERA)),
        Event::ReleaseFailed(slot(CAMERA)),
    ] {
        let ignored = Disposition::Ignored(Ignored::NotAskedFor);
        assert_eq!(judy.reaction(20, answer).disposition, ignored);
    }
    assert_eq!(judy.session.state().device(slot(CAMERA)), DeviceStage::Lent);
}

#[test]
fn a_release_that_nobody_asked_for_is_not_believed() {
    let mut heidi = Teller::in_room();
    let camera = slot(CAMERA);
    heidi.at(20, Event::DeviceStopRequested(camera));
    heidi.at(21, Event::DeviceVanished(camera));
    heidi.at(22, Event::DeviceRequested(camera));
    heidi.at(23, Event::DeviceOpened(camera));
    // The late answer to the first release must not pass for the second one's.
    let asked = heidi.at(24, Event::DeviceReleased(camera));
    assert_eq!(asked, [Effect::ReleaseDevice(camera)]);
}
