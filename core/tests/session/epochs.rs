//! One stay after another.

use exeunt_core::{
    Disposition, Effect, Epoch, Event, Ignored, Instant, Policy, Rejected, Session, State,
};

use crate::teller::{CAMERA, Teller, slot};

fn left_and_back() -> (Teller, Epoch) {
    let mut alice = Teller::entering();
    alice.at(10, Event::Entered);
    alice.at(20, Event::ExitRequested);
    alice.at(21, Event::DepartureConfirmed);
    alice.at(22, Event::TransportClosed);
    let old = alice.stay;
    alice.stay = alice.session.next_epoch();
    assert_eq!(alice.at(30, Event::EnterRequested), [Effect::Connect]);
    (alice, old)
}

#[test]
fn facts_of_an_older_stay_change_nothing() {
    let (mut alice, old) = left_and_back();
    alice.at(40, Event::Entered);
    let facts = [
        Event::Kicked,
        Event::Dismissed,
        Event::LinkDead,
        Event::TransportClosed,
        Event::ExitRequested,
    ];
    for fact in facts {
        let reaction = alice.session.handle(old, fact, Instant::from_millis(50));
        assert_eq!(
            reaction.disposition,
            Disposition::Ignored(Ignored::StaleEpoch)
        );
        assert!(reaction.effects.is_empty());
    }
    assert!(matches!(alice.session.state(), State::InRoom(_)));
}

#[test]
fn what_an_older_stay_acquires_late_is_undone_under_its_own_number() {
    let (mut alice, old) = left_and_back();
    let late = Instant::from_millis(50);
    let camera = alice
        .session
        .handle(old, Event::DeviceOpened(slot(CAMERA)), late);
    assert_eq!(camera.epoch, old);
    assert_eq!(
        camera.effects.as_slice(),
        [Effect::ReleaseDevice(slot(CAMERA))]
    );
    let connect = alice.session.handle(old, Event::Entered, late);
    assert_eq!(connect.epoch, old);
    assert_eq!(
        connect.effects.as_slice(),
        [Effect::AnnounceDeparture, Effect::CloseTransport]
    );
}

#[test]
fn a_new_stay_waits_for_the_end_of_the_old_one_and_finds_nothing_of_it() {
    let mut bob = Teller::in_room();
    let new = bob.session.next_epoch();
    let enter = |session: &mut Session| {
        session.handle(new, Event::EnterRequested, Instant::from_millis(200))
    };
    let refused = enter(&mut bob.session);
    assert_eq!(
        refused.disposition,
        Disposition::Rejected(Rejected::StillInRoom)
    );
    bob.at(200, Event::ExitRequested);
    let refused = enter(&mut bob.session);
    assert_eq!(
        refused.disposition,
        Disposition::Rejected(Rejected::StillExiting)
    );
    assert_eq!(
        bob.session.epoch(),
        bob.stay,
        "a refused enter begins nothing"
    );
    bob.wait_until(10_000);
    let entered = bob
        .session
        .handle(new, Event::EnterRequested, Instant::from_millis(10_000));
    assert_eq!(entered.effects.as_slice(), [Effect::Connect]);
    assert!(bob.session.report().is_none());
    assert_eq!(
        bob.session.poll_timeout().map(|due| due.at),
        Some(Instant::from_millis(20_000))
    );
}

#[test]
fn a_number_that_was_used_or_has_not_begun_is_rejected() {
    let (mut alice, old) = left_and_back();
    let wrong = Disposition::Rejected(Rejected::WrongEpoch);
    let now = Instant::from_millis(60);
    assert_eq!(
        alice
            .session
            .handle(old, Event::EnterRequested, now)
            .disposition,
        wrong
    );
    let future = alice.session.next_epoch();
    assert_eq!(
        alice.session.handle(future, Event::Kicked, now).disposition,
        wrong
    );
}

#[test]
fn before_any_stay_leaving_is_legal_and_does_nothing() {
    let mut session = Session::new(Policy::default());
    let reaction = session.handle(Epoch::NONE, Event::ExitRequested, Instant::ZERO);
    assert_eq!(
        reaction.disposition,
        Disposition::Ignored(Ignored::NotInRoom)
    );
    assert!(session.report().is_none());
}
